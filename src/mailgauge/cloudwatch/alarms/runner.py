"""The loop that evaluates alarms when they are due and commits what changed. It decides nothing about states."""

import asyncio
from dataclasses import dataclass
from functools import partial

from mailgauge.base.clock import Clock
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Wake
from mailgauge.cloudwatch.alarms import history_store, reasons, schedule, store
from mailgauge.cloudwatch.alarms.alarm import Alarm
from mailgauge.cloudwatch.alarms.evaluation import Verdict, evaluate
from mailgauge.cloudwatch.alarms.points import read_points
from mailgauge.cloudwatch.alarms.store import Standing
from mailgauge.store.transaction import Lane, Store, Tx
from mailgauge.tsdb.engine import Engine

# Alarms put by another process are noticed this late, in seconds.
_LONGEST_WAIT = 5.0
# No transaction keeps the writer for long.
_SLICE = 100
_EXPIRY_PAUSE = 3600.0

_Key = tuple[str, str, int]
"""Scope, name and version: a configuration put again is evaluated anew."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A verdict that differs from the state the alarm had at ``alarm.revision``."""

    alarm: Alarm
    verdict: Verdict
    end: int


class AlarmRunner:
    """Evaluates every alarm at its boundaries, new ones at the first ten seconds. ``wake`` is set when one was put.

    A clock stepped far forward leads to one evaluation, of the window at its new time.
    """

    def __init__(self, store: Store, engine: Engine, clock: Clock, wake: Wake) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock
        self._wake = wake
        self._one_at_a_time = asyncio.Lock()
        # Ends of the windows evaluated by this process. Losing it is harmless: a window evaluated again on the
        # same data gives the state the alarm already has, and a state set by hand carries its own mark.
        self._evaluated: dict[_Key, int] = {}
        self._next_expiry = 0.0

    async def run(self) -> None:
        """Runs until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._at_boundaries())
            group.create_task(self._when_woken())

    async def evaluate_due(self) -> int:
        """Evaluates the alarms that are due now and commits their transitions. Returns how many there were."""
        async with self._one_at_a_time:
            now = self._clock.now()
            due = self._due(await self._store.read(store.standings), now)
            if not due:
                return 0
            changes = await self._store.read(partial(_judge, engine=self._engine, due=due, now=now))
            for first in range(0, len(changes), _SLICE):
                some = changes[first : first + _SLICE]
                await self._store.write(partial(_commit, changes=some, now=now))
            for standing in due:
                self._evaluated[_key(standing)] = schedule.window_end(standing.period, now)
            return len(changes)

    async def _at_boundaries(self) -> None:
        while True:
            await self.evaluate_due()
            await self._expire()
            await self._clock.sleep_until(schedule.next_check(self._clock.now()))

    async def _when_woken(self) -> None:
        while True:
            await self._wake.wait(_LONGEST_WAIT)
            await self.evaluate_due()

    async def _expire(self) -> None:
        """Drops old history once an hour, in slices."""
        now = self._clock.now()
        if now < self._next_expiry:
            return
        expire = partial(history_store.expire, now_ms=int(now * 1000), limit=_SLICE)
        while await self._store.write(expire, Lane.BACKGROUND) == _SLICE:
            pass
        self._next_expiry = now + _EXPIRY_PAUSE

    def _due(self, standings: list[Standing], now: float) -> list[Standing]:
        known = self._evaluated
        self._evaluated = {key: known[key] for s in standings if (key := _key(s)) in known}
        return [standing for standing in standings if self._is_due(standing, now)]

    def _is_due(self, standing: Standing, now: float) -> bool:
        ends = [end for end in (standing.evaluated, self._evaluated.get(_key(standing))) if end is not None]
        if not ends:
            # Put and not evaluated since. What has an old state was changed, and need not wait.
            return schedule.is_first_due(standing.updated / 1000, now)
        return schedule.is_due(standing.period, standing.evaluation_periods, max(ends), now)


def _judge(tx: Tx, engine: Engine, due: list[Standing], now: float) -> list[_Change]:
    """Evaluates in one read snapshot; returns only what differs from the present state."""
    changes = []
    for standing in due:
        alarm = store.get(tx, Scope.from_key(standing.scope_key), standing.name)
        if alarm is None or alarm.version != standing.version:
            continue
        configuration = alarm.configuration
        end = schedule.window_end(configuration.period, now)
        window = schedule.window(configuration.period, configuration.evaluation_periods, end)
        points = read_points(tx, engine, alarm, window, now)
        verdict = evaluate(configuration, window, points, alarm.state.value)
        if verdict.value is not alarm.state.value:
            changes.append(_Change(alarm, verdict, end))
    return changes


def _key(standing: Standing) -> _Key:
    return standing.scope_key, standing.name, standing.version


def _commit(tx: Tx, changes: list[_Change], now: float) -> None:
    now_ms = int(now * 1000)
    for change in changes:
        alarm = store.get(tx, change.alarm.scope, change.alarm.name)
        if alarm is None or alarm.revision != change.alarm.revision:
            continue  # put, set or deleted meanwhile: that counts, and the next boundary decides anew
        configuration, verdict = alarm.configuration, change.verdict
        store.set_state(
            tx,
            alarm,
            verdict.value,
            reasons.reason(configuration, verdict),
            reasons.reason_data(configuration, verdict, now_ms),
            now_ms=now_ms,
            evaluated=change.end,
        )
