"""Receipt handles: which receive of which message this is. The random part is kept with the message and must be met. Pure."""

import secrets
import struct
from typing import NamedTuple

from mailgauge.base.base64url import from_text, to_text
from mailgauge.sqs.errors import InvalidReceiptError

_FORM = struct.Struct(">qq16s")


class Receipt(NamedTuple):
    """``queue`` and ``message`` are the ids of their rows."""

    queue: int
    message: int
    nonce: bytes

    @property
    def handle(self) -> str:
        return to_text(_FORM.pack(*self))


def new_nonce() -> bytes:
    return secrets.token_bytes(16)


def read(handle: str, queue: int) -> Receipt:
    """Raises InvalidReceiptError for what was not given out for a message of this queue."""
    try:
        receipt = Receipt(*_FORM.unpack(from_text(handle)))
    except (ValueError, struct.error):
        raise InvalidReceiptError(handle) from None
    if receipt.queue != queue:
        raise InvalidReceiptError(handle)
    return receipt
