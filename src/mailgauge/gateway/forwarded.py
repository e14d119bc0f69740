"""Who really asks, where a proxy asks in their name (X-Forwarded-For, X-Forwarded-Proto). Pure.

Anybody can send these headers, so only those of configured proxies count, and of X-Forwarded-For only what such a proxy
wrote itself: the list is read from its end, up to the first address that is no proxy of ours.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailgauge.base.asgi import Scope

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Proxies:
    """The networks that are believed; nobody is, by default. ``alone``: nobody else but this machine gets plain HTTP."""

    networks: Sequence[Network] = ()
    alone: bool = False

    @classmethod
    def of(cls, texts: Iterable[str], *, alone: bool = False) -> "Proxies":
        """Addresses and networks as in ``10.0.0.0/8``. Raises ValueError."""
        return cls([ipaddress.ip_network(text, strict=False) for text in texts], alone)

    def turn_away(self, scope: Scope) -> bool:
        """Whether somebody comes by plain HTTP who is none of them: on the way anybody could read along."""
        client = scope.get("client")
        peer = _address(client[0]) if client and self.alone and scope["scheme"] == "http" else None
        return peer is not None and not peer.is_loopback and not self._trusts(peer)

    def unfold(self, scope: Scope, headers: Mapping[str, str]) -> Scope:
        """The request as the proxy got it: its client in place of ours, and its scheme."""
        client = scope.get("client")
        peer = _address(client[0]) if client and self.networks else None
        if peer is None or not self._trusts(peer):
            return scope
        asking = self._first_stranger(peer, headers.get("x-forwarded-for", ""))
        # Where several proxies each added a word, the last is by the one we know.
        scheme = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        unfolded = {**scope, "client": (str(asking), 0)}
        if scheme in {"http", "https"}:
            unfolded["scheme"] = scheme
        return unfolded

    def _first_stranger(self, peer: Address, forwarded_for: str) -> Address:
        asking = peer
        for text in reversed(forwarded_for.split(",")):
            before = _address(text)
            if before is None:
                break  # nobody vouches for what stands before it
            asking = before
            if not self._trusts(asking):
                break
        return asking

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def _address(text: str) -> Address | None:
    """``192.0.2.1``, ``2001:db8::1``, and both with a port, as some proxies write them."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
