"""DKIM key pairs (RFC 6376, RFC 8463): made, read as customers bring them, and written as DNS shows them.

Slow; never in a transaction.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailgauge.ses.errors import InvalidParameterError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

LENGTHS = (1024, 2048)
_EXPONENT = 65537
_TAG = re.compile(r"(?:^|;)\s*p\s*=\s*([A-Za-z0-9+/=\s]*)")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """``private`` is PKCS #8 in DER; ``public`` the base64 of a record's ``p=`` tag."""

    private: bytes
    public: str
    bits: int


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What mail is signed with: the ``d=`` and ``s=`` of the signature, and the private key, sealed for ``context``."""

    domain: str
    selector: str
    sealed: bytes
    context: str


def generate(bits: int) -> KeyPair:
    """Takes about a tenth of a second."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return _pair(rsa.generate_private_key(public_exponent=_EXPONENT, key_size=bits))


def generate_ed25519() -> KeyPair:
    """Of the other kind, which not every receiver reads yet."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return KeyPair(private, base64.b64encode(public).decode("ascii"), 256)


def read_private(text: str) -> KeyPair:
    """A key as BYODKIM wants it: base64 of DER, on one line. Raises InvalidParameterError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        key = load_der_private_key(base64.b64decode(text, validate=True), password=None)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidParameterError("DomainSigningPrivateKey is not the base64 of a private key.") from None
    if not isinstance(key, RSAPrivateKey) or not LENGTHS[0] <= key.key_size <= LENGTHS[-1]:
        raise InvalidParameterError("DomainSigningPrivateKey must be an RSA key of 1024 to 2048 bits.")
    return _pair(key)


def record(public: str, kind: str = "rsa") -> str:
    """What the TXT record of a public key says."""
    return f"v=DKIM1; k={kind}; p={public}"


def public_of(text: str) -> str | None:
    """The public key in a TXT record."""
    found = _TAG.search(text)
    return None if found is None else re.sub(r"\s", "", found[1])


def names(text: str, public: str) -> bool:
    """Whether a TXT record shows this public key."""
    return public_of(text) == public


def _pair(key: "RSAPrivateKey") -> KeyPair:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(private, base64.b64encode(public).decode("ascii"), key.key_size)
