"""Time as a value: the clock that every part is given. It is the only module that reads the system's clocks."""

import asyncio
import time
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Where time comes from.

    ``now`` is what mail, metrics and alarms live by and may be stepped forward in ``local``; ``real`` is the
    system's own time, for signatures and TLS; ``monotonic`` drives sockets and leases and is never stepped.
    All in seconds; the first two since the epoch.
    """

    def now(self) -> float: ...
    def real(self) -> float: ...
    def monotonic(self) -> float: ...
    async def sleep_until(self, when: float) -> None:
        """Returns once ``now()`` has reached ``when``, also when a step brought it there."""


class SystemClock:
    """Real time plus an offset that is kept in a file, so that a stepped service stays stepped after a restart."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._file = offset_file
        self._stepped = asyncio.Event()
        self._offset = 0.0
        if offset_file is not None and offset_file.exists():
            self._offset = float(offset_file.read_text().strip() or 0)

    def now(self) -> float:
        return time.time() + self._offset  # noqa: TID251 - this is the clock itself

    def real(self) -> float:
        return time.time()  # noqa: TID251 - this is the clock itself

    def monotonic(self) -> float:
        return time.monotonic()

    def step(self, seconds: float) -> float:
        """Moves ``now`` forward and wakes every sleeper. Returns the new offset; never goes back."""
        if seconds < 0:
            raise ValueError("a clock is only stepped forward")
        self._offset += seconds
        if self._file is not None:
            # Put in place whole: time must not go back because a kill left half a file.
            aside = self._file.with_name(f"{self._file.name}.new")
            aside.write_text(f"{self._offset}\n")
            aside.replace(self._file)
        self._stepped.set()
        self._stepped = asyncio.Event()
        return self._offset

    async def sleep_until(self, when: float) -> None:
        while (left := when - self.now()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._stepped.wait()
            except TimeoutError:
                continue


class ManualClock:
    """A clock for tests: stands still until it is moved."""

    def __init__(self, start: float = 1_750_000_000.0) -> None:
        self._now = start
        self._moved = asyncio.Event()

    def now(self) -> float:
        return self._now

    def real(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def step(self, seconds: float) -> float:
        self._now += seconds
        self._moved.set()
        self._moved = asyncio.Event()
        return self._now

    async def sleep_until(self, when: float) -> None:
        while self._now < when:
            await self._moved.wait()
