"""The server: the handler decides, its faults stay inside, and every command is answered as RFC 5321 has it."""

import asyncio

import pytest

from mailgauge.smtp.server import Envelope, SmtpServer
from tests.smtp.talking import HELLO, MAIL, RCPT, Recording, serving, talking


@pytest.fixture
def handler() -> Recording:
    return Recording()


@pytest.fixture
def server(handler: Recording) -> SmtpServer:
    return SmtpServer(handler, hostname="mx.example.com", size_limit=2000)


async def test_a_message_is_taken_recipient_by_recipient(server: SmtpServer, handler: Recording) -> None:
    async with serving(server) as port, talking(port) as peer:
        assert await peer.say(HELLO) == (
            "250-mx.example.com\n250-8BITMIME\n250-SIZE 2000\n250-PIPELINING\n250 ENHANCEDSTATUSCODES"
        )
        assert await peer.say("MAIL FROM:<> SIZE=100 BODY=8BITMIME") == "250 2.1.0 Ok"
        assert await peer.say("RCPT TO:<no@example.com>") == "550 5.1.1 user unknown"
        assert await peer.say("rcpt to: a@example.com") == "250 2.1.5 Ok"
        assert await peer.say("RCPT TO:<@relay.example:B@example.com>") == "250 2.1.5 Ok"
        assert (await peer.say("DATA")).startswith("354")
        assert await peer.say(b"Subject: x\r\n\r\n..dot\r\n.one\r\n\xff\r\n.") == "250 2.0.0 Ok kept"
        assert await peer.say("QUIT") == "221 2.0.0 Bye"
    recipients = ["a@example.com", "B@example.com"]
    content = b"Subject: x\r\n\r\n.dot\r\none\r\n\xff\r\n"
    assert handler.taken == [Envelope("", "127.0.0.1", "client", recipients, content)]


async def test_a_connection_carries_one_message_after_the_other(
    server: SmtpServer, handler: Recording
) -> None:
    async with serving(server) as port, talking(port) as peer:
        await peer.say(HELLO)
        for body in ("", "Subject: two\r\n\r\n.\r\n"):
            await peer.each(MAIL, RCPT, "DATA")
            peer.throw(body.replace("\r\n.", "\r\n..").encode())
            assert await peer.say(".") == "250 2.0.0 Ok kept"
    assert [each.content for each in handler.taken] == [b"", b"Subject: two\r\n\r\n.\r\n"]


@pytest.mark.parametrize(
    ("before", "line", "reply"),
    [
        ([], MAIL, "503"),
        ([], "EHLO", "501"),
        ([], "AUTH PLAIN AAAA", "500 5.5.2 Command not recognized"),
        ([], "STARTTLS", "503"),
        ([HELLO], RCPT, "503"),
        ([HELLO], "DATA", "503"),
        ([HELLO, MAIL], MAIL, "503"),
        ([HELLO, MAIL], "DATA", "554"),
        ([HELLO, MAIL, RCPT, "RSET"], "DATA", "503"),
        ([HELLO, MAIL, RCPT, HELLO], "DATA", "503"),
        ([HELLO, MAIL, RCPT], "DATA now", "501"),
        ([HELLO, MAIL], "RCPT TO:<>", "553"),
        ([HELLO, MAIL], "RCPT TO:<b\u00fccher@example.com>", "553"),
        ([HELLO, MAIL], "RCPT TO:<b@example.com> NOTIFY=NEVER", "555"),
        ([HELLO], "MAIL FROM:", "501"),
        ([HELLO], "MAIL TO:<a@example.com>", "501"),
        ([HELLO], "MAIL FROM:<a@example.com", "501"),
        ([HELLO], "MAIL FROM:<a b@example.com>", "553"),
        ([HELLO], "MAIL FROM:<a@example.com> SIZE=2001", "552 5.3.4 Message is too long."),
        ([HELLO], "MAIL FROM:<a@example.com> SIZE=-1", "501"),
        ([HELLO], "MAIL FROM:<a@example.com> SIZE=1 SIZE=1", "501"),
        ([HELLO], "MAIL FROM:<a@example.com> BODY=BINARYMIME", "501"),
        ([HELLO], "MAIL FROM:<a@example.com> SMTPUTF8", "555 5.5.4 SMTPUTF8 is not supported"),
        ([HELLO], "BDAT 10 LAST", "500"),
        ([HELLO], "VRFY a@example.com", "252"),
        ([HELLO], "NOOP anything", "250"),
        ([], "", "500"),
    ],
)
async def test_what_comes_at_the_wrong_time_or_in_the_wrong_form_is_refused(
    server: SmtpServer, before: list[str], line: str, reply: str
) -> None:
    async with serving(server) as port, talking(port) as peer:
        assert all(each.startswith("250") for each in await peer.each(*before))
        assert (await peer.say(line)).startswith(reply)


async def test_pipelined_commands_are_answered_in_their_order(server: SmtpServer, handler: Recording) -> None:
    async with serving(server) as port, talking(port) as peer:
        lines = [HELLO, MAIL, "RCPT TO:<no@example.com>", RCPT, "DATA"]
        peer.throw("".join(f"{line}\r\n" for line in lines).encode())
        assert [(await peer.heard())[:3] for _ in lines] == ["250", "250", "550", "250", "354"]
        peer.throw(b"one\r\n.\r\nMAIL FROM:<c@example.com>\r\nQUIT\r\n")
        assert await peer.rest() == "250 2.0.0 Ok kept\r\n250 2.1.0 Ok\r\n221 2.0.0 Bye\r\n"
    assert [each.content for each in handler.taken] == [b"one\r\n"]


async def test_who_has_said_all_and_listens_still_gets_the_answers(
    server: SmtpServer, handler: Recording
) -> None:
    async with serving(server) as port, talking(port) as peer:
        await peer.each(HELLO, MAIL, RCPT, "DATA")
        peer.throw(b"half\r\n.\r\nNOOP\r\n")
        peer.writer.write_eof()
        assert await peer.rest() == "250 2.0.0 Ok kept\r\n250 2.0.0 Ok\r\n"
    assert len(handler.taken) == 1


async def test_half_a_message_is_no_message(server: SmtpServer, handler: Recording) -> None:
    async with serving(server) as port:
        async with talking(port) as peer:
            await peer.each(HELLO, MAIL, RCPT, "DATA")
            peer.throw(b"Subject: x\r\n\r\nhal")
            peer.writer.write_eof()
            assert await peer.rest() == ""
        async with talking(port) as peer:
            await peer.each(HELLO, MAIL, RCPT, "DATA")
            peer.throw(b"Subject: x\r\n\r\nhalf\r\n.\r")
            peer.writer.transport.abort()
    assert handler.taken == []


async def test_a_fault_of_the_handler_is_temporary_and_stays_inside(server: SmtpServer) -> None:
    async with serving(server) as port, talking(port) as peer:
        await peer.each(HELLO, MAIL, RCPT, "DATA")
        assert await peer.say("fail\r\n.") == "451 4.3.0 Temporary service failure"
        assert await peer.say(MAIL) == "250 2.1.0 Ok"


async def test_too_much_data_is_refused_and_the_connection_goes_on(
    server: SmtpServer, handler: Recording
) -> None:
    async with serving(server) as port, talking(port) as peer:
        await peer.each(HELLO, MAIL, RCPT, "DATA")
        assert await peer.say((b"y" * 70 + b"\r\n") * 40 + b".") == "552 5.3.4 Message is too long."
        await peer.each(MAIL, RCPT, "DATA")
        assert await peer.say(b"y" * 1998 + b"\r\n.") == "250 2.0.0 Ok kept"
    assert [len(each.content) for each in handler.taken] == [2000]


async def test_a_large_message_arrives_whole(handler: Recording) -> None:
    content = b"".join(b".%d %s\r\n" % (number, b"x" * 60) for number in range(40_000))
    async with serving(SmtpServer(handler)) as port, talking(port) as peer:
        await peer.each(HELLO, MAIL, RCPT, "DATA")
        assert await peer.say(_stuffed(content) + b".") == ("250 2.0.0 Ok kept")
    assert handler.taken[0].content == content


def _stuffed(content: bytes) -> bytes:
    return b"".join(
        b"." + line if line.startswith(b".") else line for line in content.splitlines(keepends=True)
    )


async def test_a_reply_is_one_line_of_bounded_length_whatever_it_quotes(handler: Recording) -> None:
    class Quoting(Recording):
        async def on_rcpt(self, envelope: Envelope, address: str) -> str:
            return "550 5.1.1 first\r\n250 second\x00\u20ac" + "x" * 1000

    async with serving(SmtpServer(Quoting())) as port, talking(port) as peer:
        await peer.each(HELLO, MAIL)
        reply = await peer.say(RCPT)
        assert reply.startswith("550 5.1.1 first??250 second??xxx")
        assert len(reply) == 510
        assert await peer.say("NOOP") == "250 2.0.0 Ok"


async def test_stopping_ends_open_connections(server: SmtpServer) -> None:
    await server.start()
    async with talking(server.port) as peer:
        await asyncio.wait_for(server.stop(), 60)
        assert await peer.rest() == ""
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)


async def test_what_is_being_taken_when_the_server_stops_is_taken_and_answered() -> None:
    class Slow(Recording):
        def __init__(self) -> None:
            super().__init__()
            self.asked, self.go_on = asyncio.Event(), asyncio.Event()

        async def on_message(self, envelope: Envelope) -> str:
            self.asked.set()
            await self.go_on.wait()
            return await super().on_message(envelope)

    handler = Slow()
    server = SmtpServer(handler)
    await server.start()
    async with talking(server.port) as peer:
        await peer.each(HELLO, MAIL, RCPT, "DATA")
        peer.throw(b"late\r\n.\r\n")
        await handler.asked.wait()
        async with asyncio.TaskGroup() as both:
            both.create_task(server.stop())
            handler.go_on.set()
        assert await peer.rest() == "250 2.0.0 Ok kept\r\n"
    assert len(handler.taken) == 1
