"""A message for servers that take seven bits only (RFC 6152): parts with other bytes become quoted-printable or base64.

Done before signing, since a server on the way would do it and break the signature. Header fields stay as they are, and so
does what surrounds the parts.
"""

from mailgauge.mail import encode
from mailgauge.mail.normalise import crlf
from mailgauge.mail.parts import MAX_DEPTH, Entity, entity

_MESSAGE = "message/rfc822"
_PLAIN = frozenset({"7bit", "8bit", "binary"})


def seven_bit(raw: bytes) -> bytes:
    """The message, its parts and those of attached messages re-encoded where they need it; the same object where none does."""
    return _encode(raw, 0)


def _encode(raw: bytes, depth: int) -> bytes:
    if raw.isascii() or depth > MAX_DEPTH:
        return raw
    found = entity(raw)
    if found.parts.body.isascii():
        return raw
    if found.boundary is not None:
        return _relabelled(found.with_parts(lambda part: _encode(part, depth + 1)))
    if found.kind == _MESSAGE:
        return _relabelled(found.head + _encode(found.parts.body, depth + 1))
    # Other compound types may not be encoded as a whole (RFC 2045 6.4).
    return raw if found.kind.startswith(("multipart/", "message/")) else _leaf(found)


def _relabelled(raw: bytes) -> bytes:
    """A compound whose parts are seven-bit now must not say otherwise."""
    found = entity(raw)
    if found.transfer_encoding in {"8bit", "binary"} and found.parts.body.isascii():
        return found.encoded("7bit", found.parts.body)
    return raw


def _leaf(found: Entity) -> bytes:
    encoding, body = found.transfer_encoding, found.parts.body
    if encoding not in _PLAIN:
        return found.raw
    if not found.parts.rest.startswith((b"\r", b"\n")):  # nothing may run into the header
        found = entity(b"".join([*(field.raw for field in found.parts.fields), b"\r\n", found.parts.rest]))
    # Wide characters hold bytes that only look like line ends.
    is_text = found.kind.startswith("text/") and b"\0" not in body
    if is_text and not encode.is_mostly_foreign(body):
        return found.encoded("quoted-printable", encode.quoted_printable(crlf(body).replace(b"\r\n", b"\n")))
    ended = b"\r\n" if body.endswith((b"\n", b"\r")) else b""
    return found.encoded("base64", encode.base64_lines(crlf(body) if is_text else body) + ended)
