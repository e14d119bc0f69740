"""Long polling: whoever finds a queue empty waits at its bell, which is rung when something comes into it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mailgauge.base.clock import Clock

Key = tuple[str, str]
"""Scope and name of a queue."""


class Bells:
    """Those of all queues of one process. ``ring`` may come from any thread, the rest is of one loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[Key, set[asyncio.Event]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closed = False

    @contextmanager
    def at(self, key: Key) -> Iterator[asyncio.Event]:
        """A bell that is heard from now on."""
        self._loop = asyncio.get_running_loop()
        event = asyncio.Event()
        waiting = self._waiting.setdefault(key, set())
        waiting.add(event)
        try:
            yield event
        finally:
            waiting.discard(event)
            if not waiting and self._waiting.get(key) is waiting:
                del self._waiting[key]

    def ring(self, key: Key) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed, nobody waits
                self._loop.call_soon_threadsafe(self._ring, key)

    def close(self) -> None:
        """Whoever waits is answered now, so that a stop need not wait."""
        self.closed = True
        for key in list(self._waiting):
            self._ring(key)

    async def heard(self, bell: asyncio.Event, until: float, next_visible: float | None) -> bool:
        """Waits for the bell, which also rings when something is no longer hidden. False when ``until`` (monotonic) came first."""
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(max(0.0, until - self._clock.monotonic())),
                asyncio.TaskGroup() as tasks,
            ):
                alarm = None
                if next_visible is not None:
                    alarm = tasks.create_task(self._ring_at(next_visible, bell))
                await bell.wait()
                if alarm is not None:
                    alarm.cancel()
                return True
        return False

    async def _ring_at(self, when: float, bell: asyncio.Event) -> None:
        await self._clock.sleep_until(when)
        bell.set()

    def _ring(self, key: Key) -> None:
        for event in self._waiting.get(key, ()):
            event.set()
