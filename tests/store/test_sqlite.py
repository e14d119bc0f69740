"""The embedded store: what its callers may rely on whatever else happens at the same time."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import apsw
import pytest

from mailgauge.store.migrations import NewerStoreError, Schema
from mailgauge.store.sqlite import SqliteStore, StoreError
from mailgauge.store.transaction import Lane, StoreUnavailableError, Tx

NOTES = Schema("notes", ("CREATE TABLE note (text TEXT PRIMARY KEY)",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(tmp_path / "notes.db", [NOTES])
    yield opened
    opened.close()


def _add(text: str) -> Callable[[Tx], None]:
    def add(tx: Tx) -> None:
        tx.run("INSERT INTO note (text) VALUES (?)", (text,))

    return add


def _all(tx: Tx) -> list[str]:
    return [text for (text,) in tx.run("SELECT text FROM note ORDER BY text")]


async def test_a_unit_that_fails_undoes_itself_and_no_other(store: SqliteStore) -> None:
    def half_done(tx: Tx) -> None:
        _add("lost")(tx)
        raise ValueError("no")

    results = await asyncio.gather(
        store.write(_add("one")), store.write(half_done), store.write(_add("two")), return_exceptions=True
    )
    assert isinstance(results[1], ValueError)
    assert await store.read(_all) == ["one", "two"]


async def test_work_may_fail_with_what_no_future_carries(store: SqliteStore) -> None:
    def stop(tx: Tx) -> None:
        next(iter(()))

    failed, fine = await asyncio.gather(
        store.write(stop), store.write(lambda tx: tx.run("SELECT 1")), return_exceptions=True
    )
    assert isinstance(failed, RuntimeError)
    assert fine == [(1,)]


async def test_deferred_items_of_a_failed_unit_are_dropped(store: SqliteStore) -> None:
    collected: list[list[str]] = []

    def collect(tx: Tx, items: list[str]) -> None:
        collected.append(sorted(items))

    def failing(tx: Tx) -> None:
        tx.defer(collect, "lost")
        raise ValueError("no")

    await asyncio.gather(
        store.write(lambda tx: tx.defer(collect, "kept")), store.write(failing), return_exceptions=True
    )
    assert [each for items in collected for each in items] == ["kept"]


async def test_units_waiting_together_share_one_commit(store: SqliteStore) -> None:
    commits = 0

    def counting(tx: Tx) -> None:
        tx.defer(shared, 1)

    def shared(tx: Tx, items: list[int]) -> None:
        nonlocal commits
        commits += 1

    await asyncio.gather(*(store.write(counting) for _ in range(100)))
    assert commits < 100


async def test_when_the_commit_itself_fails_every_caller_is_told(store: SqliteStore) -> None:
    def broken(tx: Tx, items: list[int]) -> None:
        raise apsw.FullError("disk full")

    def unit(tx: Tx) -> None:
        _add("lost")(tx)
        tx.defer(broken, 1)

    with pytest.raises(StoreUnavailableError):
        await store.write(unit)
    assert await store.read(_all) == []
    await store.write(_add("after"))
    assert await store.read(_all) == ["after"]


async def test_what_a_unit_left_for_the_end_costs_only_itself_when_it_fails(store: SqliteStore) -> None:
    def collect(tx: Tx, items: list[str]) -> None:
        if "poison" in items:
            raise ValueError("not this one")
        for text in items:
            _add(text)(tx)

    def leaving(text: str) -> Callable[[Tx], None]:
        return lambda tx: tx.defer(collect, text)

    texts = ["a", "poison", "b"]
    told = await asyncio.gather(*(store.write(leaving(each)) for each in texts), return_exceptions=True)
    assert [type(each) for each in told] == [type(None), ValueError, type(None)]
    assert await store.read(_all) == ["a", "b"]


async def test_what_was_written_is_read_by_the_next_read(store: SqliteStore) -> None:
    for number in range(20):
        await store.write(_add(f"{number:02}"), Lane.ACCEPT)
        assert len(await store.read(_all)) == number + 1


async def test_what_is_accepted_goes_first_and_leaves_room_for_what_carries_it_on(tmp_path: Path) -> None:
    ran: list[str] = []
    begun, held = threading.Event(), threading.Event()

    def first(_: Tx) -> None:
        begun.set()
        held.wait(60)

    def noting(text: str) -> Callable[[Tx], None]:
        return lambda _: ran.append(text)

    # Time stands still, so that one transaction has room for all.
    store = SqliteStore.open(tmp_path / "notes.db", [NOTES], monotonic=lambda: 0.0)
    holding = asyncio.ensure_future(store.write(first))
    await asyncio.to_thread(begun.wait, 10)
    later = [store.write(noting(f"other {n}")) for n in range(2)]
    later += [store.write(noting(f"accept {n}"), Lane.ACCEPT) for n in range(3)]
    waiting = asyncio.gather(*later)
    await asyncio.sleep(0)
    held.set()
    await asyncio.gather(holding, waiting)
    store.close()
    assert ran == ["accept 0", "other 0", "accept 1", "other 1", "accept 2"]


async def test_reading_can_not_write(store: SqliteStore) -> None:
    with pytest.raises(apsw.ReadOnlyError):
        await store.read(_add("no"))


def test_a_database_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    newer = Schema("notes", (*NOTES.steps, "CREATE TABLE later (x)"))
    SqliteStore.open(tmp_path / "notes.db", [newer]).close()
    with pytest.raises(NewerStoreError, match="newer one"):
        SqliteStore.open(tmp_path / "notes.db", [NOTES])


def test_steps_are_applied_once_and_in_order(tmp_path: Path) -> None:
    SqliteStore.open(tmp_path / "notes.db", [NOTES]).close()
    added = Schema("notes", (*NOTES.steps, "ALTER TABLE note ADD COLUMN more TEXT"))
    for _ in range(2):
        store = SqliteStore.open(tmp_path / "notes.db", [added])
        assert store.read_now(lambda tx: tx.run("SELECT count(more) FROM note")) == [(0,)]
        store.close()


def test_looking_at_a_database_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database"):
        SqliteStore.open(tmp_path / "none.db", read_only=True)


async def test_the_writer_outlives_a_call_after_a_commit_that_fails(store: SqliteStore) -> None:
    def broken() -> None:
        raise RuntimeError("the loop is closed")

    def unit(tx: Tx) -> None:
        _add("one")(tx)
        tx.after_commit(broken)

    await store.write(unit)
    await asyncio.wait_for(store.write(_add("two")), 60)
    assert await store.read(_all) == ["one", "two"]


async def test_a_write_after_the_end_is_refused_instead_of_waiting_for_ever(tmp_path: Path) -> None:
    store = SqliteStore.open(tmp_path / "notes.db", [NOTES])
    store.close()
    with pytest.raises(StoreError, match="closed"):
        await asyncio.wait_for(store.write(_add("late")), 60)


def test_a_file_that_is_no_database_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match="can't be opened"):
        SqliteStore.open(path, [NOTES])


async def test_a_transaction_begins_no_unit_when_its_time_is_over(tmp_path: Path) -> None:
    time = 0.0
    sizes: list[int] = []

    def slow(tx: Tx) -> None:
        nonlocal time
        time += 0.006
        tx.defer(collect, 1)

    def collect(tx: Tx, items: list[int]) -> None:
        sizes.append(len(items))

    store = SqliteStore.open(tmp_path / "slow.db", [NOTES], monotonic=lambda: time)
    await asyncio.gather(*(store.write(slow) for _ in range(20)))
    store.close()
    assert sum(sizes) == 20
    assert max(sizes) <= 3, "what comes after 15 ms belongs to the next transaction"


async def test_what_is_left_over_keeps_its_order_and_is_done_before_the_end(tmp_path: Path) -> None:
    time = 0.0
    order: list[int] = []

    def slow(number: int, tx: Tx) -> None:
        nonlocal time
        time += 1
        order.append(number)

    store = SqliteStore.open(tmp_path / "slow.db", [NOTES], monotonic=lambda: time)
    writes = asyncio.gather(*(store.write(partial(slow, number)) for number in range(30)))
    await asyncio.sleep(0)  # all of them are handed in
    await asyncio.to_thread(store.close)
    await writes
    assert order == list(range(30))
