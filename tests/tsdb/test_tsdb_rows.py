"""The row engine: every tier filled at once, exactly, in the publisher's transaction."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailgauge.base.scope import Scope
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.engine import TIERS, Cell, Delta
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.schema import SCHEMA
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet, total

SCOPE = Scope("000000000000", "us-east-1")
SENDS = Series.of(SCOPE, "AWS/SES", "Send")
T = 1_750_003_200  # a whole hour


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore.open(tmp_path / "metrics.db", [SCHEMA])
    yield store
    store.close()


async def apply(store: SqliteStore, *deltas: Delta, now: float = T, engine: RowEngine | None = None) -> None:
    await store.write(lambda tx: (engine or RowEngine()).apply(tx, deltas, now))


def cells(
    store: SqliteStore, width: int, series: Series = SENDS, start: int = T - 10**8, end: int = T + 10**8
) -> list[Cell]:
    return store.read_now(lambda tx: RowEngine().cells(tx, series, width, start, end))


def one(
    time: int, value: float = 1, unit: str = "Count", resolution: int = 60, series: Series = SENDS
) -> Delta:
    return Delta(series, unit, time, StatSet.of(value), resolution)


async def test_a_sample_is_in_every_tier_at_the_start_of_its_cell(store: SqliteStore) -> None:
    await apply(store, one(T + 417))
    assert cells(store, 1) == []
    assert cells(store, 60) == [Cell(T + 360, "Count", StatSet.of(1))]
    assert cells(store, 300) == [Cell(T + 300, "Count", StatSet.of(1))]
    assert cells(store, 3600) == [Cell(T, "Count", StatSet.of(1))]


async def test_seconds_are_kept_of_high_resolution_samples_only(store: SqliteStore) -> None:
    await apply(store, one(T + 7, resolution=1), one(T + 8))
    assert [cell.time for cell in cells(store, 1)] == [T + 7]
    assert [cell.stats.count for cell in cells(store, 60)] == [2]


async def test_units_are_separate_streams(store: SqliteStore) -> None:
    await apply(store, one(T, 5, "Count"), one(T, 10, "None"), one(T, 1, "Seconds"))
    found = {cell.unit: cell.stats.sum for cell in cells(store, 60)}
    assert found == {"None": 10, "Count": 5, "Seconds": 1}


async def test_an_unknown_unit_is_refused(store: SqliteStore) -> None:
    with pytest.raises(KeyError):
        await apply(store, one(T, 5, "Parsecs"))


async def test_samples_of_later_transactions_are_added(store: SqliteStore) -> None:
    for value in (1, 4, 2):
        await apply(store, one(T + 5, value))
    [cell] = cells(store, 60)
    assert cell.stats == StatSet.of_values([1, 4, 2])


async def test_a_statistic_set_hides_the_percentiles_of_its_cell_only(store: SqliteStore) -> None:
    hidden = Delta(SENDS, "Count", T, StatSet.of_statistics(2, 5, 1, 4))
    await apply(store, one(T, 3), one(T + 60, 3))
    await apply(store, hidden)
    first, second = cells(store, 60)
    assert (first.stats.count, first.stats.percentile(50)) == (3, None)
    assert second.stats.percentile(50) == 3


async def test_a_range_is_closed_at_its_start_and_open_at_its_end(store: SqliteStore) -> None:
    await apply(store, *(one(T + 60 * n) for n in range(10)))
    found = cells(store, 60, start=T + 120, end=T + 240)
    assert [cell.time for cell in found] == [T + 120, T + 180]


async def test_a_range_over_many_days_comes_in_order(store: SqliteStore) -> None:
    times = [T + n * 40_000 for n in range(20)]
    await apply(store, *(one(time) for time in reversed(times)))
    assert [cell.time for cell in cells(store, 60)] == [time - time % 60 for time in times]


async def test_what_a_tier_would_not_keep_goes_to_the_coarser_ones_only(store: SqliteStore) -> None:
    await apply(store, one(T - 16 * 86400, resolution=1))
    assert [len(cells(store, tier.width)) for tier in TIERS] == [0, 0, 1, 1]


async def test_a_failed_transaction_leaves_nothing_and_the_next_one_lists_the_series(
    store: SqliteStore,
) -> None:
    engine = RowEngine()

    def fails(tx: Tx) -> None:
        engine.apply(tx, [one(T)], T)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.write(fails)
    assert cells(store, 3600) == []
    await apply(store, one(T), engine=engine)
    listed = store.read_now(lambda tx: engine.list_series(tx, SCOPE, active_since=0))
    assert listed == [SENDS]


async def test_expiry_goes_in_slices_and_keeps_what_a_tier_still_owes(store: SqliteStore) -> None:
    engine = RowEngine()
    await apply(store, *(one(T + 60 * n) for n in range(120)), engine=engine)
    later = T + 17 * 86400
    await apply(store, one(later), now=later, engine=engine)
    slices = []
    while dropped := await store.write(lambda tx: engine.expire(tx, later, limit=50)):
        slices.append(dropped)
    assert slices == [50, 50, 20]
    assert [cell.time for cell in cells(store, 60)] == [later]
    assert len(cells(store, 300)) == 25


async def test_a_series_disappears_fifteen_months_after_its_last_sample(store: SqliteStore) -> None:
    engine = RowEngine()
    await apply(store, one(T), engine=engine)
    later = T + 456 * 86400 + 30 * 86400
    while await store.write(lambda tx: engine.expire(tx, later)):
        pass
    assert store.read_now(lambda tx: engine.list_series(tx, SCOPE, active_since=0)) == []
    assert cells(store, 3600) == []
    await apply(store, one(later), now=later, engine=engine)
    assert store.read_now(lambda tx: engine.list_series(tx, SCOPE, active_since=0)) == [SENDS]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 7200), st.integers(-3, 200)), min_size=1, max_size=150),
    st.integers(1, 5),
)
async def test_every_tier_holds_exactly_the_samples_put_however_they_were_batched(
    store: SqliteStore, samples: list[tuple[int, int]], batches: int
) -> None:
    await store.write(lambda tx: tx.run("DELETE FROM cell"))
    for batch in range(batches):
        await apply(store, *(one(T + at, value) for at, value in samples[batch::batches]))
    for width in (60, 300, 3600):
        expected: dict[int, list[float]] = {}
        for at, value in samples:
            expected.setdefault(T + at - at % width, []).append(value)
        assert {cell.time: cell.stats for cell in cells(store, width)} == {
            time: total(map(StatSet.of, values)) for time, values in expected.items()
        }
