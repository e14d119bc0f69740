"""Who the open mode listens to. Pure.

``local`` checks no signatures, so any web page that a developer visits could drive it: a query-protocol call is a plain
cross-site form post, and a rebound DNS name makes a page same-origin. What a browser says about itself keeps it out.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urlsplit

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?")


class FromElsewhere(Enum):
    """What another site's page may do with a part of the service."""

    NOTHING = auto()
    LINK = auto()
    """Link to it: a person may follow, a script gets nothing (the console)."""
    EMBED = auto()
    """Anything that takes no credentials and tells nothing (unsubscribing)."""
    EMBED_ANYWHERE = auto()
    """The same under any host name: what senders' own domains lead to (tracking)."""


@dataclass(frozen=True, slots=True)
class Guard:
    """``hosts`` are the configured host names, lower case and without port, besides loopback."""

    hosts: frozenset[str] = frozenset()

    def refusal(
        self, method: str, headers: Mapping[str, str], allowed: FromElsewhere = FromElsewhere.NOTHING
    ) -> str | None:
        """Why the request is refused, or None when it isn't."""
        if allowed is FromElsewhere.EMBED_ANYWHERE:
            return None
        host = headers.get("host", "").lower()
        if not self._is_ours(host):
            return (
                f"The open mode answers to loopback and to configured host names only; this request was for {host!r}. "
                "Use http://localhost, or add the name to the configured hosts."
            )
        if allowed is FromElsewhere.EMBED or (
            allowed is FromElsewhere.LINK and _is_navigation(method, headers)
        ):
            return None
        origin = headers.get("origin")
        if origin is not None and not _is_same(origin, host):
            return f"The open mode takes no requests from web pages of other origins; this one came from {origin!r}."
        site = headers.get("sec-fetch-site", "none").lower()
        if site not in {"none", "same-origin"}:
            return f"The open mode takes no requests from pages of other sites; the browser says {site!r}."
        return None

    def _is_ours(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match[1].rstrip(".")
        return (
            name == "localhost"
            or name.endswith(".localhost")
            or name in self.hosts
            or is_loopback(name.strip("[]"))
        )


def is_loopback(name: str) -> bool:
    """Of an address; names are none."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_same(origin: str, host: str) -> bool:
    # "null", of sandboxed frames and files, has no netloc and is nobody's.
    netloc = urlsplit(origin.lower()).netloc
    return bool(netloc) and netloc == host


def _is_navigation(method: str, headers: Mapping[str, str]) -> bool:
    """A person following a link, as against a script, a form or an embedded page."""
    return (
        method == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )
