"""The built-in mailbox's SMTP server: the last hop of a capturing route. 250 means committed."""

from collections.abc import Awaitable, Callable
from functools import partial

from mailgauge.base.clock import Clock
from mailgauge.base.ids import new_message_id, pack_message_id
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.mail.headers import first, split
from mailgauge.mailbox import store as rows
from mailgauge.mailbox.store import MOST_BYTES, MOST_MESSAGES, Captured
from mailgauge.smtp.server import Envelope, SmtpServer
from mailgauge.store.transaction import Lane, Store

Describe = Callable[[str], Awaitable[tuple[Scope, str] | None]]
"""Scope and Source of a message id, or None."""


class Mailbox:
    """Takes every recipient and keeps every message, the newest up to the limits.

    ``find_message`` gives the message id a return path was made for; ``describe`` whose message that is.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        find_message: Callable[[str], str | None],
        describe: Describe,
        *,
        hostname: str = "localhost",
        host: str = "127.0.0.1",
        port: int = 0,
        most_messages: int = MOST_MESSAGES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._store = store
        self._clock = clock
        self._find_message = find_message
        self._describe = describe
        self._limits = (most_messages, most_bytes)
        self._wake = Wake()
        self._server = SmtpServer(self, host, port, hostname=hostname)

    @property
    def port(self) -> int:
        return self._server.port

    async def start(self, supervisor: Supervisor) -> None:
        await self._server.start()
        supervisor.keep("mailbox trimming", self._keep_trimmed)

    async def stop(self) -> None:
        await self._server.stop()

    async def on_rcpt(self, envelope: Envelope, address: str) -> str:
        return "250 2.1.5 Ok"

    async def on_message(self, envelope: Envelope) -> str:
        captured = await self._captured(envelope)
        await self._store.write(partial(rows.keep, message=captured))
        self._wake.set()
        return f"250 2.0.0 Ok {captured.message_id}"

    async def _captured(self, envelope: Envelope) -> Captured:
        now = self._clock.now()
        message_id = self._find_message(envelope.mail_from) or _id_in_header(envelope.content)
        described = await self._describe(message_id) if message_id else None
        scope, source = described or (None, envelope.mail_from)
        return Captured(
            message_id=message_id or new_message_id("", now),
            scope=scope.key if scope else "",
            source=source,
            received=now,
            mail_from=envelope.mail_from,
            recipients=tuple(envelope.recipients),
            content=envelope.content,
        )

    async def _keep_trimmed(self) -> None:
        while True:
            await self.trim()
            await self._wake.wait(300)

    async def trim(self) -> None:
        """Deletes the oldest messages beyond the limits, a slice at a time."""
        while too_many := await self._store.read(lambda tx: rows.excess(tx, *self._limits)):
            await self._store.write(partial(rows.delete, some=too_many), Lane.BACKGROUND)


def _id_in_header(content: bytes) -> str | None:
    """SES's id is the local part of its Message-ID."""
    value = first(split(content).fields, "Message-ID") or ""
    local = value.strip("<> ").partition("@")[0]
    try:
        pack_message_id(local)
    except ValueError:
        return None
    return local
