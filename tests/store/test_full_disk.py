"""A disk without space, or one that fails: callers are told so, nothing half done stays, and it goes on when there is room."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from mailgauge.store.migrations import Schema
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import StoreUnavailableError, Tx

NOTES = Schema("notes", ("CREATE TABLE note (text BLOB NOT NULL)",))
PAGE = 4096


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(tmp_path / "notes.db", [NOTES])
    yield opened
    opened.close()


def allow(more_pages: int) -> Callable[[Tx], None]:
    """Lets the database grow by so many pages, as a disk that is nearly full does."""

    def work(tx: Tx) -> None:
        [(pages,)] = tx.run("PRAGMA page_count")
        tx.run(f"PRAGMA max_page_count = {pages + more_pages}")

    return work


def add(pages: int) -> Callable[[Tx], None]:
    def work(tx: Tx) -> None:
        for _ in range(pages):
            tx.run("INSERT INTO note (text) VALUES (zeroblob(?))", (PAGE,))

    return work


def count(tx: Tx) -> int:
    [(number,)] = tx.run("SELECT count(*) FROM note")
    return int(number)


async def test_what_has_no_room_is_undone_whole_and_fits_later(store: SqliteStore) -> None:
    await store.write(allow(3))
    with pytest.raises(StoreUnavailableError, match="full"):
        await store.write(add(10))
    assert await store.read(count) == 0
    await store.write(add(1))
    await store.write(allow(100))
    await store.write(add(10))
    assert await store.read(count) == 11


async def test_units_that_share_the_transaction_are_kept_or_told(store: SqliteStore) -> None:
    await store.write(allow(8))
    units = [store.write(add(n)) for n in (1, 50, 1, 1)]
    outcomes = await asyncio.gather(*units, return_exceptions=True)
    told = [each for each in outcomes if each is not None]
    assert told
    assert all(isinstance(each, StoreUnavailableError) for each in told)
    assert await store.read(count) == outcomes.count(None)


async def test_a_failure_that_ends_the_transaction_is_told_to_all_who_shared_it(store: SqliteStore) -> None:
    """As SQLite does of itself after some failures of the disk."""

    def fail(tx: Tx) -> None:
        tx.run("ROLLBACK")
        raise apsw.IOError("disk I/O error")

    outcomes = await asyncio.gather(
        *(store.write(each) for each in (add(1), fail, add(1))), return_exceptions=True
    )
    told = [each for each in outcomes if each is not None]
    assert all(isinstance(each, StoreUnavailableError) for each in told)
    assert await store.read(count) == outcomes.count(None)
    await store.write(add(1))
