"""Reading series back: what was put, by period and unit, out of the tiers that still have it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.read import MetricStat, Points, buckets, pick_unit, points
from mailgauge.cloudwatch.statistics import parse
from mailgauge.store.sqlite import SqliteStore
from mailgauge.tsdb.engine import Delta
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.schema import SCHEMA
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet

SERIES = Series.of(Scope("000000000000", "us-east-1"), "Shop", "Orders")
HOUR = 1_750_003_200
DAY = 86400


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore.open(tmp_path / "metrics.db", [SCHEMA])
    yield store
    store.close()


async def put(
    store: SqliteStore, *samples: tuple[int, float], unit: str = "Count", resolution: int = 60
) -> None:
    deltas = [Delta(SERIES, unit, time, StatSet.of(value), resolution) for time, value in samples]
    now = max(time for time, _ in samples)
    await store.write(lambda tx: RowEngine().apply(tx, deltas, now))


def read(
    store: SqliteStore,
    start: float,
    end: float,
    period: int,
    *,
    stat: str = "Sum",
    unit: str | None = None,
    now: float | None = None,
) -> Points:
    statistic = parse(stat)
    assert statistic is not None
    query = MetricStat(SERIES, period, statistic, unit)
    window = Window(start, end, end if now is None else now)
    return store.read_now(lambda tx: points(tx, RowEngine(), query, window))


async def test_periods_run_from_the_start_of_the_query(store: SqliteStore) -> None:
    await put(store, (HOUR + 17 * 60, 1), (HOUR + 18 * 60, 2), (HOUR + 77 * 60 + 59, 4), (HOUR + 78 * 60, 8))
    found = read(store, HOUR - 42 * 60 + 30, HOUR + 7200, 3600)
    assert found.points == [(HOUR - 42 * 60, 1), (HOUR + 18 * 60, 6), (HOUR + 78 * 60, 8)]


async def test_the_end_is_exclusive_also_within_a_coarse_cell(store: SqliteStore) -> None:
    await put(store, *((HOUR + 60 * n, 1) for n in range(120)))
    assert read(store, HOUR, HOUR + 3600 + 1800, 3600).points == [(HOUR, 60), (HOUR + 3600, 30)]


async def test_an_end_in_the_far_future_costs_nothing(store: SqliteStore) -> None:
    await put(store, (HOUR, 1))
    assert read(store, 0, 250_000_000_000, 60, now=HOUR + 60).points == [(HOUR, 1)]


async def test_periods_without_samples_have_no_points(store: SqliteStore) -> None:
    await put(store, (HOUR, 1), (HOUR + 600, 1))
    assert read(store, HOUR, HOUR + 3600, 60).points == [(HOUR, 1), (HOUR + 600, 1)]


async def test_a_series_that_nobody_put_reads_empty(store: SqliteStore) -> None:
    assert read(store, HOUR, HOUR + 3600, 60) == Points([], None, ())


async def test_a_short_period_of_a_standard_series_returns_the_minute_whole(store: SqliteStore) -> None:
    await put(store, (HOUR + 5, 1), (HOUR + 50, 2))
    assert read(store, HOUR, HOUR + 60, 30).points == [(HOUR, 3)]


async def test_a_short_period_of_a_high_resolution_series_returns_its_seconds(store: SqliteStore) -> None:
    await put(store, (HOUR + 5, 1), (HOUR + 9, 2), (HOUR + 50, 4), resolution=1)
    assert read(store, HOUR, HOUR + 60, 10).points == [(HOUR, 3), (HOUR + 50, 4)]
    assert read(store, HOUR + 9.5, HOUR + 60, 1).points == [(HOUR + 9, 2), (HOUR + 50, 4)]
    assert read(store, HOUR, HOUR + 60, 60).points == [(HOUR, 7)]


async def test_short_periods_are_answered_for_three_hours_and_longer_ones_go_on(store: SqliteStore) -> None:
    await put(store, (HOUR + 5, 1), resolution=1)
    later = HOUR + 3 * 3600 + 60
    assert read(store, HOUR, HOUR + 60, 10, now=later).points == []
    assert read(store, HOUR, HOUR + 60, 60, now=later).points == [(HOUR, 1)]


@pytest.mark.parametrize(
    ("age", "period", "answered"),
    [
        (14, 60, True),
        (16, 60, False),
        (16, 300, True),
        (62, 300, True),
        (64, 300, False),
        (64, 3600, True),
        (456, 3600, False),
    ],
)
async def test_old_data_are_answered_at_the_periods_of_their_tier(
    store: SqliteStore, age: int, period: int, answered: bool
) -> None:
    await put(store, (HOUR, 1))
    found = read(store, HOUR, HOUR + 3600, period, now=HOUR + age * DAY)
    assert found.points == ([(HOUR, 1)] if answered else [])


async def test_one_unit_answers_for_all_and_all_are_named(store: SqliteStore) -> None:
    await put(store, (HOUR, 60), unit="Seconds")
    await put(store, (HOUR, 60000), unit="Milliseconds")
    assert read(store, HOUR, HOUR + 60, 60) == Points(
        [(HOUR, 60000)], "Milliseconds", ("Milliseconds", "Seconds")
    )
    await put(store, (HOUR, 5), unit="Count")
    found = read(store, HOUR, HOUR + 60, 60)
    assert found == Points([(HOUR, 5)], "Count", ("Count", "Milliseconds", "Seconds"))


async def test_a_unit_that_is_asked_for_is_a_filter(store: SqliteStore) -> None:
    await put(store, (HOUR, 60), unit="Seconds")
    await put(store, (HOUR, 7), unit="None")
    assert read(store, HOUR, HOUR + 60, 60, unit="None").points == [(HOUR, 7)]
    assert read(store, HOUR, HOUR + 60, 60, unit="Bytes") == Points([], None, ())


async def test_every_unit_is_a_stream_of_its_own(store: SqliteStore) -> None:
    await put(store, (HOUR, 1), unit="Seconds")
    await put(store, (HOUR, 5), unit="Count")
    await put(store, (HOUR, 10), unit="None")
    window = Window(HOUR, HOUR + 60, HOUR + 60)
    found = store.read_now(lambda tx: buckets(tx, RowEngine(), SERIES, 60, window))
    assert {unit: {time: stats.sum for time, stats in each.items()} for unit, each in found.items()} == {
        "None": {HOUR: 10},
        "Count": {HOUR: 5},
        "Seconds": {HOUR: 1},
    }


async def test_percentiles_are_merged_over_cells_and_unavailable_where_values_are_hidden(
    store: SqliteStore,
) -> None:
    await put(store, *((HOUR + n, float(n)) for n in range(200)))
    hidden = Delta(SERIES, "Count", HOUR + 600, StatSet.of_statistics(2, 5, 1, 4))
    await store.write(lambda tx: RowEngine().apply(tx, [hidden], HOUR + 600))
    [(time, value)] = read(store, HOUR, HOUR + 900, 300, stat="p90").points
    assert time == HOUR
    assert value == pytest.approx(179, rel=0.005)
    assert read(store, HOUR, HOUR + 900, 900, stat="p90").points == []


def test_no_unit_is_picked_where_there_is_none() -> None:
    assert pick_unit([]) is None
    assert pick_unit(["None", "Seconds"]) == "Seconds"
