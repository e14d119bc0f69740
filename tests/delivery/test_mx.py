"""Routes by MX records: which hosts, which addresses, in which order, and what is said where there is no way."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.delivery.mx import MOST_DESTINATIONS, MOST_HOSTS, MxRouter
from mailgauge.delivery.mx_records import Mx, parse_records
from mailgauge.delivery.transport import NoRoute, Route
from mailgauge.dns.answers import NO_DATA, TEMPORARY, Answer, LiteralResolver, Outcome, RecordType
from mailgauge.smtp.outcome import Tls

A, AAAA, MX = RecordType.A, RecordType.AAAA, RecordType.MX
NOWHERE = "421 4.4.4 Unable to lookup DNS for shop.example: none of its mail servers has an address"
Zone = dict[tuple[str, RecordType], Sequence[str] | Answer]


def router(zone: Zone, *, ours: frozenset[str] = frozenset(), seed: int = 1) -> MxRouter:
    """On the addresses of documentation, which nobody has."""
    return MxRouter(
        LiteralResolver(zone),
        lambda address, port: address in ours and port == 25,
        allow_private=True,
        chance=random.Random(seed),
    )


async def route_of(router: MxRouter, domain: str = "shop.example") -> Route:
    found = await router.route(domain)
    assert isinstance(found, Route)
    return found


async def hosts_of(router: MxRouter, domain: str = "shop.example") -> list[str]:
    return [f"{each.server_name} {each.host}" for each in (await route_of(router, domain)).destinations]


async def reply_of(router: MxRouter, domain: str = "shop.example") -> str:
    found = await router.route(domain)
    assert isinstance(found, NoRoute)
    return found.reply.line


TWO: Zone = {
    ("shop.example", MX): ["20 mx2.shop.example", "10 mx1.shop.example"],
    ("mx1.shop.example", A): ["192.0.2.1"],
    ("mx2.shop.example", A): ["192.0.2.2"],
}


async def test_hosts_are_tried_in_the_order_of_their_preference() -> None:
    assert await hosts_of(router(TWO)) == ["mx1.shop.example 192.0.2.1", "mx2.shop.example 192.0.2.2"]


async def test_hosts_of_one_preference_share_the_load() -> None:
    zone = {
        **TWO,
        ("shop.example", MX): ["10 mx2.shop.example", "10 mx1.shop.example", "5 mx0.shop.example"],
        ("mx0.shop.example", A): ["192.0.2.3"],
    }
    orders = {tuple(await hosts_of(router(zone, seed=seed))) for seed in range(20)}
    assert {order[0] for order in orders} == {"mx0.shop.example 192.0.2.3"}
    assert {order[1] for order in orders} == {"mx1.shop.example 192.0.2.1", "mx2.shop.example 192.0.2.2"}


async def test_a_host_has_all_its_addresses_ipv6_first_and_by_turns() -> None:
    zone: Zone = {
        ("shop.example", MX): ["10 mx.shop.example"],
        ("mx.shop.example", A): ["192.0.2.1", "192.0.2.2", "192.0.2.1", "no address"],
        ("mx.shop.example", AAAA): ["2001:db8::1"],
    }
    first, second, third = (await route_of(router(zone))).destinations
    assert first.host == "2001:db8::1"
    assert {second.host, third.host} == {"192.0.2.1", "192.0.2.2"}
    without = await route_of(replace(router(zone), ipv6=False))
    assert {each.host for each in without.destinations} == {"192.0.2.1", "192.0.2.2"}


async def test_addresses_without_a_route_are_left_out_unless_there_is_no_other() -> None:
    zone: Zone = {("shop.example", A): ["192.0.2.1"], ("shop.example", AAAA): ["2001:db8::1"]}
    routing = replace(router(zone), has_route=lambda address: ":" not in address)
    assert await hosts_of(routing) == ["shop.example 192.0.2.1"]
    del zone["shop.example", A]
    assert await hosts_of(routing) == ["shop.example 2001:db8::1"]


async def test_mail_between_servers_is_encrypted_where_it_can_be() -> None:
    [destination, _] = (await route_of(router(TWO))).destinations
    assert (destination.port, destination.tls, destination.server_name) == (
        25,
        Tls.OPPORTUNISTIC,
        "mx1.shop.example",
    )


async def test_without_mx_records_the_domain_itself_receives() -> None:
    zone: Zone = {("shop.example", A): ["192.0.2.1"]}
    assert await hosts_of(router(zone)) == ["shop.example 192.0.2.1"]


async def test_with_mx_records_the_domain_itself_never_receives() -> None:
    zone: Zone = {("shop.example", MX): ["10 gone.example"], ("shop.example", A): ["192.0.2.1"]}
    assert await reply_of(router(zone)) == NOWHERE


async def test_domains_with_the_same_hosts_are_one_site() -> None:
    zone: Zone = {
        **TWO,
        ("other.example", MX): ["5 mx1.shop.example", "5 MX2.shop.example."],
        ("single.example", A): ["192.0.2.9"],
    }
    routing = router(zone)
    assert (await route_of(routing)).site == "mx1.shop.example,mx2.shop.example"
    assert (await route_of(routing, "other.example")).site == "mx1.shop.example,mx2.shop.example"
    assert (await route_of(routing, "single.example")).site == "single.example"
    elsewhere = await route_of(replace(routing, port=2526))
    assert elsewhere.site == "mx1.shop.example,mx2.shop.example:2526"
    assert {each.port for each in elsewhere.destinations} == {2526}


async def test_a_site_stays_the_same_whichever_of_many_hosts_are_tried() -> None:
    many = [f"mx{each}.example" for each in range(MOST_HOSTS + 5)]
    zone: Zone = {
        ("shop.example", MX): [f"10 {host}" for host in many],
        **{(host, A): ["192.0.2.1"] for host in many},
    }
    found = [await route_of(router(zone, seed=seed)) for seed in range(5)]
    assert len({each.site for each in found}) == 1
    assert len({each.destinations for each in found}) > 1


async def test_a_host_that_is_called_like_a_transport_is_no_site_of_that_transport() -> None:
    zone: Zone = {("shop.example", MX): ["10 capture"], ("capture", A): ["192.0.2.1"]}
    assert (await route_of(router(zone))).site == "capture:25"


@pytest.mark.parametrize(
    ("zone", "reply"),
    [
        ({}, "421 4.4.0 Unable to lookup DNS for shop.example: there is no such domain"),
        ({("shop.example", MX): TEMPORARY}, "421 4.4.3 Unable to lookup DNS for shop.example: no answer"),
        ({("shop.example", MX): ["0 "]}, "556 5.1.10 shop.example takes no mail: it has a null MX record"),
        ({("shop.example", MX): ["0 ."]}, "556 5.1.10 shop.example takes no mail: it has a null MX record"),
        (
            {("shop.example", MX): ["10 192.0.2.1"]},
            "421 4.4.4 Unable to lookup DNS for shop.example: its MX records name no host",
        ),
        (
            {("shop.example", MX): ["nonsense"]},
            "421 4.4.4 Unable to lookup DNS for shop.example: its MX records name no host",
        ),
        ({("shop.example", MX): NO_DATA}, NOWHERE),
        (
            {("shop.example", MX): ["10 a.example"], ("a.example", A): TEMPORARY},
            "421 4.4.3 Unable to lookup DNS for shop.example: no answer about its mail servers",
        ),
        (
            {("shop.example", MX): ["10 a.example"], ("a.example", A): ["192.0.2.1"]},
            "421 4.4.4 Unable to lookup DNS for shop.example: its mail servers have no address of the Internet",
        ),
    ],
)
async def test_where_there_is_no_way_a_reply_says_why(zone: Zone, reply: str) -> None:
    assert await reply_of(replace(router(zone), allow_private=False)) == reply


async def test_a_null_mx_beside_others_is_passed_over() -> None:
    zone: Zone = {**TWO, ("shop.example", MX): ["0 ", "10 mx1.shop.example"]}
    assert await hosts_of(router(zone)) == ["mx1.shop.example 192.0.2.1"]


async def test_a_host_that_dns_cannot_find_now_costs_only_itself() -> None:
    zone: Zone = {**TWO, ("mx1.shop.example", A): TEMPORARY}
    assert await hosts_of(router(zone)) == ["mx2.shop.example 192.0.2.2"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "::1", "0.0.0.0", "::", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "fe80::1",
        "fd00::1", "100.64.0.1", "224.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::1", "255.255.255.255",
    ],
)  # fmt: skip
async def test_no_name_leads_into_a_private_network_unless_that_is_allowed(address: str) -> None:
    kind = AAAA if ":" in address else A
    zone: Zone = {("shop.example", kind): [address]}
    assert "no address of the Internet" in await reply_of(replace(router(zone), allow_private=False))
    assert len((await route_of(router(zone))).destinations) == 1


async def test_addresses_of_the_internet_stay_where_others_are_dropped() -> None:
    zone: Zone = {("shop.example", A): ["10.0.0.1", "8.8.8.8"], ("shop.example", AAAA): ["2606:4700::1"]}
    assert await hosts_of(replace(router(zone), allow_private=False)) == [
        "shop.example 2606:4700::1",
        "shop.example 8.8.8.8",
    ]


async def test_mail_is_not_handed_to_ourselves_nor_to_a_host_that_is_no_better() -> None:
    zone: Zone = {
        ("shop.example", MX): ["10 best.example", "20 us.example", "20 equal.example", "30 worse.example"],
        ("best.example", A): ["192.0.2.1"],
        ("us.example", A): ["192.0.2.2"],
        ("equal.example", A): ["192.0.2.3"],
        ("worse.example", A): ["192.0.2.4"],
    }
    routing = router(zone, ours=frozenset({"192.0.2.2"}))
    assert await hosts_of(routing) == ["best.example 192.0.2.1"]
    alone = router(zone, ours=frozenset({"192.0.2.1"}))
    assert (
        await reply_of(alone) == "554 5.4.6 mail for shop.example comes back to this server by its MX records"
    )


async def test_hosts_and_addresses_have_a_limit_and_none_takes_all_the_room() -> None:
    many = range(MOST_HOSTS + 5)
    zone: Zone = {
        ("shop.example", MX): [f"{10 + each} mx{each}.example" for each in many],
        **{(f"mx{each}.example", A): [f"192.0.2.{n}" for n in range(100)] for each in many},
    }
    found = await route_of(router(zone))
    assert len(found.destinations) == MOST_DESTINATIONS
    assert {each.server_name for each in found.destinations} == {
        f"mx{each}.example" for each in range(MOST_HOSTS)
    }


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        ("[192.0.2.1]", "192.0.2.1"),
        ("[IPv6:2001:DB8::1]", "2001:db8::1"),
        ("[ipv6:2001:db8::1]", "2001:db8::1"),
    ],
)
async def test_an_address_literal_is_the_address(domain: str, host: str) -> None:
    found = await route_of(router({}), domain)
    assert [each.host for each in found.destinations] == [host]
    assert found.site == f"[{host}]" + (":25" if "." not in host else "")


@pytest.mark.parametrize(
    ("domain", "reply"),
    [
        ("[127.0.0.1]", "550 5.1.2 127.0.0.1 is not an address of the Internet"),
        ("[nonsense]", "550 5.1.2 [nonsense] is no address literal"),
        ("[", "550 5.1.2 [ is no address literal"),
        ("[8.8.8.8]", "554 5.4.6 8.8.8.8 is this server itself"),
        ("[IPv6:2606:4700::1]", "451 4.4.4 2606:4700::1 can't be reached: IPv6 is switched off here"),
    ],
)
async def test_an_address_literal_that_leads_nowhere_is_refused(domain: str, reply: str) -> None:
    routing = replace(router({}, ours=frozenset({"8.8.8.8"})), allow_private=False, ipv6=False)
    assert await reply_of(routing, domain) == reply


def test_a_host_named_twice_counts_once_at_its_best() -> None:
    assert parse_records(["20 a.example", "10 A.example.", "30 b.example"]) == (
        [Mx(10, "a.example"), Mx(30, "b.example")],
        False,
    )


@given(st.lists(st.one_of(st.text(), st.from_regex(r"\A[0-9]{1,7} [a-z.\\\x00\xff-]*\Z"))), st.text())
async def test_whatever_dns_says_there_is_an_answer(records: list[str], domain: str) -> None:
    zone: Zone = {
        (domain.lower().rstrip("."), MX): Answer(Outcome.RECORDS, tuple(records)),
        **{(record.partition(" ")[2], A): Answer(Outcome.RECORDS, tuple(records)) for record in records},
    }
    found = await router(zone).route(domain)
    assert isinstance(found, Route | NoRoute)
    if isinstance(found, Route):
        assert 0 < len(found.destinations) <= MOST_DESTINATIONS
