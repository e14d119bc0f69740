"""Where an outgoing request goes, out of the URL that somebody else gave: what it may be, and what is kept of it. No I/O."""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
LEAST_FREE_PORT: Final = 1024
"""Below it are mail servers and the like, which can be made to take a request for commands."""
LONGEST_URL: Final = 8000


class OutgoingError(Exception):
    """A request that came to nothing. Its text is for people, and holds neither path nor credentials of the URL."""


class RefusedError(OutgoingError):
    """Such a request is not made: trying again would change nothing unless a name leads elsewhere by then."""


@dataclass(frozen=True, slots=True)
class Target:
    """``authorization`` is made of the URL's user and password, which are nowhere else."""

    scheme: str
    host: str
    port: int
    path: str
    authorization: str | None = None

    @property
    def place(self) -> str:
        """For people."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """As in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: str, ports: Collection[int] = ()) -> Target:
    """``ports`` may be asked beside those of HTTP and the free ones. Raises RefusedError."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or set(url) & set(' \\"<>'):
        raise RefusedError("the address is not a URL")
    try:
        parts = urlsplit(url)
        given = parts.port
    except ValueError:
        raise RefusedError("the address is not a URL") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise RefusedError("the address is neither http:// nor https://")
    if not parts.hostname or "%" in parts.hostname:
        raise RefusedError("the address names no host")
    port = DEFAULT_PORTS[parts.scheme] if given is None else given
    if port < LEAST_FREE_PORT and port not in {*DEFAULT_PORTS.values(), *ports}:
        raise RefusedError(f"port {port} is none of a web server")
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    host = parts.hostname.lower().rstrip(".")
    return Target(parts.scheme, host, port, path, _authorization(parts.username, parts.password))


def _authorization(user: str | None, password: str | None) -> str | None:
    """Basic (RFC 7617)."""
    if not user and not password:
        return None
    pair = unquote_to_bytes(user or "") + b":" + unquote_to_bytes(password or "")
    return f"Basic {base64.b64encode(pair).decode()}"


def without_credentials(url: str) -> str:
    """As people are shown it; what is no URL stays as it is."""
    scheme, separator, rest = url.partition("://")
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    _, is_there, host = rest[:end].rpartition("@")
    return f"{scheme}{separator}****@{host}{rest[end:]}" if separator and is_there else url
