"""The keys in use, held in memory for a second: what a request or an SMTP login is checked against.

A disable in this process counts at once (``forget``), one in another process within ``HOLD_SECONDS``. Unknown ids are
never held: a new key works at once, and guessing fills no memory.
"""

import threading
from dataclasses import dataclass, field

from mailgauge.base.clock import Clock
from mailgauge.iam import keys
from mailgauge.iam.policies import Policy
from mailgauge.iam.secrets import MasterKey
from mailgauge.store.transaction import Store

HOLD_SECONDS = 1.0
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class ActiveKey:
    """A key that may be used, with its secret in the clear. Never to be logged."""

    access_key_id: str
    account: str
    user_name: str
    policy: Policy
    secret: str = field(repr=False)


class ActiveKeys:
    def __init__(self, store: Store, master: MasterKey, clock: Clock) -> None:
        self._store = store
        self._master = master
        self._clock = clock
        self._held: dict[str, tuple[float, ActiveKey]] = {}
        self._forgotten = 0
        self._lock = threading.Lock()

    async def get(self, access_key_id: str) -> ActiveKey | None:
        """The key, or None when it is unknown or disabled."""
        held = self._held.get(access_key_id)
        if held is not None and self._clock.monotonic() < held[0]:
            return held[1]
        return await self._load(access_key_id)

    def forget(self, access_key_id: str) -> None:
        """Reads the key anew at its next use. To be called after a disable has committed; from any thread."""
        with self._lock:
            self._forgotten += 1
            self._held.pop(access_key_id, None)

    async def _load(self, access_key_id: str) -> ActiveKey | None:
        until = self._clock.monotonic() + HOLD_SECONDS
        forgotten = self._forgotten
        key = await self._store.read(lambda tx: keys.find(tx, access_key_id))
        if key is None or key.disabled is not None:
            self._held.pop(access_key_id, None)
            return None
        active = ActiveKey(
            key.access_key_id, key.account, key.user_name, key.policy, key.reveal(self._master)
        )
        with self._lock:
            # What was read before a disable committed must not outlive it.
            if forgotten == self._forgotten:
                if len(self._held) >= _MOST:
                    self._held.clear()
                self._held[access_key_id] = (until, active)
        return active
