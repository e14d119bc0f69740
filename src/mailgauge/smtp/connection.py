"""One SMTP connection as a client (RFC 5321), over aiosmtplib: greeting, TLS, login, transactions one after another.

Nothing else imports aiosmtplib. It reports every fault as a value; only cancellation comes out as an exception.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import aiosmtplib

from mailgauge.mail.status import Reply, reply
from mailgauge.smtp.outcome import Destination, Failure, Outcome, Tls


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds; RFC 5321 section 4.5.3.2 asks for five minutes a command and ten after the final dot."""

    connect: float = 30
    command: float = 300
    data: float = 600


class ConnectError(Exception):
    """There is no connection to send on."""

    def __init__(self, failure: Failure, text: str, refusal: Reply | None = None) -> None:
        super().__init__(text)
        self.failure = failure
        self.text = text
        self.refusal = refusal


class Connection:
    """An open connection. ``is_usable`` says whether another transaction may follow."""

    def __init__(self, client: aiosmtplib.SMTP, timeouts: Timeouts, greeting: list[str]) -> None:
        self._client = client
        self._timeouts = timeouts
        self._dirty = False
        self.greeting = greeting
        self.idle_since = 0.0
        self.peer_ip = _address(client, "peername")
        self.local_ip = _address(client, "sockname")
        self.tls_version = _tls_version(client)
        self._extensions = client.esmtp_extensions

    @property
    def is_usable(self) -> bool:
        return self._client.is_connected and not self._dirty

    async def transact(self, outcome: Outcome, mail_from: str, message: bytes) -> None:
        """One transaction; fills ``outcome`` with replies or a failure."""
        outcome.peer_ip, outcome.local_ip, outcome.tls_version = self.peer_ip, self.local_ip, self.tls_version
        try:
            await self._transact(outcome, mail_from, message)
        except BaseException as error:
            self._dirty = True
            failed = failure_of(error)
            if failed is None:
                raise
            outcome.failure, outcome.failure_text = failed, str(error)
            outcome.transcript.append(f"* {failed}: {error}")

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
        outcome.transcript.append(f"C: {line}")
        code, text = await self._client.execute_command(line.encode("ascii"), timeout=self._timeouts.command)
        return _heard(outcome, code, text)

    async def _data(self, outcome: Outcome, message: bytes) -> Reply:
        outcome.transcript.append(f"C: DATA ({len(message)} bytes)")
        try:
            code, text = await self._client.data(message, timeout=self._timeouts.data)
        except aiosmtplib.SMTPDataError as refusal:
            code, text = refusal.code, refusal.message
        return _heard(outcome, code, text)

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


def _heard(outcome: Outcome, code: int, text: str) -> Reply:
    outcome.transcript += [f"S: {code} {line}" for line in text.split("\n")]
    return reply(code, text)


def _address(client: aiosmtplib.SMTP, end: str) -> str | None:
    address = client.get_transport_info(end)
    return str(address[0]) if address else None


def _tls_version(client: aiosmtplib.SMTP) -> str | None:
    tls = client.get_transport_info("ssl_object")
    version = tls.version() if tls is not None else None
    return str(version) if version else None


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


async def connect(
    destination: Destination, hostname: str, timeouts: Timeouts, verifying: ssl.SSLContext | None
) -> Connection:
    """Opens a connection up to the point where mail can be sent. Raises ConnectError and nothing else."""
    greeting: list[str] = []
    try:
        return await _connect(
            destination, hostname, timeouts, greeting, verifying, plain=destination.tls is Tls.OFF
        )
    except ConnectError as error:
        if (
            error.failure is not Failure.TLS
            or destination.tls is not Tls.OPPORTUNISTIC
            or destination.implicit_tls
        ):
            raise
    # Opportunistic means: rather in the clear than not at all.
    greeting.append("* TLS failed, again without it")
    return await _connect(destination, hostname, timeouts, greeting, verifying, plain=True)


async def _connect(
    destination: Destination,
    hostname: str,
    timeouts: Timeouts,
    greeting: list[str],
    verifying: ssl.SSLContext | None,
    *,
    plain: bool,
) -> Connection:
    context = tls_context(destination.tls, verifying)
    client = aiosmtplib.SMTP(
        hostname=destination.host,
        port=destination.port,
        local_hostname=hostname,
        timeout=timeouts.connect,
        start_tls=False,
        use_tls=destination.implicit_tls,
        tls_context=context if destination.implicit_tls else None,
    )
    try:
        code, text = await client.connect()
        greeting.append(f"S: {code} {text}")
        await _hello(client, greeting)
        if not plain and not destination.implicit_tls:
            await _start_tls(client, destination, context, greeting)
        if destination.username is not None:
            await _log_in(client, destination, greeting)
        return Connection(client, timeouts, greeting)
    except BaseException as error:
        client.close()
        if isinstance(error, ConnectError):
            raise
        if isinstance(error, aiosmtplib.SMTPResponseException):
            refusal = reply(error.code, error.message)
            raise ConnectError(Failure.NOT_READY, refusal.line, refusal) from error
        failure = failure_of(error)
        if failure is None:
            raise
        raise ConnectError(failure, str(error)) from error


async def _hello(client: aiosmtplib.SMTP, greeting: list[str]) -> None:
    greeting.append(f"C: EHLO {client.local_hostname}")
    try:
        code, text = await client.ehlo()
    except aiosmtplib.SMTPHeloError as refusal:
        greeting += [f"S: {refusal.code} {refusal.message}", f"C: HELO {client.local_hostname}"]
        code, text = await client.helo()
    greeting += [f"S: {code} {line}" for line in text.split("\n")]


async def _start_tls(
    client: aiosmtplib.SMTP, destination: Destination, context: ssl.SSLContext, greeting: list[str]
) -> None:
    if not client.supports_extension("starttls"):
        if destination.tls is Tls.OPPORTUNISTIC:
            return
        raise ConnectError(Failure.TLS, "the server does not offer STARTTLS")
    greeting.append("C: STARTTLS")
    try:
        code, text = await client.starttls(
            tls_context=context, server_hostname=destination.server_name or destination.host
        )
    except (aiosmtplib.SMTPException, OSError) as error:
        raise ConnectError(Failure.TLS, str(error)) from error
    greeting += [f"S: {code} {text}", f"* {_tls_version(client)}"]
    await _hello(client, greeting)


async def _log_in(client: aiosmtplib.SMTP, destination: Destination, greeting: list[str]) -> None:
    greeting.append("C: AUTH (hidden)")
    try:
        code, text = await client.login(destination.username or "", destination.password or "")
    except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPException) as error:
        # Our own credentials are wrong: no recipient's fault, so never a bounce.
        raise ConnectError(Failure.LOGIN, str(error)) from error
    greeting.append(f"S: {code} {text}")


def tls_context(tls: Tls, verifying: ssl.SSLContext | None = None) -> ssl.SSLContext:
    """Between mail servers any certificate beats none (RFC 7435); only VERIFY looks at it."""
    if tls is Tls.VERIFY:
        return verifying or ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
