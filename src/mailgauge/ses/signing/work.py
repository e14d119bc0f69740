"""What is asked of the signing process and what it answers, in frames of msgpack (``base.helper``)."""

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
