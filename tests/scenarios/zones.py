"""The DNS of a scenario: domains, where their mail goes, and the records that prove the sender's."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.dns.name_server import NameServer, Zone


class Zones:
    """Records that a running service sees. ``zone`` has them all, and can be made to fail."""

    def __init__(self, server: NameServer) -> None:
        self.zone: Zone = server.zone
        self.address = server.address

    def mail_of(self, domain: str, hosts: Mapping[str, str]) -> None:
        """``hosts`` are MX host names and their addresses, the most wanted first; none at all is a null MX (RFC 7505)."""
        exchanges = [f"{10 * n} {host}." for n, host in enumerate(hosts, start=1)] or ["0 ."]
        self.zone.put(domain, "MX", *exchanges)
        for host, address in hosts.items():
            self.zone.put(host, "A", address)

    def text(self, name: str, text: str) -> None:
        """A TXT record of any length: a string in it has 255 bytes at most."""
        pieces = [text[n : n + 255] for n in range(0, len(text), 255)]
        self.zone.put(name, "TXT", " ".join(f'"{piece}"' for piece in pieces))

    def texts(self, name: bytes, timeout: float = 0) -> bytes | None:
        """The TXT record of ``name`` as a DKIM verifier asks for it, following a CNAME."""
        known = name.decode().rstrip(".").lower()
        while target := self.zone.records.get((known, "CNAME")):
            known = target[0].rstrip(".").lower()
        found = self.zone.records.get((known, "TXT"))
        return None if found is None else b"".join(found[0].encode().split(b'"')[1::2])


@contextmanager
def zones() -> Iterator[Zones]:
    with NameServer(Zone()).running() as server:
        yield Zones(server)
