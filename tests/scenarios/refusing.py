"""A receiving mail server that refuses those whose address begins with ``gone``, and keeps what it took for the others."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mailgauge.smtp.server import Envelope, SmtpServer


@dataclass(slots=True)
class Refusing:
    """``taken`` are envelopes by recipient: where complaints about them go is their ``mail_from``."""

    taken: dict[str, Envelope] = field(default_factory=dict)
    address: str = ""

    async def on_rcpt(self, envelope: Envelope, address: str) -> str:
        return "550 5.1.1 user unknown" if address.startswith("gone") else "250 2.1.5 Ok"

    async def on_message(self, envelope: Envelope) -> str:
        self.taken.update(dict.fromkeys(envelope.recipients, envelope))
        return "250 2.0.0 Ok"


@contextmanager
def refusing_server() -> Iterator[Refusing]:
    """One on a free port of this machine, in a thread of its own."""
    handler = Refusing()
    server = SmtpServer(handler)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
        handler.address = f"127.0.0.1:{server.port}"
        yield handler
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()
