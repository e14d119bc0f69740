"""The worker of the prepare stage: takes accepted messages, runs the steps of ``prepare``, and queues one row per recipient.

Everything about one message commits together, so a message is prepared exactly once whatever is killed. Messages share a
transaction; where that fails each has its own, so that one that can't be committed costs nobody but itself.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Wake
from mailgauge.delivery import batch, contents, queue
from mailgauge.delivery.row import Row, Stage
from mailgauge.events import journal
from mailgauge.events.facts import Facts
from mailgauge.ses import prepared_events
from mailgauge.ses.easy_dkim import EasyDkim
from mailgauge.ses.plan import Plan
from mailgauge.ses.planning import Planner, Planning
from mailgauge.ses.prepare import BadContent, Prepared, Service, prepare
from mailgauge.ses.signing.signing import Signing, Unsigned
from mailgauge.store.transaction import Store, StoreUnavailableError, Tx

log = logging.getLogger(__name__)

BATCH = 64
AT_ONCE = 2
"""Batches under way: while one is signed the next is leased, and the one before is committed."""
HOLD = 300.0
IDLE = 1.0
"""Seconds between looks when no hint came: another process may have accepted a message."""

PAUSE = 300.0
"""Seconds until a message that could not be prepared is looked at again."""

AGAIN = 1.0
"""Seconds between tries to write to a store that takes nothing."""


@dataclass(frozen=True, slots=True)
class Work:
    """Facts are None when they are lost, content also while it is still to be read, the plan when it can't be told."""

    row: Row
    facts: Facts | None
    content: bytes | None
    plan: Plan | None
    prepared: Prepared | BadContent | None = None
    """None as long as, and where, the steps have not succeeded."""

    @property
    def wire(self) -> bytes | None:
        """None when the content is fit to be sent as it is."""
        if not isinstance(self.prepared, Prepared) or self.prepared.wire == self.content:
            return None
        return self.prepared.wire


@dataclass(frozen=True, slots=True)
class Preparer:
    """``woken`` hints at accepted messages; ``deliver`` is told of rows to deliver."""

    store: Store
    clock: Clock
    service: Service
    woken: Wake
    deliver: Wake
    planner: Planner
    signing: Signing
    keys: EasyDkim

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._run())

    async def _run(self) -> None:
        while True:
            if not await self.prepare_batch():
                await self.woken.wait(IDLE)

    async def prepare_batch(self) -> int:
        """Prepares what is due now and returns how many messages that was."""
        leased = await self.lease(BATCH, HOLD)
        if leased:
            await self.prepare([await self.whole(each) for each in leased])
        return len(leased)

    async def lease(self, limit: int, hold: float) -> list[Work]:
        """What is due now, up to ``limit`` messages, for ``hold`` seconds; the content of large ones is still to be read."""
        return await self.store.write(lambda tx: self._lease(tx, limit, hold))

    async def prepare(self, leased: Sequence[Work]) -> None:
        """Takes the steps of whole messages and hands on what came of them."""
        signable = [await self._with_key(each) for each in leased]
        done = await self._prepare_all(signable)
        shares = _shares([each for each in done if each.prepared is not None])
        ends = [*map(self._commit, shares), *(self.put_off(each) for each in done if each.prepared is None)]
        failures = [each for each in await asyncio.gather(*ends, return_exceptions=True) if each]
        self.deliver.set()
        for failure in failures:
            raise failure

    def _lease(self, tx: Tx, limit: int, hold: float) -> list[Work]:
        now, monotonic = self.clock.now(), self.clock.monotonic()
        leased = batch.lease(tx, Stage.PREPARE, now=now, monotonic=monotonic, hold=hold, limit=limit)
        known = journal.get_facts(tx, [each.row.message_id for each in leased])
        planning = self.planner.within(tx)
        return [_work(planning, each, known.get(each.row.message_id)) for each in leased]

    async def whole(self, work: Work) -> Work:
        """With the content, where that is too large to be read along with the lease."""
        if work.content is not None:
            return work
        try:
            content = await self.store.read(lambda tx: contents.get(tx, work.row.message_id))
        except KeyError:
            return work
        return replace(work, content=content)

    async def _with_key(self, work: Work) -> Work:
        """After its sender's domain was given the key that it wants."""
        row, facts = work.row, work.facts
        if facts is None or work.plan is None or not work.plan.sender.wants_key:
            return work
        try:
            await self.keys.make_for(facts.source_arn)
            plan = await self.store.write(lambda tx: self.planner.within(tx).plan(row, facts))
        except Exception:
            log.exception("no key was made", extra={"message_id": row.message_id})
            plan = None
        return replace(work, plan=plan)

    async def _prepare_all(self, work: Sequence[Work]) -> list[Work]:
        return await self._sign(await asyncio.to_thread(self._prepare_each, work))

    def _prepare_each(self, work: Sequence[Work]) -> list[Work]:
        return [replace(each, prepared=each.prepared or self._prepare(each)) for each in work]

    def _prepare(self, work: Work) -> Prepared | BadContent | None:
        """None when it can't be done: a message costs nobody but itself."""
        if work.facts is None or work.content is None:
            log.error("facts or content are lost", extra={"message_id": work.row.message_id})
            return None
        if work.plan is None:
            return None
        try:
            return prepare(work.content, work.facts, work.plan, self.service)
        except Exception:
            log.exception("message not prepared", extra={"message_id": work.row.message_id})
            return None

    async def _sign(self, work: Sequence[Work]) -> list[Work]:
        """Those with a message, with its signatures; what can't be signed is not prepared."""
        unsigned = [
            Unsigned(each.prepared.wire, each.plan.sender.key)
            for each in work
            if isinstance(each.prepared, Prepared) and each.plan is not None
        ]
        signed = iter(await self.signing.sign(unsigned, self.clock.real()))
        return [
            _with_wire(each, next(signed)) if isinstance(each.prepared, Prepared) else each for each in work
        ]

    async def _commit(self, together: list[Work]) -> None:
        try:
            if len(together) == 1 and (wire := together[0].wire) is not None:
                await batch.stage(self.store, together[0].row.message_id, wire)
            await self.store.write(lambda tx: self._hand_on(tx, together))
        except StoreUnavailableError:
            await asyncio.gather(*(self._give_back(each.row) for each in together))
        except Exception:
            if len(together) == 1:
                log.exception("message not committed", extra={"message_id": together[0].row.message_id})
                await self.put_off(together[0])
            else:  # one of them may be at fault
                await asyncio.gather(*(self._commit([each]) for each in together))

    def _hand_on(self, tx: Tx, together: list[Work]) -> None:
        now = self.clock.now()
        for each in together:
            if not queue.is_as_leased(tx, each.row):
                log.warning("message prepared elsewhere", extra={"message_id": each.row.message_id})
                continue
            assert each.facts is not None
            assert each.prepared is not None
            if isinstance(each.prepared, BadContent):
                prepared_events.reject(tx, each.row, each.facts, now)
                continue
            assert each.plan is not None
            if each.wire is not None:
                batch.put_at_end(tx, each.row.message_id, each.wire)
            prepared_events.hand_on(tx, each.row, each.prepared.audience, each.plan.sender.return_domain, now)

    async def put_off(self, work: Work) -> None:
        """To be tried again, or given up when its time is over."""
        row, facts, now = work.row, work.facts, self.clock.now()
        if now >= row.expires:
            try:
                await self.store.write(lambda tx: prepared_events.give_up(tx, row, facts, now))
            except Exception:
                log.exception("message not given up", extra={"message_id": row.message_id})
            else:
                return
        try:
            await self.store.write(lambda tx: queue.defer(tx, [row], now + PAUSE))
        except Exception:
            log.exception("message not put off", extra={"message_id": row.message_id})
            await self._give_back(row)

    async def _give_back(self, row: Row) -> None:
        """What the store takes nothing of, as where its disk is full, waits only for the store."""
        while True:
            await asyncio.sleep(AGAIN)
            try:
                return await self.store.write(lambda tx: queue.release(tx, [row]))
            except Exception as error:  # noqa: BLE001 - it is the store that has to be mended
                log.warning(
                    "message not given back", extra={"message_id": row.message_id, "reason": str(error)}
                )


def _work(planning: Planning, leased: batch.Leased, facts: Facts | None) -> Work:
    plan = None if facts is None else planning.plan(leased.row, facts)
    return Work(leased.row, facts, leased.content, plan)


def _with_wire(work: Work, wire: bytes | None) -> Work:
    assert isinstance(work.prepared, Prepared)
    return replace(work, prepared=None if wire is None else replace(work.prepared, wire=wire))


def _shares(done: Sequence[Work]) -> Iterator[list[Work]]:
    """Messages that share a transaction: so many that it stays short."""
    share: list[Work] = []
    left = contents.PIECE
    for each in done:
        size = len(each.wire or b"")
        if share and size > left:
            yield share
            share, left = [], contents.PIECE
        share.append(each)
        left -= size
    if share:
        yield share
