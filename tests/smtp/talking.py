"""A client that says lines and hears replies, byte for byte, and a handler that notes what it gets."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mailgauge.smtp.server import Envelope, SmtpServer

HELLO = "EHLO client"
MAIL = "MAIL FROM:<a@example.com>"
RCPT = "RCPT TO:<b@example.com>"


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


class Talk:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def heard(self) -> str:
        """One reply, with all its lines; empty when the server has hung up."""
        lines = []
        while (line := (await self.reader.readline()).decode().rstrip("\r\n"))[3:4] == "-":
            lines.append(line)
        return "\n".join([*lines, line])

    async def say(self, line: str | bytes) -> str:
        self.throw((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.heard()

    async def each(self, *lines: str) -> list[str]:
        return [await self.say(line) for line in lines]

    def throw(self, data: bytes) -> None:
        """Without waiting for anything."""
        self.writer.write(data)

    async def rest(self) -> str:
        """All that the server still says until it hangs up."""
        return (await self.reader.read()).decode()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        await self.writer.start_tls(context, server_hostname="localhost")


@asynccontextmanager
async def talking(port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Talk]:
    """A connection, greeted."""
    name = "localhost" if tls is not None else None
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name)
    talk = Talk(reader, writer)
    try:
        assert (await talk.heard()).startswith("220 ")
        yield talk
    finally:
        writer.close()


@asynccontextmanager
async def serving(server: SmtpServer) -> AsyncIterator[int]:
    await server.start()
    try:
        yield server.port
    finally:
        await server.stop()
