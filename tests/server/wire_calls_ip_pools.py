"""How every operation on dedicated IP pools is called over the wire, and how it fails."""

from tests.server.wire import LOOKED_UP, Call, Fails, Operation, Table, Works

_IP, _OTHER = "127.0.0.1", "127.0.0.2"
_POOL = {"PoolName": "fast"}
_MADE = Call("sesv2.CreateDedicatedIpPool", _POOL)
_MOVE = {"Ip": _IP, "DestinationPoolName": "fast"}
_MOVED = Call("sesv2.PutDedicatedIpInPool", _MOVE)
_MISSING = {"PoolName": "missing"}
_NO_TOKEN = {"NextToken": "not a token"}
_FIFTY = [Call("sesv2.CreateDedicatedIpPool", {"PoolName": f"p{n}"}) for n in range(50)]

IP_POOLS: Table = {
    "sesv2.CreateDedicatedIpPool": Operation(
        Works(_POOL, then=[(Call("sesv2.ListDedicatedIpPools"), {"DedicatedIpPools": ["fast"]})]),
        AlreadyExistsException=Fails(_POOL, [_MADE], "<fast> already exists"),
        LimitExceededException=Fails(_POOL, _FIFTY),
        BadRequestException=Fails({"PoolName": "very fast"}),
    ),
    "sesv2.GetDedicatedIpPool": Operation(
        Works(_POOL, {"DedicatedIpPool": {**_POOL, "ScalingMode": "STANDARD"}}, [_MADE]),
        NotFoundException=Fails(_MISSING),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.ListDedicatedIpPools": Operation(
        Works(answer={"DedicatedIpPools": ["fast"]}, given=[_MADE]),
        BadRequestException=Fails(_NO_TOKEN),
    ),
    "sesv2.DeleteDedicatedIpPool": Operation(
        Works(_POOL, given=[_MADE], then=[(Call("sesv2.ListDedicatedIpPools"), {"DedicatedIpPools": []})]),
        NotFoundException=Fails(_MISSING),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.PutDedicatedIpInPool": Operation(
        Works(
            _MOVE,
            given=[_MADE],
            then=[(Call("sesv2.GetDedicatedIps", _POOL), {"DedicatedIps": [{"Ip": _IP, **_POOL}]})],
        ),
        NotFoundException=Fails(_MOVE),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.GetDedicatedIp": Operation(
        Works({"Ip": _IP}, {"DedicatedIp": {"Ip": _IP, **_POOL, "WarmupPercentage": 100}}, [_MADE, _MOVED]),
        NotFoundException=Fails({"Ip": "192.0.2.1"}),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.GetDedicatedIps": Operation(
        Works(answer={"DedicatedIps": [{"Ip": _IP}, {"Ip": _OTHER}]}),
        NotFoundException=Fails(_MISSING),
        BadRequestException=Fails(_NO_TOKEN),
    ),
}
