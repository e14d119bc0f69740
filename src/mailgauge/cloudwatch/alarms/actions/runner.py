"""Runs the actions of the outbox: each at least once, tried again when it fails for now, its end in the alarm's history.

What an action does is given as executors, by kind. The row goes in the transaction that writes the history, so whatever
is killed between leads to another attempt.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from mailgauge.base.clock import Clock
from mailgauge.cloudwatch.alarms import history, history_store
from mailgauge.cloudwatch.alarms.actions import outbox, retry
from mailgauge.cloudwatch.alarms.actions.outbox import Work
from mailgauge.cloudwatch.alarms.actions.tally import ActionTally, Outcome
from mailgauge.cloudwatch.alarms.actions.target import Kind
from mailgauge.store.transaction import Store, StoreUnavailableError, Tx

log = logging.getLogger(__name__)

LONGEST: Final = 120.0
"""Seconds that an attempt may take, whatever it does."""
HOLD: Final = LONGEST + 30
"""Seconds of a lease: what is under way is nobody else's."""
PAUSE: Final = 0.5
"""Seconds between looks at an empty outbox."""
AT_ONCE: Final = 64
"""Attempts under way: of those that wait for others, and of those that don't."""
EACH: Final = 8
"""Of these, attempts at one and the same remote action."""


class NotExecutedError(Exception):
    """An action was not carried out; ``permanent`` says that another attempt would end the same."""

    def __init__(self, why: str, *, permanent: bool = False) -> None:
        super().__init__(why)
        self.permanent = permanent


class Executor(Protocol):
    async def execute(self, work: Work) -> Sequence[str]:
        """Returns what was published, for the history: forms of it, the fullest first. Raises NotExecutedError.

        It may be called again for the same ``work.id`` although it was carried out.
        """


class ActionRunner:
    """``run`` goes on for ever; ``run_due`` runs what is due now, to its end."""

    def __init__(
        self, store: Store, clock: Clock, executors: Mapping[Kind, Executor], tally: ActionTally
    ) -> None:
        self._store = store
        self._clock = clock
        self._executors = executors
        self._tally = tally

    async def run(self) -> None:
        """Runs until it is cancelled. What waits for other machines holds up nothing else."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_running(is_remote=False))
            group.create_task(self._keep_running(is_remote=True))

    async def run_due(self) -> int:
        """Returns how many attempts were made."""
        count = 0
        for is_remote in (False, True):
            while works := await self._lease(AT_ONCE, is_remote=is_remote):
                await asyncio.gather(*map(self._attempt, works))
                count += len(works)
        return count

    async def _keep_running(self, *, is_remote: bool) -> None:
        under_way: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                works = await self._lease(AT_ONCE - len(under_way), is_remote=is_remote)
                under_way |= {group.create_task(self._attempt(work)) for work in works}
                if not works:
                    await asyncio.sleep(PAUSE)
                elif len(under_way) >= AT_ONCE:
                    await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                under_way = {task for task in under_way if not task.done()}

    async def _lease(self, limit: int, *, is_remote: bool) -> list[Work]:
        monotonic = self._clock.monotonic()
        look = partial(
            outbox.due,
            now_ms=self._now_ms(),
            monotonic=monotonic,
            limit=limit,
            is_remote=is_remote,
            each=EACH if is_remote else AT_ONCE,
        )
        keys = await self._store.read(look)
        if not keys:
            return []
        return await self._store.write(partial(outbox.lease, keys=keys, monotonic=monotonic, hold=HOLD))

    async def _attempt(self, work: Work) -> None:
        try:
            await self._run(work)
        except StoreUnavailableError as error:
            # It is run again when its lease has ended.
            log.warning("outcome of alarm action not kept", extra=_about(work) | {"reason": str(error)})

    async def _run(self, work: Work) -> None:
        try:
            async with asyncio.timeout(LONGEST):
                published = await self._executors[work.target.kind].execute(work)
        except NotExecutedError as error:
            await self._failed(work, str(error), permanent=error.permanent)
        except TimeoutError:
            await self._failed(work, f"It took more than {LONGEST:g} seconds.", permanent=False)
        except StoreUnavailableError as error:
            await self._failed(work, f"{error}.", permanent=False)
        except Exception as error:
            log.exception("alarm action failed unexpectedly", extra=_about(work))
            await self._failed(work, f"{type(error).__name__}: {error}", permanent=False)
        else:
            done = history.Execution(work.action, work.notice.time, self._now_ms(), tuple(published))
            await self._store.write(partial(_settle, work=work, done=done))
            self._tally.count(work.target.kind, Outcome.SUCCEEDED)

    async def _failed(self, work: Work, why: str, *, permanent: bool) -> None:
        pause = None if permanent else retry.pause(work.attempts + 1)
        if pause is not None:
            due_ms = self._now_ms() + round(pause * 1000)
            await self._store.write(partial(outbox.defer, work=work, due_ms=due_ms, problem=why))
        else:
            done = history.Execution(work.action, work.notice.time, self._now_ms(), error=why)
            await self._store.write(partial(_settle, work=work, done=done))
        self._tally.count(work.target.kind, Outcome.FAILED if pause is None else Outcome.RETRIED)
        log.warning("alarm action failed", extra=_about(work) | {"reason": why, "again_in": pause})

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)


def _settle(tx: Tx, work: Work, done: history.Execution) -> None:
    if outbox.done(tx, work):
        item = history.execution(work.notice.alarm_name, work.notice.alarm_type, done)
        history_store.add(tx, work.scope, [item])


def _about(work: Work) -> dict[str, object]:
    return {
        "scope": work.scope.key,
        "alarm": work.notice.alarm_name,
        "action": work.action,
        "attempt": work.attempts + 1,
    }
