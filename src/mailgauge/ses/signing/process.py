"""The signing process seen from outside: started when first needed, killed when it does not answer, and started again.

It takes the arithmetic of signatures off the process that everything else runs in, whose threads take turns.
"""

import asyncio
import logging
import sys
from contextlib import suppress

import msgspec

from mailgauge.ses.signing.work import LENGTH, Answer, Batch, frame

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds after which a process that does not answer is killed: a batch takes a tenth of one."""


class SigningProcess:
    """Used by one caller at a time; the others wait."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def sign(self, batch: Batch) -> Answer:
        """The signatures of each job; None for all of them where the process did not answer."""
        async with self._turn:
            try:
                async with asyncio.timeout(PATIENCE):
                    return await self._exchange(batch)
            except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
                log.warning("the signing process did not answer", extra={"reason": repr(error)})
                await self._end()
                return [None] * len(batch.jobs)
            except BaseException:
                # A caller that gave up leaves an answer in the pipe, which the next one must not read.
                await self._end()
                raise

    async def close(self) -> None:
        """To be called when nobody signs any more."""
        await self._end()

    async def _exchange(self, batch: Batch) -> Answer:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(frame(batch))
        await process.stdin.drain()
        head = await process.stdout.readexactly(LENGTH)
        body = await process.stdout.readexactly(int.from_bytes(head, "big"))
        return msgspec.msgpack.decode(body, type=Answer)

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # what lies in the directory we were started in is none of its modules
                "-m",
                __package__,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
