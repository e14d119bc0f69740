"""Fetching MTA-STS policies from a real HTTPS server: whose certificate counts, and what is too much, too late or elsewhere."""

import ssl
from collections.abc import Sequence
from typing import Any

import pytest

from mailgauge.base.clock import ManualClock
from mailgauge.delivery.mta_sts import Mode, MtaSts, PolicyError
from mailgauge.delivery.policy_fetch import MOST_BYTES
from mailgauge.dns.answers import LiteralResolver, RecordType
from tests.delivery.web_server import HOST, PLAIN, POLICY, WebServer


async def refusal(server: WebServer, **options: Any) -> str:
    async with server.fetcher(**options) as fetcher:
        with pytest.raises(PolicyError) as refused:
            await fetcher.fetch("shop.example")
    return str(refused.value)


async def test_a_policy_is_fetched_from_where_the_standard_says() -> None:
    server = WebServer()
    async with server.fetcher() as fetcher:
        assert await fetcher.fetch("shop.example") == POLICY.decode()
    [asked] = server.asked
    assert asked.startswith("GET /.well-known/mta-sts.txt HTTP/1.1\r\n")
    assert f"\r\nhost: {HOST}\r\n" in asked.lower()


async def test_a_policy_that_was_fetched_is_in_force() -> None:
    server = WebServer()
    resolver = LiteralResolver({("_mta-sts.shop.example", RecordType.TXT): ["v=STSv1; id=1"]})
    async with server.fetcher() as fetcher:
        policies = MtaSts(resolver, fetcher.fetch, ManualClock())
        found = await policies.enforced("shop.example", ["mx.shop.example"])
    assert found is not None
    assert (found.mode, found.max_age, found.mx) == (Mode.ENFORCE, 86_400, ("mx.shop.example",))


@pytest.mark.parametrize("names", [("other.example",), ("127.0.0.1",)])
async def test_a_certificate_of_another_name_makes_no_policy(names: Sequence[str]) -> None:
    server = WebServer(names)
    assert "certificate verify failed" in await refusal(server)
    assert server.asked == []


async def test_a_certificate_that_nobody_vouches_for_makes_no_policy() -> None:
    assert "certificate verify failed" in await refusal(WebServer(), trusting=ssl.create_default_context())


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"status": "404 Not Found"}, "status 404"),
        ({"status": "302 Found", "headers": PLAIN + b"Location: https://127.0.0.1/\r\n"}, "status 302"),
        ({"headers": b"Content-Type: text/html\r\n"}, "text/html"),
        ({"headers": b""}, "no type"),
        ({"headers": PLAIN + b"Content-Encoding: gzip\r\n"}, "not with plain text"),
        ({"body": b"x" * (MOST_BYTES + 1)}, "more than 64000 bytes"),
    ],
)
async def test_what_is_no_policy_file_is_not_read(answer: dict[str, Any], says: str) -> None:
    server = WebServer()
    server.answers(**answer)
    assert says in await refusal(server)


async def test_what_is_no_http_is_not_read() -> None:
    server = WebServer()
    server.answer = b"220 mail.example ESMTP\r\n"
    assert HOST in await refusal(server)


async def test_a_server_that_does_not_answer_holds_mail_up_for_a_while_only() -> None:
    server = WebServer()
    server.answer = None
    assert HOST in await refusal(server, timeout=0.2)


async def test_an_address_that_does_not_answer_is_not_the_only_one() -> None:
    server = WebServer()
    async with server.fetcher() as fetcher:
        fetcher.resolver = LiteralResolver(
            {(HOST, RecordType.A): ["127.0.0.1"], (HOST, RecordType.AAAA): ["::1"]}
        )
        assert await fetcher.fetch("shop.example") == POLICY.decode()


async def test_no_policy_is_fetched_from_inside_our_own_network() -> None:
    server = WebServer()
    assert await refusal(server, allow_private=False) == f"{HOST} has no address of the Internet"
    assert await refusal(server, addresses=[]) == f"{HOST} has no address"
    assert server.asked == []
