"""Assembles a message from its parts (sesv2 ``Simple`` and rendered templates): RFC 5322, RFC 2045-2047, RFC 2387.

By hand, because it stands on the path of every message: the standard library takes a millisecond for what takes a
few microseconds here, and parses the result back in the tests. No field can bring a line break in.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate
from hashlib import blake2b
from mimetypes import guess_type
from urllib.parse import quote

from mailgauge.mail import encode
from mailgauge.mail.headers import HeaderInjectionError, field_bytes, refuse_line_breaks

_CONTENT_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(\s*;[ -~]*)?")


class MessageError(ValueError):
    """A part that can't stand in a message."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment as the API has it. ``encoding`` is BASE64, QUOTED_PRINTABLE or SEVEN_BIT."""

    filename: str
    content: bytes
    content_type: str | None = None
    disposition: str = "ATTACHMENT"
    content_id: str | None = None
    description: str | None = None
    encoding: str = "BASE64"


@dataclass(frozen=True, slots=True)
class SimpleMessage:
    """A message in parts. Addresses stand as the caller wrote them; ``message_id`` is the whole header value ``<id@domain>``."""

    from_: str
    to: Sequence[str] = ()
    cc: Sequence[str] = ()
    reply_to: Sequence[str] = ()
    subject: str | None = None
    subject_charset: str | None = None
    text: str | None = None
    text_charset: str | None = None
    html: str | None = None
    html_charset: str | None = None
    headers: Sequence[tuple[str, str]] = ()
    attachments: Sequence[Attachment] = ()
    date: float = 0.0
    message_id: str = ""


def assemble(message: SimpleMessage) -> bytes:
    """The message on the wire. Raises MessageError, HeaderInjectionError or EncodingError, all of them ValueErrors."""
    content = _content(message)
    return _headers(message) + content + (b"" if content.endswith(b"\r\n") else b"\r\n")


def date_value(when: float) -> str:
    """A Date header value in UTC: ``Tue, 01 Jul 2025 00:00:00 +0000``."""
    return formatdate(when)[:-5] + "+0000"


def _headers(message: SimpleMessage) -> bytes:
    refuse_line_breaks(message.message_id, "Message-ID")
    lines = [f"From: {encode.address_value(message.from_, 'From')}"]
    for name, addresses in (("Reply-To", message.reply_to), ("To", message.to), ("Cc", message.cc)):
        if addresses:
            lines.append(
                f"{name}: " + ",\r\n ".join([encode.address_value(each, name) for each in addresses])
            )
    if message.subject is not None:
        lines.append(f"Subject: {encode.unstructured(message.subject, message.subject_charset, 'Subject')}")
    lines += (
        f"Message-ID: {message.message_id}",
        f"Date: {date_value(message.date)}",
        "MIME-Version: 1.0",
    )
    for name, value in message.headers:
        field_bytes(name, "")
        lines.append(f"{name}: {encode.unstructured(value, None, name)}")
    lines.append("")
    return "\r\n".join(lines).encode("ascii")


def _content(message: SimpleMessage) -> bytes:
    content = _alternatives(message)
    inline = [each for each in message.attachments if each.disposition.upper() == "INLINE"]
    others = [each for each in message.attachments if each.disposition.upper() != "INLINE"]
    if inline:
        content = _multipart("related", message, [content, *map(_attachment, inline)])
    if others:
        content = _multipart("mixed", message, [content, *map(_attachment, others)])
    return content


def _alternatives(message: SimpleMessage) -> bytes:
    if message.html is None:
        return _text_part("plain", message.text or "", message.text_charset)
    html = _text_part("html", message.html, message.html_charset)
    if message.text is None:
        return html
    return _multipart("alternative", message, [_text_part("plain", message.text, message.text_charset), html])


def _text_part(subtype: str, text: str, charset: str | None) -> bytes:
    data, used, transfer_encoding = encode.body(text, charset)
    head = f"Content-Type: text/{subtype}; charset={used}\r\nContent-Transfer-Encoding: {transfer_encoding}\r\n\r\n"
    return head.encode("ascii") + data


def _multipart(subtype: str, message: SimpleMessage, parts: list[bytes]) -> bytes:
    boundary = _boundary(subtype, message.message_id, parts)
    pieces = [b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (subtype.encode(), boundary)]
    for part in parts:
        # The line end before a boundary belongs to the boundary, not to the part.
        pieces += (b"--", boundary, b"\r\n", part, b"\r\n")
    pieces += (b"--", boundary, b"--")
    return b"".join(pieces)


def _boundary(subtype: str, message_id: str, parts: list[bytes]) -> bytes:
    """The same message gets the same boundary; one that occurs in the content is passed over."""
    attempt = 0
    while True:
        digest = blake2b(f"{subtype} {attempt} {message_id}".encode(), digest_size=12).hexdigest()
        boundary = f"----=_{digest}".encode()
        if not any(boundary in part for part in parts):
            return boundary
        attempt += 1


def _attachment(attachment: Attachment) -> bytes:
    head = [f"Content-Type: {_content_type(attachment)}"]
    disposition = "inline" if attachment.disposition.upper() == "INLINE" else "attachment"
    head.append(f"Content-Disposition: {disposition};\r\n {_parameter('filename', attachment.filename)}")
    if attachment.content_id:
        refuse_line_breaks(attachment.content_id, "ContentId")
        if not attachment.content_id.isascii():
            raise MessageError("ContentId is not ASCII")
        head.append(f"Content-ID: <{attachment.content_id.strip('<>')}>")
    if attachment.description:
        head.append(
            f"Content-Description: {encode.unstructured(attachment.description, None, 'Content-Description')}"
        )
    transfer_encoding, data = _attachment_data(attachment)
    head += (f"Content-Transfer-Encoding: {transfer_encoding}", "", "")
    return "\r\n".join(head).encode("ascii") + data


def _content_type(attachment: Attachment) -> str:
    content_type = attachment.content_type or guess_type(attachment.filename)[0] or "application/octet-stream"
    refuse_line_breaks(content_type, "ContentType")
    if not _CONTENT_TYPE.fullmatch(content_type):
        raise MessageError(f"not a content type: {content_type!r}")
    if (
        content_type.lower().startswith(("multipart/", "message/"))
        and attachment.encoding.upper() == "BASE64"
    ):
        # RFC 2045 section 6.4 allows no base64 for composite types.
        content_type = "application/octet-stream"
    return f"{content_type};\r\n {_parameter('name', attachment.filename)}"


def _parameter(name: str, value: str) -> str:
    """A MIME parameter: a quoted string when it is ASCII, else the form of RFC 2231."""
    refuse_line_breaks(value, name)
    if value.isascii() and value.isprintable():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}="{escaped}"'
    return f"{name}*=utf-8''{quote(value, safe='')}"


def _attachment_data(attachment: Attachment) -> tuple[str, bytes]:
    wished = attachment.encoding.upper()
    content = attachment.content
    if wished == "SEVEN_BIT" and _is_seven_bit(content):
        return "7bit", content
    if wished == "QUOTED_PRINTABLE":
        return "quoted-printable", _binary_quoted_printable(content)
    # What was declared 7bit and isn't travels as base64: bytes are kept, not the wish.
    return "base64", encode.base64_lines(content)


def _is_seven_bit(content: bytes) -> bool:
    broken = content.replace(b"\r\n", b"")
    return (
        content.isascii()
        and not any(each in broken for each in (b"\r", b"\n", b"\0"))
        and not encode.has_longer_line(content, encode.LONGEST_LINE)
    )


def _binary_quoted_printable(content: bytes) -> bytes:
    lines = content.split(b"\r\n")
    return b"\r\n".join(encode.quoted_printable_binary(line) for line in lines)


__all__ = ["Attachment", "HeaderInjectionError", "MessageError", "SimpleMessage", "assemble"]
