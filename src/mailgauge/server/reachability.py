"""Health checks of the ways out: what ``/healthz`` and ``doctor`` ask once mail leaves this machine.

Whether port 25 is open to the world can't be asked; that nothing came through for an hour can.
"""

import ipaddress
from collections.abc import Iterable, Sequence

from mailgauge.base.clock import Clock
from mailgauge.base.health import Check, Finding, Level
from mailgauge.base.internet import is_public
from mailgauge.config.addresses import is_address, is_loopback, split_address
from mailgauge.config.options import Config
from mailgauge.config.route_checks import routes_out, uses
from mailgauge.delivery import transcripts
from mailgauge.delivery.hosts import addresses_of
from mailgauge.delivery.mx_records import parse_records
from mailgauge.delivery.sites import Site
from mailgauge.dns.answers import RecordType, Resolver
from mailgauge.dns.resolver import NetworkResolver
from mailgauge.store.transaction import Store

_PATIENCE = 2.0
"""Seconds for a question: whoever asks for all checks waits for the slowest."""
_LATELY = 3600.0
LEAVING = ("mx", "smarthost", "server")
"""The names of the transports that lead away (``routing``)."""
_SHOWN = 5
_ENOUGH = 5
"""Attempts without a connection are bad luck; this many and not one with a connection are not."""


def reachability_checks(config: Config, mail: Store, clock: Clock) -> Sequence[Check]:
    """None where all mail stays on this machine."""
    if not any(routes_out(config)):
        return ()

    async def dns() -> list[Finding]:
        return await find_in_dns(config, _resolver(config, clock))

    async def connections() -> list[Finding]:
        since = clock.now() - _LATELY
        latest = await mail.read(lambda tx: transcripts.connected(tx, LEAVING, since=since))
        if len(latest) < _ENOUGH or any(latest):
            return []
        text = f"none of the last {len(latest)} attempts to deliver, within an hour, reached a server"
        advice = (
            "Many providers block outgoing connections to port 25: ask yours to open it, or set [delivery] route to "
            "smarthost. `mailgauge trace` shows what happened to a message."
        )
        return [Finding("connections", Level.PROBLEM, text, advice)]

    async def links() -> list[Finding]:
        return find_links(config)

    return (dns, connections, links)


def site_check(known: Iterable[Site]) -> Check:
    """What only the running service knows: which sites have refused us, or could not be reached, when mail last went there."""

    async def sites() -> list[Finding]:
        troubled = [site for site in known if site.trouble]
        advice = (
            "Mail for them waits and goes on by itself. `mailgauge trace` shows what happened to a message."
        )
        found = [
            Finding(
                "sites", Level.WARNING, f"{_short(site.key)} gets less mail: {_short(site.trouble)}", advice
            )
            for site in troubled[:_SHOWN]
        ]
        if len(troubled) > _SHOWN:
            text = f"{len(troubled) - _SHOWN} more sites get less mail"
            found.append(Finding("sites", Level.WARNING, text, advice))
        return found

    return sites


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}..."


def find_links(config: Config) -> list[Finding]:
    """Recipients elsewhere follow what mail says, and where nothing is set that is where the service listens."""
    host, _ = split_address(config.server.listen)
    if config.service.url or not (is_loopback(host) or (is_address(host) and not is_public(host))):
        return []
    text = f"links in mail lead to {config.server.listen}, where nobody elsewhere gets: verification, unsubscribing, clicks"
    advice = "Set [service] url to the address that people see, such as https://mail.example.com."
    return [Finding("links", Level.WARNING, text, advice)]


async def find_in_dns(config: Config, resolver: Resolver) -> list[Finding]:
    """What the name servers know of those that mail depends on: ourselves, and the smarthost."""
    domain = config.service.domain
    mx = await resolver.look_up(domain, RecordType.MX)
    if mx.is_temporary:
        asked = ", ".join(config.dns.resolvers) or "the name servers of this system"
        advice = "Mail waits until they do. Set [dns] resolvers to name servers that answer."
        return [Finding("dns", Level.PROBLEM, f"{asked} gave no answer about {domain}", advice)]
    found = [Finding("dns", Level.OK, "name servers answer")]
    hosts, _ = parse_records(mx.records)
    if not hosts and not (await addresses_of(resolver, domain, ipv6=True)).all:
        advice = "Publish an MX record for it that leads to [server] inbound, at port 25."
        text = f"{domain} has no MX record: bounces and complaints can't come back"
        found.append(Finding("dns", Level.WARNING, text, advice))
    if uses(config, "smarthost"):
        found += await _smarthost(config, resolver)
    if uses(config, "mx"):
        # An address of a private network has its name, if any, from whoever translates it.
        for address in filter(is_public, config.delivery.addresses):
            found += await _reverse(address, resolver)
    return found


async def _smarthost(config: Config, resolver: Resolver) -> list[Finding]:
    host, _ = split_address(config.smarthost.address)
    if host == "localhost" or is_address(host) or (await addresses_of(resolver, host, ipv6=True)).all:
        return []
    advice = "Mail waits until it has one. Check [smarthost] address."
    return [Finding("dns", Level.PROBLEM, f"the smarthost {host} has no address in DNS", advice)]


async def _reverse(address: str, resolver: Resolver) -> list[Finding]:
    """Large receivers turn away addresses without a name, or with one that is not theirs."""
    pointer = await resolver.look_up(ipaddress.ip_address(address).reverse_pointer, RecordType.PTR)
    if pointer.is_temporary:
        return []
    for name in pointer.records:
        if address in (await addresses_of(resolver, name, ipv6=True)).all:
            return []
    advice = (
        "Ask whoever gave you the address for a PTR record with a name whose A or AAAA record is the address."
    )
    return [Finding("dns", Level.WARNING, f"{address} has no name in DNS that leads back to it", advice)]


def _resolver(config: Config, clock: Clock) -> Resolver:
    """A new one each time: what another keeps would tell how DNS was."""
    return NetworkResolver(clock, config.dns.resolvers, min(config.dns.timeout, _PATIENCE))
