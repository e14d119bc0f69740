"""What those try who want to send as others, or to hold the server up: over real sockets, byte for byte."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.smtp.server import Access, SmtpServer
from tests.smtp.talking import HELLO, MAIL, RCPT, Recording, Talk, serving, talking

TlsPair = Callable[[str], tuple[ssl.SSLContext, ssl.SSLContext]]

EVIL = b"MAIL FROM:<evil@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nevil"

# Each has been the end of a message for some server, and was passed on by another.
FALSE_ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\n.\r",
    b"\r.\r",
    b"\r.\n",
    b"\r.\r\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r\n.\r\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n\x0b.\r\n",
    b"\r\r\n.\r",
    b"\n\n.\n\n",
    b"\r\n .\r\n",
    b"\x85.\x85",
]


@pytest.fixture
def handler() -> Recording:
    return Recording()


@pytest.fixture
async def port(handler: Recording) -> AsyncIterator[int]:
    async with serving(SmtpServer(handler, size_limit=100_000)) as number:
        yield number


@pytest.mark.parametrize("end", FALSE_ENDS, ids=repr)
async def test_no_false_end_of_data_smuggles_a_second_message_in(
    port: int, handler: Recording, end: bytes
) -> None:
    async with talking(port) as peer:
        await peer.each(HELLO, MAIL, RCPT, "DATA")
        assert await peer.say(b"Subject: x\r\n\r\nhello" + end + EVIL + b"\r\n.") == "250 2.0.0 Ok kept"
        assert await peer.say("NOOP") == "250 2.0.0 Ok"
    [taken] = handler.taken
    assert b"evil@example.com" in taken.content


@pytest.mark.parametrize("at", range(1, 5))
async def test_the_end_of_data_may_come_in_pieces(port: int, handler: Recording, at: int) -> None:
    async with talking(port) as peer:
        await peer.each(HELLO, MAIL, RCPT, "DATA")
        sent = b"one\r\n.\r\n"
        for byte in sent[:-at]:
            peer.throw(bytes([byte]))
            await peer.writer.drain()
        peer.throw(sent[-at:])
        assert await peer.heard() == "250 2.0.0 Ok kept"
    assert handler.taken[0].content == b"one\r\n"


@pytest.mark.parametrize("injected", [b"NOOP\r\n", b"EHLO evil\r\n" + EVIL + b"\r\n.\r\n", b"RSET"])
async def test_what_was_said_in_the_clear_behind_starttls_is_forgotten(
    handler: Recording, tls_pair: TlsPair, injected: bytes
) -> None:
    server_tls, client_tls = tls_pair("localhost")
    async with serving(SmtpServer(handler, tls=server_tls)) as port, talking(port) as peer:
        await peer.say("EHLO before")
        peer.throw(b"STARTTLS\r\n" + injected)
        assert await peer.heard() == "220 2.0.0 Ready to start TLS"
        await peer.start_tls(client_tls)
        assert (await peer.say(MAIL)).startswith("503"), "the greeting is to be said again"
        await peer.each("EHLO after", MAIL, RCPT, "DATA")
        assert await peer.say("x\r\n.") == "250 2.0.0 Ok kept"
    [taken] = handler.taken
    assert (taken.helo, taken.mail_from, taken.tls_version) == ("after", "a@example.com", "TLSv1.3")


async def test_a_handshake_that_fails_costs_its_connection_only(
    handler: Recording, tls_pair: TlsPair
) -> None:
    server_tls, _ = tls_pair("localhost")
    async with serving(SmtpServer(handler, tls=server_tls)) as port:
        async with talking(port) as peer:
            await peer.each(HELLO, "STARTTLS")
            peer.throw(b"this is no handshake\r\n" * 10)
            await asyncio.wait_for(peer.rest(), 60)
        async with talking(port) as peer:
            assert (await peer.say(HELLO)).startswith("250-")


@pytest.mark.parametrize(
    "line",
    [
        b"MAIL FROM:<a@example.com>\0",
        b"MAIL FROM:<a\0@example.com>",
        b"MAIL FROM:<a@example.com>\rRCPT TO:<b@example.com>",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"MAIL\tFROM:<a@example.com>",
        b"\x1b[2J",
    ],
)
async def test_a_line_with_control_characters_is_no_command(port: int, line: bytes) -> None:
    async with talking(port) as peer:
        await peer.say(HELLO)
        assert (await peer.say(line)).startswith("500 5.5.2")
        assert (await peer.say(RCPT)).startswith("503")


@pytest.mark.parametrize("length", [4097, 5000, 60_000])
async def test_a_line_that_is_too_long_is_dropped_up_to_its_end(port: int, length: int) -> None:
    async with talking(port) as peer:
        await peer.say(HELLO)
        assert await peer.say(b"NOOP " + b"x" * length) == "500 5.5.2 Line too long"
        assert await peer.say("NOOP") == "250 2.0.0 Ok"


async def test_a_line_that_never_ends_is_not_read_for_ever(port: int) -> None:
    async with talking(port) as peer:
        peer.throw(b"x" * 1_000_000)
        with pytest.raises((ConnectionError, AssertionError)):
            assert await peer.rest() == "still reading"


async def test_data_far_beyond_the_limit_holds_no_memory(handler: Recording) -> None:
    async with serving(SmtpServer(handler, size_limit=1000)) as port, talking(port) as peer:
        await peer.each(HELLO, MAIL, RCPT, "DATA")
        for _ in range(40):
            peer.throw(b"x" * 100_000)
            await peer.writer.drain()
        assert await peer.say("\r\n.") == "552 5.3.4 Message is too long."


async def test_large_messages_of_many_at_once_are_to_be_tried_again(handler: Recording) -> None:
    large = b"x" * 200_000 + b"\r\n."
    server = SmtpServer(handler, most_memory=200_000)
    async with serving(server) as port, talking(port) as first, talking(port) as second:
        for peer in (first, second):
            await peer.each(HELLO, MAIL, RCPT, "DATA")
        first.throw(large[:-3])
        await first.writer.drain()
        await asyncio.wait_for(_until(lambda: server._terms.room.left < 70_000), 60)
        assert await second.say(large) == "452 4.3.1 Too many large messages at once, try again later"
        await second.each(MAIL, RCPT, "DATA")
        assert await second.say("small\r\n.") == "250 2.0.0 Ok kept"
        assert await first.say("\r\n.") == "250 2.0.0 Ok kept"
        await second.each(MAIL, RCPT, "DATA")
        assert await second.say(large) == "250 2.0.0 Ok kept"
    assert server._terms.room.left == 200_000
    assert len(handler.taken) == 3


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - nobody tells of it
        await asyncio.sleep(0)


@pytest.mark.parametrize("verb", ["GET / HTTP/1.1", "POST /x HTTP/1.1", "CONNECT x:25 HTTP/1.0"])
async def test_a_browser_that_was_led_here_sends_no_mail(port: int, handler: Recording, verb: str) -> None:
    async with talking(port) as peer:
        peer.throw(f"{verb}\r\nHost: x\r\n\r\n{HELLO}\r\n".encode() + EVIL + b"\r\n.\r\n")
        assert await peer.rest() == "421 4.7.0 This is no web server\r\n"
    assert handler.taken == []


async def test_garbage_is_not_listened_to_for_long(port: int) -> None:
    async with talking(port) as peer:
        peer.throw(b"nonsense\r\n" * 1000)
        said = (await peer.rest()).splitlines()
    assert said == ["500 5.5.2 Command not recognized"] * 10 + ["421 4.7.0 Too many errors"]


async def test_strangers_are_not_listened_to_for_long(handler: Recording, tls_pair: TlsPair) -> None:
    server_tls, _ = tls_pair("localhost")

    async def nobody(name: str, password: str, peer: str) -> None:
        return None

    server = SmtpServer(handler, access=Access(server_tls, nobody))
    async with serving(server) as port, talking(port) as peer:
        peer.throw(b"NOOP\r\n" * 1000)
        said = (await peer.rest()).splitlines()
    assert len(said) == 51
    assert said[-1] == "421 Too many commands without a login"


async def test_silence_ends_the_connection(handler: Recording) -> None:
    async with serving(SmtpServer(handler, idle_seconds=0.02)) as port, talking(port) as peer:
        assert await peer.rest() == "451 4.4.2 Timeout waiting for data from client.\r\n"


async def _drip(peer: Talk, data: bytes) -> None:
    while not peer.reader.at_eof():
        peer.throw(data)
        await asyncio.sleep(0.005)


async def _flood(peer: Talk) -> None:
    while True:
        peer.throw(b"EHLO x\r\n" * 1000)
        await peer.writer.drain()


@pytest.mark.parametrize("where", ["command", "message"])
async def test_a_drop_now_and_then_does_not_hold_a_connection(handler: Recording, where: str) -> None:
    server = SmtpServer(handler, idle_seconds=1.0, message_seconds=1.0)
    async with serving(server) as port, talking(port) as peer:
        if where == "message":
            await peer.each(HELLO, MAIL, RCPT, "DATA")
        async with asyncio.TaskGroup() as both:
            dripping = both.create_task(_drip(peer, b"x"))
            assert await peer.heard() == "451 4.4.2 Timeout waiting for data from client."
            dripping.cancel()
    assert handler.taken == []


async def test_who_does_not_read_the_answers_is_not_listened_to(handler: Recording) -> None:
    async with serving(SmtpServer(handler, idle_seconds=0.3)) as port, talking(port) as peer:
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it can read, too
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(_flood(peer), 60)


@pytest.mark.parametrize("limits", [{"most_connections": 1}, {"most_of_a_peer": 1}])
async def test_one_connection_too_many_is_turned_away(handler: Recording, limits: dict[str, Any]) -> None:
    server = SmtpServer(handler, **limits)
    async with serving(server) as port:
        async with talking(port) as first:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await reader.read() == b"421 4.3.2 Too many concurrent SMTP connections\r\n"
            writer.close()
            assert await first.say("QUIT") == "221 2.0.0 Bye"
            assert await first.rest() == ""
        async with talking(port) as again:
            assert (await again.say("NOOP")).startswith("250")


_WORDS = st.sampled_from(
    [
        b"EHLO x",
        b"MAIL FROM:<a@example.com>",
        b"RCPT TO:<b@example.com>",
        b"DATA",
        b".",
        b"RSET",
        b"AUTH PLAIN AAAA",
    ]
)
_PIECES = st.lists(
    st.one_of(
        _WORDS, st.binary(max_size=40), st.just(b"\r\n"), st.just(b"\r\n.\r\n"), st.just(b"\n"), st.just(b"<")
    ),
    max_size=30,
)


@given(_PIECES)
def test_no_bytes_break_it(pieces: list[bytes]) -> None:
    """Every reply is one, the server ends the dialogue, and the next connection is served."""

    async def attempt() -> None:
        async with serving(SmtpServer(Recording(), size_limit=1000)) as port:
            async with talking(port) as peer:
                peer.throw(b"".join(pieces))
                peer.writer.write_eof()
                said = await asyncio.wait_for(peer.rest(), 60)
            for line in said.splitlines():
                assert line[:3].isdigit()
                assert line[3] in " -"
                assert line.isprintable()
            async with talking(port) as peer:
                assert await peer.say("NOOP") == "250 2.0.0 Ok"

    asyncio.run(attempt())
    uvloop.run(attempt())
