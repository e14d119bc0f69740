"""The SMTP server (RFC 5321): listens, and holds a dialogue on each connection; every decision is the handler's.

What a handler raises becomes a temporary refusal; its text never reaches the peer.
"""

import asyncio
import ssl
from collections import Counter

from mailgauge.base.tasks import Supervisor
from mailgauge.smtp.dialogue import Dialogue
from mailgauge.smtp.handling import Access, Envelope, SmtpHandler, Terms
from mailgauge.smtp.room import Room
from mailgauge.smtp.transaction import TEMPORARY_FAILURE
from mailgauge.smtp.wire import HANDSHAKE_SECONDS, Wire

__all__ = ["TEMPORARY_FAILURE", "Access", "Envelope", "SmtpHandler", "SmtpServer"]

DEFAULT_SIZE_LIMIT = 40 * 1024 * 1024
_TOO_MANY = b"421 4.3.2 Too many concurrent SMTP connections\r\n"
# How long an answer to a message may take that comes in while the server stops; then connections are cut off.
_FINISH_SECONDS = 10.0
_CLOSE_SECONDS = 0.5


class SmtpServer:
    """A listening server on the running loop. ``port`` is the real one after ``start``.

    ``tls`` is offered by STARTTLS to who wants it, where no ``access`` asks for more.
    """

    def __init__(
        self,
        handler: SmtpHandler,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        hostname: str = "localhost",
        size_limit: int = DEFAULT_SIZE_LIMIT,
        idle_seconds: float = 300,
        login_seconds: float = 30,
        message_seconds: float = 3600,
        most_connections: int = 500,
        most_of_a_peer: int = 250,
        most_memory: int = 256 * 1024 * 1024,
        access: Access | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self._handler = handler
        self._implicit = access.tls if access is not None and access.implicit_tls else None
        starttls = tls if access is None else None if access.implicit_tls else access.tls
        self._terms = Terms(
            hostname,
            size_limit,
            idle_seconds,
            login_seconds,
            message_seconds,
            access,
            starttls,
            Room(most_memory),
        )
        self._most = most_connections
        self._most_of_a_peer = most_of_a_peer
        self._server: asyncio.Server | None = None
        self._dialogues = Supervisor()
        self._wires: set[Wire] = set()
        self._peers: Counter[str] = Counter()

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Wire(self._begin, self._wires.discard),
            self.host,
            self.port,
            ssl=self._implicit,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if self._implicit else None,
            backlog=512,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Closes the listener and every connection, and waits for their ends; what is being taken is taken."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        wires = list(self._wires)
        for wire in wires:
            wire.finish()
        try:
            async with asyncio.timeout(_FINISH_SECONDS):
                await self._dialogues.settle()
        except TimeoutError:
            await self._dialogues.close()
        await asyncio.gather(*(wire.closed(_CLOSE_SECONDS) for wire in wires))

    def _begin(self, wire: Wire) -> None:
        self._wires.add(wire)
        if self._peers.total() >= self._most or self._peers[wire.peer] >= self._most_of_a_peer:
            wire.turn_away(_TOO_MANY)
        else:
            self._peers[wire.peer] += 1
            self._dialogues.spawn("smtp", self._hold(wire))

    async def _hold(self, wire: Wire) -> None:
        try:
            await Dialogue(wire, self._handler, self._terms).run()
        finally:
            self._peers[wire.peer] -= 1
            if not self._peers[wire.peer]:
                del self._peers[wire.peer]
