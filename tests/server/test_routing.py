"""The routes that a configuration means: what is captured, what leaves, and that `local` lets nothing out."""

from collections.abc import Callable

import pytest

from mailgauge.base.clock import ManualClock
from mailgauge.config.options import Config
from mailgauge.delivery.transport import NoRoute, Route
from mailgauge.dns.answers import LiteralResolver, RecordType
from mailgauge.server.routing import Ports, build_router, warnings
from mailgauge.smtp.outcome import Tls

DNS = LiteralResolver(
    {
        ("shop.example", RecordType.MX): ["10 mx.shop.example"],
        ("mx.shop.example", RecordType.A): ["192.0.2.1"],
        ("us.example", RecordType.A): ["127.0.0.1"],
        ("relay.example", RecordType.A): ["10.0.0.1"],
    }
)


def everything() -> Config:
    """Each route for a domain, and MX for the rest."""
    config = Config()
    config.delivery.route = "mx"
    config.delivery.allow_private = True
    config.delivery.domains = {
        "Kept.example": "capture",
        "*.kept.example": "capture",
        "corp.example": "smarthost",
        "own.example": "127.0.0.1:1025",
        "far.example": "relay.example:25",
    }
    config.smarthost.address = "relay.example:587"
    config.smarthost.username, config.smarthost.password = "me", "secret"
    return config


async def route(config: Config, domain: str, *, may_leave: bool = True) -> Route | NoRoute:
    ports = Ports(mailbox=1, simulator=2, inbound=("0.0.0.0", 25))
    return await build_router(config, ports, DNS, ManualClock(), may_leave=may_leave).route(domain)


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("shop.example", "mx mx.shop.example 192.0.2.1:25 opportunistic"),
        ("kept.example", "capture capture 127.0.0.1:1 off"),
        ("deep.kept.example", "capture capture 127.0.0.1:1 off"),
        ("corp.example", "smarthost smarthost 10.0.0.1:587 verify"),
        ("own.example", "server 127.0.0.1:1025 127.0.0.1:1025 off"),
        ("far.example", "server relay.example:25 10.0.0.1:25 opportunistic"),
        ("simulator.amazonses.com", "simulator simulator 127.0.0.1:2 off"),
    ],
)
async def test_each_domain_takes_its_route(domain: str, expected: str) -> None:
    found = await route(everything(), domain)
    assert isinstance(found, Route)
    [to] = found.destinations
    assert f"{found.name} {found.site} {to.host}:{to.port} {to.tls}" == expected


@pytest.mark.parametrize("domain", ["shop.example", "corp.example", "far.example", "own.example"])
async def test_local_captures_whatever_is_configured(domain: str) -> None:
    found = await route(everything(), domain, may_leave=False)
    assert isinstance(found, Route)
    assert found.name == "capture"
    [warning] = warnings(everything(), may_leave=False)
    assert warning.startswith("[delivery] route is mx, but `local` captures all mail")


async def test_mail_for_the_simulator_never_leaves() -> None:
    config = everything()
    config.delivery.domains = {"simulator.amazonses.com": "mx", "*.amazonses.com": "mx"}
    for may_leave in (True, False):
        found = await route(config, "simulator.amazonses.com", may_leave=may_leave)
        assert isinstance(found, Route)
        assert found.name == "simulator"


async def test_mail_that_would_come_back_to_our_own_listener_is_not_sent() -> None:
    found = await route(everything(), "us.example")
    assert isinstance(found, NoRoute)
    assert found.reply.enhanced == "5.4.6"
    config = everything()
    config.delivery.mx_port = 2526
    assert isinstance(await route(config, "us.example"), Route)


async def test_captured_mail_may_go_to_another_server_here() -> None:
    config = Config()
    config.delivery.capture = "localhost:1025"
    found = await route(config, "shop.example")
    assert isinstance(found, Route)
    assert [(each.host, each.port) for each in found.destinations] == [("localhost", 1025)]


@pytest.mark.parametrize(("tls", "is_implicit"), [("starttls", False), ("tls", True)])
async def test_a_smarthost_gets_the_password_only_under_its_own_certificate(
    tls: str, is_implicit: bool
) -> None:
    config = everything()
    set_tls(config, tls)
    found = await route(config, "corp.example")
    assert isinstance(found, Route)
    [to] = found.destinations
    assert (to.tls, to.implicit_tls, to.server_name) == (Tls.VERIFY, is_implicit, "relay.example")
    assert (to.username, to.password) == ("me", "secret")
    assert list(warnings(config, may_leave=True)) == []


@pytest.mark.parametrize("tls", ["opportunistic", "off"])
def test_a_password_that_others_can_read_is_warned_about(tls: str) -> None:
    config = everything()
    set_tls(config, tls)
    [warning] = warnings(config, may_leave=True)
    assert f"[smarthost] tls is {tls}" in warning
    config.smarthost.address = "127.0.0.1:587"
    assert list(warnings(config, may_leave=True)) == []


def set_tls(config: Config, tls: str) -> None:
    put: Callable[[object, str, object], None] = setattr
    put(config.smarthost, "tls", tls)
