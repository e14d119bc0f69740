"""The signing process seen from outside: started when first needed, killed when it does not answer, and started again.

It takes the arithmetic of signatures off the process that everything else runs in, whose threads take turns.
"""

import asyncio
import logging

import msgspec

from mailgauge.base.helper import Helper
from mailgauge.ses.signing.work import Answer, Batch

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds after which a process that does not answer is killed: a batch takes a tenth of one."""


class SigningProcess:
    """Used by one caller at a time; the others wait."""

    def __init__(self) -> None:
        self._helper = Helper(__package__)
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        return self._helper.pid

    async def sign(self, batch: Batch) -> Answer:
        """The signatures of each job; None for all of them where the process did not answer."""
        async with self._turn:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._helper.send(msgspec.msgpack.encode(batch))
                    return msgspec.msgpack.decode(await self._helper.receive(), type=Answer)
            except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
                log.warning("the signing process did not answer", extra={"reason": repr(error)})
                await self._helper.end()
                return [None] * len(batch.jobs)
            except BaseException:
                # A caller that gave up leaves an answer in the pipe, which the next one must not read.
                await self._helper.end()
                raise

    async def close(self) -> None:
        """To be called when nobody signs any more."""
        await self._helper.end()
