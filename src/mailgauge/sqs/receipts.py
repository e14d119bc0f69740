"""Receipt handles: which receive of which message this is. Pure.

Each carries a tag made of a secret that is kept with its message: so all that were given out can be told from any other.
"""

import hmac
import secrets
import struct
from typing import NamedTuple

from mailgauge.base.base64url import from_text, to_text
from mailgauge.sqs.errors import InvalidReceiptError

_FORM = struct.Struct(">qqq16s")


class Receipt(NamedTuple):
    """``queue`` and ``message`` are the ids of their rows; ``number`` counts the receives of the message."""

    queue: int
    message: int
    number: int
    tag: bytes

    @property
    def handle(self) -> str:
        return to_text(_FORM.pack(*self))

    def fits(self, secret: bytes) -> bool:
        """Whether it was made with this secret."""
        return hmac.compare_digest(self.tag, _tag(secret, self.number))


def new_secret() -> bytes:
    return secrets.token_bytes(16)


def made(queue: int, message: int, number: int, secret: bytes) -> Receipt:
    return Receipt(queue, message, number, _tag(secret, number))


def read(handle: str, queue: int) -> Receipt:
    """Raises InvalidReceiptError for what was not given out for a message of this queue."""
    try:
        receipt = Receipt(*_FORM.unpack(from_text(handle)))
    except (ValueError, struct.error):
        raise InvalidReceiptError(handle) from None
    if receipt.queue != queue:
        raise InvalidReceiptError(handle)
    return receipt


def _tag(secret: bytes, number: int) -> bytes:
    return hmac.digest(secret, str(number).encode(), "sha256")[:16]
