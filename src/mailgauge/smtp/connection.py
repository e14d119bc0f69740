"""One open SMTP connection as a client (RFC 5321): transactions one after another.

It reports every fault as a value; only cancellation comes out as an exception. Opening it is ``opening``'s.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiosmtplib

from mailgauge.mail.address import printable
from mailgauge.mail.normalise import crlf
from mailgauge.mail.status import Reply, reply
from mailgauge.smtp.outcome import Dialogue, Failure, Outcome
from mailgauge.smtp.replies import Replies

SMALL = 65_536
"""Bytes of a message that are made ready on the event loop; for more of them it would stand still too long."""
SLICE = 262_144
"""Bytes that are written between two looks at the other connections."""
START_INPUT = 354
CLOSING = 421
REFUSED = 400


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds; RFC 5321 section 4.5.3.2 asks for five minutes a command and ten after the final dot."""

    connect: float = 30
    command: float = 300
    data: float = 600


class Connection:
    """An open connection. ``is_usable`` says whether another transaction may follow."""

    def __init__(self, client: aiosmtplib.SMTP, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._dirty = False
        self.idle_since = 0.0
        self.peer_ip = _address(client, "peername")
        self.local_ip = _address(client, "sockname")
        self.tls_version, self.tls_cipher = tls_facts(client)
        self._extensions = client.esmtp_extensions
        transport: Any = client.transport  # there is one: it was opened
        self._replies = Replies(transport)

    @property
    def is_usable(self) -> bool:
        return self._replies.is_usable and not self._dirty

    async def transact(self, outcome: Outcome, mail_from: str, message: bytes) -> None:
        """One transaction; fills ``outcome`` with replies or a failure."""
        outcome.is_connected = True
        outcome.peer_ip, outcome.local_ip = self.peer_ip, self.local_ip
        outcome.tls_version, outcome.tls_cipher = self.tls_version, self.tls_cipher
        try:
            await self._transact(outcome, mail_from, message)
        except BaseException as error:
            self._dirty = True
            failed = failure_of(error)
            if failed is None:
                raise
            outcome.failure, outcome.failure_text = failed, printable(str(error))
            outcome.dialogue.add(f"* {failed}: {error}")

    async def _transact(self, outcome: Outcome, mail_from: str, message: bytes) -> None:
        prepared = data_of(message) if len(message) <= SMALL else await asyncio.to_thread(data_of, message)
        exchange = self._exchange(outcome, mail_from, message)
        said = await exchange.next()
        if not said.is_accepted:
            outcome.said_goodbye = said.code == CLOSING
            outcome.replies = dict.fromkeys(outcome.recipients, said)
            await self._leave(exchange, outcome)
            return
        open_recipients = []
        for recipient in outcome.recipients:
            said = await exchange.next()
            if said.is_accepted:
                open_recipients.append(recipient)
            else:
                outcome.replies[recipient] = said
        if not open_recipients:
            await self._leave(exchange, outcome)
            return
        outcome.final = final = await self._data(exchange, prepared)
        outcome.replies.update(dict.fromkeys(open_recipients, final))
        if not final.is_accepted:
            await self._leave(exchange, outcome)

    def _exchange(self, outcome: Outcome, mail_from: str, message: bytes) -> "_Exchange":
        commands = [
            f"MAIL FROM:<{mail_from}>{self._options(message)}",
            *(f"RCPT TO:<{recipient}>" for recipient in outcome.recipients),
            "DATA",
        ]
        together = "pipelining" in self._extensions
        exchange = _Exchange(self._replies, outcome.dialogue, self._timeouts, commands, len(message))
        if together:
            exchange.send_all()
        return exchange

    def _options(self, message: bytes) -> str:
        options = ""
        if "size" in self._extensions:
            options += f" SIZE={len(message)}"
        if "8bitmime" in self._extensions and not message.isascii():
            options += " BODY=8BITMIME"
        return options

    async def _data(self, exchange: "_Exchange", prepared: bytes) -> Reply:
        said = await exchange.next()
        if said.code != START_INPUT:
            if said.code < REFUSED:
                raise aiosmtplib.SMTPResponseException(said.code, said.text)
            return said
        for at in range(0, len(prepared), SLICE):
            if at:  # the others have their turn
                await asyncio.sleep(0)
            if self._replies.is_lost:  # there may be an answer all the same
                break
            self._replies.write(prepared[at : at + SLICE])
        return await exchange.hear(self._timeouts.data)

    async def _leave(self, exchange: "_Exchange", outcome: Outcome) -> None:
        """Leaves a refused transaction. The replies are in already: a failure here only ends the connection."""
        if any(said.code == CLOSING for said in outcome.replies.values()):
            self._dirty = True
            return
        try:
            # A server that wants content for nobody is not given any: without an end there is no message.
            wants_content = await exchange.finish()
            self._dirty = wants_content or not (await exchange.ask("RSET")).is_accepted
        except (aiosmtplib.SMTPException, OSError):
            self._dirty = True

    async def close(self) -> None:
        """Says goodbye, briefly."""
        with suppress(aiosmtplib.SMTPException, OSError):
            self._replies.write(b"QUIT\r\n")
            await self._replies.reply(1)
        self._replies.close()

    def abort(self) -> None:
        self._replies.close()


class _Exchange:
    """The commands of a transaction and their replies: one by one, or all commands at once where the server takes that (RFC 2920)."""

    def __init__(
        self, replies: Replies, dialogue: Dialogue, timeouts: Timeouts, commands: list[str], size: int
    ) -> None:
        self._replies = replies
        self._dialogue = dialogue
        self._timeouts = timeouts
        self._unsent = deque(commands)
        self._unheard: deque[str] = deque()
        self._size = size

    def send_all(self) -> None:
        self._replies.write("".join(f"{command}\r\n" for command in self._unsent).encode("ascii"))
        for command in self._unsent:
            self._note(command)
        self._unheard, self._unsent = self._unsent, self._unheard

    async def next(self) -> Reply:
        """The reply to the next command."""
        if self._unheard:
            command = self._unheard.popleft()
            return await self.hear(self._timeouts.data if command == "DATA" else self._timeouts.command)
        return await self.ask(self._unsent.popleft())

    async def ask(self, command: str) -> Reply:
        self._note(command)
        self._replies.write(f"{command}\r\n".encode("ascii"))
        return await self.hear(self._timeouts.data if command == "DATA" else self._timeouts.command)

    async def hear(self, patience: float) -> Reply:
        code, text = await self._replies.reply(patience)
        self._dialogue.add_reply(code, text)
        return reply(code, printable(text))

    async def finish(self) -> bool:
        """Hears the replies to what was sent already; whether the server waits for content."""
        last = None
        while self._unheard:
            last = await self.next()
        return last is not None and last.code == START_INPUT

    def _note(self, command: str) -> None:
        self._dialogue.add(f"C: {command} ({self._size} bytes)" if command == "DATA" else f"C: {command}")


def data_of(message: bytes) -> bytes:
    """What follows DATA (RFC 5321 4.5.2): lines that begin with a dot get another, and a line with one ends it."""
    message = crlf(message)
    if not message.endswith(b"\r\n"):
        message += b"\r\n"
    dot = b"." if message.startswith(b".") else b""
    return b"".join((dot, message.replace(b"\r\n.", b"\r\n.."), b".\r\n"))


def _address(client: aiosmtplib.SMTP, end: str) -> str | None:
    address = client.get_transport_info(end)
    return str(address[0]) if address else None


def tls_facts(client: aiosmtplib.SMTP) -> tuple[str | None, str | None]:
    """Version and cipher, where the connection is encrypted."""
    tls = client.get_transport_info("ssl_object")
    if tls is None:
        return None, None
    version, cipher = tls.version(), tls.cipher()
    return str(version) if version else None, str(cipher[0]) if cipher else None


def failure_of(error: BaseException) -> Failure | None:
    """The failure an exception stands for; None for one that isn't about the connection."""
    cause = error.__cause__
    kinds: Sequence[tuple[type[BaseException], Failure]] = (
        (ssl.SSLError, Failure.TLS),
        (TimeoutError, Failure.TIMEOUT),
        (ConnectionRefusedError, Failure.REFUSED),
        (aiosmtplib.SMTPServerDisconnected, Failure.DISCONNECTED),
        (ConnectionResetError, Failure.DISCONNECTED),
        (BrokenPipeError, Failure.DISCONNECTED),
    )
    for each in (cause, error):
        for kind, failure in kinds:
            if isinstance(each, kind):
                return failure
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Failure.PROTOCOL
    if isinstance(error, OSError):
        return Failure.UNREACHABLE
    return Failure.PROTOCOL if isinstance(error, aiosmtplib.SMTPException) else None
