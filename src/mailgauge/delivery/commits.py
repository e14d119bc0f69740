"""Small writes of many attempts, joined: those that are asked for while one is being committed are the next unit together.

The store joins units too; joined here they cost one hand-over to its thread, where each would cost one of its own.
"""

import asyncio
from collections.abc import Callable

from mailgauge.base.tasks import Supervisor
from mailgauge.store.transaction import Store, Tx

MOST = 32
"""Writes of one unit: a unit is not divided any more, and a transaction is to stay short."""

Work = Callable[[Tx], None]


class Commits:
    """``write`` returns once its work is durable, or raises what that met: it costs no other's work."""

    def __init__(self, store: Store, tasks: Supervisor) -> None:
        self._store = store
        self._tasks = tasks
        self._waiting: list[tuple[Work, asyncio.Future[None]]] = []
        self._is_writing = False

    async def write(self, work: Work) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if not self._is_writing:
            self._is_writing = True
            self._tasks.spawn("commit attempts", self._write_all())
        await done

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._write(batch)
        finally:
            self._is_writing = False

    async def _write(self, batch: list[tuple[Work, asyncio.Future[None]]]) -> None:
        try:
            await self._store.write(lambda tx: [work(tx) for work, _ in batch])
        except Exception as error:  # noqa: BLE001 - it is whose work it was that is told
            if len(batch) == 1:
                _tell(batch[0][1], error)
                return
            for each in batch:
                await self._write([each])
        else:
            for _, done in batch:
                _tell(done, None)


def _tell(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():  # nobody waits any more
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
