"""Policies of an identity: ``sesv2/CreateEmailIdentityPolicy``, ``UpdateEmailIdentityPolicy`` and their siblings."""

from collections.abc import Callable

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import identities, identity_policies
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.identities import Identity
from mailgauge.ses.limits import Limits
from mailgauge.store.transaction import Tx


def identity_policy_operations(parts: Parts) -> dict[str, Handler]:
    operations = _Policies(parts)
    return {
        "CreateEmailIdentityPolicy": operations.create,
        "UpdateEmailIdentityPolicy": operations.update,
        "DeleteEmailIdentityPolicy": operations.delete,
        "GetEmailIdentityPolicies": operations.get,
    }


class _Policies:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._limits = parts.limits

    async def create(self, caller: Caller, params: Params) -> Result:
        return await self._put(caller, params, identity_policies.create)

    async def update(self, caller: Caller, params: Params) -> Result:
        return await self._put(caller, params, identity_policies.update)

    async def delete(self, caller: Caller, params: Params) -> Result:
        def delete(tx: Tx) -> None:
            identity = identities.get(tx, caller.scope, params["EmailIdentity"])
            identity_policies.delete(tx, identity, params["PolicyName"])

        await self._store.write(delete)
        return {}

    async def get(self, caller: Caller, params: Params) -> Result:
        found = await self._store.read(
            lambda tx: identity_policies.of(tx, identities.get(tx, caller.scope, params["EmailIdentity"]))
        )
        return {"Policies": found}

    async def _put(
        self, caller: Caller, params: Params, put: Callable[[Tx, Identity, str, str, Limits], None]
    ) -> Result:
        def change(tx: Tx) -> None:
            identity = identities.get(tx, caller.scope, params["EmailIdentity"])
            put(tx, identity, params["PolicyName"], params["Policy"], self._limits)

        await self._store.write(change)
        return {}
