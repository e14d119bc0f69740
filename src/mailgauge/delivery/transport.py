"""Where a message goes next: routes, and what a router answers for a recipient's domain. It connects to nothing."""

from dataclasses import dataclass
from typing import Protocol

from mailgauge.mail.address import printable
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


def temporary(enhanced: str, text: str) -> NoRoute:
    """No way now: it is tried again."""
    return NoRoute(Reply(451, enhanced, text))


def no_dns(enhanced: str, name: str, why: str) -> NoRoute:
    """DNS says nothing that helps. SES's words first, which clients may look for."""
    return NoRoute(Reply(421, enhanced, f"Unable to lookup DNS for {printable(name)}: {why}"))
