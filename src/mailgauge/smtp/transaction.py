"""One mail transaction after the other on a connection (RFC 5321, section 3.3): MAIL, RCPT, DATA, and what the handler says.

Who may begin one is for ``dialogue`` to know. Words of refusal are SES's where it has some.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from mailgauge.smtp import commands
from mailgauge.smtp.commands import Command
from mailgauge.smtp.handling import Envelope, SmtpHandler, Terms
from mailgauge.smtp.room import Share
from mailgauge.smtp.wire import MessageTooLongError, NoRoomError, Wire

log = logging.getLogger(__name__)

TEMPORARY_FAILURE = "451 4.3.0 Temporary service failure"
_TOO_LONG = "552 5.3.4 Message is too long."
# Above this a message is unpacked beside the loop, which would stand still meanwhile.
_LARGE = 256 * 1024


class Transaction:
    """``say`` sends a reply that is not the last one to a command. Each method returns the last."""

    def __init__(self, wire: Wire, handler: SmtpHandler, terms: Terms, say: Callable[[str], None]) -> None:
        self._wire = wire
        self._handler = handler
        self._terms = terms
        self._say = say
        self._envelope: Envelope | None = None

    def reset(self) -> None:
        self._envelope = None

    async def mail(self, command: Command, envelope: Envelope) -> str:
        """``envelope`` is still without its sender."""
        if self._envelope is not None:
            return "503 5.5.1 Sender already given"
        path = commands.path(command, "FROM:")
        if refusal := self._refused_parameters(path.parameters):
            return refusal
        if not path.is_plausible:
            return f"553 5.1.7 <{path.address}> Invalid email address"
        envelope.mail_from = path.address
        on_mail = self._terms.access.on_mail if self._terms.access is not None else None
        reply = "250 2.1.0 Ok" if on_mail is None else await self._asked(on_mail(envelope))
        if reply.startswith("2"):
            self._envelope = envelope
        return reply

    def _refused_parameters(self, parameters: dict[str, str]) -> str | None:
        given = dict(parameters)
        size = given.pop("SIZE", "0")
        if not (size.isdigit() and len(size) <= 20):
            return "501 5.5.4 Syntax: SIZE=number"
        if int(size) > self._terms.size_limit:
            return _TOO_LONG
        if given.pop("BODY", "7BIT").upper() not in {"7BIT", "8BITMIME"}:
            return "501 5.5.4 BODY is 7BIT or 8BITMIME"
        if self._terms.access is not None:
            given.pop("AUTH", None)  # RFC 4954, section 5: who wrote it first, which changes nothing here
        return f"555 5.5.4 {min(given)} is not supported" if given else None

    async def rcpt(self, command: Command) -> str:
        if self._envelope is None:
            return "503 5.5.1 Need MAIL before RCPT"
        path = commands.path(command, "TO:")
        if path.parameters:
            return f"555 5.5.4 {min(path.parameters)} is not supported"
        if not path.address or not path.is_plausible:
            return f"553 5.1.3 <{path.address}> address unknown"
        reply = await self._asked(self._handler.on_rcpt(self._envelope, path.address))
        if reply.startswith("2"):
            self._envelope.recipients.append(path.address)
        return reply

    async def data(self, command: Command) -> str:
        envelope = self._envelope
        if envelope is None:
            return "503 5.5.1 Need MAIL before DATA"
        if not envelope.recipients:
            return "554 5.5.1 No valid recipients"
        if command.argument:
            return "501 5.5.4 Syntax: DATA"
        self._envelope = None
        self._say("354 End data with <CR><LF>.<CR><LF>")
        with self._terms.room.share() as share:
            try:
                content = await self._content(share)
            except MessageTooLongError:
                return _TOO_LONG
            except NoRoomError:
                return "452 4.3.1 Too many large messages at once, try again later"
            return await self._asked(self._handler.on_message(replace(envelope, content=content)))

    async def _content(self, share: Share) -> bytes:
        terms = self._terms
        sent = await self._wire.message(terms.size_limit, share, terms.idle_seconds, terms.message_seconds)
        if len(sent) <= _LARGE:
            return commands.unstuffed(sent)
        return await asyncio.to_thread(commands.unstuffed, sent)

    async def _asked(self, answer: Awaitable[str]) -> str:
        """What the handler says; its faults stay inside."""
        try:
            return await answer
        except Exception:
            log.exception("SMTP session failed", extra={"peer": self._wire.peer})
            return TEMPORARY_FAILURE
