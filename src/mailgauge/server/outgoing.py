"""The HTTP client for places that users have named, as the configuration wants it."""

from collections.abc import Sequence

from mailgauge.config.options import Config
from mailgauge.delivery.hosts import addresses_of
from mailgauge.dns.answers import Resolver
from mailgauge.outgoing.client import Names, OutgoingClient
from mailgauge.outgoing.names import SystemNames


def outgoing_client(config: Config, resolver: Resolver, *, is_local: bool) -> OutgoingClient:
    """Names are looked up as the system does it, unless the configuration has name servers of its own."""

    async def from_dns(host: str) -> Sequence[str]:
        return (await addresses_of(resolver, host, ipv6=True)).all

    names: Names = from_dns if config.dns.resolvers else SystemNames()
    outgoing = config.outgoing
    return OutgoingClient(names, allow_private=is_local or outgoing.allow_private, ports=outgoing.ports)
