"""A Python module that runs as a process of its own and is spoken to in frames: a length of four bytes, then so many bytes.

It knows nothing of what is said. Whoever uses it decides how long to wait and what to do about a process that is gone.
"""

import asyncio
import sys
from contextlib import suppress
from typing import BinaryIO

LENGTH = 4


class Helper:
    """Started when first needed, and again after ``end``. One exchange at a time."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def send(self, body: bytes) -> None:
        """Raises OSError. It waits while the process does not read."""
        stdin = (await self._running()).stdin
        assert stdin is not None
        stdin.write(framed(body))
        await stdin.drain()

    async def receive(self) -> bytes:
        """The next frame. Raises asyncio.IncompleteReadError when the process ends before."""
        stdout = (await self._running()).stdout
        assert stdout is not None
        head = await stdout.readexactly(LENGTH)
        return await stdout.readexactly(int.from_bytes(head, "big"))

    async def end(self) -> None:
        """Kills the process, and with it whatever it would still have said."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # what lies in the directory we were started in is none of its modules
                "-m",
                self._module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        return self._process


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(LENGTH, "big") + body


def read_frame(stream: BinaryIO) -> bytes | None:
    """In the process: the next frame, or None at the end of the stream."""
    head = stream.read(LENGTH)
    return stream.read(int.from_bytes(head, "big")) if len(head) == LENGTH else None
