"""The worker of the prepare stage: takes accepted messages, runs the steps of ``prepare``, and queues one row per recipient.

Everything about one message commits together and apart from the others, so a message is prepared exactly once whatever
is killed, and one that can't be committed costs nobody but itself.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mailgauge.base.clock import Clock
from mailgauge.base.ids import new_message_id
from mailgauge.base.tasks import Wake
from mailgauge.delivery import batch, queue
from mailgauge.delivery.row import Row, Stage
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.events.weight import weight
from mailgauge.mail.bounce_class import (
    ON_ACCOUNT_SUPPRESSION_LIST,
    SUPPRESSED,
    TRANSIENT_GENERAL,
    UNSUBSCRIBED_RECIPIENT,
    BounceClass,
)
from mailgauge.ses import configuration_sets, subscriptions, suppression
from mailgauge.ses.list_management import Managed
from mailgauge.ses.prepare import Prepared, prepare
from mailgauge.ses.suppression import Reason
from mailgauge.ses.unsubscribe_links import Links
from mailgauge.store.transaction import Store, Tx

log = logging.getLogger(__name__)

BATCH = 64
HOLD = 300.0
IDLE = 1.0
"""Seconds between looks when no hint came: another process may have accepted a message."""

PAUSE = 300.0
"""Seconds until a message that could not be prepared is looked at again."""


@dataclass(frozen=True, slots=True)
class _Work:
    """Facts are None when they are lost, content also while it is still to be read.

    ``listed`` is who is on the account's suppression list, ``managed`` who unsubscribed; None when that can't be told.
    """

    row: Row
    facts: Facts | None
    content: bytes | None
    listed: dict[str, Reason]
    managed: Managed | None


@dataclass(frozen=True, slots=True)
class Preparer:
    """``woken`` hints at accepted messages; ``deliver`` is told of rows to deliver; ``links`` makes unsubscribe links."""

    store: Store
    clock: Clock
    domain: str
    woken: Wake
    deliver: Wake
    links: Links

    async def run(self) -> None:
        while True:
            if not await self.prepare_batch():
                await self.woken.wait(IDLE)

    async def prepare_batch(self) -> int:
        """Prepares what is due now and returns how many messages that was."""
        leased = await self.store.write(self._lease)
        if not leased:
            return 0
        work = [await self._whole(each) for each in leased]
        prepared = await asyncio.to_thread(self._prepare_all, work)
        finished = [self._finish(*each) for each in zip(work, prepared, strict=True)]
        failures = [each for each in await asyncio.gather(*finished, return_exceptions=True) if each]
        self.deliver.set()
        for failure in failures:
            raise failure
        return len(work)

    def _lease(self, tx: Tx) -> list[_Work]:
        leased = batch.lease(
            tx, Stage.PREPARE, now=self.clock.now(), monotonic=self.clock.monotonic(), hold=HOLD, limit=BATCH
        )
        facts = journal.get_facts(tx, [each.row.message_id for each in leased])
        return [self._work(tx, each.row, facts.get(each.row.message_id), each.content) for each in leased]

    def _work(self, tx: Tx, row: Row, facts: Facts | None, content: bytes | None) -> _Work:
        if facts is None or row.is_system:
            return _Work(row, facts, content, {}, Managed())
        try:
            listed = suppression.listed(tx, row.scope, row.configuration_set, facts.destination)
            return _Work(row, facts, content, listed, subscriptions.managed(tx, facts, self.links))
        except Exception:
            log.exception("recipients can't be looked up", extra={"message_id": row.message_id})
            return _Work(row, facts, content, {}, None)

    async def _whole(self, work: _Work) -> _Work:
        """With the content, where that is too large to be read along with the lease."""
        if work.content is not None:
            return work
        try:
            content = await self.store.read(lambda tx: queue.get_content(tx, work.row.message_id))
        except KeyError:
            return work
        return replace(work, content=content)

    def _prepare_all(self, work: Sequence[_Work]) -> list[Prepared | None]:
        return [self._prepare(each) for each in work]

    def _prepare(self, work: _Work) -> Prepared | None:
        """None when it can't be done: a message costs nobody but itself."""
        row, facts, content, managed = work.row, work.facts, work.content, work.managed
        if facts is None or content is None:
            log.error("facts or content are lost", extra={"message_id": row.message_id})
            return None
        if managed is None:
            return None
        try:
            return prepare(content, facts, self.domain, work.listed, managed)
        except Exception:
            log.exception("message not prepared", extra={"message_id": row.message_id})
            return None

    async def _finish(self, work: _Work, ready: Prepared | None) -> None:
        if ready is not None:
            try:
                wire = None if ready.wire == work.content else ready.wire
                if wire is not None:
                    await batch.stage(self.store, work.row.message_id, wire)
                await self.store.write(lambda tx: _go_on(tx, work.row, wire, ready, self.clock.now()))
            except Exception:
                log.exception("message not committed", extra={"message_id": work.row.message_id})
            else:
                return
        try:
            await self.store.write(lambda tx: self._put_off(tx, work))
        except Exception:
            log.exception("message not given up", extra={"message_id": work.row.message_id})
            await self.store.write(lambda tx: queue.defer(tx, [work.row], self.clock.now() + PAUSE))

    def _put_off(self, tx: Tx, work: _Work) -> None:
        now = self.clock.now()
        if work.facts is None or now < work.row.expires:
            queue.defer(tx, [work.row], now + PAUSE)
        else:
            _give_up(tx, work.row, work.facts, now)


def _go_on(tx: Tx, row: Row, wire: bytes | None, ready: Prepared, now: float) -> None:
    """``wire`` is None when the content is fit to be sent as it is."""
    if wire is not None:
        batch.put(tx, row.message_id, wire)
    queue.add(tx, [_to_deliver(row, recipient) for recipient in ready.recipients])
    if ready.suppressed:
        _bounce(tx, row, ready.suppressed, SUPPRESSED, now)
    if ready.unsubscribed:
        _bounce(tx, row, ready.unsubscribed, UNSUBSCRIBED_RECIPIENT, now)
    if bounced := ready.on_account_list.get(Reason.BOUNCE):
        _bounce(tx, row, bounced, ON_ACCOUNT_SUPPRESSION_LIST, now)
    if complained := ready.on_account_list.get(Reason.COMPLAINT):
        _complain(tx, row, complained, now)
    queue.finish(tx, [row])
    if not ready.recipients:
        queue.note_if_finished(tx, row.message_id, now)


def _give_up(tx: Tx, row: Row, facts: Facts, now: float) -> None:
    _bounce(tx, row, facts.destination, TRANSIENT_GENERAL, now)
    queue.finish(tx, [row])
    queue.note_if_finished(tx, row.message_id, now)


def _to_deliver(row: Row, recipient: str) -> Row:
    site = recipient.rpartition("@")[2].lower()
    return Row(
        message_id=row.message_id,
        stage=Stage.DELIVER,
        scope=row.scope,
        configuration_set=row.configuration_set,
        accepted=row.accepted,
        expires=row.expires,
        custom_expiry=row.custom_expiry,
        is_system=row.is_system,
        recipient=recipient,
        site=site,
        due=row.accepted,
    )


def _bounce(tx: Tx, row: Row, recipients: Sequence[str], why: BounceClass, now: float) -> None:
    if row.is_system:
        return
    status = "4.3.0" if why is TRANSIENT_GENERAL else "5.1.1"
    detail = {
        "bounceType": why.bounce_type,
        "bounceSubType": why.sub_type,
        "feedbackId": new_message_id(row.scope.region, now),
        "recipients": [{"emailAddress": each, "action": "failed", "status": status} for each in recipients],
    }
    _append(tx, row, Kind.BOUNCE, detail, now)


def _complain(tx: Tx, row: Row, recipients: Sequence[str], now: float) -> None:
    detail = {
        "recipients": list(recipients),
        "feedbackId": new_message_id(row.scope.region, now),
        "complaintSubType": ON_ACCOUNT_SUPPRESSION_LIST.sub_type,
    }
    _append(tx, row, Kind.COMPLAINT, detail, now)


def _append(tx: Tx, row: Row, kind: Kind, detail: dict[str, Any], now: float) -> None:
    version = configuration_sets.version_in_force(tx, row.scope, row.configuration_set)
    weighs = weight(len(detail["recipients"]))
    journal.append(tx, Entry(round(now * 1000), row.scope, kind, row.message_id, version, weighs, detail))
