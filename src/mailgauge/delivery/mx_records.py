"""MX records as DNS has them, which is as strangers wrote them (RFC 1035 3.3.9, RFC 5321 5.1, RFC 7505). Pure."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from mailgauge.base.internet import parse_address


class Mx(NamedTuple):
    preference: int
    host: str


def parse_records(records: Iterable[str]) -> tuple[list[Mx], bool]:
    """The hosts of MX records, each once at its best preference, and whether there is a null MX (RFC 7505)."""
    best: dict[str, int] = {}
    is_null = False
    for record in records:
        preference, _, host = record.strip().partition(" ")
        host = host.strip().lower().removesuffix(".")
        if not (preference.isascii() and preference.isdigit() and len(preference) <= 5):
            continue
        if not host:
            is_null = True
        elif _is_name(host):
            best[host] = min(int(preference), best.get(host, 65_535))
    return [Mx(preference, host) for host, preference in best.items()], is_null


@lru_cache(4096)
def _is_name(host: str) -> bool:
    """A name that can be looked up. An address in its place is a mistake that RFC 1035 3.3.9 doesn't allow for."""
    return (
        len(host) <= 253
        and host.isascii()
        and host.isprintable()
        and not set(host) & set(' \\,"')
        and all(0 < len(label) <= 63 for label in host.split("."))
        and parse_address(host) is None
    )
