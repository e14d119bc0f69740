"""A caller that gives up while its write waits harms nobody else's."""

import asyncio
import threading
from pathlib import Path

import pytest

from mailgauge.store.migrations import Schema
from mailgauge.store.sqlite import SqliteStore


async def test_the_writer_outlives_a_cancelled_caller(tmp_path: Path) -> None:
    store = SqliteStore.open(tmp_path / "x.db", [Schema("x", ("CREATE TABLE x (n INTEGER)",))])
    release = threading.Event()
    blocking = asyncio.create_task(store.write(lambda tx: release.wait(5)))  # noqa: TID251 - cancelled below
    waiting = asyncio.create_task(store.write(lambda tx: tx.run("INSERT INTO x VALUES (1)")))  # noqa: TID251
    for _ in range(3):
        await asyncio.sleep(0)
    blocking.cancel()
    waiting.cancel()
    release.set()
    for task in (blocking, waiting):
        with pytest.raises(asyncio.CancelledError):
            await task
    await store.write(lambda tx: tx.run("INSERT INTO x VALUES (2)"))
    assert (2,) in await store.read(lambda tx: tx.run("SELECT n FROM x"))
    store.close()
