"""What is asked of the signing process and what it answers, and how both travel through a pipe: a length, then msgpack."""

from collections.abc import Sequence
from typing import BinaryIO

import msgspec


class Key(msgspec.Struct, frozen=True):
    """A key as ``mail.dkim.signer`` takes it; ``private`` is PKCS #8 in DER."""

    domain: str
    selector: str
    private: bytes


class Job(msgspec.Struct, frozen=True):
    """A message, the positions of its keys in the batch, and when it is signed, in seconds since the epoch."""

    message: bytes
    keys: list[int]
    time: float


class Batch(msgspec.Struct, frozen=True):
    """Answered with the header fields of each job's signatures, in order; None where there could be none."""

    keys: list[Key]
    jobs: list[Job]


Answer = list[bytes | None]

LENGTH = 4


def frame(message: Batch | Sequence[bytes | None]) -> bytes:
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(LENGTH, "big") + body


def read_batch(stream: BinaryIO) -> Batch | None:
    """The next batch, or None at the end of the stream."""
    head = stream.read(LENGTH)
    if len(head) < LENGTH:
        return None
    return msgspec.msgpack.decode(stream.read(int.from_bytes(head, "big")), type=Batch)
