"""The service's own DKIM keys, with which all mail is signed after its domain's: one RSA, one Ed25519 (RFC 8463), made once.

They are sealed under the master key and stay as long as the data; their records are the operator's to publish.
"""

import asyncio
import secrets
from dataclasses import dataclass, replace

from mailgauge.iam.secrets import MasterKey
from mailgauge.ses import dkim_keys
from mailgauge.ses.dkim_keys import KeyPair, SigningKey
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Store, Tx

SCHEMA = Schema(
    "ses.service_keys",
    (
        """
        CREATE TABLE service_dkim_key (
            selector TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, created INTEGER NOT NULL, public TEXT NOT NULL,
            sealed BLOB NOT NULL
        ) WITHOUT ROWID
        """,
    ),
)

BITS = 2048
RSA, ED25519 = "rsa", "ed25519"


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """``kind`` is the ``k=`` of its record and ``public`` the ``p=``."""

    selector: str
    kind: str
    public: str
    sealed: bytes

    @property
    def context(self) -> str:
        return f"dkim/service/{self.selector}"

    def for_domain(self, domain: str) -> SigningKey:
        return SigningKey(domain, self.selector, self.sealed, self.context)


def find(tx: Tx) -> list[ServiceKey]:
    """RSA, which every receiver reads, first; none before the first start."""
    rows = tx.run("SELECT selector, kind, public, sealed FROM service_dkim_key ORDER BY kind DESC, selector")
    return [ServiceKey(*row) for row in rows]


def sealed(tx: Tx) -> list[tuple[str, bytes]]:
    """What the master key has to open, each with its context."""
    return [(each.context, each.sealed) for each in find(tx)]


async def ensure(store: Store, master: MasterKey, now: float) -> list[ServiceKey]:
    """The keys, made where there are none. Raises MasterKeyError for those that another master key sealed."""
    found = await store.read(find)
    if not found:
        made = await asyncio.to_thread(make, master)
        found = await store.write(lambda tx: keep(tx, made, now))
    for each in found:
        master.open(each.sealed, each.context)
    return found


def make(master: MasterKey) -> list[ServiceKey]:
    """New ones. Slow."""
    pairs = {RSA: dkim_keys.generate(BITS), ED25519: dkim_keys.generate_ed25519()}
    return [_seal(master, kind, pair) for kind, pair in pairs.items()]


def _seal(master: MasterKey, kind: str, pair: KeyPair) -> ServiceKey:
    # A name of its own for each data directory: two of them may serve one domain.
    unsealed = ServiceKey(f"{kind}-{secrets.token_hex(4)}", kind, pair.public, b"")
    return replace(unsealed, sealed=master.seal(pair.private, unsealed.context))


def keep(tx: Tx, made: list[ServiceKey], now: float) -> list[ServiceKey]:
    """Returns those that count: another process may have been quicker."""
    if not find(tx):
        rows = [(each.selector, each.kind, round(now * 1000), each.public, each.sealed) for each in made]
        tx.many(
            "INSERT INTO service_dkim_key (selector, kind, created, public, sealed) VALUES (?, ?, ?, ?, ?)",
            rows,
        )
    return find(tx)
