"""A raw message made ready for the wire, as SES does it with SendRawEmail and SMTP submission.

Line ends become CRLF (a bare CR or LF counts as a line end, so no receiver can see another message in it). Bcc,
Return-Path and the ``X-SES-*`` control fields go. Message-ID and Date are ours. MIME-Version is added where
Content-* fields say the message is MIME, From and Feedback-ID where they are missing. Everything else stays byte for byte.
"""

import re

from mailgauge.mail.encode import LONGEST_LINE, address_value, has_longer_line
from mailgauge.mail.headers import Split, field_bytes, split

CONTROL = frozenset(
    {
        "x-ses-configuration-set",
        "x-ses-message-tags",
        "x-ses-source-arn",
        "x-ses-from-arn",
        "x-ses-return-path-arn",
        "x-ses-list-management-options",
        "x-ses-tenant",
    }
)
_DROPPED = CONTROL | {"bcc", "resent-bcc", "return-path"}
_BARE_LINE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")


class LineTooLongError(ValueError):
    """A line of more than 1000 bytes with its line end."""


def crlf(raw: bytes) -> bytes:
    """The message with CRLF line ends only; the same object when it has no others."""
    if raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r"):
        return raw
    return _BARE_LINE_END.sub(b"\r\n", raw)


def check_lines(raw: bytes, limit: int = LONGEST_LINE + 2) -> None:
    """Raises LineTooLongError (``ses/SendRawEmail``: no more than 1000 characters a line); ``limit`` counts the line end."""
    if has_longer_line(raw, limit - 2):
        raise LineTooLongError(f"a line is longer than {limit} bytes")


def prepare(
    raw: bytes, message_id: str, date: str, from_: str | None = None, feedback_id: str | None = None
) -> bytes:
    """The message for the wire. ``message_id`` and ``date`` are header values; the last two fill in missing fields."""
    parts = split(crlf(raw))
    own = {"message-id": field_bytes("Message-ID", message_id), "date": field_bytes("Date", date)}
    names = {field.name.lower() for field in parts.fields}
    kept: list[bytes] = []
    placed: set[str] = set()
    for field in parts.fields:
        name = field.name.lower()
        if name in own:
            if name not in placed:
                kept.append(own[name])
                placed.add(name)
        elif name not in _DROPPED:
            kept.append(_ended(field.raw))
    if from_ is not None and "from" not in names:
        kept.append(b"From: " + address_value(from_, "From").encode("ascii") + b"\r\n")
    if feedback_id is not None and "feedback-id" not in names:
        kept.append(field_bytes("Feedback-ID", feedback_id))
    kept += (line for name, line in own.items() if name not in placed)
    if "mime-version" not in names and any(name.startswith("content-") for name in names):
        kept.append(field_bytes("MIME-Version", "1.0"))
    return b"".join(kept) + _rest(parts)


def _ended(raw: bytes) -> bytes:
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def _rest(parts: Split) -> bytes:
    """The blank line and the body; a message without its blank line gets one, so that our fields can't end up in the body."""
    if parts.rest.startswith(b"\r\n"):
        return parts.rest
    return b"\r\n" + parts.rest
