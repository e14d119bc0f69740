"""The master key: what the store keeps secret (access keys, DKIM keys) is sealed under it with AES-256-GCM.

Its file is never part of a backup. Losing it loses the secrets, not the mail.
"""

import hmac
import os
import secrets
import stat
import tempfile
from pathlib import Path

_KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"


class MasterKeyError(Exception):
    """The master key can't be read, must not be used as it lies there, or is not the one that sealed a secret."""


class MasterKey:
    """Seals and opens secrets. What was sealed for one context (``access-key/AKIA…``) opens in no other."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if len(key) != _KEY_BYTES:
            raise MasterKeyError(f"a master key has {_KEY_BYTES} bytes, not {len(key)}")
        self._cipher = AESGCM(key)
        self._key = key

    @classmethod
    def load_or_create(cls, path: Path) -> "MasterKey":
        """Reads the key file, or makes it when there is none. Raises MasterKeyError."""
        if path.exists():
            return cls.load(path)
        try:
            return cls._create(path)
        except FileExistsError:
            return cls.load(path)
        except OSError as error:
            raise MasterKeyError(f"the master key can't be written to {path}: {error.strerror}") from error

    @classmethod
    def load(cls, path: Path) -> "MasterKey":
        """Reads the key file. Raises MasterKeyError, also when others may read it."""
        try:
            with path.open("rb") as file:
                _refuse_shared(path, os.fstat(file.fileno()))
                text = file.read(1024)
        except OSError as error:
            raise MasterKeyError(f"the master key can't be read from {path}: {error.strerror}") from error
        try:
            return cls(bytes.fromhex(text.decode("ascii")))
        except ValueError:
            raise MasterKeyError(f"{path} is not a master key: it must hold 64 hexadecimal digits") from None

    @classmethod
    def _create(cls, path: Path) -> "MasterKey":
        key = secrets.token_bytes(_KEY_BYTES)
        # Written aside and linked into place, so that nobody ever reads half of it; mkstemp makes it 0600.
        descriptor, aside = tempfile.mkstemp(prefix=path.name, dir=path.parent)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(key.hex() + "\n")
                file.flush()
                # A secret sealed under a key that a power cut takes away would be lost.
                os.fsync(file.fileno())
            os.link(aside, path)
        finally:
            Path(aside).unlink()
        return cls(key)

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose (``return-path``), the same for the same master key."""
        return hmac.digest(self._key, b"derive\x00" + purpose.encode(), "sha256")

    def seal(self, secret: bytes, context: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, secret, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Raises MasterKeyError for anything that this key didn't seal for this context."""
        from cryptography.exceptions import InvalidTag

        nonce, text = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, text, context.encode() if sealed[:1] == _FORMAT else b"")
        except (InvalidTag, ValueError):
            raise MasterKeyError(
                f"the secret of {context} was not sealed by this master key: "
                "put back the master.key that belongs to this data directory"
            ) from None


def key_file(data: Path, configured: str | None) -> Path:
    """Where the master key lies: the configured file (``MAILGAUGE_MASTER_KEY_FILE``), or in the data directory."""
    return Path(configured) if configured else data / "master.key"


def _refuse_shared(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise MasterKeyError(f"{path} is not a file")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode = stat.S_IMODE(status.st_mode)
        raise MasterKeyError(f"{path} may be read by others (mode {mode:04o}): run chmod 600 {path}")
