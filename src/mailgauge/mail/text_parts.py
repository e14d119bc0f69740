"""Changes what stands in the text parts of a finished message (RFC 2045, RFC 2046), and no other byte of it.

A part keeps its transfer encoding; only a plain one whose lines get too long becomes quoted-printable. Attachments,
attached messages and what can't be read stay as they are.
"""

import binascii
from collections.abc import Callable

from mailgauge.mail import encode
from mailgauge.mail.headers import Split, first
from mailgauge.mail.parts import MAX_DEPTH, Entity, entity

Change = Callable[[str, bytes], bytes]
"""From a part's subtype (``plain`` or ``html``) and its text, without transfer encoding, to the text it shall have."""


def edit_text(raw: bytes, change: Change) -> bytes:
    return _edit(raw, change, 0)


def _edit(raw: bytes, change: Change, depth: int) -> bytes:
    found = entity(raw)
    if found.boundary is not None and depth < MAX_DEPTH:
        return found.with_parts(lambda part: _edit(part, change, depth + 1))
    if found.kind in {"text/plain", "text/html"} and not _is_attachment(found.parts):
        return _leaf(found, change)
    return raw


def _is_attachment(parts: Split) -> bool:
    return (first(parts.fields, "Content-Disposition") or "").lower().startswith("attachment")


def _leaf(found: Entity, change: Change) -> bytes:
    encoding, body = found.transfer_encoding, found.parts.body
    try:
        text = _decoded(body, encoding)
    except binascii.Error:
        return found.raw
    changed = change(found.kind.removeprefix("text/"), text)
    if changed == text:
        return found.raw
    if encoding == "base64":
        return found.head + encode.base64_lines(changed) + (b"\r\n" if body.endswith(b"\n") else b"")
    if encoding == "quoted-printable":
        return found.head + _quoted_printable(changed)
    if not encode.has_longer_line(changed, encode.LONGEST_LINE):
        return found.head + changed
    return found.encoded("quoted-printable", _quoted_printable(changed))


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return binascii.a2b_base64(body)
    return binascii.a2b_qp(body) if encoding == "quoted-printable" else body


def _quoted_printable(text: bytes) -> bytes:
    return encode.quoted_printable(text.replace(b"\r\n", b"\n"))
