"""The outgoing client, and certificates for SMTP over TLS, made on the spot."""

import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mailgauge.base.clock import SystemClock
from mailgauge.smtp.client import Connections, Timeouts

TlsPair = Callable[[str], tuple[ssl.SSLContext, ssl.SSLContext]]


@pytest.fixture
def tls_pair(tmp_path: Path) -> TlsPair:
    """``tls_pair(name)``: a server's context with a certificate for ``name``, and a client's that trusts it."""

    def make(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        # The system's time, not a test clock: TLS knows no other.
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(key, hashes.SHA256())
        ).public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = tmp_path / f"{name}.pem"
        file.write_bytes(private + certificate)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(file)
        return server, ssl.create_default_context(cadata=certificate.decode())

    return make


@pytest.fixture
async def connections() -> AsyncIterator[Connections]:
    made = Connections(SystemClock(), "out.example.com", timeouts=Timeouts(connect=5, command=5, data=5))
    yield made
    await made.close()
