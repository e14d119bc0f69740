"""The addresses of a host that mail or a policy is fetched from or brought to, and which of them a stranger's name may mean.

It looks names up and connects to nothing.
"""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

from mailgauge.dns.answers import RecordType, Resolver

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a host has: IPv6 before IPv4. With none at all, ``is_temporary`` says that there may be some."""

    ipv6: tuple[str, ...] = ()
    ipv4: tuple[str, ...] = ()
    is_temporary: bool = False

    @property
    def all(self) -> tuple[str, ...]:
        return self.ipv6 + self.ipv4


async def addresses_of(resolver: Resolver, host: str, *, ipv6: bool) -> Addresses:
    """AAAA and A records of a host, or the host itself where it is an address."""
    if (itself := parse_address(host)) is not None:
        return Addresses((host,)) if itself.version == 6 else Addresses((), (host,))
    # One after the other: on the way of every message, two tasks cost more than the answers, which are kept.
    v4 = await resolver.look_up(host, RecordType.A)
    v6 = await resolver.look_up(host, RecordType.AAAA) if ipv6 else v4
    return Addresses(
        _valid(v6.records, 6),
        _valid(v4.records, 4),
        is_temporary=v4.is_temporary or v6.is_temporary,
    )


# The same few addresses are asked about for every message.
@lru_cache(4096)
def parse_address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


@lru_cache(4096)
def is_public(text: str) -> bool:
    """Whether an address is one of the Internet's, and no machine of ours or of our network (RFC 6890)."""
    address = parse_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(str(inner))
    return address is not None and address.is_global and not address.is_multicast


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: no other name is, for it could be anything's."""
    address = parse_address(host)
    return host == "localhost" if address is None else address.is_loopback


def _valid(records: tuple[str, ...], version: int) -> tuple[str, ...]:
    """Each address once, in its plain form."""
    parsed = (parse_address(each) for each in records)
    return tuple(dict.fromkeys(str(each) for each in parsed if each is not None and each.version == version))
