"""One open SMTP connection as a client (RFC 5321), over aiosmtplib: transactions one after another.

It reports every fault as a value; only cancellation comes out as an exception. Opening it is ``opening``'s.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from mailgauge.mail.address import printable
from mailgauge.mail.normalise import crlf
from mailgauge.mail.status import Reply, reply
from mailgauge.smtp.outcome import Failure, Outcome

SMALL = 65_536
"""Bytes of a message that are made ready on the event loop; for more of them it would stand still too long."""
SLICE = 262_144
"""Bytes that are written between two looks at the other connections."""
START_INPUT = 354
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
        self._client = client
        self._timeouts = timeouts
        self._dirty = False
        self.idle_since = 0.0
        self.peer_ip = _address(client, "peername")
        self.local_ip = _address(client, "sockname")
        self.tls_version, self.tls_cipher = tls_facts(client)
        self._extensions = client.esmtp_extensions

    @property
    def is_usable(self) -> bool:
        return self._client.is_connected and not self._dirty

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
        said = await self._command(outcome, f"MAIL FROM:<{mail_from}>{self._options(message)}")
        if not said.is_accepted:
            outcome.replies = dict.fromkeys(outcome.recipients, said)
            await self._reset(outcome)
            return
        open_recipients = []
        for recipient in outcome.recipients:
            said = await self._command(outcome, f"RCPT TO:<{recipient}>")
            if said.is_accepted:
                open_recipients.append(recipient)
            else:
                outcome.replies[recipient] = said
        if not open_recipients:
            await self._reset(outcome)
            return
        outcome.final = final = await self._data(outcome, message)
        outcome.replies.update(dict.fromkeys(open_recipients, final))
        if not final.is_accepted:
            await self._reset(outcome)

    def _options(self, message: bytes) -> str:
        options = ""
        if "size" in self._extensions:
            options += f" SIZE={len(message)}"
        if "8bitmime" in self._extensions and not message.isascii():
            options += " BODY=8BITMIME"
        return options

    async def _command(self, outcome: Outcome, line: str) -> Reply:
        outcome.dialogue.add(f"C: {line}")
        code, text = await self._client.execute_command(line.encode("ascii"), timeout=self._timeouts.command)
        return _heard(outcome, code, text)

    async def _data(self, outcome: Outcome, message: bytes) -> Reply:
        # Not the library's own: that goes through the whole message on the event loop, and writes it at once.
        outcome.dialogue.add(f"C: DATA ({len(message)} bytes)")
        prepared = data_of(message) if len(message) <= SMALL else await asyncio.to_thread(data_of, message)
        code, text = await self._client.execute_command(b"DATA", timeout=self._timeouts.data)
        if code != START_INPUT:
            if code < REFUSED:
                raise aiosmtplib.SMTPResponseException(code, text)
            return _heard(outcome, code, text)
        protocol = self._client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        if len(prepared) <= SLICE:
            protocol.write(prepared)
            return _heard(outcome, *await protocol.read_response(timeout=self._timeouts.data))
        # What is answered while nobody listens is lost, so the ear comes first: an answer need not wait for the end.
        said, _ = await asyncio.gather(
            protocol.read_response(timeout=self._timeouts.data),
            _write(protocol, prepared),
            return_exceptions=True,
        )
        if isinstance(said, BaseException):
            raise said
        return _heard(outcome, *said)

    async def _reset(self, outcome: Outcome) -> None:
        """Leaves a refused transaction. The replies are in already: a failure here only ends the connection."""
        try:
            said = await self._command(outcome, "RSET")
        except (aiosmtplib.SMTPException, OSError):
            self._dirty = True
        else:
            self._dirty = not said.is_accepted

    async def close(self) -> None:
        """Says goodbye, briefly."""
        try:
            await self._client.quit(timeout=1)
        except (aiosmtplib.SMTPException, OSError):
            pass
        finally:
            self._client.close()

    def abort(self) -> None:
        self._client.close()


async def _write(protocol: SMTPProtocol, prepared: bytes) -> None:
    for at in range(0, len(prepared), SLICE):
        protocol.write(prepared[at : at + SLICE])
        await asyncio.sleep(0)


def data_of(message: bytes) -> bytes:
    """What follows DATA (RFC 5321 4.5.2): lines that begin with a dot get another, and a line with one ends it."""
    message = crlf(message)
    if not message.endswith(b"\r\n"):
        message += b"\r\n"
    dot = b"." if message.startswith(b".") else b""
    return b"".join((dot, message.replace(b"\r\n.", b"\r\n.."), b".\r\n"))


def _heard(outcome: Outcome, code: int, text: str) -> Reply:
    outcome.dialogue.add_reply(code, text)
    return reply(code, printable(text))


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
