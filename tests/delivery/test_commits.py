"""Writes that are asked for together are committed together, and one that fails costs no other."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from mailgauge.base.tasks import Supervisor
from mailgauge.delivery.commits import MOST, Commits
from mailgauge.store.migrations import Schema
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx

SCHEMA = Schema("test", ("CREATE TABLE kept (n INTEGER PRIMARY KEY)",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(tmp_path / "test.db", [SCHEMA])
    yield opened
    opened.close()


def keep(tx: Tx, number: int) -> None:
    tx.run("INSERT INTO kept (n) VALUES (?)", (number,))


async def test_all_are_durable_when_they_return(store: SqliteStore) -> None:
    commits = Commits(store, Supervisor())
    await asyncio.gather(*(commits.write(partial(keep, number=n)) for n in range(3 * MOST)))
    assert await store.read(lambda tx: tx.run("SELECT count(*) FROM kept")) == [(3 * MOST,)]


async def test_one_that_fails_is_told_alone(store: SqliteStore) -> None:
    commits = Commits(store, Supervisor())
    numbers = [1, 2, 2, 3]
    results = await asyncio.gather(
        *(commits.write(partial(keep, number=n)) for n in numbers),
        return_exceptions=True,
    )
    assert [result is None for result in results] == [True, True, False, True]
    assert await store.read(lambda tx: tx.run("SELECT n FROM kept ORDER BY n")) == [(1,), (2,), (3,)]
