"""Where a message goes next: transports, and the router that picks one for a recipient's domain. It connects to nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailgauge.smtp.outcome import Destination


@dataclass(frozen=True, slots=True)
class Transport:
    """A next hop, known by ``name`` in the log and in transcripts."""

    name: str
    destination: Destination


@dataclass(frozen=True, slots=True)
class Router:
    """``by_domain`` wins over ``default``. Domains are lower case."""

    default: Transport
    by_domain: Mapping[str, Transport]

    def transport_for(self, domain: str) -> Transport:
        return self.by_domain.get(domain, self.default)
