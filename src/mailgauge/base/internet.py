"""IP addresses: which of them are the Internet's, and which are this machine's or its network's (RFC 6890). It looks nothing up."""

import ipaddress
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Prefixes behind which the last four bytes are an IPv4 address: IPv4-compatible (RFC 4291), translated (RFC 2765, RFC 6052).
_CARRIERS = tuple(ipaddress.IPv6Network(each) for each in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96"))
# Beside what the library calls private: of providers behind NAT (RFC 6598), and IPv6's of old (RFC 3879).
_OF_NETWORKS = tuple(ipaddress.ip_network(each) for each in ("100.64.0.0/10", "fec0::/10"))
# What virtual machines ask about themselves, secrets among it. Most clouds have it at a link-local address, these not.
_METADATA = tuple(
    ipaddress.ip_address(each)
    for each in ("168.63.129.16", "192.0.0.192", "100.100.100.200", "fd00:ec2::254")
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
    """Whether an address is one of the Internet's, and no machine of ours or of our network."""
    address = _innermost(parse_address(text))
    return (
        address is not None and address.is_global and not _is_of_network(address) and not _is_nobodys(address)
    )


@lru_cache(4096)
def is_of_network(text: str) -> bool:
    """Whether it is this machine, or a machine of a private network that may be meant by who names it."""
    address = _innermost(parse_address(text))
    return address is not None and _is_of_network(address) and not _is_nobodys(address)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: no other name is, for it could be anything's."""
    address = parse_address(host)
    return host == "localhost" if address is None else address.is_loopback


def _is_of_network(address: Address) -> bool:
    return address.is_private or any(
        address in each for each in _OF_NETWORKS if each.version == address.version
    )


def _is_nobodys(address: Address) -> bool:
    """Not one machine's, or of one that tells others about themselves."""
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or (address.is_reserved and not address.is_loopback)
        or address in _METADATA
    )


def _innermost(address: Address | None) -> Address | None:
    """The IPv4 address that an IPv6 address stands for, or the address itself."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    carried = any(address in each for each in _CARRIERS) and int(address) > 1
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if carried else inner or address
