"""What one SMTP connection says and hears (RFC 5321, 3207, 4954, 2920), server side: which command is allowed when.

Whom and what to take the handler decides; bytes and waiting are ``wire``'s. Words of refusal are SES's where it has some.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from mailgauge.smtp import commands, login
from mailgauge.smtp.commands import Command, CommandError
from mailgauge.smtp.handling import Access, Envelope, SmtpHandler, Terms
from mailgauge.smtp.transaction import Transaction
from mailgauge.smtp.wire import GoneError, LineTooLongError, SilentError, Wire

log = logging.getLogger(__name__)

_UNKNOWN = "500 5.5.2 Command not recognized"
_NOT_BEFORE_TLS = "530 5.7.0 Must issue a STARTTLS command first"
_NO_GREETING = "503 5.5.1 Send EHLO first"

_BEFORE_TLS = frozenset({"NOOP", "EHLO", "STARTTLS", "QUIT"})
# What a browser says that was led here: the rest of its request must not be taken for commands.
_NOT_MAIL = frozenset({"GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT"})
_MOST_FAULTS = 10
_MOST_LOGINS = 3
_MOST_BEFORE_LOGIN = 50
# RFC 5321, section 4.5.3.1.5: 512 with the line end.
_LONGEST_REPLY = 510
_ENHANCED = re.compile(r"(\d{3}) \d\.\d{1,3}\.\d{1,3} ")
_CONTROLS = re.compile(r"[^ -~]")


class _EndError(Exception):
    """The dialogue is over; the text is its last reply."""


class Dialogue:
    """``run`` returns when the connection is over."""

    def __init__(self, wire: Wire, handler: SmtpHandler, terms: Terms) -> None:
        self._wire = wire
        self._terms = terms
        self._transaction = Transaction(wire, handler, terms, self._say)
        self._helo = ""
        self._login: Any = None
        self._faults = self._refused_logins = self._before_login = 0
        self._verbs: dict[str, Callable[[Command], Awaitable[str]]] = {
            "HELO": self._hello,
            "EHLO": self._hello,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._transaction.rcpt,
            "DATA": self._transaction.data,
            "RSET": self._rset,
            "NOOP": self._noop,
            "VRFY": self._vrfy,
            "QUIT": self._quit,
        }

    async def run(self) -> None:
        try:
            self._say(f"220 {self._terms.hostname} ESMTP")
            while True:
                self._say(await self._answer())
        except _EndError as end:
            self._say(str(end))
        except SilentError:
            self._say("451 4.4.2 Timeout waiting for data from client.")
        except GoneError:
            pass
        finally:
            self._wire.close()

    async def _answer(self) -> str:
        """The reply to the next command."""
        self._still_welcome()
        try:
            command = commands.parse(await self._wire.line(self._patience()))
            reply = await self._perform(command)
        except LineTooLongError:
            reply = "500 5.5.2 Line too long"
        except CommandError as error:
            reply = str(error)
        if reply.startswith("50"):
            self._faults += 1
        return reply

    def _still_welcome(self) -> None:
        if self._faults >= _MOST_FAULTS:
            raise _EndError("421 4.7.0 Too many errors")
        if self._terms.access is not None and self._login is None:
            self._before_login += 1
            if self._before_login > _MOST_BEFORE_LOGIN:
                raise _EndError("421 4.7.0 Too many commands without a login")

    def _patience(self) -> float:
        strangers = self._terms.access is not None and self._login is None
        return self._terms.login_seconds if strangers else self._terms.idle_seconds

    async def _perform(self, command: Command) -> str:
        if command.verb in _NOT_MAIL:
            raise _EndError("421 4.7.0 This is no web server")
        if self._needs_tls() and command.verb not in _BEFORE_TLS:
            return _NOT_BEFORE_TLS
        perform = self._verbs.get(command.verb)
        return _UNKNOWN if perform is None else await perform(command)

    def _needs_tls(self) -> bool:
        return self._terms.access is not None and self._wire.tls_version is None

    async def _hello(self, command: Command) -> str:
        if not command.argument:
            return f"501 5.5.4 Syntax: {command.verb} hostname"
        self._helo = command.argument
        self._transaction.reset()
        if command.verb == "HELO":
            return f"250 {self._terms.hostname}"
        *lines, last = self._terms.hostname, *self._extensions()
        for line in lines:
            self._say(f"250-{line}")
        return f"250 {last}"

    def _extensions(self) -> list[str]:
        terms = self._terms
        offered = ["8BITMIME", f"SIZE {terms.size_limit}", "PIPELINING"]
        if terms.starttls is not None and self._wire.tls_version is None:
            offered.append("STARTTLS")
        if terms.access is None:
            return [*offered, "ENHANCEDSTATUSCODES"]
        if not self._needs_tls():
            offered.append("AUTH " + " ".join(login.MECHANISMS))
        # SES ends its list so.
        return [*offered, "Ok"]

    async def _starttls(self, command: Command) -> str:
        if command.argument:
            return "501 5.5.4 Syntax: STARTTLS"
        if self._terms.starttls is None or self._wire.tls_version is not None:
            return "503 5.5.1 TLS is not available"
        self._say("220 2.0.0 Ready to start TLS")
        await self._wire.start_tls(self._terms.starttls)
        # What was said in the clear may have been said by somebody else.
        self._helo, self._login = "", None
        self._transaction.reset()
        return ""

    async def _auth(self, command: Command) -> str:
        access = self._terms.access
        if access is None:
            return _UNKNOWN
        if not self._helo:
            return _NO_GREETING
        if self._login is not None:
            return "503 5.5.1 Already authenticated"
        mechanism, _, initial = command.argument.partition(" ")
        if mechanism.upper() not in login.MECHANISMS:
            return "504 5.5.4 Unrecognized authentication type"
        try:
            name, password = await login.credentials(mechanism.upper(), initial.strip() or None, self._ask)
        except login.LoginError as error:
            return str(error)
        return await self._log_in(access, name, password)

    async def _ask(self, challenge: str) -> bytes:
        self._say(f"334 {challenge}")
        return await self._wire.line(self._patience())

    async def _log_in(self, access: Access, name: str, password: str) -> str:
        try:
            self._login = await access.authenticate(name, password, self._wire.peer)
        except Exception:
            log.exception("SMTP login not checked")
            return "454 4.7.0 Temporary authentication failure"
        if self._login is not None:
            return "235 2.7.0 Authentication successful."
        self._refused_logins += 1
        refusal = "535 5.7.8 Authentication Credentials Invalid"
        if self._refused_logins >= _MOST_LOGINS:
            self._say(refusal)
            raise _EndError("421 4.7.0 Too many failed logins")
        return refusal

    async def _mail(self, command: Command) -> str:
        if not self._helo:
            return _NO_GREETING
        if self._terms.access is not None and self._login is None:
            return "530 5.7.0 Authentication required"
        envelope = Envelope(
            "", self._wire.peer, self._helo, tls_version=self._wire.tls_version, login=self._login
        )
        return await self._transaction.mail(command, envelope)

    async def _rset(self, command: Command) -> str:
        self._transaction.reset()
        return "250 2.0.0 Ok"

    async def _noop(self, command: Command) -> str:
        return "250 2.0.0 Ok"

    async def _vrfy(self, command: Command) -> str:
        return "252 2.5.2 Send some mail, I'll try my best"

    async def _quit(self, command: Command) -> str:
        raise _EndError("221 2.0.0 Bye")

    def _say(self, reply: str) -> None:
        """One line and no other, whatever a handler quotes; enhanced codes only where EHLO names them (RFC 2034)."""
        if not reply:
            return
        if self._terms.access is not None:
            reply = _ENHANCED.sub(r"\1 ", reply, count=1)
        text = _CONTROLS.sub("?", reply)
        if len(text) > _LONGEST_REPLY:
            text = text[: _LONGEST_REPLY - 3] + "..."
        self._wire.say(text.encode("ascii") + b"\r\n")
