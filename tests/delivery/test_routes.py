"""Routers besides that of MX records: servers that the operator names, and a route for each recipient's domain."""

import pytest

from mailgauge.delivery.routes import Always, ByDomain, ToServer
from mailgauge.delivery.transport import NoRoute, Route
from mailgauge.dns.answers import TEMPORARY, LiteralResolver, RecordType
from mailgauge.smtp.outcome import Destination, Tls

A, AAAA = RecordType.A, RecordType.AAAA


def named(name: str) -> Always:
    return Always(Route(name, name, (Destination("127.0.0.1"),)))


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("shop.example", "exact"),
        ("mail.corp.example", "below"),
        ("a.b.corp.example", "below"),
        ("a.deep.corp.example", "deeper"),
        ("corp.example", "default"),
        ("example", "default"),
        ("notcorp.example", "default"),
        ("", "default"),
        ("...", "default"),
    ],
)
async def test_a_domain_takes_the_route_that_names_it_most_closely(domain: str, name: str) -> None:
    under = {"corp.example": named("below"), "deep.corp.example": named("deeper")}
    router = ByDomain(named("default"), {"shop.example": named("exact")}, under)
    found = await router.route(domain)
    assert isinstance(found, Route)
    assert found.name == name


def smarthost(*records: tuple[str, RecordType, list[str]], host: str = "relay.example") -> ToServer:
    zone = {(name, kind): data for name, kind, data in records}
    server = Destination(host, 587, Tls.VERIFY, username="me", password="secret")
    return ToServer("smarthost", "smarthost", server, LiteralResolver(zone))


async def test_a_smarthost_is_reached_at_its_addresses_under_its_own_name() -> None:
    found = await smarthost(
        ("relay.example", AAAA, ["2001:db8::1"]), ("relay.example", A, ["10.0.0.1"])
    ).route("shop.example")
    assert isinstance(found, Route)
    assert found.site == "smarthost"
    assert [each.host for each in found.destinations] == ["10.0.0.1", "2001:db8::1"]
    for each in found.destinations:
        assert (each.port, each.tls, each.server_name, each.username) == (
            587,
            Tls.VERIFY,
            "relay.example",
            "me",
        )


async def test_a_smarthost_that_is_an_address_or_this_machine_needs_no_dns() -> None:
    found = await smarthost(host="192.0.2.1").route("shop.example")
    assert isinstance(found, Route)
    assert [each.host for each in found.destinations] == ["192.0.2.1"]
    here = await smarthost(host="localhost").route("shop.example")
    assert isinstance(here, Route)
    assert [each.host for each in here.destinations] == ["127.0.0.1", "::1"]


async def test_a_smarthost_that_dns_does_not_know_is_tried_again() -> None:
    found = await smarthost().route("shop.example")
    assert isinstance(found, NoRoute)
    assert found.reply.line == (
        "421 4.4.4 Unable to lookup DNS for relay.example: the server of route smarthost has no address"
    )
    silent = ToServer(
        "smarthost",
        "smarthost",
        Destination("relay.example"),
        LiteralResolver({("relay.example", A): TEMPORARY}),
    )
    waiting = await silent.route("shop.example")
    assert isinstance(waiting, NoRoute)
    assert waiting.reply.line.startswith("421 4.4.3 Unable to lookup DNS for relay.example: no answer")
