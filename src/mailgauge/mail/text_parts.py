"""Changes what stands in the text parts of a finished message (RFC 2045, RFC 2046), and no other byte of it.

A part keeps its transfer encoding; only a plain one whose lines get too long becomes quoted-printable. Attachments,
attached messages and what can't be read stay as they are.
"""

import binascii
import re
from collections.abc import Callable, Iterator
from email.message import Message

from mailgauge.mail import encode
from mailgauge.mail.headers import Split, first, replace, split

Change = Callable[[str, bytes], bytes]
"""From a part's subtype (``plain`` or ``html``) and its text, without transfer encoding, to the text it shall have."""

_ENCODING = "Content-Transfer-Encoding"
# Nobody writes deeper ones; a hostile message could.
_MAX_DEPTH = 20


def edit_text(raw: bytes, change: Change) -> bytes:
    return _entity(raw, change, 0)


def _entity(raw: bytes, change: Change, depth: int) -> bytes:
    parts = split(raw)
    message = Message()
    message["Content-Type"] = first(parts.fields, "Content-Type") or "text/plain"
    kind, boundary = message.get_content_type(), message.get_boundary()
    if kind.startswith("multipart/"):
        if boundary is None or depth == _MAX_DEPTH:
            return raw
        return raw[: len(raw) - len(parts.rest)] + _multipart(parts.rest, boundary, change, depth)
    if kind in {"text/plain", "text/html"} and not _is_attachment(parts):
        return _leaf(raw, parts, kind.removeprefix("text/"), change)
    return raw


def _is_attachment(parts: Split) -> bool:
    return (first(parts.fields, "Content-Disposition") or "").lower().startswith("attachment")


def _multipart(rest: bytes, boundary: str, change: Change, depth: int) -> bytes:
    pieces: list[bytes] = []
    done = 0
    for start, end in _parts(rest, boundary.encode("utf-8", "surrogateescape")):
        pieces += (rest[done:start], _entity(rest[start:end], change, depth + 1))
        done = end
    return b"".join([*pieces, rest[done:]])


def _parts(rest: bytes, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Where each part begins and ends. The line end before a delimiter belongs to the delimiter."""
    delimiter = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\r?\Z)", re.MULTILINE)
    start: int | None = None
    for match in delimiter.finditer(rest):
        if start is not None:
            end = max(start, match.start() - (2 if rest.endswith(b"\r\n", 0, match.start()) else 1))
            yield start, end
        if match[1]:
            return
        start = match.end()
    if start is not None:
        yield start, len(rest)


def _leaf(raw: bytes, parts: Split, subtype: str, change: Change) -> bytes:
    encoding = (first(parts.fields, _ENCODING) or "7bit").strip().lower()
    body = parts.body
    try:
        text = _decoded(body, encoding)
    except binascii.Error:
        return raw
    changed = change(subtype, text)
    if changed == text:
        return raw
    head = raw[: len(raw) - len(body)]
    if encoding == "base64":
        return head + encode.base64_lines(changed) + (b"\r\n" if body.endswith(b"\n") else b"")
    if encoding == "quoted-printable":
        return head + _quoted_printable(changed)
    if encode.longest_line(changed) <= encode.LONGEST_LINE:
        return head + changed
    return replace(head, _ENCODING, "quoted-printable") + _quoted_printable(changed)


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return binascii.a2b_base64(body)
    return binascii.a2b_qp(body) if encoding == "quoted-printable" else body


def _quoted_printable(text: bytes) -> bytes:
    return encode.quoted_printable(text.replace(b"\r\n", b"\n"))
