"""What came back about a message, turned into events: complaints, and bounces that arrived after the delivery.

A report that comes twice counts once, and so does a recipient who is reported twice. Reading the reports is ``inbound``'s; this knows messages and events.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mailgauge.base.ids import new_message_id, pack_message_id
from mailgauge.base.scope import Scope
from mailgauge.events import journal
from mailgauge.events.document import timestamp
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.events.weight import weight
from mailgauge.mail.bounce_class import BounceClass
from mailgauge.ses import configuration_sets
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

SCHEMA = Schema(
    "feedback",
    (
        """
        CREATE TABLE feedback_seen (
            message BLOB NOT NULL, report TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (message, report)
        ) WITHOUT ROWID;
        CREATE INDEX feedback_seen_time ON feedback_seen (time)
        """,
    ),
)

_ONCE_EACH = ("complaint", "bounce")
"""What a recipient can do once to a message."""


@dataclass(frozen=True, slots=True)
class ComplaintReport:
    """A feedback report (RFC 5965). ``report`` tells one report from another; ``arrived`` in epoch seconds."""

    report: str
    recipients: Sequence[str]
    feedback_type: str | None
    user_agent: str | None
    arrived: float | None
    provider_domain: str | None


@dataclass(frozen=True, slots=True)
class BounceReport:
    """Recipients of a delivery status notification (RFC 3464) that failed alike, as ``bouncedRecipients`` has them.

    There are none where the notification does not say who failed.
    """

    report: str
    recipients: Sequence[dict[str, str]]
    bounce_class: BounceClass
    reporting_mta: str | None


def complain(tx: Tx, message_id: str, report: ComplaintReport, now: float) -> None:
    """Journals a Complaint, unless the message is unknown or the report was seen before."""
    facts = _facts_of_new(tx, message_id, report.report, now)
    if facts is None:
        return
    recipients = [
        each for each in _complainers(facts, report) if _is_first(tx, facts, "complaint", each, now)
    ]
    if not recipients:
        return
    detail: dict[str, Any] = {
        "recipients": recipients,
        "feedbackId": new_message_id(facts.region, now),
        "userAgent": report.user_agent,
        "complaintFeedbackType": report.feedback_type,
        "arrivalDate": None if report.arrived is None else timestamp(round(report.arrived * 1000)),
    }
    journal.append(tx, _entry(tx, facts, Kind.COMPLAINT, detail, now))


def bounce(tx: Tx, message_id: str, report: BounceReport, now: float) -> None:
    """Journals a Bounce that came as mail, after the receiving server had taken the message."""
    facts = _facts_of_new(tx, message_id, report.report, now)
    if facts is None:
        return
    recipients = [
        each
        for each in _bounced(facts, report.recipients)
        if _is_first(tx, facts, "bounce", each["emailAddress"], now)
    ]
    if not recipients:
        return
    detail = {
        "bounceType": report.bounce_class.bounce_type,
        "bounceSubType": report.bounce_class.sub_type,
        "feedbackId": new_message_id(facts.region, now),
        "recipients": recipients,
        "reportingMTA": report.reporting_mta,
        "asynchronous": True,
    }
    journal.append(tx, _entry(tx, facts, Kind.BOUNCE, detail, now))


def forget(tx: Tx, *, before: int, limit: int) -> int:
    """Forgets reports seen before ``before`` (milliseconds), at most ``limit``; returns how many."""
    rows = tx.run("SELECT message, report FROM feedback_seen WHERE time < ? LIMIT ?", (before, limit))
    tx.many("DELETE FROM feedback_seen WHERE message = ? AND report = ?", rows)
    return len(rows)


def rename(tx: Tx, message_id: str, recipient: str, instead: str) -> None:
    """Notes what is known of one recipient under another name, so that it is still told once."""
    message = pack_message_id(message_id)
    for what in _ONCE_EACH:
        tx.run(
            "UPDATE OR REPLACE feedback_seen SET report = ? WHERE message = ? AND report = ?",
            (f"{what} {instead}", message, f"{what} {recipient.lower()}"),
        )


def _facts_of_new(tx: Tx, message_id: str, report: str, now: float) -> Facts | None:
    facts = journal.get_facts(tx, [message_id]).get(message_id)
    if facts is None or facts.is_system:
        return None
    return facts if _note(tx, message_id, report, now) else None


def _is_first(tx: Tx, facts: Facts, what: str, recipient: str, now: float) -> bool:
    """One mailbox bounces a message once and complains of it once, in however many reports somebody says so."""
    return _note(tx, facts.message_id, f"{what} {recipient.lower()}", now)


def _note(tx: Tx, message_id: str, report: str, now: float) -> bool:
    """False for what was noted before."""
    return bool(
        tx.run(
            "INSERT INTO feedback_seen (message, report, time) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1",
            (pack_message_id(message_id), report, round(now * 1000)),
        )
    )


def _complainers(facts: Facts, report: ComplaintReport) -> list[str]:
    """Providers hide who complained; then it may be any recipient at their domain, or any at all."""
    named = _among(facts.destination, report.recipients)
    if named:
        return named
    provider = (report.provider_domain or "").lower()
    at_provider = [
        each for each in facts.destination if _is_within(provider, each.rpartition("@")[2].lower())
    ]
    return at_provider or list(facts.destination)


def _is_within(host: str, domain: str) -> bool:
    """``arf.mail.example.com`` reports for mailboxes at ``example.com``."""
    return host == domain or host.endswith(f".{domain}")


def _bounced(facts: Facts, reported: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Every recipient sees the return path, so a report may only speak of the message's own recipients.

    One that names none of them, because they forward their mail or because it names nobody, can only mean the one there is.
    """
    own = {each.lower() for each in facts.destination}
    named = [each for each in reported if each["emailAddress"].lower() in own]
    if named or len(facts.destination) != 1:
        return named
    return [{**(reported[0] if reported else {}), "emailAddress": facts.destination[0]}]


def _among(destination: Iterable[str], named: Iterable[str]) -> list[str]:
    wanted = {each.lower() for each in named}
    return [each for each in destination if each.lower() in wanted]


def _entry(tx: Tx, facts: Facts, kind: Kind, detail: dict[str, Any], now: float) -> Entry:
    scope = Scope(facts.account, facts.region)
    version = configuration_sets.version_in_force(tx, scope, facts.configuration_set)
    weighs = weight(len(detail["recipients"]))
    return Entry(round(now * 1000), scope, kind, facts.message_id, version, weighs, detail)
