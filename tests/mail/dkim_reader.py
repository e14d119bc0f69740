"""What a receiver makes of DKIM signatures: dkimpy, with the public keys of the tests' signers for DNS."""

import base64
from collections.abc import Callable
from functools import cache

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from mailgauge.mail.dkim import Signer, signer
from mailgauge.mail.headers import split

NOW = 1_780_000_000.0


@cache
def rsa(bits: int) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ed25519() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def keys() -> dict[str, RSAPrivateKey | Ed25519PrivateKey]:
    """By selector."""
    return {"long": rsa(2048), "short": rsa(1024), "curve": ed25519()}


def signers(*selectors: str) -> list[Signer]:
    """All of them for ``example.com``."""
    return [
        signer(
            "example.com",
            selector,
            keys()[selector].private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        )
        for selector in selectors
    ]


def record(name: bytes, timeout: float = 5) -> bytes | None:
    """What DNS has for ``SELECTOR._domainkey.example.com``."""
    selector, _, rest = name.decode().partition(".")
    key = keys().get(selector)
    if key is None or rest != "_domainkey.example.com.":
        return None
    public = key.public_key()
    if isinstance(key, RSAPrivateKey):
        data = base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
        return b"v=DKIM1; k=rsa; p=" + data
    return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw))


def verdicts(message: bytes, lookup: Callable[..., bytes | None] = record) -> list[bool]:
    """Whether each signature is good, from the top."""
    there = split(message).fields
    count = sum(field.name.lower() == "dkim-signature" for field in there)
    return [_verifies(message, at, lookup) for at in range(count)]


def _verifies(message: bytes, at: int, lookup: Callable[..., bytes | None]) -> bool:
    try:
        return bool(dkim.DKIM(message).verify(idx=at, dnsfunc=lookup))
    except dkim.DKIMException:
        return False
