"""SampleCount, Sum, Minimum and Maximum are those of the samples that were put, whatever tiers answer for them."""

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.periods import Window, bucket, rounded_start
from mailgauge.cloudwatch.read import MetricStat, points
from mailgauge.cloudwatch.statistics import parse
from mailgauge.store.sqlite import SqliteStore
from mailgauge.tsdb.engine import Delta
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.schema import SCHEMA
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet

SERIES = Series.of(Scope("000000000000", "us-east-1"), "Shop", "Orders")
NOW = 1_750_003_217
DAY = 86400

# Quarters, so that sums are exact in any order.
_DATUMS = st.lists(
    st.tuples(st.integers(NOW - 100 * DAY, NOW), st.integers(-4000, 4000).map(lambda number: number / 4)),
    max_size=60,
)
#: How long ago minutes (15 days) and five minutes (63 days) end, and where: a range begins on either side.
_STARTS = st.sampled_from(
    [15 * DAY - 3600, 15 * DAY + 3600, 63 * DAY - 3600, 63 * DAY + 3600, 90 * DAY, 7200]
)


@given(datums=_DATUMS, ago=_STARTS, period=st.sampled_from([3600, 7200, 6 * 3600, DAY, 7 * DAY]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.hypothesis
async def test_nothing_is_lost_or_doubled_where_tiers_meet(
    tmp_path: Path, datums: list[tuple[int, float]], ago: int, period: int
) -> None:
    window = Window(NOW - ago, NOW, NOW)
    start = rounded_start(window.start, period, NOW)
    samples: dict[int, list[float]] = defaultdict(list)
    for time, value in datums:
        # What is put counts in its minute.
        minute = time - time % 60
        if start <= minute < NOW:
            samples[bucket(minute, start, period)].append(value)
    store, engine = SqliteStore.open(tmp_path / "metrics.db", [SCHEMA]), RowEngine()
    try:
        await store.write(lambda tx: tx.run("DELETE FROM cell"))
        deltas = [Delta(SERIES, "Count", time, StatSet.of(value)) for time, value in datums]
        await store.write(lambda tx: engine.apply(tx, deltas, NOW))
        for name, of in (("SampleCount", len), ("Sum", sum), ("Minimum", min), ("Maximum", max)):
            statistic = parse(name)
            assert statistic is not None
            query = MetricStat(SERIES, period, statistic)
            found = store.read_now(lambda tx, query=query: points(tx, engine, query, window))  # type: ignore[misc]  # bound per round
            assert dict(found.points) == {time: of(values) for time, values in samples.items()}
    finally:
        store.close()
