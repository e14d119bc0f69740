"""What mail to a return path says about the message it belongs to. Pure: bytes in, values out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from hashlib import blake2b

from mailgauge.inbound import unusual
from mailgauge.mail import arf, autoreply, dsn
from mailgauge.mail.address import AddressError, parse_address
from mailgauge.mail.bounce_class import BounceClass, bounce_class_of_status
from mailgauge.mail.headers import first, split
from mailgauge.mail.status import find_status

# What counts stands in front of the returned message, which may be large.
_MOST_BYTES = 1024 * 1024
_MOST_HEADER = 64 * 1024
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?=[ -])")


@dataclass(frozen=True, slots=True)
class Complaint:
    """``recipients`` is empty when the provider redacted them; ``provider_domain`` is then all that is known of them.

    ``key`` is the same when the report comes twice.
    """

    key: str
    recipients: tuple[str, ...]
    feedback_type: str
    user_agent: str | None = None
    arrival_date: float | None = None
    provider_domain: str | None = None
    return_paths: tuple[str, ...] = ()
    """Addresses of the reported message, one of which may be its return path."""


@dataclass(frozen=True, slots=True)
class BouncedRecipient:
    email: str
    action: str | None
    status: str | None
    diagnostic_code: str | None


@dataclass(frozen=True, slots=True)
class Bounce:
    """Recipients of one notification that failed in the same way; ``bounce_class`` is bounceType and bounceSubType.

    ``recipients`` is empty where the notification does not say who.
    """

    key: str
    recipients: tuple[BouncedRecipient, ...]
    bounce_class: BounceClass
    reporting_mta: str | None = None
    remote_mta: str | None = None


@dataclass(frozen=True, slots=True)
class AutoReply:
    """Somebody is away: noted, never an event."""

    key: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A server tells of a delay or a delivery: noted, never an event."""

    key: str


Feedback = Complaint | Bounce | AutoReply | Notice


def read_feedback(raw: bytes) -> list[Feedback]:
    """Everything a message says; an empty list for one that says nothing we know. Never raises."""
    key, raw = report_key(raw), raw[:_MOST_BYTES]
    try:
        return [_complaint(arf.parse(raw), key, _sender_domain(raw))]
    except arf.ArfError:
        pass
    try:
        return list(_bounces(dsn.parse(raw), key)) or [Notice(key)]
    except dsn.DsnError:
        pass
    head = raw[:_MOST_HEADER]
    # Old servers call their bounces automatic replies, too, but don't write "I am away" over them.
    if not autoreply.is_notice_of_absence(head) and (found := unusual.read(raw)):
        return [_unusual(each, key) for each in found]
    return [AutoReply(key)] if autoreply.is_auto_reply(head) else []


def report_key(raw: bytes) -> str:
    """What tells one report from another: its Message-ID, or all of its bytes."""
    message_id = first(split(raw[:_MOST_HEADER]).fields, "Message-ID")
    return blake2b(message_id.encode() if message_id else raw, digest_size=16).hexdigest()


def _sender_domain(raw: bytes) -> str | None:
    """Whose feedback loop it is. Reported-Domain doesn't say: that one names the sender of the reported message."""
    try:
        return parse_address(first(split(raw[:_MOST_HEADER]).fields, "From") or "").domain.lower()
    except AddressError:
        return None


def _complaint(report: arf.AbuseReport, key: str, provider_domain: str | None) -> Complaint:
    return Complaint(
        key=key,
        recipients=report.original_rcpt_to,
        feedback_type=report.feedback_type,
        user_agent=report.user_agent,
        arrival_date=_time(report.arrival_date),
        provider_domain=provider_domain,
        return_paths=report.return_paths,
    )


def _bounces(notification: dsn.Dsn, key: str) -> Iterator[Bounce]:
    """One bounce for each class, because different causes are different events. Delays and successes are none."""
    classes: dict[BounceClass, list[dsn.RecipientStatus]] = {}
    for recipient in notification.recipients:
        if recipient.has_failed:
            diagnostic = recipient.diagnostic_code or ""
            found = bounce_class_of_status(recipient.status or _status_in(diagnostic), diagnostic)
            classes.setdefault(found, []).append(recipient)
    for found, recipients in classes.items():
        yield Bounce(
            key=f"{key}-{found.bounce_type}-{found.sub_type}",
            recipients=tuple(_bounced(each) for each in recipients),
            bounce_class=found,
            reporting_mta=notification.reporting_mta,
            remote_mta=recipients[0].remote_mta,
        )


def _bounced(recipient: dsn.RecipientStatus) -> BouncedRecipient:
    # The original address is the one we sent to; the final one may be where it was forwarded.
    email = recipient.original_recipient or recipient.final_recipient or ""
    return BouncedRecipient(email, recipient.action, recipient.status, recipient.diagnostic_code)


def _status_in(diagnostic: str) -> str | None:
    """For notifications without Status: the code in the reply that they quote."""
    code = _REPLY.search(diagnostic)
    return find_status(diagnostic) or (f"{code[1][0]}.0.0" if code else None)


def _unusual(found: unusual.Unusual, key: str) -> Bounce:
    recipients = tuple(BouncedRecipient(each, None, None, None) for each in found.recipients)
    return Bounce(f"{key}-{'-'.join(found.bounce_class)}", recipients, found.bounce_class)


def _time(date: str | None) -> float | None:
    if date is None:
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
