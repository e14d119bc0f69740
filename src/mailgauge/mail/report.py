"""multipart/report (RFC 6522), the frame that delivery status notifications and abuse reports share: built by hand, parsed with the standard library."""

from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from hashlib import blake2b

from mailgauge.mail import encode
from mailgauge.mail.content_fields import BoundedMessage
from mailgauge.mail.headers import Field, field_bytes, split

# The machine-readable part stands before the returned message, which may be large and is not needed.
_MOST_BYTES = 512 * 1024
# The parser looks at every open boundary for each line: hostile nesting would keep it busy for minutes.
_MOST_MULTIPARTS = 20

Group = list[tuple[str, str]]
"""Fields of one block, names in lower case."""


class ReportError(ValueError):
    """These bytes are not such a report."""


@dataclass(frozen=True, slots=True)
class Report:
    """A parsed report: its machine-readable blocks, the human's text, and the headers of the message it is about."""

    groups: list[Group]
    text: str
    original: list[Field]


@dataclass(frozen=True, slots=True)
class Cover:
    """The fields a report goes out with; ``message_id`` with its angle brackets, ``date`` as in a header."""

    from_: str
    to: str
    subject: str
    date: str
    message_id: str


def parse(raw: bytes, subtype: str) -> Report:
    """The parts of a report whose machine-readable part is ``message/<subtype>``. Raises ReportError and nothing else."""
    try:
        return _parse(raw, subtype)
    except ReportError:
        raise
    except Exception as error:  # the parser's own faults on hostile bytes are theirs, not ours
        raise ReportError(f"unreadable report: {type(error).__name__}") from error


def _parse(raw: bytes, subtype: str) -> Report:
    raw = raw[:_MOST_BYTES]
    if raw.lower().count(b"multipart/") > _MOST_MULTIPARTS:
        raise ReportError("too many parts in parts")
    message = message_from_bytes(raw, _class=BoundedMessage)
    groups: list[Group] | None = None
    text = ""
    original: list[Field] = []
    for part in _parts(message):
        kind = part.get_content_type()
        if kind == f"message/{subtype}" and groups is None:
            groups = _groups(part)
        elif kind == "text/plain" and not text and groups is None:
            text = _bytes_of(part).decode("utf-8", "replace")
        elif (
            kind in {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}
            and not original
        ):
            original = split(_bytes_of(part)).fields
    if groups is None:
        raise ReportError(f"there is no part of type message/{subtype}")
    return Report(groups, text, original)


def _parts(message: Message) -> list[Message]:
    """The parts of the report itself; those inside the returned message are not ours."""
    if not message.is_multipart() or message.get_content_maintype() != "multipart":
        return [message]
    found: list[Message] = []
    for part in message.get_payload():
        if isinstance(part, Message):
            found += _parts(part) if part.get_content_maintype() == "multipart" else [part]
    return found


def _groups(part: Message) -> list[Group]:
    payload = part.get_payload()
    if not isinstance(payload, list):
        return [[(field.name.lower(), field.value) for field in split(_bytes_of(part)).fields]]
    groups = [
        [(name.lower(), _one_line(value)) for name, value in each.items()]
        for each in payload
        if isinstance(each, Message)
    ]
    return [group for group in groups if group]


def _bytes_of(part: Message) -> bytes:
    payload = part.get_payload()
    if isinstance(payload, list):
        return b"\n".join(each.as_bytes() for each in payload if isinstance(each, Message))
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _one_line(value: object) -> str:
    return " ".join(str(value).split())


def value(group: Group, name: str) -> str | None:
    return next((found for each, found in group if each == name and found), None)


def typed(text: str | None) -> str | None:
    """The value behind a type: ``rfc822; joe@example.com`` or ``dns; mx.example.com``."""
    if text is None:
        return None
    before, semicolon, after = text.partition(";")
    return (after if semicolon else before).strip().removeprefix("<").removesuffix(">") or None


def _words(text: str) -> bytes:
    """The rest of the human's part; 7 bits, since reports pass through all kinds of servers."""
    if text.isascii():
        return b"\r\n" + text.replace("\n", "\r\n").encode()
    return b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + encode.quoted_printable(text.encode())


def build(
    cover: Cover, kind: str, text: str, groups: Sequence[Sequence[tuple[str, str]]], original: bytes
) -> bytes:
    """A report of ``report-type=<kind>`` about ``original``, of which only the headers are returned."""
    boundary = f"----=_{blake2b(cover.message_id.encode(), digest_size=12).hexdigest()}"
    head = [
        ("From", cover.from_),
        ("To", cover.to),
        ("Subject", cover.subject),
        ("Date", cover.date),
        ("Message-ID", cover.message_id),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/report; report-type={kind}; boundary="{boundary}"'),
    ]
    blocks = b"\r\n".join(b"".join(field_bytes(name, each) for name, each in group) for group in groups)
    headers = b"".join(field.raw for field in split(original).fields)
    mark = f"--{boundary}".encode()
    return b"".join(
        [
            *(field_bytes(name, each) for name, each in head),
            b"\r\n" + mark + b"\r\nContent-Type: text/plain; charset=utf-8\r\n",
            _words(text),
            b"\r\n" + mark + f"\r\nContent-Type: message/{kind}\r\n\r\n".encode(),
            blocks,
            b"\r\n" + mark + b"\r\nContent-Type: text/rfc822-headers\r\n\r\n",
            headers,
            b"\r\n" + mark + b"--\r\n",
        ]
    )
