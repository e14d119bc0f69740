"""Where a message goes next: routes, and what a router answers for a recipient's domain. It connects to nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from mailgauge.mail.status import Reply
from mailgauge.smtp.outcome import Destination


@dataclass(frozen=True, slots=True)
class Route:
    """A way for mail to go on: ``destinations`` are tried in their order, and there is at least one.

    ``name`` is the transport's, for the log and transcripts. ``site`` is the key of what shares connections and limits:
    ``capture``, ``simulator``, ``smarthost``, or the MX hosts joined. A limit that is None is the worker's own.
    """

    name: str
    site: str
    destinations: tuple[Destination, ...]
    most_connections: int | None = None
    most_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class NoRoute:
    """There is no way now, or never: ``reply`` says so, as the server would have that isn't there."""

    reply: Reply


class Router(Protocol):
    async def route(self, domain: str) -> Route | NoRoute:
        """The way to the recipients at ``domain``, in lower case. Never raises."""


@dataclass(frozen=True, slots=True)
class FixedRouter:
    """``by_domain`` wins over ``default``. Domains are lower case."""

    default: Route
    by_domain: Mapping[str, Route]

    async def route(self, domain: str) -> Route:
        return self.by_domain.get(domain, self.default)
