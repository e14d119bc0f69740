"""The server seam: the handler decides, nothing is smuggled past it, and its faults stay inside."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from mailgauge.smtp.server import Access, Envelope, SmtpServer

TlsPair = Callable[[str], tuple[ssl.SSLContext, ssl.SSLContext]]


class Recording:
    """Takes everybody but ``no@…`` and fails where the message says so."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []

    async def on_rcpt(self, envelope: Envelope, address: str) -> str:
        return "550 5.1.1 user unknown" if address.startswith("no@") else "250 2.1.5 Ok"

    async def on_message(self, envelope: Envelope) -> str:
        if b"fail" in envelope.content:
            raise RuntimeError("secret detail")
        self.taken.append(envelope)
        return "250 2.0.0 Ok kept"


@pytest.fixture
def handler() -> Recording:
    return Recording()


@pytest.fixture
async def server(handler: Recording) -> AsyncIterator[SmtpServer]:
    made = SmtpServer(handler, hostname="mx.example.com", size_limit=2000)
    await made.start()
    yield made
    await made.stop()


class Dialogue:
    """A client that says lines and hears replies."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def heard(self) -> str:
        lines = []
        while (line := (await self.reader.readline()).decode().rstrip("\r\n"))[3:4] == "-":
            lines.append(line)
        return "\n".join([*lines, line])

    async def say(self, line: str | bytes) -> str:
        self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.heard()


async def dialogue(server: SmtpServer) -> Dialogue:
    opened = Dialogue(*await asyncio.open_connection("127.0.0.1", server.port))
    assert await opened.heard() == "220 mx.example.com ESMTP"
    return opened


async def test_a_message_is_taken_recipient_by_recipient(server: SmtpServer, handler: Recording) -> None:
    peer = await dialogue(server)
    assert (
        await peer.say("EHLO client")
        == "250-mx.example.com\n250-SIZE 2000\n250-8BITMIME\n250 ENHANCEDSTATUSCODES"
    )
    assert await peer.say("MAIL FROM:<> SIZE=100") == "250 2.1.0 Ok"
    assert await peer.say("RCPT TO:<no@example.com>") == "550 5.1.1 user unknown"
    assert await peer.say("RCPT TO:<a@example.com>") == "250 2.1.5 Ok"
    assert await peer.say("RCPT TO:<B@example.com>") == "250 2.1.5 Ok"
    assert (await peer.say("DATA")).startswith("354")
    assert await peer.say(b"Subject: x\r\n\r\n..dot\r\n\xff\r\n.") == "250 2.0.0 Ok kept"
    assert await peer.say("QUIT") == "221 Bye"
    assert handler.taken == [
        Envelope(
            "",
            "127.0.0.1",
            "client",
            ["a@example.com", "B@example.com"],
            b"Subject: x\r\n\r\n.dot\r\n\xff\r\n",
        )
    ]
    peer.writer.close()


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r\n\0.\r\n", b"\r.\r\n"]
)
async def test_no_false_end_of_data_smuggles_a_second_message_in(
    server: SmtpServer, handler: Recording, end: bytes
) -> None:
    peer = await dialogue(server)
    await peer.say("EHLO client")
    await peer.say("MAIL FROM:<a@example.com>")
    await peer.say("RCPT TO:<a@example.com>")
    await peer.say("DATA")
    smuggled = (
        b"Subject: x\r\n\r\nhello"
        + end
        + b"MAIL FROM:<evil@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nevil"
    )
    assert await peer.say(smuggled + b"\r\n.") == "250 2.0.0 Ok kept"
    assert len(handler.taken) == 1
    peer.writer.close()


async def test_a_fault_of_the_handler_is_temporary_and_stays_inside(server: SmtpServer) -> None:
    peer = await dialogue(server)
    await peer.say("EHLO client")
    await peer.say("MAIL FROM:<a@example.com>")
    await peer.say("RCPT TO:<a@example.com>")
    await peer.say("DATA")
    assert await peer.say("fail\r\n.") == "451 4.3.0 Temporary service failure"
    peer.writer.close()


async def test_too_much_data_is_refused(server: SmtpServer, handler: Recording) -> None:
    peer = await dialogue(server)
    await peer.say("EHLO client")
    assert (await peer.say("MAIL FROM:<a@example.com> SIZE=2001")).startswith("552")
    await peer.say("MAIL FROM:<a@example.com>")
    await peer.say("RCPT TO:<a@example.com>")
    await peer.say("DATA")
    assert (await peer.say(b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 40 + b".")).startswith("552")
    assert handler.taken == []
    peer.writer.close()


async def test_stopping_ends_open_connections(handler: Recording) -> None:
    server = SmtpServer(handler, hostname="mx.example.com")
    await server.start()
    peer = await dialogue(server)
    await asyncio.wait_for(server.stop(), 5)
    assert await peer.reader.read() == b""
    peer.writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)


async def test_one_connection_too_many_is_turned_away(handler: Recording) -> None:
    server = SmtpServer(handler, hostname="mx.example.com", most_connections=1)
    await server.start()
    first = await dialogue(server)
    second = Dialogue(*await asyncio.open_connection("127.0.0.1", server.port))
    assert await second.heard() == "421 4.3.2 Too many concurrent SMTP connections"
    assert await second.reader.read() == b""
    assert (await first.say("EHLO client")).endswith("250 ENHANCEDSTATUSCODES")
    first.writer.close()
    second.writer.close()
    await server.stop()


async def test_silence_ends_the_connection(handler: Recording) -> None:
    server = SmtpServer(handler, hostname="mx.example.com", idle_seconds=0.02)
    await server.start()
    peer = await dialogue(server)
    assert await peer.heard() == "451 4.4.2 Timeout waiting for data from client."
    assert await peer.reader.read() == b""
    peer.writer.close()
    await server.stop()


async def authenticate(name: str, password: str) -> Any:
    return f"user {name}" if password == "right" else None


def submit(port: int, context: ssl.SSLContext, password: str, *, implicit: bool) -> None:
    """What a mail program does, with the standard library's client."""
    if implicit:
        client: smtplib.SMTP = smtplib.SMTP_SSL("localhost", port, context=context)
    else:
        client = smtplib.SMTP("localhost", port)
        client.ehlo()
        assert not client.has_extn("auth")
        client.starttls(context=context)
    with client:
        client.login("me", password)
        client.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\nhello\r\n")


@pytest.mark.parametrize("implicit", [True, False])
async def test_submission_asks_for_tls_and_a_login(
    handler: Recording, tls_pair: TlsPair, *, implicit: bool
) -> None:
    server_tls, client_tls = tls_pair("localhost")
    server = SmtpServer(handler, access=Access(server_tls, authenticate, implicit_tls=implicit))
    await server.start()
    await asyncio.to_thread(submit, server.port, client_tls, "right", implicit=implicit)
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        await asyncio.to_thread(submit, server.port, client_tls, "wrong", implicit=implicit)
    assert refused.value.smtp_code == 535
    await server.stop()
    assert [(each.login, each.tls_version) for each in handler.taken] == [("user me", "TLSv1.3")]


async def test_submission_without_login_is_refused(handler: Recording, tls_pair: TlsPair) -> None:
    server_tls, _ = tls_pair("localhost")
    server = SmtpServer(handler, hostname="mx.example.com", access=Access(server_tls, authenticate))
    await server.start()
    peer = await dialogue(server)
    assert (await peer.say("EHLO client")).splitlines()[-2:] == ["250-STARTTLS", "250 ENHANCEDSTATUSCODES"]
    assert (await peer.say("MAIL FROM:<a@example.com>")).startswith("530")
    assert (await peer.say("AUTH PLAIN AG1lAHJpZ2h0")).startswith("5")
    peer.writer.close()
    await server.stop()
