"""What came of one SMTP transaction, as values. Whoever reads them decides what is tried again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from mailgauge.mail.address import printable
from mailgauge.mail.status import Reply


class Tls(StrEnum):
    """How much encryption a destination gets."""

    OFF = "off"
    OPPORTUNISTIC = "opportunistic"
    """STARTTLS where it is offered, any certificate; in the clear where it isn't or fails (RFC 7435)."""
    REQUIRE = "require"
    """No TLS, no delivery; any certificate."""
    VERIFY = "verify"
    """No TLS or a certificate that doesn't hold, no delivery."""


class Failure(StrEnum):
    """Why there is no reply. It may be otherwise another time."""

    REFUSED = "connect refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    DISCONNECTED = "disconnected"
    NOT_READY = "not ready"
    """It greeted with a refusal."""
    TLS = "tls"
    TLS_NOT_OFFERED = "tls not offered"
    LOGIN = "login"
    PROTOCOL = "protocol"
    """The peer said something that is no SMTP."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to connect to. ``server_name`` is what the certificate is for, when ``host`` is an address.

    ``source`` is the address of ours to connect from; None leaves it to the system.
    """

    host: str
    port: int = 25
    tls: Tls = Tls.OPPORTUNISTIC
    implicit_tls: bool = False
    server_name: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    source: str | None = None


class Dialogue:
    """What was said, without the content of DATA and what AUTH says; each line with the second in which it was."""

    __slots__ = ("_monotonic", "_started", "is_answered", "lines")

    def __init__(self, monotonic: Callable[[], float] = lambda: 0.0) -> None:
        self._monotonic = monotonic
        self._started = monotonic()
        self.lines: list[tuple[float, str]] = []
        self.is_answered = False

    def add(self, line: str) -> None:
        # Bytes that are no UTF-8 come as lone surrogates, which nothing that is kept can carry.
        self.lines.append((self._monotonic() - self._started, printable(line)))

    def add_reply(self, code: int, text: str) -> None:
        self.is_answered = True
        for line in text.split("\n"):
            self.add(f"S: {code} {line}")


@dataclass(slots=True)
class Outcome:
    """Replies per recipient: the refusal of RCPT, or what was said to the message. One without a reply met ``failure``."""

    recipients: tuple[str, ...]
    replies: dict[str, Reply] = field(default_factory=dict)
    final: Reply | None = None
    """The reply to DATA; None when it didn't come to that."""
    said_goodbye: bool = False
    """Whether the server closed the connection in place of an answer to MAIL."""
    is_connected: bool = False
    """Whether there was a connection to send on; without one nobody has heard of the message."""
    failure: Failure | None = None
    failure_text: str = ""
    peer_ip: str | None = None
    local_ip: str | None = None
    tls_version: str | None = None
    tls_cipher: str | None = None
    reused_connection: bool = False
    connect_seconds: float = 0.0
    seconds: float = 0.0
    dialogue: Dialogue = field(default_factory=Dialogue)

    @property
    def transcript(self) -> list[str]:
        """The lines of the dialogue without their times."""
        return [line for _, line in self.dialogue.lines]

    @property
    def accepted(self) -> list[str]:
        return [
            each
            for each in self.recipients
            if (reply := self.replies.get(each)) is not None and reply.is_accepted
        ]

    def reply_to(self, recipient: str) -> Reply | None:
        """None: there was no answer, the failure is temporary."""
        return self.replies.get(recipient)
