"""A self-signed certificate for SMTP, for installations that have no other: STARTTLS then works, though nobody can know us by it.

RFC 7435: encryption without authentication is better than none, and mail servers ask for no more.
"""

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

LASTS = timedelta(days=3 * 365)
RENEWED_BEFORE = timedelta(days=30)


def provide(directory: Path, domain: str, now: float) -> tuple[Path, Path]:
    """The files of certificate and key, made where there are none, none for ``domain``, or none that lasts much longer.

    Raises OSError when they can't be written.
    """
    cert, key = directory / "self-signed.pem", directory / "self-signed.key"
    if not _will_do(cert, key, domain, now):
        directory.mkdir(mode=0o700, exist_ok=True)
        made, made_key = _make(domain, datetime.fromtimestamp(now, UTC))
        # The key first: a certificate without its key would look like one that will do.
        _write(key, made_key)
        _write(cert, made)
    return cert, key


def _will_do(cert: Path, key: Path, domain: str, now: float) -> bool:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        found = x509.load_pem_x509_certificate(cert.read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        is_pair = load_pem_private_key(key.read_bytes(), None).public_key() == found.public_key()
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    lasts = datetime.fromtimestamp(now, UTC) + RENEWED_BEFORE < found.not_valid_after_utc
    return is_pair and lasts and domain in names.get_values_for_type(x509.DNSName)


def _make(domain: str, now: datetime) -> tuple[bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    # A common name holds 64 characters; the alternative names are what counts (RFC 6125).
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain[:64])])
    names = [x509.DNSName(each) for each in dict.fromkeys([domain, "localhost"])]
    addresses = [x509.IPAddress(ipaddress.ip_address(each)) for each in ("127.0.0.1", "::1")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # for peers whose clocks are slow
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _write(path: Path, content: bytes) -> None:
    """In place as a whole, and at no time readable by others."""
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    aside.replace(path)
