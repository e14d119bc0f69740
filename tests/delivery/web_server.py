"""A web server on loopback that has an MTA-STS policy, and an authority of its own that vouches for it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import trustme

from mailgauge.delivery.policy_fetch import PolicyFetcher
from mailgauge.dns.answers import LiteralResolver, RecordType

HOST = "mta-sts.shop.example"
POLICY = b"version: STSv1\nmode: enforce\nmx: mx.shop.example\nmax_age: 86400\n"
PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n"


class WebServer:
    """Answers every request with the same bytes, or not at all."""

    def __init__(self, names: Sequence[str] = (HOST,)) -> None:
        self.authority = trustme.CA()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(*names).configure_cert(self.context)
        self.asked: list[str] = []
        self.answers()

    def answers(self, body: bytes = POLICY, status: str = "200 OK", headers: bytes = PLAIN) -> None:
        self.answer: bytes | None = (
            b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\nConnection: close\r\n\r\n"
            % (status.encode(), headers, len(body))
            + body
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
            if self.answer is None:
                await reader.read()
            else:
                writer.write(self.answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):  # whoever asked has heard enough
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def fetcher(self, **options: Any) -> AsyncIterator[PolicyFetcher]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.context)
        trusting = ssl.create_default_context()
        self.authority.configure_trust(trusting)
        zone = {(HOST, RecordType.A): options.pop("addresses", ["127.0.0.1"])}
        given = {"allow_private": True, "trusting": trusting, "port": server.sockets[0].getsockname()[1]}
        async with server:
            yield PolicyFetcher(LiteralResolver(zone), **(given | options))
