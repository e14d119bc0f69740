"""Basic statistics are read without distributions: the values are those that whole statistic sets would give."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.read import MEASURES, MetricStat, buckets, pick_unit, points
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

_DATUMS = st.lists(
    st.tuples(
        st.integers(NOW - 100 * DAY, NOW),
        st.integers(1, 1000),
        st.sampled_from(["Count", "Count", "Seconds"]),
    ),
    max_size=40,
)


@given(
    datums=_DATUMS,
    ago=st.sampled_from([600, 7200, 3 * DAY, 20 * DAY, 90 * DAY]),
    period=st.sampled_from([60, 120, 300, 420, 3600, 7200, DAY]),
    unit=st.sampled_from([None, "Count"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.hypothesis
async def test_the_quick_way_gives_what_statistic_sets_give(
    tmp_path: Path, datums: list[tuple[int, int, str]], ago: int, period: int, unit: str | None
) -> None:
    store = SqliteStore.open(tmp_path / "metrics.db", [SCHEMA])
    engine, window = RowEngine(), Window(NOW - ago, NOW, NOW)
    deltas = [Delta(SERIES, unit, time, StatSet.of(value)) for time, value, unit in datums]
    try:
        await store.write(lambda tx: tx.run("DELETE FROM cell"))
        await store.write(lambda tx: engine.apply(tx, deltas, NOW))
        slow = store.read_now(lambda tx: buckets(tx, engine, SERIES, period, window))
        chosen = pick_unit(slow) if unit is None else unit if unit in slow else None
        for name in MEASURES:
            statistic = parse(name)
            assert statistic is not None
            query = MetricStat(SERIES, period, statistic, unit)
            found = store.read_now(lambda tx, query=query: points(tx, engine, query, window))  # type: ignore[misc]  # bound per round
            sets = slow[chosen] if chosen is not None else {}
            assert found.unit == chosen
            assert [time for time, _ in found.points] == list(sets)
            assert [value for _, value in found.points] == pytest.approx(
                [statistic.of(stats) for stats in sets.values()]
            )
    finally:
        store.close()
