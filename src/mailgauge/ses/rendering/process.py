"""The rendering process seen from outside: started when first needed, killed when it does not answer, and started again.

Whatever a template does to it, the other messages of the batch get their outcomes.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from mailgauge.base.helper import Helper
from mailgauge.ses.rendering.work import Batch, Job, Limits, Outcome, Problem, Sources

GRACE = 20.0
"""Seconds beyond the limits after which a process that does not answer is killed: other processes need time, too."""

_LOST = Outcome(problem=Problem.TOO_MUCH, detail="rendering did not come to an end")


class Renderer:
    """One rendering process, used by one caller at a time; the others wait."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._helper = Helper(__package__)
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        return self._helper.pid

    async def render(self, jobs: Sequence[Job], templates: dict[str, Sources]) -> list[Outcome]:
        """One outcome for each job."""
        async with self._turn:
            outcomes: list[Outcome] = []
            at_once = len(jobs)
            while len(outcomes) < len(jobs):
                rest = list(jobs[len(outcomes) : len(outcomes) + at_once])
                answered = await self._ask(Batch(self._limits, templates, rest), len(rest))
                if len(answered) < len(rest):
                    # One of them took the process down; alone it will be known which.
                    at_once = 1
                outcomes += answered
            return outcomes

    async def check(self, sources: Sources) -> Outcome:
        """Whether a template can be read."""
        async with self._turn:
            [checked] = await self._ask(Batch(self._limits, {"": sources}), 1)
            return checked

    async def close(self) -> None:
        """To be called when nobody renders any more."""
        await self._helper.end()

    async def _ask(self, batch: Batch, wanted: int) -> list[Outcome]:
        """The outcomes there were until the process ended; of a single job always one."""
        is_used = self._helper.pid is not None
        outcomes = await self._exchange(batch, wanted)
        if wanted == 1 and not outcomes and is_used:
            # It may have been gone already, or have fallen over something older.
            outcomes = await self._exchange(batch, wanted)
        return [_LOST] if wanted == 1 and not outcomes else outcomes

    async def _exchange(self, batch: Batch, wanted: int) -> list[Outcome]:
        outcomes: list[Outcome] = []
        try:
            async with asyncio.timeout(self._patience()) as deadline:
                await self._helper.send(msgspec.msgpack.encode(batch))
                while len(outcomes) < wanted:
                    outcomes += msgspec.msgpack.decode(await self._helper.receive(), type=list[Outcome])
                    deadline.reschedule(asyncio.get_running_loop().time() + self._patience())
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            await self._helper.end()
        except BaseException:
            # A caller that gave up leaves answers in the pipe, which the next one must not read.
            await self._helper.end()
            raise
        return outcomes

    def _patience(self) -> float:
        return self._limits.compiling + self._limits.rendering + GRACE
