"""A web server on loopback that answers as a test says, by TLS with an authority of its own or without."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import trustme

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def plain(body: bytes = b"ok", status: str = "200 OK", headers: bytes = b"") -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status.encode(), headers, len(body), body)
        )

    return answer


class HostileServer:
    """``asked`` are the requests, head and body; ``connections`` counts those that came to nothing too."""

    def __init__(self, answer: Answer | None = None, names: Sequence[str] = ("shop.example",)) -> None:
        self.answer = answer or plain()
        self.authority = trustme.CA()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(*names).configure_cert(self.context)
        self.trusting = ssl.create_default_context()
        self.authority.configure_trust(self.trusting)
        self.asked: list[bytes] = []
        self.connections = 0
        self._serving: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def running(self, *, tls: bool = False) -> AsyncIterator[int]:
        """Its port."""
        context = self.context if tls else None
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        async with server:
            yield server.sockets[0].getsockname()[1]
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._serving.append(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._exchange(reader, writer)
        finally:
            if task.cancelling():
                writer.transport.abort()
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = int(lengths[0].split(b":")[1]) if lengths else 0
        self.asked.append(head + await reader.readexactly(length))
        await self.answer(writer)
        await writer.drain()
