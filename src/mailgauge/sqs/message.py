"""A message as it is sent and received, and the digests that clients check it by. Pure.

The digest of attributes is described in the developer guide, "Calculating the MD5 message digest for message attributes".
"""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec

TRACE_HEADER: Final = "AWSTraceHeader"


class Attribute(msgspec.Struct, frozen=True, array_like=True):
    """``type`` is ``String``, ``Number`` or ``Binary``, perhaps with a label (``Number.int``). Texts are UTF-8."""

    name: str
    type: str
    value: bytes

    @property
    def text(self) -> str:
        return self.value.decode(errors="surrogatepass")

    @property
    def is_binary(self) -> bool:
        return self.type.startswith("Binary")


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What goes with a body. ``came_from`` is the ARN of the queue whose dead letter it is."""

    sender: str = ""
    attributes: tuple[Attribute, ...] = ()
    trace: str | None = None
    group: str | None = None
    deduplication_id: str | None = None
    came_from: str | None = None


NO_FACTS: Final = Facts()


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent. ``delay`` None is the queue's own, in seconds."""

    body: str
    facts: Facts = NO_FACTS
    delay: int | None = None
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def size(self) -> int:
        """In bytes, as limits count them: names, types and values of attributes too."""
        return len(_bytes(self.body)) + sum(
            len(_bytes(each.name)) + len(_bytes(each.type)) + len(each.value)
            for each in self.facts.attributes
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """``sequence`` numbers the messages of a FIFO queue."""

    message_id: str
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A message in somebody's hands; ``handle`` is what it is deleted by. Times in milliseconds."""

    message_id: str
    handle: str
    body: str
    facts: Facts
    sent: int
    first_received: int
    receives: int
    sequence: int | None = None


def md5(text: str) -> str:
    return _md5(text.encode()).hexdigest()


def md5_of_attributes(attributes: Iterable[Attribute]) -> str | None:
    """None where there are none."""
    digest, any_there = _md5(b""), False
    for each in sorted(attributes, key=lambda attribute: attribute.name):
        any_there = True
        for part in (each.name.encode(), each.type.encode()):
            digest.update(len(part).to_bytes(4, "big") + part)
        transport = b"\x02" if each.is_binary else b"\x01"
        digest.update(transport + len(each.value).to_bytes(4, "big") + each.value)
    return digest.hexdigest() if any_there else None


def _md5(data: bytes) -> "hashlib._Hash":
    return hashlib.md5(data, usedforsecurity=False)


def _bytes(text: str) -> bytes:
    """Also of what is no text at all, which is refused later."""
    return text.encode(errors="surrogatepass")
