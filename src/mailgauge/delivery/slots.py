"""How many attempts are under way to all sites together. One that takes long makes room for another, up to a limit.

Otherwise some hundred servers that answer after minutes would hold up the mail to all others.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

MOST = 256
MOST_LONG = 1024
"""Beyond those. Each holds a connection and a small message."""
LONG = 10.0
"""Seconds after which an attempt is a long one: nearly every server has answered by then."""


@dataclass(slots=True)
class _Slot:
    timer: asyncio.TimerHandle | None = None
    is_long: bool = False


class Slots:
    """``on_room`` is told when one that took long has made room."""

    def __init__(
        self,
        on_room: Callable[[], None],
        *,
        most: int = MOST,
        most_long: int = MOST_LONG,
        long_seconds: float = LONG,
    ) -> None:
        self.long = 0
        self._on_room = on_room
        self._most = most
        self._most_long = most_long
        self._long_seconds = long_seconds
        self._free = asyncio.Semaphore(most)
        self._none_long = asyncio.Event()
        self._none_long.set()

    @asynccontextmanager
    async def one(self, *, may_be_long: bool) -> AsyncIterator[None]:
        """``may_be_long`` is for what takes little memory."""
        await self._free.acquire()
        slot = _Slot()
        if may_be_long:
            self._look_later(slot)
        try:
            yield
        finally:
            self._end(slot)

    async def all(self) -> None:
        """Returns when nothing is under way, and lets nothing begin."""
        for _ in range(self._most):
            await self._free.acquire()
        await self._none_long.wait()

    def _look_later(self, slot: _Slot) -> None:
        slot.timer = asyncio.get_running_loop().call_later(self._long_seconds, self._make_room, slot)

    def _make_room(self, slot: _Slot) -> None:
        if self.long >= self._most_long:
            self._look_later(slot)
            return
        slot.is_long = True
        self.long += 1
        self._none_long.clear()
        self._free.release()
        self._on_room()

    def _end(self, slot: _Slot) -> None:
        if slot.timer is not None:
            slot.timer.cancel()
        if not slot.is_long:
            self._free.release()
            return
        self.long -= 1
        if not self.long:
            self._none_long.set()
