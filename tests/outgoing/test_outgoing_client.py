"""Requests to real servers that mean no good: where they lead, how long they take, how much they answer."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from mailgauge.outgoing.client import Names, OutgoingClient, Response
from mailgauge.outgoing.target import OutgoingError, RefusedError
from tests.outgoing.hostile_server import HostileServer, plain

HEADERS: Mapping[str, str] = {"Content-Type": "text/plain"}


def names(**addresses: Sequence[str]) -> Names:
    async def look_up(host: str) -> Sequence[str]:
        return addresses.get(host.partition(".")[0], ())

    return look_up


async def post(
    url: str, *, shop: Sequence[str] = ("127.0.0.1",), most: Any = None, **options: Any
) -> Response:
    client = OutgoingClient(names(shop=shop), **({"allow_private": True} | options))
    try:
        return await client.post(url, b"hello", HEADERS, **(most or {"timeout": 60}))
    finally:
        await client.close()


async def refusal(url: str, **options: Any) -> str:
    with pytest.raises(OutgoingError) as refused:
        await post(url, **options)
    return str(refused.value)


async def test_the_body_arrives_with_the_name_of_the_host_and_the_answer_comes_back() -> None:
    server = HostileServer(plain(b"thanks", "202 Accepted", b"X-Kind: test\r\n"))
    async with server.running() as port:
        answer = await post(f"http://shop.example:{port}/in?a=b%20c")
    assert (answer.status, answer.body, answer.is_whole) == (202, b"thanks", True)
    assert answer.headers["x-kind"] == "test"
    [asked] = server.asked
    assert asked.startswith(b"POST /in?a=b%20c HTTP/1.1\r\n")
    assert asked.endswith(b"\r\n\r\nhello")
    assert f"\r\nhost: shop.example:{port}\r\n" in asked.decode().lower()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433.localhost", "shop.example"])
async def test_this_machine_and_its_network_are_asked_only_where_that_is_allowed(host: str) -> None:
    server = HostileServer()
    async with server.running() as port:
        assert (await post(f"http://{host}:{port}/")).status == 200
        assert "no address of the Internet" in await refusal(f"http://{host}:{port}/", allow_private=False)
    assert server.connections == 1


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "0.0.0.0", "::", "224.0.0.1", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254"]
)  # fmt: skip
async def test_what_tells_machines_about_themselves_is_never_asked(address: str) -> None:
    assert address in await refusal("http://shop.example/", shop=[address])
    place = f"[{address}]" if ":" in address else address
    assert address in await refusal(f"http://{place}/latest/meta-data/")


async def test_a_name_that_means_another_address_by_the_second_question_is_asked_where_it_was_checked() -> (
    None
):
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])

    async def rebinding(host: str) -> Sequence[str]:
        return next(answers)

    server = HostileServer()
    async with server.running() as port:
        client = OutgoingClient(rebinding, allow_private=True)
        assert (await client.post(f"http://shop.example:{port}/", b"", {}, timeout=60)).status == 200
        await client.close()
    assert next(answers) == ["192.0.2.1"]


async def test_private_addresses_among_those_of_a_name_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # One at which nobody listens stands for one on the Internet, where no test may go.
    monkeypatch.setattr("mailgauge.outgoing.client.is_public", lambda address: address == "127.0.0.2")
    server = HostileServer()
    async with server.running() as port:
        shop = ["127.0.0.1", "127.0.0.2"]
        text = await refusal(f"http://shop.example:{port}/", shop=shop, allow_private=False)
    assert text == f"http://shop.example:{port} can't be reached"
    assert server.connections == 0


async def test_another_address_is_tried_where_the_first_does_not_answer() -> None:
    server = HostileServer()
    async with server.running() as port:
        assert (await post(f"http://shop.example:{port}/", shop=["::1", "127.0.0.1"])).status == 200


async def test_a_redirect_is_handed_back_and_not_followed() -> None:
    server, trap = HostileServer(), HostileServer()
    async with server.running() as port, trap.running() as inside:
        server.answer = plain(b"", "307 Temporary Redirect", b"Location: http://127.0.0.1:%d/\r\n" % inside)
        answer = await post(f"http://shop.example:{port}/")
    assert answer.status == 307
    assert trap.connections == 0


async def test_an_endless_answer_is_cut_off() -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    server = HostileServer(endless)
    async with server.running() as port:
        answer = await post(f"http://shop.example:{port}/", most={"most_bytes": 1000, "timeout": 60})
    assert (len(answer.body), answer.is_whole) == (1000, False)


async def test_endless_headers_are_cut_off() -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: of the same\r\n" * 1000)
            await writer.drain()

    server = HostileServer(endless)
    async with server.running() as port:
        assert f"http://shop.example:{port}: " in await refusal(f"http://shop.example:{port}/")


@pytest.mark.parametrize("first", [b"", b"H", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nx"])
async def test_an_answer_that_drips_ends_with_the_time_for_all_of_it(first: bytes) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while not writer.is_closing():
            writer.write(first[-1:] if first.endswith(b"x") else b"")
            await writer.drain()
            await asyncio.sleep(0.01)

    server = HostileServer(drip)
    async with server.running() as port:
        text = await refusal(f"http://shop.example:{port}/", most={"timeout": 0.3})
    assert text == f"http://shop.example:{port} took more than 0.3 s"


async def test_a_name_whose_servers_do_not_answer_is_waited_for_no_longer() -> None:
    async def silent(host: str) -> Sequence[str]:
        await asyncio.Event().wait()
        return ()

    client = OutgoingClient(silent)
    with pytest.raises(OutgoingError, match=r"http://shop\.example took more than 0\.1 s"):
        await client.post("http://shop.example/", b"", {}, timeout=0.1)
    await client.close()


async def test_tls_asks_for_the_name_and_verifies_it() -> None:
    server = HostileServer()
    async with server.running(tls=True) as port:
        assert (await post(f"https://shop.example:{port}/", trusting=server.trusting)).status == 200
        refused = await refusal(f"https://127.0.0.1:{port}/", trusting=server.trusting)
        unknown = await refusal(f"https://shop.example:{port}/")
    assert "has no certificate that holds: IP address mismatch" in refused
    assert "has no certificate that holds: unable to get local issuer certificate" in unknown


async def test_a_server_that_speaks_no_http_or_none_at_all_is_told_of_in_words() -> None:
    async def mail(writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")

    server = HostileServer(mail)
    async with server.running() as port:
        assert f"http://shop.example:{port}: " in await refusal(f"http://shop.example:{port}/")
    assert await refusal(f"http://shop.example:{port}/") == f"http://shop.example:{port} can't be reached"
    assert await refusal("http://elsewhere.example/") == "elsewhere.example has no address"


async def test_credentials_in_a_url_go_to_the_server_and_into_no_text() -> None:
    server = HostileServer()
    async with server.running() as port:
        await post(f"http://ann:s%40fe@shop.example:{port}/in")
    [asked] = server.asked
    assert b"authorization: basic yw5uonnazmu=" in asked.lower()
    assert b"s%40fe" not in asked
    told = await refusal(f"http://ann:s%40fe@shop.example:{port}/in?token=hidden")
    assert "ann" not in told
    assert "hidden" not in told


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    server, proxy = HostileServer(), HostileServer()
    async with server.running() as port, proxy.running() as proxy_port:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setitem(os.environ, name, f"http://127.0.0.1:{proxy_port}")
        await post(f"http://shop.example:{port}/")
    assert (server.connections, proxy.connections) == (1, 0)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://shop.example/", "neither http:// nor https://"),
        ("file:///etc/passwd", "neither http:// nor https://"),
        ("http://", "no host"),
        ("http:///path", "no host"),
        ("http://shop.example:99999/", "not a URL"),
        ("http://shop.example:0/", "none of a web server"),
        ("http://shop.example:25/", "port 25 is none of a web server"),
        ("http://shop.example/a b", "not a URL"),
        ("http://shop.example\\@127.0.0.1/", "not a URL"),
        ("http://shop.example/\r\nX: y", "not a URL"),
        ("http://[fe80::1%25eth0]/", "no host"),
        ("http://[::1/", "not a URL"),
        ("http://shöp.example/", "not a URL"),
    ],
)
async def test_what_is_no_address_of_a_web_server_is_not_asked(url: str, says: str) -> None:
    with pytest.raises(RefusedError, match=says.replace("[", r"\[")):
        await post(url)


async def test_a_port_may_be_allowed_by_name() -> None:
    assert "can't be reached" in await refusal("http://shop.example:81/", ports=(81,))


@pytest.mark.parametrize("value", ["grün", "a\r\nX-More: b", "a\x00b"])
async def test_a_header_that_is_none_is_not_sent(value: str) -> None:
    server = HostileServer()
    async with server.running() as port:
        client = OutgoingClient(names(), allow_private=True)
        with pytest.raises(OutgoingError, match=f"http://127.0.0.1:{port}: "):
            await client.post(f"http://127.0.0.1:{port}/", b"", {"Content-Type": value}, timeout=60)
        await client.close()
    assert server.asked == []
