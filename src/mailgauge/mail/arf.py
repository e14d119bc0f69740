"""Abuse reports of feedback loops (RFC 5965): built and parsed. It does not find out whom a redacted report means."""

import re
from dataclasses import dataclass, field

from mailgauge.mail import report
from mailgauge.mail.headers import Field, first
from mailgauge.mail.report import Cover, ReportError

_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,253}")
_MOST_FIELDS = 200
_MOST_OF_FIELD = 2000

_TEXT = "This is an email abuse report for a message whose headers are attached.\n"


class ArfError(ReportError):
    """These bytes are no abuse report."""


@dataclass(frozen=True, slots=True)
class AbuseReport:
    """``feedback_type`` is a value of the MARF registry (``abuse``); ``original_rcpt_to`` is empty when the provider redacts it."""

    feedback_type: str
    user_agent: str | None = None
    original_rcpt_to: tuple[str, ...] = ()
    original_mail_from: str | None = None
    arrival_date: str | None = None
    source_ip: str | None = None
    reported_domain: str | None = None
    original_message_id: str | None = None
    return_paths: tuple[str, ...] = field(default=(), compare=False)
    """Found when parsing: addresses in the header of the reported message, and its sender. One may be the return path."""


def parse(raw: bytes) -> AbuseReport:
    """Raises ArfError, whatever the bytes."""
    try:
        parsed = report.parse(raw, "feedback-report")
    except ReportError as error:
        raise ArfError(str(error)) from error
    group = [field for each in parsed.groups for field in each]
    feedback_type = report.value(group, "feedback-type")
    if feedback_type is None:
        raise ArfError("the report has no Feedback-Type")
    recipients = (report.typed(value) for name, value in group if name == "original-rcpt-to")
    return AbuseReport(
        feedback_type=feedback_type.lower(),
        user_agent=report.value(group, "user-agent"),
        original_rcpt_to=tuple(each for each in recipients if each),
        original_mail_from=report.typed(report.value(group, "original-mail-from")),
        arrival_date=report.value(group, "arrival-date") or report.value(group, "received-date"),
        source_ip=report.value(group, "source-ip"),
        reported_domain=report.value(group, "reported-domain"),
        original_message_id=first(parsed.original, "Message-ID"),
        return_paths=_addresses(report.value(group, "original-mail-from"), parsed.original),
    )


def _addresses(mail_from: str | None, original: list[Field]) -> tuple[str, ...]:
    """Return-Path is often left out; then servers name the address in what they say of SPF or in Received."""
    texts = [mail_from or "", *(field.value for field in original[:_MOST_FIELDS])]
    found = (match[0] for text in texts for match in _ADDRESS.finditer(text[:_MOST_OF_FIELD]))
    return tuple(dict.fromkeys(found))


def build(abuse: AbuseReport, cover: Cover, original: bytes, text: str = _TEXT) -> bytes:
    """A report with the headers of ``original``. Raises HeaderInjectionError for line breaks in a field."""
    fields: list[tuple[str, str | None]] = [
        ("Feedback-Type", abuse.feedback_type),
        ("User-Agent", abuse.user_agent),
        ("Version", "1"),
        ("Original-Mail-From", f"<{abuse.original_mail_from}>" if abuse.original_mail_from else None),
        *(("Original-Rcpt-To", f"<{each}>") for each in abuse.original_rcpt_to),
        ("Arrival-Date", abuse.arrival_date),
        ("Source-IP", abuse.source_ip),
        ("Reported-Domain", abuse.reported_domain),
    ]
    return report.build(
        cover, "feedback-report", text, [[(name, value) for name, value in fields if value]], original
    )
