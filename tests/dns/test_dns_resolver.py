"""The resolver against a name server on loopback: each thing DNS can say, and how long it is believed."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from mailgauge.base.clock import ManualClock
from mailgauge.dns.answers import (
    NO_DATA,
    NO_SUCH_NAME,
    TEMPORARY,
    Answer,
    LiteralResolver,
    Outcome,
    RecordType,
)
from mailgauge.dns.resolver import NameServerError, NetworkResolver, split_server
from tests.dns.name_server import NameServer, Zone


@pytest.fixture
def zone() -> Zone:
    return Zone()


@pytest.fixture
def server(zone: Zone) -> Iterator[NameServer]:
    with NameServer(zone).running() as running:
        yield running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def resolver(server: NameServer, clock: ManualClock) -> NetworkResolver:
    # For answers that come: a busy machine may take its time.
    return NetworkResolver(clock, [server.address], timeout=60)


@pytest.fixture
def impatient(server: NameServer, clock: ManualClock) -> NetworkResolver:
    """For answers that don't come: every second of its timeout is waited."""
    return NetworkResolver(clock, [server.address], timeout=0.5)


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("TXT", '"v=spf1 include:" "example.net -all"', "v=spf1 include:example.net -all"),
        ("TXT", '"\\195\\188"', "ü"),
        ("MX", "10 Feedback.Example.NET.", "10 feedback.example.net"),
        ("CNAME", "T1.DKIM.Example.net.", "t1.dkim.example.net"),
        ("PTR", "Out.Example.NET.", "out.example.net"),
        ("A", "192.0.2.7", "192.0.2.7"),
        ("AAAA", "2001:db8::7", "2001:db8::7"),
        ("SOA", "ns.example.net. admin.example.net. 42 1 2 3 4", "ns.example.net admin.example.net 42"),
    ],
)
async def test_records_are_read(
    zone: Zone, resolver: NetworkResolver, kind: str, data: str, expected: str
) -> None:
    zone.put("shop.example", kind, data)
    found = await resolver.look_up("Shop.Example.", RecordType(kind))
    assert found == Answer(Outcome.RECORDS, (expected,))


async def test_what_is_not_there_is_told_from_what_is_not_known(
    zone: Zone, resolver: NetworkResolver, impatient: NetworkResolver
) -> None:
    zone.put("shop.example", "A", "192.0.2.7")
    zone.broken.add("broken.example")
    zone.silent.add("silent.example")
    assert await resolver.look_up("shop.example", RecordType.MX) == NO_DATA
    assert await resolver.look_up("unknown.example", RecordType.MX) == NO_SUCH_NAME
    assert await impatient.look_up("broken.example", RecordType.MX) == TEMPORARY
    assert await impatient.look_up("silent.example", RecordType.MX) == TEMPORARY


async def test_aliases_are_followed_unless_they_are_asked_for(zone: Zone, resolver: NetworkResolver) -> None:
    zone.put("a.shop.example", "CNAME", "b.example.net.")
    zone.put("b.example.net", "TXT", '"key"')
    assert (await resolver.look_up("a.shop.example", RecordType.TXT)).records == ("key",)
    assert (await resolver.look_up("a.shop.example", RecordType.CNAME)).records == ("b.example.net",)


async def test_an_answer_is_kept_as_long_as_its_records_live(
    zone: Zone, resolver: NetworkResolver, clock: ManualClock
) -> None:
    zone.put("shop.example", "TXT", '"old"')
    await resolver.look_up("shop.example", RecordType.TXT)
    zone.put("shop.example", "TXT", '"new"')
    clock.step(299)
    assert (await resolver.look_up("shop.example", RecordType.TXT)).records == ("old",)
    clock.step(2)
    assert (await resolver.look_up("shop.example", RecordType.TXT)).records == ("new",)
    assert len(zone.questions) == 2


async def test_an_absent_record_is_looked_for_again_after_a_minute_and_a_failure_after_seconds(
    zone: Zone, resolver: NetworkResolver, impatient: NetworkResolver, clock: ManualClock
) -> None:
    await resolver.look_up("shop.example", RecordType.TXT)
    zone.put("shop.example", "TXT", '"new"')
    assert await resolver.look_up("shop.example", RecordType.TXT) == NO_SUCH_NAME
    clock.step(61)
    assert (await resolver.look_up("shop.example", RecordType.TXT)).outcome is Outcome.RECORDS
    zone.broken.add("other.example")
    assert await impatient.look_up("other.example", RecordType.TXT) == TEMPORARY
    zone.broken.clear()
    asked = len(zone.questions)
    assert await impatient.look_up("other.example", RecordType.TXT) == TEMPORARY
    assert len(zone.questions) == asked
    clock.step(6)
    assert await impatient.look_up("other.example", RecordType.TXT) == NO_SUCH_NAME


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "a..example"])
async def test_a_name_that_dns_cannot_carry_is_no_exception(impatient: NetworkResolver, name: str) -> None:
    assert await impatient.look_up(name, RecordType.A) == TEMPORARY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
    ],
)
def test_name_servers_are_addresses_with_or_without_a_port(text: str, expected: tuple[str, int]) -> None:
    assert split_server(text) == expected


@pytest.mark.parametrize("text", ["", "ns.example.net", "192.0.2.1:0", "192.0.2.1:x", "192.0.2.1:70000"])
def test_what_is_no_name_server_is_refused(text: str) -> None:
    with pytest.raises(NameServerError):
        split_server(text)


async def test_a_literal_resolver_answers_from_what_it_is_given() -> None:
    literal = LiteralResolver(
        {("a.example", RecordType.A): ["192.0.2.7"], ("b.example", RecordType.A): TEMPORARY}
    )
    assert (await literal.look_up("A.example.", RecordType.A)).records == ("192.0.2.7",)
    assert await literal.look_up("a.example", RecordType.MX) == NO_DATA
    assert await literal.look_up("b.example", RecordType.A) == TEMPORARY
    assert await literal.look_up("c.example", RecordType.A) == NO_SUCH_NAME


async def test_a_question_that_several_ask_at_once_is_asked_once(
    zone: Zone, resolver: NetworkResolver
) -> None:
    zone.put("shop.example", "A", "192.0.2.7")
    found = await asyncio.gather(*(resolver.look_up("shop.example", RecordType.A) for _ in range(20)))
    assert {answer.records for answer in found} == {("192.0.2.7",)}
    assert len(zone.questions) == 1


class Garbler(asyncio.DatagramProtocol):
    """A name server that answers each question with its own bytes and then some, or with others altogether."""

    def __init__(self) -> None:
        self.garble: Callable[[bytes], bytes] = bytes
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        self._transport.sendto(self.garble(data), addr)


@pytest.mark.parametrize(
    "garble",
    [
        lambda question: b"",
        lambda question: b"x",
        lambda question: question[:2] + b"\x80\x00" + b"\xff" * 8,
        # An answer is announced that is not there, that refers to itself, and that is longer than the rest.
        lambda question: question[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + question[12:],
        lambda question: (
            question[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + question[12:40] + b"\xc0\x28" * 8
        ),
        lambda question: (
            question[:2]
            + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
            + question[12:]
            + b"\xc0\x0c\x00\x0f"
            + b"\xff" * 9
        ),
    ],
)
async def test_an_answer_that_nobody_can_read_is_none(
    clock: ManualClock, garble: Callable[[bytes], bytes]
) -> None:
    loop = asyncio.get_running_loop()
    transport, garbler = await loop.create_datagram_endpoint(Garbler, ("127.0.0.1", 0))
    garbler.garble = garble
    try:
        port = transport.get_extra_info("sockname")[1]
        resolver = NetworkResolver(clock, [f"127.0.0.1:{port}"], timeout=0.3)
        assert await resolver.look_up("shop.example", RecordType.MX) == TEMPORARY
    finally:
        transport.close()
