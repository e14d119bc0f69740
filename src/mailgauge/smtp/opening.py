"""Opening a connection as a client: TCP, greeting, EHLO, STARTTLS (RFC 3207), login. What fails here is never a recipient's fault."""

import asyncio
import socket
import ssl

import aiosmtplib

from mailgauge.mail.address import printable
from mailgauge.mail.status import Reply, reply
from mailgauge.smtp.connection import Connection, Timeouts, failure_of, tls_facts
from mailgauge.smtp.outcome import Destination, Dialogue, Failure, Tls


class ConnectError(Exception):
    """There is no connection to send on; ``refusal`` is what the server said, if it said something."""

    def __init__(self, failure: Failure, text: str, refusal: Reply | None = None) -> None:
        super().__init__(text)
        self.failure = failure
        self.text = printable(text)
        self.refusal = refusal


class Opener:
    """Opens connections under one name (``hostname`` in EHLO). ``verifying`` replaces the system's trusted certificates."""

    def __init__(self, hostname: str, timeouts: Timeouts, verifying: ssl.SSLContext | None = None) -> None:
        self._hostname = hostname
        self._timeouts = timeouts
        self._verifying = verifying
        self._trusting: ssl.SSLContext | None = None

    async def open(self, destination: Destination, dialogue: Dialogue) -> Connection:
        """A connection on which mail can be sent. Raises ConnectError and nothing else."""
        context = self._context(destination)
        try:
            return await self._open(destination, context, dialogue)
        except ConnectError as error:
            optional = destination.tls is Tls.OPPORTUNISTIC and not destination.implicit_tls
            if error.failure is not Failure.TLS or not optional:
                raise
            failed = error
        # Opportunistic means: rather in the clear than not at all.
        dialogue.add(f"* {failed.failure}: {failed.text}; again without it")
        return await self._open(destination, None, dialogue)

    def _context(self, destination: Destination) -> ssl.SSLContext | None:
        """Made once: loading the trusted certificates costs more than the connection."""
        if destination.tls is Tls.OFF and not destination.implicit_tls:
            return None
        if destination.tls is Tls.VERIFY:
            self._verifying = self._verifying or ssl.create_default_context()
            return self._verifying
        self._trusting = self._trusting or trusting_context()
        return self._trusting

    async def _open(
        self, destination: Destination, context: ssl.SSLContext | None, dialogue: Dialogue
    ) -> Connection:
        client = aiosmtplib.SMTP(
            hostname=destination.host,
            port=destination.port,
            local_hostname=self._hostname,
            source_address=None if destination.source is None else (destination.source, 0),
            timeout=self._timeouts.connect,
            start_tls=False,
            use_tls=destination.implicit_tls,
            tls_context=context,
        )
        try:
            code, text = await self._connect(client, destination)
            dialogue.add_reply(code, text)
            if destination.implicit_tls:
                dialogue.add(f"* {_encryption(client)}")
            await _hello(client, dialogue)
            if context is not None and not destination.implicit_tls:
                await _start_tls(client, destination, context, dialogue)
            if destination.username is not None:
                await _log_in(client, destination, dialogue)
            return Connection(client, self._timeouts)
        except BaseException as error:
            client.close()
            failed = _connect_error(error)
            if failed is None:
                raise
            raise failed from error.__cause__ or error

    async def _connect(self, client: aiosmtplib.SMTP, destination: Destination) -> tuple[int, str]:
        if not (destination.implicit_tls and destination.server_name):
            return await client.connect()
        # The library takes the host it connects to for the one that the certificate names; given a socket, it can't.
        async with asyncio.timeout(self._timeouts.connect):
            connected = await _dial(destination)
        try:
            return await client.connect(hostname=destination.server_name, port=None, sock=connected)
        except BaseException:
            connected.close()
            raise


async def _dial(destination: Destination) -> socket.socket:
    """A TCP connection. Raises OSError."""
    loop = asyncio.get_running_loop()
    [(family, kind, protocol, _, address), *_] = await loop.getaddrinfo(
        destination.host, destination.port, type=socket.SOCK_STREAM
    )
    dialled = socket.socket(family, kind, protocol)
    try:
        dialled.setblocking(False)
        if destination.source is not None:
            dialled.bind((destination.source, 0))
        await loop.sock_connect(dialled, address)
    except BaseException:
        dialled.close()
        raise
    return dialled


def trusting_context() -> ssl.SSLContext:
    """Between mail servers any certificate beats none (RFC 7435)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _connect_error(error: BaseException) -> ConnectError | None:
    """The error as a ConnectError; None for one that is not about the connection."""
    if isinstance(error, ConnectError):
        return error
    if isinstance(error, aiosmtplib.SMTPResponseException):
        refusal = reply(error.code, printable(error.message))
        return ConnectError(Failure.NOT_READY, refusal.line, refusal)
    failure = failure_of(error)
    return None if failure is None else ConnectError(failure, str(error))


async def _hello(client: aiosmtplib.SMTP, dialogue: Dialogue) -> None:
    dialogue.add(f"C: EHLO {client.local_hostname}")
    try:
        code, text = await client.ehlo()
    except aiosmtplib.SMTPHeloError as refusal:
        dialogue.add_reply(refusal.code, refusal.message)
        dialogue.add(f"C: HELO {client.local_hostname}")
        code, text = await client.helo()
    dialogue.add_reply(code, text)


async def _start_tls(
    client: aiosmtplib.SMTP, destination: Destination, context: ssl.SSLContext, dialogue: Dialogue
) -> None:
    if not client.supports_extension("starttls"):
        if destination.tls is Tls.OPPORTUNISTIC:
            return
        raise ConnectError(Failure.TLS_NOT_OFFERED, "the server does not offer STARTTLS")
    dialogue.add("C: STARTTLS")
    try:
        code, text = await client.starttls(
            tls_context=context, server_hostname=destination.server_name or destination.host
        )
    except (aiosmtplib.SMTPException, OSError) as error:
        raise ConnectError(Failure.TLS, str(error)) from error
    dialogue.add_reply(code, text)
    dialogue.add(f"* {_encryption(client)}")
    await _hello(client, dialogue)


def _encryption(client: aiosmtplib.SMTP) -> str:
    return " ".join(filter(None, tls_facts(client)))


async def _log_in(client: aiosmtplib.SMTP, destination: Destination, dialogue: Dialogue) -> None:
    dialogue.add("C: AUTH (hidden)")
    try:
        code, text = await client.login(destination.username or "", destination.password or "")
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError):
        raise
    except aiosmtplib.SMTPException as error:
        raise ConnectError(Failure.LOGIN, str(error)) from error
    dialogue.add_reply(code, text)
