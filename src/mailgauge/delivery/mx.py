"""Routes to the recipients' own servers: MX records and the addresses of their hosts (RFC 5321 5.1, RFC 7505).

It reads DNS and says where to connect to, in which order; it does not connect. What DNS says is foreign: records that
make no sense are left out.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, takewhile, zip_longest
from typing import NamedTuple, Protocol, TypeVar

from mailgauge.base.internet import is_public, parse_address
from mailgauge.delivery.hosts import Addresses, addresses_of
from mailgauge.delivery.mx_records import Mx, parse_records
from mailgauge.delivery.transport import NoRoute, Route, no_dns, temporary
from mailgauge.dns.answers import Outcome, RecordType, Resolver
from mailgauge.mail.address import printable
from mailgauge.mail.status import Reply
from mailgauge.smtp.outcome import Destination, Tls

log = logging.getLogger(__name__)
Item = TypeVar("Item")

MOST_HOSTS = 10
MOST_DESTINATIONS = 20
"""RFC 5321 5.1 asks for two addresses at least; who names more than this gains nothing by them."""

IsOurselves = Callable[[str, int], bool]
"""Whether an address and a port are where this service itself receives mail."""

HasRoute = Callable[[str], bool]
"""Whether this machine knows a way to an address, as one without IPv6 doesn't for half of them."""


class Policy(Protocol):
    """Which MX hosts a domain vouches for (RFC 8461)."""

    def allows(self, host: str) -> bool: ...


class Policies(Protocol):
    async def enforced(self, domain: str, hosts: Sequence[str]) -> Policy | None:
        """The policy that mail to a domain with these MX hosts must keep to; None where there is none. Never raises."""


class _Host(NamedTuple):
    mx: Mx
    found: Addresses


@dataclass(frozen=True, slots=True)
class MxRouter:
    """``policies`` of None asks for none. ``allow_private`` lets names mean addresses that are not the Internet's."""

    resolver: Resolver
    is_ourselves: IsOurselves
    port: int = 25
    ipv6: bool = True
    allow_private: bool = False
    policies: Policies | None = None
    has_route: HasRoute = lambda _: True
    chance: random.Random = field(default_factory=random.Random)

    async def route(self, domain: str) -> Route | NoRoute:
        if domain.startswith("["):
            return self._to_literal(domain)
        named = await self._named(domain)
        if isinstance(named, NoRoute):
            return named
        site = self._site(each.host for each in named)
        policy = None
        if self.policies is not None:
            policy = await self.policies.enforced(domain, [each.host for each in named])
        vouched = [each for each in named if policy is None or policy.allows(each.host)][:MOST_HOSTS]
        if not vouched:
            return temporary(
                "4.7.5", f"the MTA-STS policy of {printable(domain)} allows none of its MX hosts"
            )
        reachable = await self._reachable(domain, vouched)
        if isinstance(reachable, NoRoute):
            return reachable
        return Route("mx", site, self._destinations(reachable, Tls.VERIFY if policy else Tls.OPPORTUNISTIC))

    async def _named(self, domain: str) -> list[Mx] | NoRoute:
        """The MX hosts in the order to try; the domain itself only where it has no MX records at all."""
        answer = await self.resolver.look_up(domain, RecordType.MX)
        match answer.outcome:
            case Outcome.NO_SUCH_NAME:
                # SES tries for the whole period: domains vanish from DNS by mistake.
                return no_dns("4.4.0", domain, "there is no such domain")
            case Outcome.TEMPORARY:
                return no_dns("4.4.3", domain, "no answer")
            case Outcome.NO_DATA:
                return [Mx(0, domain)]
        found, is_null = parse_records(answer.records)
        if not found and is_null:
            return NoRoute(
                Reply(556, "5.1.10", f"{printable(domain)} takes no mail: it has a null MX record")
            )
        if not found:
            return no_dns("4.4.4", domain, "its MX records name no host")
        return self._in_order(found)

    def _in_order(self, found: Iterable[Mx]) -> list[Mx]:
        """By preference; those of one preference share the load, so at random (RFC 5321 5.1)."""
        by_preference = groupby(sorted(found), key=lambda each: each.preference)
        return [each for _, group in by_preference for each in self._shuffled(list(group))]

    def _shuffled(self, items: Sequence[Item]) -> list[Item]:
        return self.chance.sample(items, len(items))

    def _site(self, hosts: Iterable[str]) -> str:
        site = ",".join(sorted(hosts)[:MOST_HOSTS])
        # The port keeps a host without a dot apart from the sites that are named by a word, such as capture.
        return site if self.port == 25 and "." in site else f"{site}:{self.port}"

    async def _reachable(self, domain: str, named: Sequence[Mx]) -> list[_Host] | NoRoute:
        """The hosts with the addresses that may be connected to; at least one."""
        found = await asyncio.gather(
            *(addresses_of(self.resolver, each.host, ipv6=self.ipv6) for each in named)
        )
        hosts = [_Host(mx, addresses) for mx, addresses in zip(named, found, strict=True)]
        better = self._better_than_ourselves(hosts)
        if not better:
            return NoRoute(
                Reply(
                    554, "5.4.6", f"mail for {printable(domain)} comes back to this server by its MX records"
                )
            )
        if len(better) < len(hosts):
            log.info("MX hosts dropped: this server is one of them", extra={"domain": domain})
        usable = [_Host(mx, self._usable(addresses)) for mx, addresses in better]
        with_address = [each for each in usable if each.found.all]
        return with_address or _unreachable(domain, [each.found for each in better])

    def _better_than_ourselves(self, hosts: Sequence[_Host]) -> list[_Host]:
        """A relay hands mail only to hosts that are preferred to itself, or two would pass it to and fro (RFC 5321 5.1)."""
        ours = [each.mx.preference for each in hosts if self._is_ourselves(each.found)]
        return list(takewhile(lambda each: not ours or each.mx.preference < min(ours), hosts))

    def _is_ourselves(self, found: Addresses) -> bool:
        return any(self.is_ourselves(address, self.port) for address in found.all)

    def _usable(self, found: Addresses) -> Addresses:
        if self.allow_private:
            return found
        return Addresses(tuple(filter(is_public, found.ipv6)), tuple(filter(is_public, found.ipv4)))

    def _destinations(self, hosts: Sequence[_Host], tls: Tls) -> tuple[Destination, ...]:
        # A host with many addresses leaves room for the others.
        most = max(MOST_DESTINATIONS // len(hosts), 2)
        found = [
            Destination(address, self.port, tls, server_name=host.mx.host)
            for host in hosts
            for address in self._alternating(host.found)[:most]
        ]
        # Where none has a route, an attempt says so.
        return tuple([each for each in found if self.has_route(each.host)] or found)[:MOST_DESTINATIONS]

    def _alternating(self, found: Addresses) -> list[str]:
        """IPv6 and IPv4 by turns: where one of them doesn't work, the next to try is of the other."""
        pairs = zip_longest(self._shuffled(found.ipv6), self._shuffled(found.ipv4))
        return [address for pair in pairs for address in pair if address is not None]

    def _to_literal(self, domain: str) -> Route | NoRoute:
        """``user@[192.0.2.1]`` and ``user@[IPv6:2001:db8::1]`` (RFC 5321 4.1.3)."""
        address = parse_address(domain.lower().removeprefix("[").removesuffix("]").removeprefix("ipv6:"))
        if address is None:
            return NoRoute(Reply(550, "5.1.2", f"{printable(domain)} is no address literal"))
        host = str(address)
        if self.is_ourselves(host, self.port):
            return NoRoute(Reply(554, "5.4.6", f"{host} is this server itself"))
        if not (self.allow_private or is_public(host)):
            return NoRoute(Reply(550, "5.1.2", f"{host} is not an address of the Internet"))
        if address.version == 6 and not self.ipv6:
            return temporary("4.4.4", f"{host} can't be reached: IPv6 is switched off here")
        return Route("mx", self._site([f"[{host}]"]), (Destination(host, self.port),))


def _unreachable(domain: str, found: Sequence[Addresses]) -> NoRoute:
    """Why no host can be connected to. All are tried again: such things are mended within hours."""
    if any(each.is_temporary for each in found):
        return no_dns("4.4.3", domain, "no answer about its mail servers")
    if any(each.all for each in found):
        return no_dns("4.4.4", domain, "its mail servers have no address of the Internet")
    return no_dns("4.4.4", domain, "none of its mail servers has an address")
