"""Dedicated IP pools: ``sesv2/CreateDedicatedIpPool``, ``GetDedicatedIps``, ``PutDedicatedIpInPool`` and their siblings."""

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import ip_pools
from mailgauge.ses.api import paging
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.v2.resource_tags import parse_tags
from mailgauge.ses.errors import NotSupportedError
from mailgauge.store.transaction import Tx


def ip_pool_operations(parts: Parts) -> dict[str, Handler]:
    operations = _Pools(parts)
    return {
        "CreateDedicatedIpPool": operations.create,
        "GetDedicatedIpPool": operations.get,
        "ListDedicatedIpPools": operations.list,
        "DeleteDedicatedIpPool": operations.delete,
        "PutDedicatedIpInPool": operations.put_address,
        "GetDedicatedIp": operations.get_address,
        "GetDedicatedIps": operations.list_addresses,
    }


class _Pools:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._there = parts.addresses
        self._limits = parts.limits

    async def create(self, caller: Caller, params: Params) -> Result:
        if params.get("ScalingMode") == "MANAGED":
            raise NotSupportedError("ScalingMode MANAGED")
        name, tags = params["PoolName"], parse_tags(params)
        await self._store.write(lambda tx: ip_pools.create(tx, caller.scope, name, tags, self._limits))
        return {}

    async def get(self, caller: Caller, params: Params) -> Result:
        name = params["PoolName"]
        await self._store.read(lambda tx: ip_pools.require(tx, caller.scope, name))
        return {"DedicatedIpPool": {"PoolName": name, "ScalingMode": "STANDARD"}}

    async def list(self, caller: Caller, params: Params) -> Result:
        after, limit = paging.after(params.get("NextToken")), paging.size(params.get("PageSize"))
        known = await self._store.read(lambda tx: ip_pools.names(tx, caller.scope))
        found = [name for name in known if name > after]
        shown, more = paging.page(found[: limit + 1], limit, str)
        return {"DedicatedIpPools": list(shown), **more}

    async def delete(self, caller: Caller, params: Params) -> Result:
        await self._store.write(lambda tx: ip_pools.delete(tx, caller.scope, params["PoolName"]))
        return {}

    async def put_address(self, caller: Caller, params: Params) -> Result:
        ip, pool = params["Ip"], params["DestinationPoolName"]
        await self._store.write(lambda tx: ip_pools.put_address(tx, caller.scope, ip, pool, self._there))
        return {}

    async def get_address(self, caller: Caller, params: Params) -> Result:
        found = await self._store.read(lambda tx: ip_pools.addresses(tx, caller.scope, self._there))
        if params["Ip"] not in found:
            raise ip_pools.AddressNotFoundError(params["Ip"])
        return {"DedicatedIp": _describe(params["Ip"], found[params["Ip"]])}

    async def list_addresses(self, caller: Caller, params: Params) -> Result:
        pool = params.get("PoolName")
        after, limit = paging.after(params.get("NextToken")), paging.size(params.get("PageSize"))

        def look(tx: Tx) -> dict[str, str]:
            if pool is not None:
                ip_pools.require(tx, caller.scope, pool)
            return ip_pools.addresses(tx, caller.scope, self._there)

        known = sorted((await self._store.read(look)).items())
        found = [each for each in known if each[0] > after and pool in {None, each[1]}]
        shown, more = paging.page(found[: limit + 1], limit, lambda each: each[0])
        return {"DedicatedIps": [_describe(*each) for each in shown], **more}


def _describe(ip: str, pool: str) -> Result:
    """Addresses of one's own are not warmed up by anybody."""
    return {"Ip": ip, "WarmupStatus": "NOT_APPLICABLE", "WarmupPercentage": 100, "PoolName": pool}
