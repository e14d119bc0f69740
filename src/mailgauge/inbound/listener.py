"""The feedback listener: an SMTP server that takes mail for our return paths, and hands on what it says.

It answers 250 once that is committed and a temporary refusal when it can't be. Providers send abuse reports to one
address that was registered with them; who wrote to the operator is handed on as it is. Any other address gets ``550``,
and so does a letter to a return path, where nobody would read it.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mailgauge.inbound.feedback import Complaint, Feedback, read_feedback
from mailgauge.smtp.server import TEMPORARY_FAILURE, Envelope, SmtpServer

log = logging.getLogger(__name__)

OnFeedback = Callable[[str, Feedback], Awaitable[None]]
"""Called with the SES message id; returns once the feedback is committed."""
OnLetter = Callable[[Envelope], Awaitable[None]]
"""Called with a letter to the operator; returns once it is committed."""

_SIZE_LIMIT = 10 * 1024 * 1024
_LETTER_LIMIT = 1024 * 1024
# RFC 5321, section 4.5.3.1.8, asks for as many.
_MOST_RECIPIENTS = 100
# Reports are held in memory, and who sends them can be anybody.
_MOST_CONNECTIONS = 100
_MOST_OF_A_PEER = 25
_READERS = 4

_IDLE_SECONDS = 120
_MESSAGE_SECONDS = 600

_OK = "250 2.0.0 Ok"
_NOBODY_READS = "550 5.7.1 Reports only: nobody reads letters here"


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """Addresses besides return paths. ``reports`` are those registered with feedback loops, in lower case.

    ``domain`` is the service's, whose postmaster (RFC 5321, section 4.5.1) and abuse desk (RFC 2142) ``on_letter`` reaches.
    """

    domain: str = ""
    reports: frozenset[str] = frozenset()
    on_letter: OnLetter | None = None

    def is_operators(self, address: str) -> bool:
        domain = self.domain.lower()
        return address.lower() in {"postmaster", f"postmaster@{domain}", f"abuse@{domain}"}


class FeedbackListener:
    """``find_message`` gives the message id a return path was made for, or None for any other address."""

    def __init__(
        self,
        find_message: Callable[[str], str | None],
        on_feedback: OnFeedback,
        *,
        host: str = "127.0.0.1",
        port: int = 2525,
        hostname: str = "localhost",
        tls: ssl.SSLContext | None = None,
        mailboxes: Mailboxes | None = None,
    ) -> None:
        self._find_message = find_message
        self._on_feedback = on_feedback
        self._mailboxes = mailboxes or Mailboxes()
        self._reading = asyncio.Semaphore(_READERS)
        self._server = SmtpServer(
            self,
            host,
            port,
            hostname=hostname,
            size_limit=_SIZE_LIMIT,
            most_connections=_MOST_CONNECTIONS,
            most_of_a_peer=_MOST_OF_A_PEER,
            idle_seconds=_IDLE_SECONDS,
            message_seconds=_MESSAGE_SECONDS,
            tls=tls,
        )

    @property
    def port(self) -> int:
        return self._server.port

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()

    async def on_rcpt(self, envelope: Envelope, address: str) -> str:
        if len(envelope.recipients) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        if self._mailboxes.is_operators(address):
            return "250 2.1.5 Ok" if self._mailboxes.on_letter else "550 5.1.1 Nobody reads mail for it here"
        if address.lower() in self._mailboxes.reports or self._find_message(address) is not None:
            return "250 2.1.5 Ok"
        return "550 5.7.1 Not a return path of this server"

    async def on_message(self, envelope: Envelope) -> str:
        # In a thread, and few at a time: a large report must not hold up everybody else's mail.
        async with self._reading:
            found = await asyncio.to_thread(read_feedback, envelope.content)
        told = [
            (message_id, feedback)
            for feedback in found
            for message_id in self._messages(envelope.recipients, feedback)
        ]
        try:
            for message_id, feedback in told:
                await self._on_feedback(message_id, feedback)
            if self._is_for_operator(envelope, found):
                reply = await self._hand_on(envelope)
            else:
                reply = _OK if found or not envelope.mail_from else _NOBODY_READS
        except Exception:
            log.exception("feedback not taken", extra={"peer": envelope.peer})
            return TEMPORARY_FAILURE
        log.info(
            "feedback received",
            extra={
                "message_ids": sorted({message_id for message_id, _ in told}),
                "kinds": [type(feedback).__name__ for feedback in found],
                "peer": envelope.peer,
                "reply": reply,
            },
        )
        return reply

    def _messages(self, recipients: list[str], feedback: Feedback) -> list[str]:
        """What a report is about: the messages whose return paths it came to, or the one it returns a return path of."""
        found = dict.fromkeys(filter(None, map(self._find_message, recipients)))
        if isinstance(feedback, Complaint) and self._mailboxes.reports.intersection(
            map(str.lower, recipients)
        ):
            returned = filter(None, map(self._find_message, feedback.return_paths))
            found.update(dict.fromkeys([*returned][:1]))
        return list(found)

    def _is_for_operator(self, envelope: Envelope, found: list[Feedback]) -> bool:
        """Letters to the operator, and what came to the address of reports and is none: providers ask there, too."""
        is_report = any(isinstance(each, Complaint) for each in found)
        return any(
            self._mailboxes.is_operators(each) or (each.lower() in self._mailboxes.reports and not is_report)
            for each in envelope.recipients
        )

    async def _hand_on(self, envelope: Envelope) -> str:
        if self._mailboxes.on_letter is None:
            return _NOBODY_READS if envelope.mail_from else _OK
        if len(envelope.content) > _LETTER_LIMIT:
            return "552 5.3.4 Too large for this mailbox"
        await self._mailboxes.on_letter(envelope)
        return _OK
