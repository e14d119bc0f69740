"""Who logs in by SMTP: ``Verified`` wants the password of a key in use, ``Open`` (for ``local``) takes anybody at their word.

The counterpart of ``authentication`` for submission.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mailgauge.base.scope import Scope
from mailgauge.iam import keys
from mailgauge.iam.active import ActiveKeys
from mailgauge.iam.authentication import DEFAULT_REGION, open_account
from mailgauge.iam.policies import Policy
from mailgauge.iam.smtp_passwords import Passwords


@dataclass(frozen=True, slots=True)
class Login:
    """Who a connection belongs to, and what the key they used may do."""

    scope: Scope
    user: str
    access_key_id: str
    policy: Policy


class Logins(Protocol):
    async def log_in(self, user_name: str, password: str) -> Login | None:
        """Who that is, or None for somebody who may not come in."""

    async def still(self, login: Login) -> bool:
        """Whether somebody who logged in may go on. Connections last, and keys are disabled meanwhile."""


class Verified:
    def __init__(self, active: ActiveKeys, regions: Sequence[str]) -> None:
        self._active = active
        self._passwords = Passwords(regions)

    async def log_in(self, user_name: str, password: str) -> Login | None:
        key = await self._active.get(user_name)
        # An unknown name takes as long as a wrong password.
        region = self._passwords.region_of(key.secret if key else "", password)
        if key is None or region is None:
            return None
        return Login(Scope(key.account, region), key.user_name, key.access_key_id, key.policy)

    async def still(self, login: Login) -> bool:
        return await self._active.get(login.access_key_id) is not None


class Open:
    """Any password will do; one that is the name of a Region chooses that. The account is what the user name spells."""

    def __init__(self, regions: Sequence[str]) -> None:
        self._regions = regions

    async def log_in(self, user_name: str, password: str) -> Login | None:
        region = password if password in self._regions else DEFAULT_REGION
        scope = Scope(open_account(user_name), region)
        return Login(scope, keys.ROOT, user_name, Policy.FULL)

    async def still(self, login: Login) -> bool:
        return True
