"""An HTTP request and response as plain values, between the web server and the protocols. No sockets here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """``path`` and ``query`` are raw as on the wire (percent-encoding untouched), since signatures cover them.

    Header names are lower case; repeated headers are joined with ``,``. ``is_secure`` is also a request that came to a
    trusted proxy by TLS, of which no version is known. ``gone`` returns when whoever asks has gone away.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    client_ip: str = "127.0.0.1"
    tls_version: str | None = None
    is_secure: bool = False
    gone: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
