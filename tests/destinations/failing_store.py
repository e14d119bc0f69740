"""A database whose next commits can be made to fail at their end. It counts them, and tells of those that succeed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Lane, Tx

T = TypeVar("T")


@dataclass
class FailingStore:
    """``failures`` is how many commits are still to fail, ``writes`` how many were tried."""

    store: SqliteStore
    failures: int = 0
    writes: int = 0
    after_commit: Callable[[], None] = lambda: None

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self.store.read(work)

    async def write(self, work: Callable[[Tx], T], lane: Lane = Lane.NORMAL) -> T:
        def failing(tx: Tx) -> T:
            result = work(tx)
            if self.failures:
                self.failures -= 1
                raise OSError("the disk is full")
            return result

        self.writes += 1
        result = await self.store.write(failing, lane)
        self.after_commit()
        return result
