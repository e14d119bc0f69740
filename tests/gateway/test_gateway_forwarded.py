"""X-Forwarded headers: believed from proxies that were named, from nobody else."""

from collections.abc import MutableMapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.aws.models import Models
from mailgauge.aws.request import Caller, Params, Result
from mailgauge.aws.routing import Router
from mailgauge.base.clock import ManualClock
from mailgauge.gateway.app import EndpointApp, Mount
from mailgauge.gateway.dispatch import Gateway
from mailgauge.gateway.forwarded import Proxies
from mailgauge.iam.authentication import Open

PROXIES = Proxies.of(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])


def scope(peer: str | None) -> dict[str, Any]:
    return {"type": "http", "client": None if peer is None else (peer, 50_000), "scheme": "http"}


def asked(peer: str | None, forwarded_for: str = "", proto: str = "") -> tuple[str | None, str]:
    """Whose request it is taken for, and by which scheme it came."""
    unfolded = PROXIES.unfold(scope(peer), {"x-forwarded-for": forwarded_for, "x-forwarded-proto": proto})
    client = unfolded["client"]
    return client[0] if client else None, unfolded["scheme"]


def test_a_proxys_client_is_who_asks() -> None:
    assert asked("127.0.0.1", "203.0.113.7", "https") == ("203.0.113.7", "https")
    assert asked("fd00::1", "2001:db8::7", "http") == ("2001:db8::7", "http")


def test_strangers_are_not_believed() -> None:
    assert asked("203.0.113.7", "198.51.100.1", "https") == ("203.0.113.7", "http")
    assert asked(None, "198.51.100.1", "https") == (None, "http")
    nobody = Proxies()
    assert nobody.unfold(scope("127.0.0.1"), {"x-forwarded-for": "198.51.100.1"}) == scope("127.0.0.1")


def test_what_a_client_wrote_before_the_proxy_is_not_believed() -> None:
    assert asked("127.0.0.1", "1.1.1.1, 203.0.113.7")[0] == "203.0.113.7"
    assert asked("127.0.0.1", "127.0.0.1, 10.0.0.1, 203.0.113.7, 10.0.0.2")[0] == "203.0.113.7"


def test_behind_proxies_only_it_is_the_first_of_them() -> None:
    assert asked("127.0.0.1", "10.0.0.3, 10.0.0.2")[0] == "10.0.0.3"
    assert asked("127.0.0.1")[0] == "127.0.0.1"


@pytest.mark.parametrize("nonsense", ["unknown", "_hidden", "203.0.113.7:x:y", "1.2.3", "<script>", ""])
def test_what_is_no_address_ends_the_list(nonsense: str) -> None:
    assert asked("127.0.0.1", f"203.0.113.7, {nonsense}, 10.0.0.2")[0] == "10.0.0.2"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ('"203.0.113.7"', "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
    ],
)
def test_ports_and_mapped_addresses_are_understood(written: str, meant: str) -> None:
    assert asked("127.0.0.1", written)[0] == meant


def test_a_proxy_on_a_dual_stack_socket_is_known_by_its_ipv4_address() -> None:
    assert asked("::ffff:10.1.2.3", "203.0.113.7")[0] == "203.0.113.7"


def test_of_several_schemes_the_nearest_proxys_counts() -> None:
    assert asked("127.0.0.1", "203.0.113.7", "https, http")[1] == "http"
    assert asked("127.0.0.1", "203.0.113.7", "HTTPS")[1] == "https"
    assert asked("127.0.0.1", "203.0.113.7", "gopher")[1] == "http"


@given(st.text(), st.text())
def test_no_header_makes_it_fail(forwarded_for: str, proto: str) -> None:
    asked("127.0.0.1", forwarded_for, proto)


async def caller_behind(app_proxies: Proxies, request: dict[str, Any]) -> Caller:
    """Who calls, as an operation is told."""
    callers: list[Caller] = []

    async def quota(caller: Caller, params: Params) -> Result:
        callers.append(caller)
        return {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 0.0}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"Action=GetSendQuota&Version=2010-12-01", "more_body": False}

    async def send(message: object) -> None:
        """Nobody reads the answer."""

    gateway = Gateway(Router(("ses",), Models()), Open(ManualClock()), {"ses": {"GetSendQuota": quota}})
    headers = [
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"x-forwarded-for", b"203.0.113.7"),
        (b"x-forwarded-proto", b"https"),
    ]
    about = {"method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": headers}
    await EndpointApp(gateway, {}, proxies=app_proxies)(scope("127.0.0.1") | about | request, receive, send)
    [caller] = callers
    return caller


def test_plain_http_is_for_this_machine_and_its_proxies_alone() -> None:
    alone = Proxies.of(["10.0.0.0/8"], alone=True)
    assert [alone.turn_away(scope(peer)) for peer in ("10.1.2.3", "127.0.0.1", "::1", None)] == [False] * 4
    assert alone.turn_away(scope("203.0.113.7"))
    assert not alone.turn_away(scope("203.0.113.7") | {"scheme": "https"})
    assert not PROXIES.turn_away(scope("203.0.113.7"))


async def test_who_comes_past_the_proxy_in_clear_gets_health_and_nothing_else() -> None:
    async def healthy(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    sent: list[dict[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(dict(message))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    gateway = Gateway(Router(("ses",), Models()), Open(ManualClock()), {})
    mounts = {"/healthz": Mount(healthy, in_clear=True), "/console": Mount(healthy)}
    app = EndpointApp(gateway, mounts, proxies=Proxies.of(["10.0.0.0/8"], alone=True))
    for path in ("/healthz", "/console", "/"):
        about: dict[str, Any] = {
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [],
        }
        await app(scope("203.0.113.7") | about, receive, send)
    assert [each["status"] for each in sent if "status" in each] == [200, 403, 403]


async def test_operations_see_who_really_asks() -> None:
    caller = await caller_behind(PROXIES, {})
    assert (caller.source_ip, caller.is_secure, caller.tls_version) == ("203.0.113.7", True, None)
    caller = await caller_behind(Proxies(), {})
    assert (caller.source_ip, caller.is_secure, caller.tls_version) == ("127.0.0.1", False, None)


async def test_of_our_own_tls_the_version_is_known() -> None:
    ours = {"scheme": "https", "extensions": {"tls": {"tls_version": 0x0304}}}
    caller = await caller_behind(Proxies(), ours)
    assert (caller.is_secure, caller.tls_version) == (True, "TLSv1.3")
