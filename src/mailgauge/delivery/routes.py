"""Routers besides that of MX records: one route for all, a server with a name, and one router for each recipient's domain."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mailgauge.base.internet import parse_address
from mailgauge.delivery.hosts import Addresses, addresses_of
from mailgauge.delivery.mx import MOST_DESTINATIONS
from mailgauge.delivery.transport import NoRoute, Route, Router, no_dns
from mailgauge.dns.answers import Resolver
from mailgauge.smtp.outcome import Destination


@dataclass(frozen=True, slots=True)
class Always:
    """The same route for everybody."""

    answer: Route

    async def route(self, domain: str) -> Route:
        return self.answer


@dataclass(frozen=True, slots=True)
class ToServer:
    """A route to one server that the operator named, at all the addresses it has: a smarthost, or a domain's own relay.

    The name of ``server`` is looked up; its certificate, where one is asked for, is for that name.
    """

    name: str
    site: str
    server: Destination
    resolver: Resolver

    async def route(self, domain: str) -> Route | NoRoute:
        host = self.server.host
        if parse_address(host) is not None:
            return Route(self.name, self.site, (self.server,))
        found = await self._find(host)
        if not found.all and found.is_temporary:
            return no_dns("4.4.3", host, f"no answer about the server of route {self.name}")
        if not found.all:
            return no_dns("4.4.4", host, f"the server of route {self.name} has no address")
        # IPv4 first: such a server is near, and where IPv6 doesn't work that costs no attempt.
        addresses = found.ipv4 + found.ipv6
        destinations = (replace(self.server, host=address, server_name=host) for address in addresses)
        return Route(self.name, self.site, tuple(destinations)[:MOST_DESTINATIONS])

    async def _find(self, host: str) -> Addresses:
        if host == "localhost":  # it need not be in DNS
            return Addresses(("::1",), ("127.0.0.1",))
        return await addresses_of(self.resolver, host, ipv6=True)


@dataclass(frozen=True, slots=True)
class ByDomain:
    """``exact`` domains win over those ``under`` a name, of which the longest wins, and those over ``default``. Lower case."""

    default: Router
    exact: Mapping[str, Router]
    under: Mapping[str, Router]

    async def route(self, domain: str) -> Route | NoRoute:
        return await self._router(domain).route(domain)

    def _router(self, domain: str) -> Router:
        if (found := self.exact.get(domain)) is not None:
            return found
        rest = domain
        while self.under and "." in rest:
            rest = rest.partition(".")[2]
            if (found := self.under.get(rest)) is not None:
                return found
        return self.default
