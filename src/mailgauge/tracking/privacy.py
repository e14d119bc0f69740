"""How much of a visitor's address is kept. Pure."""

import ipaddress
from enum import StrEnum


class ClientIp(StrEnum):
    FULL = "full"
    TRUNCATED = "truncated"
    """24 bits of IPv4 and 48 of IPv6: the provider, not the person."""
    NONE = "none"

    def kept(self, address: str) -> str | None:
        if self is ClientIp.NONE:
            return None
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return None
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        if self is ClientIp.FULL:
            return str(found)
        bits = 24 if found.version == 4 else 48
        return str(ipaddress.ip_network((str(found), bits), strict=False).network_address)
