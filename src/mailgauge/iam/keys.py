"""Access keys: made, listed, disabled, found. The secret leaves this module only when a key is made or revealed."""

import re
import secrets
from dataclasses import dataclass, field

from mailgauge.iam.policies import Policy
from mailgauge.iam.secrets import MasterKey
from mailgauge.store.transaction import Row, Tx

ROOT = "root"

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_COLUMNS = "access_key_id, account, user_name, policy, secret, created, disabled"
_ACCOUNT = re.compile(r"[0-9]{12}")
# The characters IAM allows in a user name.
_USER_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,64}")


class KeyProblemError(Exception):
    """A key can't be made or found as asked; the text says what to do."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key as kept: the secret is sealed. ``disabled`` is when it was disabled, in seconds, or None."""

    access_key_id: str
    account: str
    user_name: str
    policy: Policy
    sealed_secret: bytes
    created: float
    disabled: float | None

    def reveal(self, master: MasterKey) -> str:
        """The secret in the clear, which verifying a signature needs. Raises MasterKeyError."""
        return master.open(self.sealed_secret, _context(self.access_key_id)).decode()


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made, the one time that its secret is shown."""

    key: AccessKey
    secret: str = field(repr=False)


def is_account(text: str) -> bool:
    """Whether it has the form of an account's id."""
    return _ACCOUNT.fullmatch(text) is not None


def create(tx: Tx, master: MasterKey, *, account: str, user_name: str, policy: Policy, now: float) -> NewKey:
    """Makes a key, and the account with it when it is new. Raises KeyProblemError."""
    if not is_account(account):
        raise KeyProblemError(f"an account has twelve digits, not {account!r}")
    if not _USER_NAME.fullmatch(user_name):
        raise KeyProblemError(
            f"a user name has 1 to 64 letters, digits and characters of +=,.@_-, not {user_name!r}"
        )
    access_key_id = "AKIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16))
    secret = secrets.token_urlsafe(30).replace("-", "+").replace("_", "/")
    sealed = master.seal(secret.encode(), _context(access_key_id))
    key = AccessKey(access_key_id, account, user_name, policy, sealed, now, None)
    tx.run("INSERT INTO account (account, created) VALUES (?, ?) ON CONFLICT DO NOTHING", (account, now))
    tx.run(
        f"INSERT INTO access_key ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (access_key_id, account, user_name, policy.value, sealed, now, None),
    )
    return NewKey(key, secret)


def list_keys(tx: Tx) -> list[AccessKey]:
    """Every key, the oldest first."""
    return [_key(row) for row in tx.run(f"SELECT {_COLUMNS} FROM access_key ORDER BY created, access_key_id")]


def find(tx: Tx, access_key_id: str) -> AccessKey | None:
    rows = tx.run(f"SELECT {_COLUMNS} FROM access_key WHERE access_key_id = ?", (access_key_id,))
    return _key(rows[0]) if rows else None


def sealed(tx: Tx) -> list[tuple[str, bytes]]:
    """What the master key has to open, each with its context."""
    return [(_context(key.access_key_id), key.sealed_secret) for key in list_keys(tx)]


def disable(tx: Tx, access_key_id: str, now: float) -> AccessKey:
    """Disables a key for good; one that already is stays as it was. Raises KeyProblemError for an unknown one."""
    tx.run(
        "UPDATE access_key SET disabled = coalesce(disabled, ?) WHERE access_key_id = ?", (now, access_key_id)
    )
    key = find(tx, access_key_id)
    if key is None:
        raise KeyProblemError(f"there is no key {access_key_id}")
    return key


def accounts(tx: Tx) -> list[str]:
    """Every account, the oldest first."""
    return [account for (account,) in tx.run("SELECT account FROM account ORDER BY created, account")]


def _context(access_key_id: str) -> str:
    return f"access-key/{access_key_id}"


def _key(row: Row) -> AccessKey:
    access_key_id, account, user_name, policy, sealed, created, disabled = row
    return AccessKey(access_key_id, account, user_name, Policy(policy), bytes(sealed), created, disabled)
