"""Datapoints read for many alarms at once are those that each would read by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch import statistics
from mailgauge.cloudwatch.alarms.evaluation import Point
from mailgauge.cloudwatch.alarms.points import Metric, read_metric, read_simple
from mailgauge.cloudwatch.read import MEASURES
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.engine import Delta
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.schema import SCHEMA
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet

SCOPE = Scope("000000000000", "us-east-1")
#: Two minutes into a day, so that windows reach over its beginning, where the store begins a new part.
END = 1_750_032_120
SERIES = [Series.of(SCOPE, "n", "m", {"shop": str(number)}) for number in range(40)]


class UndoneError(Exception):
    pass


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    store = SqliteStore.open(Path(tmp_path_factory.mktemp("points")) / "metrics.db", (SCHEMA,))
    yield store
    store.close()


deltas = st.lists(
    st.builds(
        Delta,
        st.sampled_from(SERIES[:5] + SERIES[-2:]),
        st.sampled_from(["Count", "Percent", "None"]),
        st.integers(END - 3600, END + 120),
        st.builds(StatSet.of, st.integers(0, 9).map(float), st.integers(1, 3).map(float)),
        st.sampled_from([1, 60]),
    ),
    max_size=30,
)


@given(
    deltas=deltas,
    period=st.sampled_from([60, 120, 300, 3600]),
    count=st.integers(1, 6),
    statistic=st.sampled_from(sorted(MEASURES)),
    unit=st.sampled_from([None, "Count", "Percent"]),
)
async def test_reading_together_gives_what_each_would_read(
    store: SqliteStore,
    *,
    deltas: list[Delta],
    period: int,
    count: int,
    statistic: str,
    unit: str | None,
) -> None:
    parsed, engine = statistics.parse(statistic), RowEngine()
    assert parsed is not None
    metrics = [Metric(series, parsed, period, unit, MEASURES[statistic]) for series in SERIES * 2]
    window = range(END - count * period, END, period)

    def both(tx: Tx) -> None:
        engine.apply(tx, deltas, END)
        together = read_simple(tx, engine, metrics, window)
        alone = [read_metric(tx, engine, metric, window, END) for metric in metrics]
        assert [rounded(each) for each in together] == [rounded(each) for each in alone]
        raise UndoneError

    with pytest.raises(UndoneError):
        await store.write(both)


def rounded(points: dict[int, Point]) -> dict[int, tuple[float, float | None]]:
    """Averages are added up in another order."""
    return {time: (round(point.value, 9), point.sample_count) for time, point in sorted(points.items())}
