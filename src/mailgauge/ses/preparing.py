"""The worker of the prepare stage: takes accepted messages, runs the steps of ``prepare``, and queues one row per recipient.

Everything about one message commits together, so a message is prepared exactly once whatever is killed.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailgauge.base.clock import Clock
from mailgauge.base.ids import new_message_id
from mailgauge.base.tasks import Wake
from mailgauge.delivery import queue
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

Work = tuple[Row, Facts | None, bytes | None, dict[str, Reason], Managed]
"""Facts or content are None when they are lost; last, who is on the account's suppression list, and who unsubscribed."""


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
        work = await self.store.write(self._take)
        if not work:
            return 0
        prepared = await asyncio.to_thread(self._prepare_all, work)
        await self.store.write(lambda tx: self._commit(tx, work, prepared))
        self.deliver.set()
        return len(work)

    def _take(self, tx: Tx) -> list[Work]:
        rows = queue.lease(
            tx, Stage.PREPARE, now=self.clock.now(), monotonic=self.clock.monotonic(), hold=HOLD, limit=BATCH
        )
        facts = journal.get_facts(tx, [row.message_id for row in rows])
        return [self._work(tx, row, facts.get(row.message_id)) for row in rows]

    def _work(self, tx: Tx, row: Row, facts: Facts | None) -> Work:
        listed: dict[str, Reason] = {}
        managed = Managed()
        if facts is not None and not row.is_system:
            listed = suppression.listed(tx, row.scope, row.configuration_set, facts.destination)
            managed = subscriptions.managed(tx, facts, self.links)
        return row, facts, _content(tx, row.message_id), listed, managed

    def _prepare_all(self, work: Sequence[Work]) -> list[Prepared | None]:
        return [self._prepare(*each) for each in work]

    def _prepare(
        self,
        row: Row,
        facts: Facts | None,
        content: bytes | None,
        listed: Mapping[str, str],
        managed: Managed,
    ) -> Prepared | None:
        """None when it can't be done: a message costs nobody but itself."""
        if facts is None or content is None:
            log.error("facts or content are lost", extra={"message_id": row.message_id})
            return None
        try:
            return prepare(content, facts, self.domain, listed, managed)
        except Exception:
            log.exception("message not prepared", extra={"message_id": row.message_id})
            return None

    def _commit(self, tx: Tx, work: Sequence[Work], prepared: Sequence[Prepared | None]) -> None:
        now = self.clock.now()
        for (row, facts, content, *_), ready in zip(work, prepared, strict=True):
            if ready is not None:
                _go_on(tx, row, content, ready, now)
            elif facts is None or now < row.expires:
                queue.defer(tx, [row], now + PAUSE)
            else:
                _give_up(tx, row, facts, now)


def _content(tx: Tx, message_id: str) -> bytes | None:
    try:
        return queue.get_content(tx, message_id)
    except KeyError:
        return None


def _go_on(tx: Tx, row: Row, content: bytes | None, ready: Prepared, now: float) -> None:
    if ready.wire != content:
        queue.put_content(tx, row.message_id, ready.wire)
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
