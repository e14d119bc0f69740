"""Makes the keys of Easy DKIM where they are wanted: ahead of the DNS records that show them, or where none are asked for, with the first message.

Making one takes a tenth of a second, so it happens outside transactions and beside the loop.
"""

import asyncio
from dataclasses import dataclass

from mailgauge.base.clock import Clock
from mailgauge.iam.secrets import MasterKey
from mailgauge.ses import dkim, dkim_keys, senders
from mailgauge.ses.dkim import Dkim, Key
from mailgauge.ses.identities import Identity
from mailgauge.store.transaction import Store, Tx


@dataclass(frozen=True, slots=True)
class EasyDkim:
    """Makes keys for those who send."""

    store: Store
    master: MasterKey
    clock: Clock

    async def make_for(self, arn: str | None) -> None:
        """Sees to it that the mail of an identity can be signed, where its domain lacks nothing but a key."""
        lacking = await self.store.read(lambda tx: senders.without_key(tx, arn))
        if lacking is not None:
            domain, known = lacking
            await make_wanted(self.store, self.master, domain, known, self.clock.now())


async def make_wanted(store: Store, master: MasterKey, domain: Identity, known: Dkim, now: float) -> bool:
    """Makes the key that ``known``, the domain's DKIM, wants now, if any. Returns whether it wanted one."""
    token = dkim.wanted_key(domain, known, now)
    if token is None:
        return False
    pair = await asyncio.to_thread(dkim_keys.generate, known.next_bits)
    key = dkim.seal(master, domain, token, pair, now)
    await store.write(lambda tx: _add(tx, domain, known, key))
    return True


def _add(tx: Tx, domain: Identity, known: Dkim, key: Key) -> None:
    """Adds a key unless the identity has changed meanwhile; the first one is in use at once."""
    current = dkim.find(tx, domain)
    if current is None or current != known:
        return
    dkim.add_key(tx, domain, key)
    if current.active is None:
        dkim.activate(tx, domain, key.selector)
