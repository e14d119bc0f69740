"""What an SMTP server leaves to others to decide: a handler, who may log in, and the terms all connections have in common.

Types only; ``dialogue`` and ``transaction`` act on them.
"""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from mailgauge.smtp.room import Room


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
    """What submission asks for: TLS and a login.

    ``authenticate`` gets user name, password and the peer. It returns None to refuse; what else it returns is
    ``Envelope.login``.
    """

    tls: ssl.SSLContext
    authenticate: Callable[[str, str, str], Awaitable[Any]]
    implicit_tls: bool = False
    on_mail: Callable[[Envelope], Awaitable[str]] | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What all connections of a server have in common. ``starttls`` is None where it is not offered."""

    hostname: str
    size_limit: int
    idle_seconds: float
    login_seconds: float
    message_seconds: float
    access: Access | None
    starttls: ssl.SSLContext | None
    room: Room
