"""The service's own certificate: loaded, checked in words an operator can act on, and read again when its files change.

Connections keep the certificate they began with. Without one in ``[tls]``, SMTP gets a self-signed one; HTTP gets none.
TLS is 1.2 or newer (RFC 8996).
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailgauge.base.health import Finding, Level
from mailgauge.server import self_signed

log = logging.getLogger(__name__)

LOOK_EVERY = 60.0
"""Seconds between looks at the files."""
_SOON = 14 * 86400


class CertificateError(Exception):
    """The certificate can't be used; the text says which file and why."""


@dataclass(frozen=True, slots=True)
class Files:
    """``cert`` holds the certificate and its chain, ``key`` its private key; both PEM."""

    cert: Path
    key: Path

    def stamp(self) -> tuple[tuple[int, int, int], ...]:
        """Changes when a file is written or replaced. Raises OSError."""
        looks = [path.stat() for path in (self.cert, self.key)]
        return tuple((look.st_mtime_ns, look.st_size, look.st_ino) for look in looks)


class Certificates:
    """``context`` stays the same object for as long as the service runs; what it serves changes with the files."""

    def __init__(self, find: Callable[[], Files], now: Callable[[], float], *, is_self_signed: bool) -> None:
        self._find = find
        self._now = now
        self._stamp: object = None
        self._trouble = ""
        self.is_self_signed = is_self_signed
        self._current = self._load()
        self.context = self._current

    @classmethod
    def open(
        cls, directory: Path, cert: str, key: str, domain: str, now: Callable[[], float]
    ) -> "Certificates":
        """``directory`` is where a self-signed certificate is kept; ``now`` is real time. Raises CertificateError."""
        if cert or key:
            files = given(cert, key)
            return cls(lambda: files, now, is_self_signed=False)
        return cls(lambda: _self_signed(directory, domain, now()), now, is_self_signed=True)

    async def watch(self) -> None:
        """Looks for changed files as long as it runs."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await asyncio.to_thread(self.refresh)

    def refresh(self) -> None:
        """Serves what is in the files now; while they can't be used, what was served before."""
        try:
            files = self._find()
            if files.stamp() != self._stamp:
                self._current = self._load()
                log.info("certificate loaded", extra={"cert": str(files.cert)})
            self._trouble = ""
        except (CertificateError, OSError) as error:
            if str(error) != self._trouble:
                log.error("the certificate stays as it was: %s", error)  # noqa: TRY400 - the text says it all
            self._trouble = str(error)

    def _load(self) -> ssl.SSLContext:
        files = self._find()
        before = None
        with suppress(OSError):  # what is wrong is said below, in better words
            before = files.stamp()
        context, expires = load(files)
        if expires < self._now():
            log.warning("the certificate has expired", extra={"cert": str(files.cert), "date": _day(expires)})
        # A context keeps one certificate for each kind of key, so a new one takes over as a whole.
        context.sni_callback = self._choose
        self._stamp = before
        return context

    def _choose(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        """Called in each handshake, also without a name."""
        if connection.context is not self._current:
            connection.context = self._current


def given(cert: str, key: str) -> Files:
    """What ``[tls]`` names. Raises CertificateError."""
    if not cert or not key:
        missing, there = ("cert", "key") if key else ("key", "cert")
        raise CertificateError(f"[tls] {there} is given and {missing} is not: TLS needs both")
    return Files(Path(cert), Path(key))


def load(files: Files) -> tuple[ssl.SSLContext, float]:
    """A context that serves the certificate, and when that expires, in epoch seconds. Raises CertificateError."""
    from cryptography import x509

    pem = _read("cert", files.cert)
    _read("key", files.key)
    try:
        certificate = x509.load_pem_x509_certificates(pem)[0]
    except (ValueError, IndexError) as error:
        raise CertificateError(f"[tls] cert: {files.cert} holds no certificate in PEM form") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # Without a function OpenSSL would ask for the password at the terminal.
        context.load_cert_chain(files.cert, files.key, password=_refuse_password)
    except _EncryptedKeyError as error:
        raise CertificateError(
            f"[tls] key: {files.key} is encrypted, and nobody is there to give its password: "
            "`openssl pkey` writes it without"
        ) from error
    except (ssl.SSLError, OSError) as error:
        raise CertificateError(_in_words(files, error)) from error
    return context, certificate.not_valid_after_utc.timestamp()


class _EncryptedKeyError(Exception):
    """OpenSSL asked for a password."""


def _refuse_password() -> str:
    raise _EncryptedKeyError


def _in_words(files: Files, error: OSError) -> str:
    if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
        return (
            f"[tls] key: {files.key} is not the key of the certificate in {files.cert}; the service's own certificate "
            "comes first in that file, then its chain"
        )
    return (
        f"[tls] key: {files.key} holds no private key in PEM form that can be used: {error.strerror or error}"
    )


def findings(cert: str, key: str, now: float, *, is_public: bool) -> list[Finding]:
    """What ``doctor`` says. ``is_public``: whether others than this machine reach the SMTP listeners."""
    if not cert and not key:
        if not is_public:
            return []
        advice = (
            "Name a certificate in [tls]: programs that check whom they talk to can't log in to send mail."
        )
        return [Finding("certificate", Level.WARNING, "SMTP shows others a self-signed certificate", advice)]
    try:
        _, expires = load(given(cert, key))
    except CertificateError as error:
        # No problem yet: files that are just being replaced may look so.
        advice = "A service that runs keeps the last good one; none starts with this."
        return [Finding("certificate", Level.WARNING, str(error), advice)]
    left = expires - now
    renew = "Renew it; the service reads the files again within a minute."
    if left < 0:
        return [Finding("certificate", Level.PROBLEM, f"{cert} expired on {_day(expires)}", renew)]
    level = Level.WARNING if left < _SOON else Level.OK
    text = f"{cert} expires on {_day(expires)}"
    return [Finding("certificate", level, text, renew if level is Level.WARNING else "")]


def _self_signed(directory: Path, domain: str, now: float) -> Files:
    try:
        return Files(*self_signed.provide(directory, domain, now))
    except OSError as error:
        raise CertificateError(
            f"the self-signed certificate can't be kept in {directory}: {error.strerror}"
        ) from error


def _read(option: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateError(f"[tls] {option}: {path} can't be read: {error.strerror}") from error


def _day(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).date().isoformat()
