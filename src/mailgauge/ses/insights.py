"""What became of one message, recipient by recipient, read from its journal entries (sesv2/GetMessageInsights)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.ses.errors import NotFoundError
from mailgauge.store.transaction import Tx

KEPT = 30 * 86_400
"""Seconds that SES keeps insights for."""

_ABOUT_ALL = frozenset({Kind.SEND, Kind.REJECT, Kind.RENDERING_FAILURE})


class MessageNotFoundError(NotFoundError):
    def __init__(self, message_id: str) -> None:
        super().__init__(f"Message {message_id} was not found.")


@dataclass(frozen=True, slots=True)
class Insight:
    """One event as one recipient had it. ``sub_type`` is spelled as insights spell it: ``MAILBOX_FULL``."""

    time: float
    kind: Kind
    type: str | None = None
    sub_type: str | None = None
    diagnostic: str | None = None
    feedback_type: str | None = None


@dataclass(frozen=True, slots=True)
class Insights:
    """``events`` are those of each recipient, in order."""

    facts: Facts
    events: dict[str, list[Insight]]


def of_message(tx: Tx, scope: Scope, message_id: str, now: float) -> Insights:
    """Raises MessageNotFoundError, also for messages of others and for those that are too old."""
    try:
        facts = journal.get_facts(tx, [message_id]).get(message_id)
    except ValueError as error:  # not in the form of a message id
        raise MessageNotFoundError(message_id) from error
    if facts is None or facts.is_system or facts.time < now - KEPT or _scope(facts) != scope:
        raise MessageNotFoundError(message_id)
    events: dict[str, list[Insight]] = {each: [] for each in facts.destination}
    for entry in journal.of_message(tx, message_id):
        for recipient in _recipients(entry, facts.destination):
            events[recipient].append(_insight(entry, recipient))
    return Insights(facts, events)


def _scope(facts: Facts) -> Scope:
    return Scope(facts.account, facts.region)


def _recipients(entry: Entry, destination: Sequence[str]) -> list[str]:
    """Whose event it is. An open or a click tells whose only where there is one recipient."""
    if entry.kind in _ABOUT_ALL or len(destination) == 1:
        return list(destination)
    named = {each.lower() for each in entry.recipients}
    return [each for each in destination if each.lower() in named]


def _insight(entry: Entry, recipient: str) -> Insight:
    detail, time = entry.detail, entry.time / 1000
    if entry.kind is Kind.BOUNCE:
        return Insight(
            time,
            entry.kind,
            type=detail["bounceType"].upper(),
            sub_type=_spelled(detail["bounceSubType"]),
            diagnostic=_diagnostic(entry, recipient),
        )
    if entry.kind is Kind.COMPLAINT:
        sub_type = detail.get("complaintSubType")
        return Insight(
            time,
            entry.kind,
            sub_type=None if sub_type is None else _spelled(sub_type),
            feedback_type=detail.get("complaintFeedbackType"),
        )
    return Insight(time, entry.kind)


def _diagnostic(entry: Entry, recipient: str) -> str | None:
    found = [
        each.get("diagnosticCode")
        for each in entry.detail["recipients"]
        if each["emailAddress"].lower() == recipient.lower()
    ]
    return found[0] if found else None


def _spelled(sub_type: str) -> str:
    """``OnAccountSuppressionList`` as ``ON_ACCOUNT_SUPPRESSION_LIST``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", sub_type).upper()
