"""The loop that evaluates alarms when they are due and commits what changed. It decides nothing about states."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Wake
from mailgauge.cloudwatch.alarms import history_store, judging, lease, schedule, transitions
from mailgauge.cloudwatch.alarms.judging import Judgement, Subject
from mailgauge.cloudwatch.alarms.lease import Lease, LostLeaseError
from mailgauge.cloudwatch.alarms.standings import Key, Standing, Standings, news
from mailgauge.cloudwatch.alarms.tenure import Tenure
from mailgauge.store.transaction import Lane, Store
from mailgauge.tsdb.engine import Engine

log = logging.getLogger(__name__)

# Alarms put by another process are noticed this late, in seconds.
_LONGEST_WAIT = 5.0
# Nothing keeps a reader or the writer for long: as many alarms, or cells, are read at once, as many states written.
_MOST_ALARMS = 200
_MOST_CELLS = 5000
_MOST_WRITTEN = 20
_MOST_EXPIRED = 100
_EXPIRY_PAUSE = 3600.0
# By how many seconds the clock is behind what was evaluated when it is worth a word.
_BEHIND = 60.0


class AlarmRunner:
    """Evaluates every alarm at its boundaries, new ones at the first ten seconds. ``wake`` is set when one was put.

    A clock stepped far forward leads to one evaluation, of the window at its new time; one that went back to none
    until it has caught up. Of several nodes with one store, one evaluates: ``node`` is this one's name among them.
    """

    def __init__(self, store: Store, engine: Engine, clock: Clock, wake: Wake, node: str = "one") -> None:
        self._store = store
        self._engine = engine
        self._clock = clock
        self._wake = wake
        self._tenure = Tenure(store, clock, node)
        self._one_at_a_time = asyncio.Lock()
        # What is known of alarms, in memory: it is all in the store, too.
        self._standings = Standings()
        self._subjects: dict[Key, Subject] = {}
        self._behind = False
        self._next_expiry = 0.0

    async def run(self) -> None:
        """Runs until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._at_boundaries())
            group.create_task(self._when_woken())

    async def evaluate_due(self) -> int:
        """Evaluates the alarms that are due now and commits their new states. Returns how many there were."""
        async with self._one_at_a_time:
            try:
                return await self._evaluate_due(self._clock.now())
            except LostLeaseError:
                log.warning("another node evaluates the alarms, or this one was held up for too long")
                return 0

    async def _evaluate_due(self, now: float) -> int:
        held = await self._learn()
        self._look_back(held.mark(now), now)
        if not self._standings.due(held.mark(now), now):
            self._tenure.rest()
            return 0
        if not self._tenure.holds(held):
            if not await self._tenure.takes(held):
                return 0
            held = await self._learn()  # the holder before may have evaluated up to this moment
        changed = 0
        mark = held.mark(now)
        for some in _slices(self._standings.due(mark, now)):
            changed += await self._evaluate(some, now)
        await self._tenure.write(partial(lease.passed, boundary=schedule.boundary(now), mark=mark))
        return changed

    async def _learn(self) -> Lease:
        """Brings what is known up to date."""
        found = await self._store.read(partial(news, behind=self._standings.revision))
        if not self._standings.learn(found):
            self._standings.forget()
            found = await self._store.read(partial(news, behind=0))
            self._standings.learn(found)
            self._subjects = {
                each.key: known for each in self._standings if (known := self._subjects.get(each.key))
            }
        return found.lease

    async def _evaluate(self, some: Sequence[Standing], now: float) -> int:
        known = {each.key: subject for each in some if (subject := self._subjects.get(each.key))}
        judged = await self._store.read(
            partial(judging.judge, engine=self._engine, due=some, known=known, now=now)
        )
        self._subjects |= judged.subjects
        changed = 0
        for first in range(0, len(judged.judgements), _MOST_WRITTEN):
            written = judged.judgements[first : first + _MOST_WRITTEN]
            changed += await self._tenure.write(partial(transitions.commit, judgements=written, now=now))
            self._standings.replace(_evaluated_first(written))
        return changed

    def _look_back(self, mark: int | None, now: float) -> None:
        """Says once that the clock went back: alarms wait until it has caught up with what they have seen."""
        behind = mark is not None and now < mark - _BEHIND
        if behind and not self._behind:
            log.warning("the clock went back; alarms wait for it", extra={"evaluated_until": mark})
        self._behind = behind

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
        expire = partial(history_store.expire, now_ms=int(now * 1000), limit=_MOST_EXPIRED)
        while await self._store.write(expire, Lane.BACKGROUND) == _MOST_EXPIRED:
            pass
        self._next_expiry = now + _EXPIRY_PAUSE


def _slices(due: Sequence[Standing]) -> Iterator[list[Standing]]:
    """Some at a time, so that no read takes long."""
    some: list[Standing] = []
    cells = 0
    for each in due:
        some.append(each)
        cells += judging.cost(each)
        if len(some) == _MOST_ALARMS or cells >= _MOST_CELLS:
            yield some
            some, cells = [], 0
    if some:
        yield some


def _evaluated_first(written: Sequence[Judgement]) -> list[Standing]:
    return [replace(each.standing, evaluated=each.end) for each in written if each.state is None]
