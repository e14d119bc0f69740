"""Lets alarms act once muting has ended: on the clock, out of rows, so that a restart neither loses nor repeats it."""

import asyncio
from functools import partial

from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Wake
from mailgauge.cloudwatch.alarms import composite_store, mute, mute_store, store
from mailgauge.cloudwatch.alarms.actions import acting
from mailgauge.cloudwatch.alarms.alarm import State, StateValue
from mailgauge.cloudwatch.alarms.mute_store import Muted
from mailgauge.store.transaction import Store, Tx

# What other processes muted is noticed this late, in seconds.
_LONGEST_WAIT = 5.0
# No transaction keeps the writer for long.
_SLICE = 50


class MuteRunner:
    """``wake`` is set when rules have changed."""

    def __init__(self, metrics: Store, clock: Clock, wake: Wake) -> None:
        self._metrics = metrics
        self._clock = clock
        self._wake = wake

    async def run(self) -> None:
        """Runs until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._at_ends())
            group.create_task(self._when_woken())

    async def unmute(self) -> int | None:
        """Looks at all muted alarms whose muting was to end by now. Returns when the next one is to, in milliseconds."""
        while True:
            now_ms = int(self._clock.now() * 1000)
            until = await self._metrics.read(mute_store.next_end)
            if until is None or until > now_ms:
                return until
            await self._metrics.write(partial(_unmute, now_ms=now_ms))

    async def _at_ends(self) -> None:
        while True:
            until = await self.unmute()
            latest = self._clock.now() + _LONGEST_WAIT
            await self._clock.sleep_until(latest if until is None else min(latest, until / 1000))

    async def _when_woken(self) -> None:
        while True:
            await self._wake.wait(_LONGEST_WAIT)
            await self.unmute()


def _unmute(tx: Tx, now_ms: int) -> None:
    for muted in mute_store.ended(tx, now_ms, _SLICE):
        until = mute.muted_until(tx, muted.scope, muted.name, now_ms)
        if until is not None:
            mute_store.expect_end(tx, muted.scope, [muted.name], until)
        elif mute_store.forget(tx, muted):
            _act(tx, muted, now_ms)


def _act(tx: Tx, muted: Muted, now_ms: int) -> None:
    alarm = store.get(tx, muted.scope, muted.name) or composite_store.get(tx, muted.scope, muted.name)
    if alarm is not None and _still_matters(muted, alarm.state):
        acting.act(tx, alarm, muted.old, now_ms=now_ms, after_mute=True)


def _still_matters(muted: Muted, now: State) -> bool:
    """Whether the alarm is in the state whose actions were kept back, and it is not what it was before all along."""
    return now.transitioned == muted.transitioned and (
        now.value is StateValue.ALARM or now.value is not muted.before
    )
