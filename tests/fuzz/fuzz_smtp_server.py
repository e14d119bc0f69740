"""Whatever a client says to our SMTP servers, in pieces of any size: each line of what it hears is a reply."""

import asyncio
import re
import ssl
from typing import Any

from mailgauge.smtp.dialogue import Dialogue
from mailgauge.smtp.handling import Access, Envelope, Terms
from mailgauge.smtp.room import Room
from mailgauge.smtp.wire import Wire

SEEDS = (
    b"\x00EHLO a\r\nMAIL FROM:<a@b.c> SIZE=10 BODY=8BITMIME\r\nRCPT TO:<d@e.f>\r\nDATA\r\nSubject: x\r\n\r\n..y\r\n.\r\n",
    b'\x07HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<"a b"@c>\r\nRSET\r\nNOOP x\r\nVRFY y\r\nBDAT 3\r\nQUIT\r\n',
    b"\x81EHLO a\r\nAUTH PLAIN AGEAYg==\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:d@e.f\r\nDATA\r\nx\n.\nMAIL FROM:<s@m>\r\n.\r\n",
    b"\x83EHLO a\r\nAUTH LOGIN\r\nYQ==\r\n*\r\nAUTH LOGIN YQ==\r\nYg==\r\n",
    b"\x05GET / HTTP/1.1\r\n",
    b"\x05" + b"x" * 2100 + b"\r\n",
)
REPLY = re.compile(rb"[2-5]\d\d[ -][ -~]*\r\n")


class _Transport(asyncio.Transport):
    """``tls`` says that the connection is encrypted."""

    def __init__(self, *, tls: bool) -> None:
        super().__init__()
        self.written = b""
        self._tls = tls
        self._closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "ssl_object" and self._tls:
            return self
        return ("192.0.2.1", 1) if name == "peername" else default

    def version(self) -> str:
        return "TLSv1.3"

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._closed = True

    abort = close


class _Handler:
    async def on_rcpt(self, envelope: Envelope, address: str) -> str:
        return "550 5.1.1 unknown" if address.startswith("no") else "250 2.1.5 Ok"

    async def on_message(self, envelope: Envelope) -> str:
        assert envelope.recipients
        return "250 2.0.0 Ok"


async def _authenticate(name: str, password: str, peer: str) -> str | None:
    return name or None


SUBMISSION = Access(ssl.create_default_context(), _authenticate)


def one_input(data: bytes) -> None:
    """The first byte says how it comes: the high bit by TLS to submission, the others in pieces of how many bytes."""
    if data:
        asyncio.run(_talk(data[1:], 1 + (data[0] & 0x7F), submission=bool(data[0] & 0x80)))


async def _talk(data: bytes, size: int, *, submission: bool) -> None:
    access = SUBMISSION if submission else None
    terms = Terms("mx.example.com", 1000, 1.0, 1.0, 1.0, access, None, Room(100_000))
    transport = _Transport(tls=submission)
    wire = Wire(lambda _: None, lambda _: None)
    wire.connection_made(transport)
    dialogue = asyncio.ensure_future(Dialogue(wire, _Handler(), terms).run())
    for at in range(0, len(data), size):
        if transport.is_closing():
            break
        wire.data_received(data[at : at + size])
        await asyncio.sleep(0)
    wire.eof_received()
    await dialogue
    wire.connection_lost(None)
    assert REPLY.sub(b"", transport.written) == b"", transport.written
