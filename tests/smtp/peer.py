"""A receiving server whose answers are given, for tests of the outgoing client."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator

from mailgauge.smtp.client import Destination, Tls

MESSAGE = b"Subject: hi\r\n\r\nhello\r\n.leading dot\r\n"


class Peer:
    """A server whose answers are given: by the start of a command, or ``None`` to hang up."""

    def __init__(self, answers: dict[str, str | None], greeting: str = "220 mx.example.org ESMTP") -> None:
        self.answers: dict[str, str | None] = {
            "EHLO": "250-mx.example.org\r\n250 SIZE 1000",
            "RSET": "250 ok",
            "QUIT": "221 bye",
            **answers,
        }
        self.greeting = greeting
        self.heard: list[str] = []
        self.content = b""
        self.connections = 0
        self.tls: ssl.SSLContext | None = None
        self.sessions: list[asyncio.Task[None] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions.append(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._talk(reader, writer)
        writer.close()

    async def end(self) -> None:
        sessions = [session for session in self.sessions if session is not None]
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(f"{self.greeting}\r\n".encode("utf-8", "surrogateescape"))
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            self.heard.append(line)
            answer = self._answer(line)
            if answer is None:
                break
            writer.write(f"{answer}\r\n".encode("utf-8", "surrogateescape"))
            if answer.startswith("354"):
                self.content = await reader.readuntil(b"\r\n.\r\n")
                done = self.answers.get(".", "250 2.0.0 queued")
                if done is None:
                    break
                writer.write(f"{done}\r\n".encode())
            if answer.startswith("220") and self.tls:
                await writer.start_tls(self.tls)
            if answer.startswith(("421", "221")):
                break

    def _answer(self, line: str) -> str | None:
        known = [start for start in self.answers if line.startswith(start)]
        if known:
            return self.answers[max(known, key=len)]
        return "354 go on" if line == "DATA" else "250 ok"


@contextlib.asynccontextmanager
async def listening(peer: Peer, tls: Tls = Tls.OFF) -> AsyncIterator[Destination]:
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    try:
        yield Destination("127.0.0.1", server.sockets[0].getsockname()[1], tls, server_name="mx.example.org")
    finally:
        server.close()
        await peer.end()
