"""Where a message goes next: transports, and the router that picks one for a recipient's domain. It connects to nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailgauge.delivery.row import Sites
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

    def shares(self) -> list[Sites | None]:
        """The domains of each transport, first of the default one; None stands for all."""
        if not self.by_domain:
            return [None]
        named: dict[str, list[str]] = {}
        for domain, transport in self.by_domain.items():
            named.setdefault(transport.name, []).append(domain)
        others = Sites(tuple(self.by_domain), are_excluded=True)
        return [others, *(Sites(tuple(domains)) for domains in named.values())]
