"""The return path of a message: an address made from its id, so that what comes back finds its message (VERP).

The local part is ``b-`` and the base32 of the 24 bytes of the id and eleven of an HMAC-SHA256: it survives servers that
change case, stays below 64 octets, and nobody without the secret can make one up. It is per message, not per recipient.
"""

import base64
import binascii
import hmac

from mailgauge.base.ids import pack_message_id, unpack_message_id

_PREFIX = "b-"
_ID_BYTES = 24
# 24 + 11 bytes fill 56 base32 characters exactly: no spare bits that could be changed unseen.
_TAG_BYTES = 11


def return_path(message_id: str, domain: str, secret: bytes) -> str:
    """The return path for a message. Raises ValueError for what is no message id."""
    packed = pack_message_id(message_id)
    local = base64.b32encode(packed + _tag(packed, domain, secret)).rstrip(b"=").decode("ascii").lower()
    return f"{_PREFIX}{local}@{domain}"


def message_of(address: str, secret: bytes) -> str | None:
    """The message id an address was made for, or None for any address that is not one of ours.

    The domain is part of what is signed, so each one that a return path was made with is ours.
    """
    local, at, domain = address.strip().lower().rpartition("@")
    if not at or not local.startswith(_PREFIX):
        return None
    encoded = local.removeprefix(_PREFIX)
    try:
        decoded = base64.b32decode(encoded + "=" * (-len(encoded) % 8), casefold=True)
    except (binascii.Error, ValueError):
        return None
    packed, tag = decoded[:_ID_BYTES], decoded[_ID_BYTES:]
    if not hmac.compare_digest(tag, _tag(packed, domain, secret)):
        return None
    return unpack_message_id(packed)


def _tag(packed: bytes, domain: str, secret: bytes) -> bytes:
    # hmac.digest would give the interpreter's lock away, and wait for it longer than the digest takes.
    return hmac.new(
        secret, b"return path\0" + domain.lower().encode(errors="replace") + b"\0" + packed, "sha256"
    ).digest()[:_TAG_BYTES]
