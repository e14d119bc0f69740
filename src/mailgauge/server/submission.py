"""Joins submission by SMTP to SES: listeners of the configured addresses, and a message as what ``SendRawEmail`` gets."""

import ssl
from collections.abc import Iterable

from mailgauge.aws.request import Caller
from mailgauge.base.clock import Clock
from mailgauge.base.ids import new_request_id
from mailgauge.config.addresses import split_address
from mailgauge.iam.policies import allows, denial
from mailgauge.iam.smtp_login import Login, Logins
from mailgauge.inbound.submission import Submission
from mailgauge.server.http import not_listening
from mailgauge.ses import arns
from mailgauge.ses.composing import Submission as Message
from mailgauge.ses.refusals import NotAuthorizedError
from mailgauge.ses.sending import Sending
from mailgauge.smtp.server import Access, Envelope, SmtpServer

# SES authorizes SMTP as this operation, and calls it so in ``ses:operation``.
OPERATION = "SendRawEmail"
_MOST_OF_A_PEER = 100


class Listeners:
    """The listeners of one kind of port: STARTTLS, or TLS from the first byte. ``option`` is what an operator calls them."""

    def __init__(
        self,
        option: str,
        addresses: Iterable[str],
        submission: Submission,
        tls: ssl.SSLContext,
        *,
        hostname: str,
        size_limit: int,
    ) -> None:
        access = Access(
            tls, submission.authenticate, implicit_tls=option == "smtps", on_mail=submission.on_mail
        )
        self._option = option
        self._servers: list[tuple[str, SmtpServer]] = []
        for address in addresses:
            host, port = split_address(address)
            server = SmtpServer(
                submission,
                host,
                port,
                hostname=hostname,
                size_limit=size_limit,
                most_of_a_peer=_MOST_OF_A_PEER,
                access=access,
            )
            self._servers.append((address, server))

    async def start(self) -> None:
        """Raises AddressError; what listens then is for ``stop``."""
        for address, server in self._servers:
            try:
                await server.start()
            except OSError as error:
                raise not_listening(self._option, address, error) from error

    async def stop(self) -> None:
        for _, server in self._servers:
            await server.stop()

    @property
    def listening(self) -> str:
        """``HOST:PORT``, with commas between several."""
        return ",".join(
            f"[{each.host}]:{each.port}" if ":" in each.host else f"{each.host}:{each.port}"
            for _, each in self._servers
        )


def submission(logins: Logins, sending: Sending, clock: Clock) -> Submission:
    async def submit(login: Login, envelope: Envelope) -> str:
        caller = Caller(
            scope=login.scope,
            user=login.user,
            access_key_id=login.access_key_id,
            source_ip=envelope.peer,
            tls_version=envelope.tls_version,
            request_id=new_request_id(),
            now=clock.now(),
        )
        if not allows(login.policy, "ses", OPERATION):
            resource = arns.arn(login.scope, arns.IDENTITY, envelope.mail_from)
            raise NotAuthorizedError(denial(caller.arn, "ses", OPERATION, resource))
        return await sending.send(caller, _message(envelope, sending.limits.message_bytes_v2))

    return Submission(logins, submit)


def _message(envelope: Envelope, max_size: int) -> Message:
    return Message(
        operation=OPERATION,
        content=envelope.content,
        max_size=max_size,
        source=envelope.mail_from,
        recipients=envelope.recipients,
    )
