"""Machine or person: who opened a message or followed a link, judged by published signs. Pure.

The signs by name and address are data (``machines.toml``), the others are rules here. Nobody can be sure: a machine that
behaves like a browser passes for a person.
"""

import ipaddress
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

# Nobody reads a message and follows its link so soon after it arrived; gateways look before it gets to a person.
TOO_SOON = 2.0


class Engagement(StrEnum):
    """The value of the tag ``mailgauge:engagement``."""

    HUMAN = "human"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a visit. ``since_delivery`` is in seconds, None where that says nothing; ``agent`` may be empty;
    ``told`` is that the request or an earlier one of the same client gave it away.
    """

    agent: str
    address: str
    told: bool = False
    since_delivery: float | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """The data, ready to compare with; names in lower case."""

    whole: frozenset[str]
    parts: tuple[str, ...]
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]


def judge(signs: Signs) -> Engagement:
    is_early = signs.since_delivery is not None and signs.since_delivery < TOO_SOON
    is_machine = signs.told or is_early or _names_itself(signs.agent) or _is_known_place(signs.address)
    return Engagement.MACHINE if is_machine else Engagement.HUMAN


def asks_ahead(headers: dict[str, str]) -> bool:
    """Whether a browser says that it fetches what nobody has asked for yet (Sec-Purpose, and its forerunners)."""
    stated = (headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"))
    return any(word in each.lower() for each in stated for word in ("prefetch", "preview", "prerender"))


def _names_itself(agent: str) -> bool:
    """Whoever gives no name is no browser either."""
    name, known = agent.strip().lower(), _known()
    return not name or name in known.whole or any(each in name for each in known.parts)


def _is_known_place(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in each for each in _known().networks)


@cache
def _known() -> _Known:
    data = tomllib.loads(files("mailgauge.tracking").joinpath("machines.toml").read_text("utf-8"))
    return _Known(
        frozenset(each.lower() for each in data["whole"]),
        tuple(each.lower() for each in data["parts"]),
        tuple(ipaddress.ip_network(each) for each in data["networks"]),
    )
