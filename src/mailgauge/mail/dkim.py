"""DKIM signatures (RFC 6376): relaxed/relaxed, RSA-SHA256 and Ed25519-SHA256 (RFC 8463). It signs; it neither verifies nor keeps keys.

A message with several signers gets one signature of each, over the same fields and one body hash. The message must have
CRLF line ends only, as it goes over the wire: what a server on the way would mend, would break the signature.
"""

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from mailgauge.mail.headers import Field, Split, split

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SIGNED = (
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "Sender",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "Resent-Date",
    "Resent-From",
    "Resent-Sender",
    "Resent-To",
    "Resent-Cc",
    "Resent-Message-ID",
)
"""The fields that are signed where a message has them, all of their name (RFC 6376 5.4.1, RFC 8058 4)."""

SEALED = frozenset({"From", "To", "Cc", "Subject", "Date"})
"""Signed once more than they are there, so that nobody can add another: it is what people are shown (RFC 6376 8.15)."""

_WIDTH = 76


class Algorithm(StrEnum):
    RSA = "rsa-sha256"
    ED25519 = "ed25519-sha256"


@dataclass(frozen=True, slots=True)
class Signer:
    """``sign`` makes the signature of the bytes it is given; any thread may call it."""

    domain: str
    selector: str
    algorithm: Algorithm
    sign: Callable[[bytes], bytes]


def signer(domain: str, selector: str, private: bytes) -> Signer:
    """``private`` is PKCS #8 in DER, and trusted: a key that others bring is checked when it comes. Raises ValueError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    # The check of an RSA key takes 40 ms.
    key = load_der_private_key(private, password=None, unsafe_skip_rsa_key_validation=True)
    if isinstance(key, RSAPrivateKey):
        return Signer(domain, selector, Algorithm.RSA, _rsa(key))
    if isinstance(key, Ed25519PrivateKey):
        return Signer(domain, selector, Algorithm.ED25519, _ed25519(key))
    raise ValueError("a key of a kind that DKIM has not")


def signed(message: bytes, signers: Sequence[Signer], time: float) -> bytes:
    """The message with a signature of each signer in front, in their order. ``time`` is when, in seconds."""
    return with_fields(signatures(message, signers, time), message) if signers else message


def signatures(message: bytes, signers: Sequence[Signer], time: float) -> bytes:
    """The header fields that belong in front of the message. See ``with_fields``."""
    covered = _cover(split(_ended(message)))
    return b"".join(_signature(each, covered, time) for each in signers)


def with_fields(fields: bytes, message: bytes) -> bytes:
    """The message with its signatures in front.

    The last line gets its end, which SMTP would give it: readers disagree about a body that lacks it.
    """
    return fields + _ended(message)


def _ended(message: bytes) -> bytes:
    return message if message.endswith(b"\r\n") else message + b"\r\n"


def relaxed_field(raw: bytes) -> bytes:
    """One field in its canonical form (RFC 6376 3.4.2), with its line end."""
    name, _, value = raw.partition(b":")
    unfolded = _one_blank(value.replace(b"\r\n", b""))
    return name.rstrip(b" \t").lower() + b":" + unfolded.strip(b" ") + b"\r\n"


def relaxed_body(body: bytes) -> bytes:
    """A body in its canonical form (RFC 6376 3.4.4)."""
    body = _one_blank(body)
    if b" \r\n" in body:
        body = body.replace(b" \r\n", b"\r\n")
    body = body.rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def _one_blank(text: bytes) -> bytes:
    """Each run of blanks as one."""
    if b"\t" in text:
        text = text.replace(b"\t", b" ")
    # Each round halves every run, without a look at each line.
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text


@dataclass(frozen=True, slots=True)
class _Covered:
    """What all signatures of a message share: the canonical fields, and the tags that name these and the body."""

    head: bytes
    lines: list[str]


def _cover(parts: Split) -> _Covered:
    names, fields = _choose(parts.fields)
    body_hash = base64.b64encode(sha256(relaxed_body(parts.body)).digest()).decode("ascii")
    return _Covered(b"".join(fields), [*_folded(names), f"bh={body_hash};"])


def _choose(fields: Iterable[Field]) -> tuple[list[str], list[bytes]]:
    """What goes into ``h=``, and the canonical fields in that order: of several with one name the last first."""
    there: dict[str, list[bytes]] = {}
    for field in fields:
        there.setdefault(field.name.lower(), []).append(field.raw)
    names: list[str] = []
    chosen: list[bytes] = []
    for name in SIGNED:
        found = there.get(name.lower(), [])
        chosen += map(relaxed_field, reversed(found))
        names += [name] * (len(found) + (name in SEALED))
    return names, chosen


def _signature(by: Signer, covered: _Covered, time: float) -> bytes:
    lines = [
        f"DKIM-Signature: v=1; a={by.algorithm}; c=relaxed/relaxed;",
        f"d={by.domain};",
        f"s={by.selector}; t={int(time)};",
        *covered.lines,
        "b=",
    ]
    # What is signed is the canonical form of the field without its signature: its lines joined by one blank each.
    name, _, value = " ".join(lines).partition(": ")
    signature = by.sign(covered.head + f"{name.lower()}:{value}".encode("ascii"))
    encoded = base64.b64encode(signature).decode("ascii")
    lines += [encoded[at : at + _WIDTH] for at in range(0, len(encoded), _WIDTH)]
    return ("\r\n ".join(lines) + "\r\n").encode("ascii")


def _folded(names: Sequence[str]) -> list[str]:
    """The ``h=`` tag in lines."""
    lines = ["h="]
    for name in names:
        if len(lines[-1]) + len(name) >= _WIDTH:
            lines.append("")
        lines[-1] += f"{name}:"
    lines[-1] = lines[-1].removesuffix(":") + ";"
    return lines


def _rsa(key: "RSAPrivateKey") -> Callable[[bytes], bytes]:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    padding, algorithm = PKCS1v15(), SHA256()
    return lambda data: key.sign(data, padding, algorithm)


def _ed25519(key: "Ed25519PrivateKey") -> Callable[[bytes], bytes]:
    return lambda data: key.sign(sha256(data).digest())
