"""Who may sign in: holders of an access key, or anybody where the service is open (``local``)."""

import hmac
from dataclasses import dataclass
from typing import Protocol

from mailgauge.iam.active import ActiveKey
from mailgauge.iam.authentication import open_account
from mailgauge.iam.keys import ROOT
from mailgauge.iam.policies import Policy


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a key: whom it belongs to and what it may do."""

    access_key_id: str
    account: str
    user: str
    policy: Policy


class Door(Protocol):
    @property
    def is_open(self) -> bool:
        """Whether everybody is let in, so that the page need not ask for a secret."""

    async def enter(self, access_key_id: str, secret: str) -> Visitor | None:
        """The holder of this key, or None when id and secret don't belong together or the key is disabled."""

    async def recall(self, access_key_id: str) -> Visitor | None:
        """The same for somebody who entered before; None when the key was disabled since."""


class Keys(Protocol):
    """What of ``mailgauge.iam.active.ActiveKeys`` is needed here."""

    async def get(self, access_key_id: str) -> ActiveKey | None: ...


class KeyDoor:
    """Access keys of this service, checked as the APIs check them."""

    is_open = False

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def enter(self, access_key_id: str, secret: str) -> Visitor | None:
        key = await self._keys.get(access_key_id)
        # Compared also for an unknown id, so that the time taken tells nothing.
        same = hmac.compare_digest(secret.encode(), (key.secret if key else "unknown").encode())
        return _visitor(key) if key is not None and same else None

    async def recall(self, access_key_id: str) -> Visitor | None:
        key = await self._keys.get(access_key_id)
        return None if key is None else _visitor(key)


class OpenDoor:
    """``local``: anybody, as the account that the APIs take them for."""

    is_open = True

    async def enter(self, access_key_id: str, secret: str) -> Visitor | None:
        return await self.recall(access_key_id)

    async def recall(self, access_key_id: str) -> Visitor | None:
        return Visitor(access_key_id, open_account(access_key_id), ROOT, Policy.FULL)


def _visitor(key: ActiveKey) -> Visitor:
    return Visitor(key.access_key_id, key.account, key.user_name, key.policy)
