"""The secrets that webhooks of an account are signed with: made when first asked for, sealed under the master key.

A secret that was replaced stays in force for a day, so that receivers can change over without missing anything.
"""

import secrets
from typing import Final

from mailgauge.iam.secrets import MasterKey
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

SCHEMA: Final = Schema(
    "webhook_secrets",
    (
        """
        CREATE TABLE webhook_secret (
            account TEXT NOT NULL, created DOUBLE PRECISION NOT NULL, secret BLOB NOT NULL,
            PRIMARY KEY (account, created)
        )
        """,
    ),
)

OVERLAP: Final = 86400.0
"""Seconds that a replaced secret stays in force."""
_BYTES: Final = 32


def in_force(tx: Tx, master: MasterKey, account: str, now: float) -> list[bytes]:
    """The newest first; none where none was ever asked for. Raises MasterKeyError."""
    rows = tx.run(
        "SELECT created, secret FROM webhook_secret WHERE account = ? ORDER BY created DESC LIMIT 2",
        (account,),
    )
    replaced = rows[0][0] if rows else now
    kept = rows if now - replaced < OVERLAP else rows[:1]
    return [master.open(bytes(sealed), _context(account)) for _, sealed in kept]


def ensure(tx: Tx, master: MasterKey, account: str, now: float) -> list[bytes]:
    """The same, but the first is made where there is none."""
    return in_force(tx, master, account, now) or rotate(tx, master, account, now)


def rotate(tx: Tx, master: MasterKey, account: str, now: float) -> list[bytes]:
    """Makes a new secret, and returns those in force. Of the older ones only the last is kept."""
    rows = tx.run("SELECT max(created) FROM webhook_secret WHERE account = ?", (account,))
    last = rows[0][0]
    if last is not None:
        tx.run("DELETE FROM webhook_secret WHERE account = ? AND created < ?", (account, last))
        now = max(now, last + 0.001)
    sealed = master.seal(secrets.token_bytes(_BYTES), _context(account))
    tx.run("INSERT INTO webhook_secret (account, created, secret) VALUES (?, ?, ?)", (account, now, sealed))
    return in_force(tx, master, account, now)


def sealed(tx: Tx) -> list[tuple[str, bytes]]:
    """What the master key has to open, each with its context."""
    rows = tx.run("SELECT account, secret FROM webhook_secret")
    return [(_context(account), bytes(secret)) for account, secret in rows]


def _context(account: str) -> str:
    return f"webhook-secret/{account}"
