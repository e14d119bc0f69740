"""Policies of an identity: ``ses/PutIdentityPolicy``, ``GetIdentityPolicies``, ``ListIdentityPolicies``, ``DeleteIdentityPolicy``."""

from collections.abc import Sequence

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import identities, identity_policies
from mailgauge.ses.api.parts import Parts
from mailgauge.store.transaction import Tx


def identity_policy_operations(parts: Parts) -> dict[str, Handler]:
    operations = _Policies(parts)
    return {
        "PutIdentityPolicy": operations.put,
        "GetIdentityPolicies": operations.get,
        "ListIdentityPolicies": operations.list,
        "DeleteIdentityPolicy": operations.delete,
    }


class _Policies:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._limits = parts.limits

    async def put(self, caller: Caller, params: Params) -> Result:
        def put(tx: Tx) -> None:
            identity = identities.named(tx, caller.scope, params["Identity"])
            identity_policies.put(tx, identity, params["PolicyName"], params["Policy"], self._limits)

        await self._store.write(put)
        return {}

    async def get(self, caller: Caller, params: Params) -> Result:
        return {"Policies": await self._of(caller, params, params["PolicyNames"])}

    async def list(self, caller: Caller, params: Params) -> Result:
        return {"PolicyNames": [*await self._of(caller, params, None)]}

    async def delete(self, caller: Caller, params: Params) -> Result:
        def delete(tx: Tx) -> None:
            identity = identities.named(tx, caller.scope, params["Identity"])
            identity_policies.delete(tx, identity, params["PolicyName"])

        await self._store.write(delete)
        return {}

    async def _of(self, caller: Caller, params: Params, names: Sequence[str] | None) -> dict[str, str]:
        def look(tx: Tx) -> dict[str, str]:
            identity = identities.named(tx, caller.scope, params["Identity"])
            return identity_policies.of(tx, identity, names)

        return await self._store.read(look)
