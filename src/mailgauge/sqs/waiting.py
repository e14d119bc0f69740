"""Long polling: whoever finds a queue empty waits at its bell, which is rung when something comes into it.

One bell is rung for one message, that of who has waited longest, and whoever leaves rings another: so there is always one
who has looked since the last change, and knows when something hidden will be seen. Thousands may wait.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from mailgauge.base.clock import Clock

Key = tuple[str, str]
"""Scope and name of a queue."""
Gone = Callable[[], Awaitable[None]]
"""Returns when whoever waits has gone away."""


@dataclass(eq=False, slots=True)
class Bell:
    """One who waits. ``is_over``: nobody waits any more, or nobody should."""

    is_over: bool = False
    _rung: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_rung(self) -> bool:
        """And its owner has yet to look."""
        return self._rung.is_set()

    def ring(self) -> None:
        self._rung.set()

    def end(self) -> None:
        self.is_over = True
        self._rung.set()

    def hush(self) -> None:
        """Before one looks: what rings from now on is heard."""
        self._rung.clear()

    async def rings(self) -> None:
        await self._rung.wait()


class Bells:
    """Those of all queues of one process. ``ring`` may come from any thread, the rest is of one loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[Key, dict[Bell, None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    @contextmanager
    def at(self, key: Key) -> Iterator[Bell]:
        """A bell that is heard from now on."""
        self._loop = asyncio.get_running_loop()
        bell = Bell(self._closed)
        self._waiting.setdefault(key, {})[bell] = None
        try:
            yield bell
        finally:
            waiting = self._waiting[key]
            del waiting[bell]
            if waiting:
                self._ring(key)
            else:
                del self._waiting[key]

    def ring(self, key: Key) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed, nobody waits
                self._loop.call_soon_threadsafe(self._ring, key)

    def close(self) -> None:
        """Whoever waits is answered now, so that a stop need not wait."""
        self._closed = True
        for waiting in self._waiting.values():
            for bell in waiting:
                bell.end()

    async def heard(self, bell: Bell, until: float, next_visible: float | None, gone: Gone | None) -> bool:
        """Waits for the bell, which also rings when something is no longer hidden.

        False when ``until`` (monotonic) came first, and when it is over.
        """
        if bell.is_over:
            return False
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(max(0.0, until - self._clock.monotonic())),
                asyncio.TaskGroup() as tasks,
            ):
                beside = []
                if next_visible is not None:
                    beside.append(tasks.create_task(self._ring_at(next_visible, bell)))
                if gone is not None:
                    beside.append(tasks.create_task(_end_after(gone, bell)))
                await bell.rings()
                for task in beside:
                    task.cancel()
                return not bell.is_over
        return False

    async def _ring_at(self, when: float, bell: Bell) -> None:
        await self._clock.sleep_until(when)
        bell.ring()

    def _ring(self, key: Key) -> None:
        bell = next((each for each in self._waiting.get(key, ()) if not each.is_rung), None)
        if bell is not None:
            bell.ring()


async def _end_after(gone: Gone, bell: Bell) -> None:
    await gone()
    bell.end()
