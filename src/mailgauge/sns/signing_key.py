"""The key that signs what subscribers are sent, and its certificate: made when they are first needed, and kept for good.

The private key is sealed; the certificate is for everybody who asks.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from mailgauge.sns.signing import Signer
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Store, Tx

SCHEMA = Schema(
    "sns.signing_key",
    (
        """
        CREATE TABLE topic_signing_key (
            name TEXT NOT NULL PRIMARY KEY, created INTEGER NOT NULL, certificate BLOB NOT NULL, sealed BLOB NOT NULL
        ) WITHOUT ROWID
        """,
    ),
)

BITS: Final = 2048
LASTS: Final = timedelta(days=3650)


class Sealing(Protocol):
    """What keeps secrets: the master key."""

    def seal(self, secret: bytes, context: str) -> bytes: ...
    def open(self, sealed: bytes, context: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """``certificate`` is PEM."""

    certificate: bytes
    sealed: bytes


class SigningKey:
    """The key called ``name``, which is known before it is made: the certificate's address is ``path``."""

    def __init__(
        self, store: Store, sealing: Sealing, name: str, service: str, real: Callable[[], float]
    ) -> None:
        self.path = f"/SimpleNotificationService-{name}.pem"
        self._store = store
        self._sealing = sealing
        self._name = name
        self._service = service
        self._real = real
        self._making = asyncio.Lock()
        self._kept: Kept | None = None
        self._signer: Signer | None = None

    async def certificate(self) -> bytes:
        """In PEM."""
        return (await self._get()).certificate

    async def signer(self) -> Signer:
        """Raises what opening the sealed key raises, under another master key."""
        kept = await self._get()
        if self._signer is None:
            self._signer = Signer(self._sealing.open(kept.sealed, self._context))
        return self._signer

    @property
    def _context(self) -> str:
        return _context(self._name)

    async def _get(self) -> Kept:
        async with self._making:
            if self._kept is None:
                found = await self._store.read(lambda tx: _find(tx, self._name))
                if found is None:
                    made = await asyncio.to_thread(self._make)
                    found = await self._store.write(lambda tx: _keep(tx, self._name, made, self._real()))
                self._kept = found
            return self._kept

    def _make(self) -> Kept:
        certificate, private = make(self._service, datetime.fromtimestamp(self._real(), UTC))
        return Kept(certificate, self._sealing.seal(private, self._context))


def make(service: str, now: datetime) -> tuple[bytes, bytes]:
    """A self-signed certificate and its private key, both PEM. Slow."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, service[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # for subscribers whose clocks are slow
        .not_valid_after(now + LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM), private


def sealed(tx: Tx) -> list[tuple[str, bytes]]:
    """What the master key has to open, each with its context."""
    return [(_context(name), text) for name, text in tx.run("SELECT name, sealed FROM topic_signing_key")]


def _context(name: str) -> str:
    return f"topic-signing/{name}"


def _find(tx: Tx, name: str) -> Kept | None:
    rows = tx.run("SELECT certificate, sealed FROM topic_signing_key WHERE name = ?", (name,))
    return Kept(*rows[0]) if rows else None


def _keep(tx: Tx, name: str, made: Kept, now: float) -> Kept:
    """Returns the one that counts: another process may have been quicker."""
    tx.run(
        "INSERT INTO topic_signing_key (name, created, certificate, sealed) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (name, round(now * 1000), made.certificate, made.sealed),
    )
    found = _find(tx, name)
    assert found is not None
    return found
