"""Supervised tasks: loops that must run as long as the service does, and short tasks whose failures must be seen.

It is the one place that starts asyncio tasks, so that none is lost to the garbage collector and none dies silently.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 5.0
HEALTHY = 60.0
"""Seconds a loop runs after which its next failure has nothing to do with those before."""


class Supervisor:
    """Keeps named loops running: one that fails is logged and started again, later each time until it ran for a while."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    def keep(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Runs ``loop()`` until ``close``; it is expected not to return."""
        self._start(name, self._keep(name, loop))

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Runs one piece of work; a failure is logged."""
        task = self._start(name, self._once(name, work))
        # What is cancelled before it begins would otherwise complain that nobody awaited it.
        task.add_done_callback(lambda _: work.close())

    async def settle(self) -> None:
        """Waits until all pieces of work that were spawned have ended. Not to be used beside loops that are kept."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Cancels everything and waits until it has ended."""
        self._closing = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _keep(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE
        while not self._closing:
            started = self._monotonic()
            try:
                await loop()
            except asyncio.CancelledError:
                raise
            except Exception:
                if self._monotonic() - started >= HEALTHY:
                    pause = FIRST_PAUSE
                log.exception("task failed and starts again", extra={"task": name, "pause_seconds": pause})
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                return

    async def _once(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("task failed", extra={"task": name})


class Wake:
    """A hint that there is work. Waiting ends at the hint or after a pause, because hints may come from other processes."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, at_most: float) -> None:
        # Not wait_for: before Python 3.12 it loses a cancellation that meets the hint, and the loop would never end.
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most):
                await self._event.wait()
        self._event.clear()
