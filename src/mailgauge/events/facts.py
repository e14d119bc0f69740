"""The facts of a message, kept once and shared by all its events. Content is not part of them."""

from typing import Any

import msgspec


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was known when a message was accepted.

    ``time`` is in seconds; ``tags`` are the message tags and the auto-tags; ``headers`` are name and value pairs in
    their order, at most 10 KB of them; ``common_headers`` is the object of the event documents.
    """

    message_id: str
    time: float
    account: str
    region: str
    source: str
    destination: list[str]
    tags: dict[str, list[str]]
    source_arn: str | None = None
    configuration_set: str | None = None
    headers: list[tuple[str, str]] = []
    headers_truncated: bool = False
    common_headers: dict[str, Any] = {}
    return_path: str | None = None
    """Where bounces are forwarded to."""
    operation: str = "SendEmail"
    contact_list: str | None = None
    topic: str | None = None
    """The topic of the contact list that the message belongs to."""
    is_system: bool = False
    """Mail of the service itself: no account sent it, and it makes no events."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Facts).decode


def encode(facts: Facts) -> bytes:
    return _encode(facts)


def decode(blob: bytes) -> Facts:
    return _decode(blob)
