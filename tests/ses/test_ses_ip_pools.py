"""Dedicated IP pools: addresses of this machine, grouped, and named by configuration sets."""

from dataclasses import replace

import pytest

from mailgauge.ses import ip_pools
from mailgauge.store.sqlite import SqliteStore
from tests.ses.control_client import Client

ADDRESSES = ("192.0.2.1", "192.0.2.2")


@pytest.fixture
async def machine(client: Client) -> Client:
    made = Client(replace(client.parts, addresses=ADDRESSES), client.caller)
    await made.v2("CreateDedicatedIpPool", PoolName="bulk", Tags=[{"Key": "team", "Value": "blue"}])
    return made


async def test_pools_are_made_shown_listed_and_deleted(machine: Client) -> None:
    await machine.v2("CreateDedicatedIpPool", PoolName="alerts", ScalingMode="STANDARD")
    assert await machine.v2("GetDedicatedIpPool", PoolName="bulk") == {
        "DedicatedIpPool": {"PoolName": "bulk", "ScalingMode": "STANDARD"}
    }
    first = await machine.v2("ListDedicatedIpPools", PageSize=1)
    assert first["DedicatedIpPools"] == ["alerts"]
    rest = await machine.v2("ListDedicatedIpPools", NextToken=first["NextToken"])
    assert rest == {"DedicatedIpPools": ["bulk"]}
    arn = "arn:aws:ses:us-east-1:000000000000:dedicated-ip-pool/bulk"
    assert (await machine.v2("ListTagsForResource", ResourceArn=arn))["Tags"] == [
        {"Key": "team", "Value": "blue"}
    ]
    await machine.v2("DeleteDedicatedIpPool", PoolName="bulk")
    assert await machine.v2("ListDedicatedIpPools") == {"DedicatedIpPools": ["alerts"]}


async def test_addresses_are_moved_between_pools(machine: Client) -> None:
    await machine.v2("PutDedicatedIpInPool", Ip="192.0.2.2", DestinationPoolName="bulk")
    found = await machine.v2("GetDedicatedIps", PoolName="bulk")
    assert [each["Ip"] for each in found["DedicatedIps"]] == ["192.0.2.2"]
    everything = await machine.v2("GetDedicatedIps")
    assert [(each["Ip"], each["PoolName"]) for each in everything["DedicatedIps"]] == [
        ("192.0.2.1", ip_pools.DEFAULT_POOL),
        ("192.0.2.2", "bulk"),
    ]
    await machine.v2("DeleteDedicatedIpPool", PoolName="bulk")
    one = await machine.v2("GetDedicatedIp", Ip="192.0.2.2")
    assert one["DedicatedIp"]["PoolName"] == ip_pools.DEFAULT_POOL


async def test_a_set_names_a_pool_and_its_mail_leaves_from_the_addresses(
    machine: Client, store: SqliteStore
) -> None:
    pool = {"SendingPoolName": "bulk"}
    await machine.v2("CreateConfigurationSet", ConfigurationSetName="news", DeliveryOptions=pool)
    found = await machine.v2("GetConfigurationSet", ConfigurationSetName="news")
    assert found["DeliveryOptions"]["SendingPoolName"] == "bulk"

    async def leaves_from() -> list[str]:
        scope = machine.caller.scope
        return await store.read(lambda tx: ip_pools.of_set(tx, scope, "news", ADDRESSES))

    assert await leaves_from() == []
    await machine.v2("PutDedicatedIpInPool", Ip="192.0.2.2", DestinationPoolName="bulk")
    assert await leaves_from() == ["192.0.2.2"]
    await machine.v2(
        "PutConfigurationSetDeliveryOptions",
        ConfigurationSetName="news",
        SendingPoolName=ip_pools.DEFAULT_POOL,
    )
    assert await leaves_from() == ["192.0.2.1"]
    await machine.v2("PutConfigurationSetDeliveryOptions", ConfigurationSetName="news")
    assert await leaves_from() == []


async def test_what_is_not_there_is_refused(machine: Client) -> None:
    twice = await machine.refusal_v2("CreateDedicatedIpPool", PoolName="bulk")
    assert twice.code == "AlreadyExistsException"
    for name in ("Bulk", ip_pools.SHARED_POOL):
        assert (
            await machine.refusal_v2("CreateDedicatedIpPool", PoolName=name)
        ).code == "BadRequestException"
    managed = await machine.refusal_v2("CreateDedicatedIpPool", PoolName="x", ScalingMode="MANAGED")
    assert managed.code == "BadRequestException"
    for operation in ("GetDedicatedIpPool", "DeleteDedicatedIpPool", "GetDedicatedIps"):
        assert (await machine.refusal_v2(operation, PoolName="x")).code == "NotFoundException"
    assert (await machine.refusal_v2("GetDedicatedIp", Ip="192.0.2.9")).code == "NotFoundException"
    for ip, pool in (("192.0.2.9", "bulk"), ("192.0.2.1", "x")):
        error = await machine.refusal_v2("PutDedicatedIpInPool", Ip=ip, DestinationPoolName=pool)
        assert error.code == "NotFoundException"
    error = await machine.refusal_v2(
        "CreateConfigurationSet", ConfigurationSetName="y", DeliveryOptions={"SendingPoolName": "x"}
    )
    assert (error.code, error.message) == ("BadRequestException", "SendingPool <x> doesn't exist")


async def test_an_account_has_fifty_pools_at_most(machine: Client) -> None:
    for number in range(49):
        await machine.v2("CreateDedicatedIpPool", PoolName=f"p{number}")
    assert (
        await machine.refusal_v2("CreateDedicatedIpPool", PoolName="more")
    ).code == "LimitExceededException"
