"""The addresses of a host that mail or a policy is fetched from or brought to. It looks names up and connects to nothing."""

from dataclasses import dataclass

from mailgauge.base.internet import parse_address
from mailgauge.dns.answers import RecordType, Resolver


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


def _valid(records: tuple[str, ...], version: int) -> tuple[str, ...]:
    """Each address once, in its plain form."""
    parsed = (parse_address(each) for each in records)
    return tuple(dict.fromkeys(str(each) for each in parsed if each is not None and each.version == version))
