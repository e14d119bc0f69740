"""The feedback listener: an SMTP server that takes mail for our return paths only, and hands on what it says.

It answers 250 once that is committed and a temporary refusal when it can't be. Anything else gets ``550 5.7.1``.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable

from mailgauge.inbound.feedback import Feedback, read_feedback
from mailgauge.smtp.server import TEMPORARY_FAILURE, Envelope, SmtpServer

log = logging.getLogger(__name__)

OnFeedback = Callable[[str, Feedback], Awaitable[None]]
"""Called with the SES message id; returns once the feedback is committed."""

_SIZE_LIMIT = 10 * 1024 * 1024


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
    ) -> None:
        self._find_message = find_message
        self._on_feedback = on_feedback
        self._server = SmtpServer(self, host, port, hostname=hostname, size_limit=_SIZE_LIMIT, tls=tls)

    @property
    def port(self) -> int:
        return self._server.port

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()

    async def on_rcpt(self, envelope: Envelope, address: str) -> str:
        if self._find_message(address) is None:
            return "550 5.7.1 Not a return path of this server"
        return "250 2.1.5 Ok"

    async def on_message(self, envelope: Envelope) -> str:
        message_ids = list(dict.fromkeys(filter(None, map(self._find_message, envelope.recipients))))
        # In a thread: a large report must not hold up everybody else's mail.
        found = await asyncio.to_thread(read_feedback, envelope.content)
        try:
            for message_id in message_ids:
                for feedback in found:
                    await self._on_feedback(message_id, feedback)
        except Exception:
            log.exception("feedback not taken", extra={"message_ids": message_ids})
            return TEMPORARY_FAILURE
        kinds = [type(feedback).__name__ for feedback in found]
        log.info(
            "feedback received", extra={"message_ids": message_ids, "kinds": kinds, "peer": envelope.peer}
        )
        return "250 2.0.0 Ok"
