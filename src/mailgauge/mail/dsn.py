"""Delivery status notifications (RFC 3464): built and parsed. It does not decide what a status means for a recipient."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailgauge.mail import report
from mailgauge.mail.headers import first
from mailgauge.mail.report import Cover, Group, ReportError
from mailgauge.mail.status import find_status

_NAMES = frozenset({"final-recipient", "original-recipient"})
# No message of ours has more; a report that has is none of ours.
_MOST_RECIPIENTS = 1000


class DsnError(ReportError):
    """These bytes are no delivery status notification."""


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """What happened for one recipient; ``diagnostic_code`` keeps its type (``smtp; 550 5.1.1 user unknown``)."""

    final_recipient: str | None
    original_recipient: str | None = None
    action: str | None = None
    status: str | None = None
    diagnostic_code: str | None = None
    remote_mta: str | None = None

    @property
    def has_failed(self) -> bool:
        """Whether the delivery was given up. ``delayed``, ``delivered``, ``relayed`` and ``expanded`` are no bounces."""
        if self.action is None:
            return self.status is not None and self.status.startswith("5")
        # OpenSMTPD says "error".
        return self.action in {"failed", "error"}


@dataclass(frozen=True, slots=True)
class Dsn:
    """``reporting_mta`` keeps its type (``dns; mx.example.com``); ``original_message_id`` is the returned Message-ID value."""

    reporting_mta: str | None
    recipients: tuple[RecipientStatus, ...]
    arrival_date: str | None = None
    original_message_id: str | None = None


def parse(raw: bytes) -> Dsn:
    """Raises DsnError, whatever the bytes."""
    try:
        parsed = report.parse(raw, "delivery-status")
    except ReportError as error:
        raise DsnError(str(error)) from error
    fields = [field for group in parsed.groups for field in group]
    recipients = [each for group in parsed.groups for each in _recipients_of(group)]
    if not recipients:
        raise DsnError("the notification names no recipient")
    return Dsn(
        reporting_mta=report.value(fields, "reporting-mta"),
        recipients=tuple(recipients[:_MOST_RECIPIENTS]),
        arrival_date=report.value(fields, "arrival-date"),
        original_message_id=first(parsed.original, "Message-ID"),
    )


def _recipients_of(group: Group) -> Iterator[RecipientStatus]:
    """One, as a rule; servers that leave out the blank lines have several in a block, or the message's fields too."""
    block: Group = []
    for field in group:
        if field[0] in _NAMES and any(name == field[0] for name, _ in block):
            yield _recipient(block)
            block = []
        block.append(field)
    if any(name in _NAMES for name, _ in block):
        yield _recipient(block)


def _recipient(group: Group) -> RecipientStatus:
    action = report.value(group, "action")
    status = report.value(group, "status")
    return RecipientStatus(
        final_recipient=report.typed(report.value(group, "final-recipient")),
        original_recipient=report.typed(report.value(group, "original-recipient")),
        action=action.split()[0].lower() if action else None,
        status=find_status(status) if status else None,
        diagnostic_code=report.value(group, "diagnostic-code"),
        remote_mta=report.value(group, "remote-mta"),
    )


def build(dsn: Dsn, cover: Cover, original: bytes, text: str | None = None) -> bytes:
    """A notification with the headers of ``original``. Raises HeaderInjectionError for line breaks in a field."""
    about = [("Reporting-MTA", dsn.reporting_mta), ("Arrival-Date", dsn.arrival_date)]
    groups = [_present(about), *(_present(_fields(each)) for each in dsn.recipients)]
    return report.build(cover, "delivery-status", text or _text(dsn), groups, original)


def _fields(recipient: RecipientStatus) -> Sequence[tuple[str, str | None]]:
    original, final = recipient.original_recipient, recipient.final_recipient
    return (
        ("Original-Recipient", f"rfc822; {original}" if original else None),
        ("Final-Recipient", f"rfc822; {final}" if final else None),
        ("Action", recipient.action),
        ("Status", recipient.status),
        ("Remote-MTA", recipient.remote_mta),
        ("Diagnostic-Code", recipient.diagnostic_code),
    )


def _present(fields: Sequence[tuple[str, str | None]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in fields if value]


def _text(dsn: Dsn) -> str:
    lines = [
        f"{each.final_recipient}: {each.action} ({each.diagnostic_code or each.status})"
        for each in dsn.recipients
    ]
    return "The message could not be delivered to these recipients:\n\n" + "\n".join(lines) + "\n"
