"""Submission (RFC 6409): an SMTP server for those who have a login, whose messages are sent as by ``SendRawEmail``.

It decides what the dialogue answers; who may log in, and what becomes of a message, is told to it.
"""

import logging
from collections.abc import Awaitable, Callable

from mailgauge.iam.smtp_login import Login, Logins
from mailgauge.inbound.submission_replies import accepted, refused
from mailgauge.mail.address import AddressError, bare
from mailgauge.ses.errors import SesError
from mailgauge.smtp.server import Envelope

log = logging.getLogger(__name__)

Submit = Callable[[Login, Envelope], Awaitable[str]]
"""Sends a message and returns its id once that is committed. Raises SesError."""

# SES counts recipients when the message is there; this only bounds what a dialogue may pile up before.
_MOST_RECIPIENTS = 1000


class Submission:
    """The decisions of one listener or several; ``authenticate`` and ``on_mail`` are for ``smtp.server.Access``."""

    def __init__(self, logins: Logins, submit: Submit) -> None:
        self._logins = logins
        self._submit = submit

    async def authenticate(self, user_name: str, password: str, peer: str) -> Login | None:
        login = await self._logins.log_in(user_name, password)
        if login is None:
            log.info("SMTP login refused", extra={"access_key_id": user_name[:128], "source_ip": peer})
        return login

    async def on_mail(self, envelope: Envelope) -> str:
        if not await self._logins.still(envelope.login):
            return "535 Authentication Credentials Invalid"
        if not _is_address(envelope.mail_from):
            return f"553 <{envelope.mail_from}> Invalid email address"
        return "250 Ok"

    async def on_rcpt(self, envelope: Envelope, address: str) -> str:
        if not _is_address(address):
            return f"553 <{address}> address unknown"
        if len(envelope.recipients) >= _MOST_RECIPIENTS:
            return "452 Too many recipients"
        return "250 Ok"

    async def on_message(self, envelope: Envelope) -> str:
        try:
            message_id = await self._submit(envelope.login, envelope)
        except SesError as error:
            return refused(error)
        return accepted(message_id)


def _is_address(text: str) -> bool:
    try:
        return bare(text) == text
    except AddressError:
        return False
