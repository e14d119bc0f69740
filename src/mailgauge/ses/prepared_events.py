"""What comes of a message in the prepare stage, written down in one transaction: rows to deliver, and events that say who gets none.

Each function ends the message's row of that stage. What is to become of it is decided by its caller.
"""

import logging
from collections.abc import Sequence
from typing import Any

from mailgauge.base.ids import new_message_id
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
    TIMEOUT_EXCEEDED,
    TRANSIENT_GENERAL,
    UNSUBSCRIBED_RECIPIENT,
    BounceClass,
    BounceType,
)
from mailgauge.ses import configuration_sets
from mailgauge.ses.prepare import Audience
from mailgauge.ses.suppression import Reason
from mailgauge.store.transaction import Tx

log = logging.getLogger(__name__)

BAD_CONTENT = "Bad content"
"""The only reason of a Reject event: the message holds a virus."""


def hand_on(tx: Tx, row: Row, audience: Audience, return_domain: str, now: float) -> None:
    """To delivery, for those who get it; for the others a Bounce or a Complaint."""
    queue.add_at_end(tx, [_to_deliver(row, recipient, return_domain) for recipient in audience.recipients])
    if audience.suppressed:
        _bounce(tx, row, audience.suppressed, SUPPRESSED, now)
    if audience.unsubscribed:
        _bounce(tx, row, audience.unsubscribed, UNSUBSCRIBED_RECIPIENT, now)
    if bounced := audience.on_account_list.get(Reason.BOUNCE):
        _bounce(tx, row, bounced, ON_ACCOUNT_SUPPRESSION_LIST, now)
    if complained := audience.on_account_list.get(Reason.COMPLAINT):
        _complain(tx, row, complained, now)
    queue.finish(tx, [row])
    if not audience.recipients:
        queue.note_if_finished(tx, row.message_id, now)


def give_up(tx: Tx, row: Row, facts: Facts | None, now: float) -> None:
    """The message could not be prepared in its time: it bounces. Where its facts are lost nobody can be told whose mail it was."""
    if facts is None:
        log.error(
            "message given up without an event: its facts are lost", extra={"message_id": row.message_id}
        )
    else:
        why = TIMEOUT_EXCEEDED if row.custom_expiry else TRANSIENT_GENERAL
        _bounce(tx, row, facts.destination, why, now)
    _end(tx, row, now)


def reject(tx: Tx, row: Row, facts: Facts, now: float) -> None:
    """Nobody gets the message: what it holds is bad."""
    detail = {"reason": BAD_CONTENT, "recipients": facts.destination}
    _append(tx, row, Kind.REJECT, detail, recipients=len(facts.destination), now=now)
    _end(tx, row, now)


def _end(tx: Tx, row: Row, now: float) -> None:
    queue.finish(tx, [row])
    queue.note_if_finished(tx, row.message_id, now)


def _to_deliver(row: Row, recipient: str, return_domain: str) -> Row:
    return Row(
        message_id=row.message_id,
        stage=Stage.DELIVER,
        scope=row.scope,
        configuration_set=row.configuration_set,
        accepted=row.accepted,
        expires=row.expires,
        custom_expiry=row.custom_expiry,
        is_system=row.is_system,
        return_domain=return_domain,
        recipient=recipient,
        site=recipient.rpartition("@")[2].lower(),
        due=row.accepted,
    )


def _bounce(tx: Tx, row: Row, recipients: Sequence[str], why: BounceClass, now: float) -> None:
    status = "4.3.0" if why.bounce_type is BounceType.TRANSIENT else "5.1.1"
    detail = {
        "bounceType": why.bounce_type,
        "bounceSubType": why.sub_type,
        "feedbackId": new_message_id(row.scope.region, now),
        "recipients": [{"emailAddress": each, "action": "failed", "status": status} for each in recipients],
    }
    _append(tx, row, Kind.BOUNCE, detail, recipients=len(recipients), now=now)


def _complain(tx: Tx, row: Row, recipients: Sequence[str], now: float) -> None:
    detail = {
        "recipients": list(recipients),
        "feedbackId": new_message_id(row.scope.region, now),
        "complaintSubType": ON_ACCOUNT_SUPPRESSION_LIST.sub_type,
    }
    _append(tx, row, Kind.COMPLAINT, detail, recipients=len(recipients), now=now)


def _append(tx: Tx, row: Row, kind: Kind, detail: dict[str, Any], *, recipients: int, now: float) -> None:
    if row.is_system:
        return
    version = configuration_sets.version_in_force(tx, row.scope, row.configuration_set)
    at = round(now * 1000)
    journal.append(tx, Entry(at, row.scope, kind, row.message_id, version, weight(recipients), detail))
