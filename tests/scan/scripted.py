"""A clamd that does what a test says: its sockets and protocol are real, what it finds is made up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

CLEAN, FOUND, ERROR = b"stream: OK\0", b"stream: Made-Up FOUND\0", b"INSTREAM size limit exceeded. ERROR\0"
PROBE = b"Hello."
"""What is scanned to see whether anything is."""


def _clean(content: bytes) -> bytes:
    return CLEAN


@dataclass
class Scripted:
    """``answer`` makes what is said to a stream: all of it, or nothing to break off. ``open`` and ``close`` come and go."""

    path: Path
    answer: Callable[[bytes], bytes] = _clean
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared, it answers nobody."""
    seen: list[bytes] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    _server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_unix_server(self._connected, self.path, limit=2**26)

    def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self.path.unlink(missing_ok=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            command = await reader.readuntil(b"\0")
            content = await received(reader) if command == b"zINSTREAM\0" else b""
            self.seen.append(content)
            await self.hold.wait()
            writer.write(self.answer(content) if command == b"zINSTREAM\0" else b"Scripted 1.0\0")
            await writer.drain()
        self.at_once -= 1
        writer.close()


async def received(reader: asyncio.StreamReader) -> bytes:
    """The content of one INSTREAM."""
    content = bytearray()
    while size := int.from_bytes(await reader.readexactly(4), "big"):
        content += await reader.readexactly(size)
    return bytes(content)


@asynccontextmanager
async def scripted(path: Path) -> AsyncIterator[Scripted]:
    server = Scripted(path)
    server.hold.set()
    await server.open()
    try:
        yield server
    finally:
        server.close()
