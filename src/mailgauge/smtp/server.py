"""The SMTP server seam over aiosmtpd (RFC 5321): sockets and dialogue here, every decision in the handler.

Nothing else imports aiosmtpd. DATA ends only at CRLF.CRLF, so bare line ends can't smuggle a second message in. What
a handler raises becomes a temporary refusal; its text never reaches the peer.
"""

# ruff: noqa: N802 - the names of the hooks are aiosmtpd's

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from mailgauge.smtp import login as sasl

log = logging.getLogger(__name__)

TEMPORARY_FAILURE = "451 4.3.0 Temporary service failure"
DEFAULT_SIZE_LIMIT = 40 * 1024 * 1024


@dataclass(slots=True)
class Envelope:
    """One transaction. ``mail_from`` is empty for the null sender; ``content`` is set only when the message is there."""

    mail_from: str
    peer: str
    helo: str = ""
    recipients: list[str] = field(default_factory=list)
    content: bytes = b""
    tls_version: str | None = None
    login: Any = None
    """What the authenticator returned for this connection."""


class SmtpHandler(Protocol):
    """Decides about one recipient and one message at a time. Replies are whole: ``250 2.1.5 Ok``."""

    async def on_rcpt(self, envelope: Envelope, address: str) -> str:
        """The reply to RCPT TO; one that starts with 2 adds the recipient."""

    async def on_message(self, envelope: Envelope) -> str:
        """The reply to the whole message. 250 only once it is kept."""


@dataclass(frozen=True, slots=True)
class Access:
    """What submission asks for: TLS and a login. ``authenticate`` returns None to refuse; what else it returns is ``Envelope.login``."""

    tls: ssl.SSLContext
    authenticate: Callable[[str, str], Awaitable[Any]]
    implicit_tls: bool = False
    on_mail: Callable[[Envelope], Awaitable[str]] | None = None


class SmtpServer:
    """A listening server on the running loop. ``port`` is the real one after ``start``.

    ``tls`` is offered by STARTTLS to who wants it, where no ``access`` asks for more.
    """

    def __init__(
        self,
        handler: SmtpHandler,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        hostname: str = "localhost",
        size_limit: int = DEFAULT_SIZE_LIMIT,
        idle_seconds: float = 300,
        most_connections: int = 500,
        access: Access | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self._hostname = hostname
        self._size_limit = size_limit
        self._idle_seconds = idle_seconds
        self._most_connections = most_connections
        self._access = access
        self._starttls = tls if access is None else None if access.implicit_tls else access.tls
        self._hooks = _Hooks(handler, hostname, access)
        self._server: asyncio.Server | None = None
        self._sessions: set[_Session] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        implicit = self._access.tls if self._access and self._access.implicit_tls else None
        self._server = await loop.create_server(
            lambda: self._session(loop), self.host, self.port, ssl=implicit
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Closes the listener and every connection, and waits for their ends."""
        if self._server is None:
            return
        self._server.close()
        sessions = list(self._sessions)
        for session in sessions:
            session.close()
        for session in sessions:
            await session.ended()
        self._server = None

    def _session(self, loop: asyncio.AbstractEventLoop) -> "_Session":
        access = self._access
        return _Session(
            self._sessions,
            self._hooks,
            encrypted=access is not None and access.implicit_tls,
            welcome=len(self._sessions) < self._most_connections,
            loop=loop,
            hostname=self._hostname,
            ident="ESMTP",
            data_size_limit=self._size_limit,
            timeout=self._idle_seconds,
            tls_context=self._starttls,
            require_starttls=access is not None and not access.implicit_tls,
            auth_required=access is not None,
            auth_exclude_mechanism=["CRAM-MD5"],
        )


class _Session(SMTP):
    """One connection; knows the set of open ones, so that a stop leaves none behind."""

    def __init__(
        self,
        open_sessions: "set[_Session]",
        handler: "_Hooks",
        *,
        encrypted: bool,
        welcome: bool,
        **options: Any,
    ) -> None:
        super().__init__(handler, **options)
        # With implicit TLS the whole connection is encrypted, which aiosmtpd can't see.
        self._auth_require_tls = not encrypted
        self._open_sessions = open_sessions
        self._welcome = welcome

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._open_sessions.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._open_sessions.discard(self)

    async def _handle_client(self) -> None:
        if self._welcome:
            await super()._handle_client()
        else:
            await self.push("421 4.3.2 Too many concurrent SMTP connections")
            self.close()

    def _timeout_cb(self) -> None:
        # uvloop's transports are no asyncio.WriteTransport, though they write.
        transport: Any = self.transport
        if transport is not None:
            transport.write(b"451 4.4.2 Timeout waiting for data from client.\r\n")
        super()._timeout_cb()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    async def ended(self) -> None:
        """Returns when the dialogue is over; closing the connection cancels it."""
        if self._handler_coroutine is not None:
            await asyncio.wait([self._handler_coroutine])


class _Hooks:
    """aiosmtpd's hooks, turned into calls of our handler."""

    def __init__(self, handler: SmtpHandler, hostname: str, access: Access | None) -> None:
        self._handler = handler
        self._hostname = hostname
        self._access = access

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        # aiosmtpd offers AUTH even where nobody can log in, and HELP, which nobody asks for.
        kept = [line for line in responses if not line.startswith(("250 HELP", "250-AUTH"))]
        offers_auth = self._access is not None and _tls(server) is not None
        return [*kept, *(["250-AUTH PLAIN LOGIN"] if offers_auth else []), "250 ENHANCEDSTATUSCODES"]

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        ours = _envelope(server, session, envelope, address)
        if self._access is not None and self._access.on_mail is not None:
            reply = await self._access.on_mail(ours)
            if not reply.startswith("2"):
                return reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        reply = await self._handler.on_rcpt(_envelope(server, session, envelope, envelope.mail_from), address)
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        ours = _envelope(server, session, envelope, envelope.mail_from)
        ours.content = bytes(envelope.original_content or b"")
        return await self._handler.on_message(ours)

    async def handle_exception(self, error: Exception) -> str:
        log.error("SMTP session failed", exc_info=error)
        return TEMPORARY_FAILURE

    async def auth_PLAIN(self, server: Any, args: list[str]) -> AuthResult:
        return await self._authenticated(server, await sasl.plain(server, args))

    async def auth_LOGIN(self, server: Any, args: list[str]) -> AuthResult:
        return await self._authenticated(server, await sasl.login(server, args))

    async def _authenticated(self, server: Any, credentials: tuple[str, str] | None) -> AuthResult:
        if credentials is None:
            return AuthResult(success=False, handled=True)
        if self._access is None:
            return AuthResult(success=False, handled=False)
        principal = await self._access.authenticate(*credentials)
        if principal is None:
            return AuthResult(success=False, handled=False, message="535 Authentication Credentials Invalid")
        server.session.principal = principal
        name, password = credentials
        return AuthResult(
            success=True,
            message="235 Authentication successful.",
            auth_data=LoginPassword(name.encode(), password.encode()),
        )


def _tls(server: Any) -> Any:
    return server.transport.get_extra_info("ssl_object") if server.transport is not None else None


def _envelope(server: Any, session: Any, envelope: Any, mail_from: str) -> Envelope:
    tls = _tls(server)
    return Envelope(
        mail_from="" if mail_from == "<>" else mail_from,
        peer=session.peer[0] if session.peer else "",
        helo=session.host_name or "",
        recipients=list(envelope.rcpt_tos),
        tls_version=tls.version() if tls is not None else None,
        login=getattr(session, "principal", None),
    )
