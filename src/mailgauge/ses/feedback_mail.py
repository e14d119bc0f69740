"""The mail that tells a sender of a bounce (RFC 3464) or a complaint (RFC 5965), made from the event and the message's facts. Pure.

Only the headers of the message come back, as far as its facts keep them: its content may be gone by then.
"""

from typing import Any

from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.mail import arf, dsn, encode
from mailgauge.mail.headers import HeaderInjectionError
from mailgauge.mail.mime import date_value
from mailgauge.mail.report import Cover

_WHAT = {
    "Permanent": "The message could not be delivered, and there is no point in trying again",
    "Transient": "The message could not be delivered in the time there was",
    "Undetermined": "The message came back, and it is not clear why",
}


def build(entry: Entry, facts: Facts, *, to: str, message_id: str, domain: str) -> bytes:
    """``message_id`` is that of the new mail, ``domain`` the service's."""
    subject = (
        "Delivery Status Notification (Failure)" if entry.kind is Kind.BOUNCE else "Complaint about a message"
    )
    cover = Cover(
        from_=f"Mail Delivery System <MAILER-DAEMON@{domain}>",
        to=to,
        subject=subject,
        date=date_value(entry.time / 1000),
        message_id=f"<{message_id}@{domain}>",
    )
    if entry.kind is Kind.BOUNCE:
        return dsn.build(_status(entry, facts, domain), cover, _headers(facts), _bounce_text(entry, facts))
    return arf.build(_complaint(entry, facts, domain), cover, _headers(facts), _complaint_text(entry, facts))


def _status(entry: Entry, facts: Facts, domain: str) -> dsn.Dsn:
    detail = entry.detail
    return dsn.Dsn(
        reporting_mta=_ascii(detail.get("reportingMTA")) or f"dns; {domain}",
        recipients=tuple(_recipient(each, detail) for each in detail["recipients"]),
        arrival_date=date_value(facts.time),
    )


def _recipient(bounced: dict[str, Any], detail: dict[str, Any]) -> dsn.RecipientStatus:
    # Action and Status have to stand there (RFC 3464, section 2.3), also where the bounce did not say.
    usual = "4.0.0" if detail["bounceType"] == "Transient" else "5.0.0"
    return dsn.RecipientStatus(
        final_recipient=_ascii(bounced["emailAddress"]),
        action=_ascii(bounced.get("action")) or "failed",
        status=_ascii(bounced.get("status")) or usual,
        diagnostic_code=_ascii(bounced.get("diagnosticCode")),
    )


def _complaint(entry: Entry, facts: Facts, domain: str) -> arf.AbuseReport:
    return arf.AbuseReport(
        feedback_type=_ascii(entry.detail.get("complaintFeedbackType")) or "abuse",
        user_agent=_ascii(entry.detail.get("userAgent")) or domain,
        original_rcpt_to=tuple(filter(None, map(_ascii, entry.recipients))),
        original_mail_from=_ascii(facts.return_path),
        arrival_date=date_value(facts.time),
    )


def _bounce_text(entry: Entry, facts: Facts) -> str:
    lines = [
        f"{_WHAT[entry.detail['bounceType']]} ({entry.detail['bounceSubType']}).",
        "",
        *_about(facts),
        "",
    ]
    for each in entry.detail["recipients"]:
        said = _line(each.get("diagnosticCode"))
        lines += [f"  {each['emailAddress']}", *([f"    {said}"] if said else [])]
    return _text(lines)


def _complaint_text(entry: Entry, facts: Facts) -> str:
    who = entry.recipients
    kind = _line(entry.detail.get("complaintFeedbackType")) or "abuse"
    by = "a recipient" if len(who) == 1 else "one of these recipients"
    lines = [
        f"A report of type {kind} came in about the message, for {by}.",
        "",
        *_about(facts),
        "",
        *(f"  {each}" for each in who),
    ]
    return _text(lines)


def _about(facts: Facts) -> list[str]:
    subject = _line(facts.common_headers.get("subject"))
    return [
        *([f"Subject: {subject}"] if subject else []),
        f"Sent: {date_value(facts.time)}",
        f"Message id: {facts.message_id}",
    ]


def _text(lines: list[str]) -> str:
    return "\n".join(line[:900] for line in lines) + "\n"


def _headers(facts: Facts) -> bytes:
    """The fields of the message, folded and in ASCII, whatever they were; then a blank line, as after any header."""
    return b"".join(_field(name, value) for name, value in facts.headers) + b"\r\n"


def _field(name: str, value: str) -> bytes:
    try:
        return f"{name}: {encode.unstructured(_printable(value), None, name)}\r\n".encode()
    except HeaderInjectionError:
        return b""


def _line(text: Any) -> str | None:
    """Text of strangers on one line of printable characters, of a length that SMTP takes; None when nothing is left."""
    if text is None:
        return None
    return _printable(str(text))[:900] or None


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text).strip()


def _ascii(text: Any) -> str | None:
    """The same for the fields that programs read."""
    line = _line(text)
    return None if line is None else line.encode("ascii", "replace").decode()
