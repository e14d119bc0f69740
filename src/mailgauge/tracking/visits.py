"""A visit: somebody's program fetched the pixel of a message or followed a link of it. What is kept of it is decided elsewhere."""

from collections import OrderedDict
from dataclasses import dataclass

from mailgauge.tracking.tokens import Link

_AT_ONCE = 1.0
"""Seconds within which nobody follows two links of one message."""

_REMEMBERED = 60.0
"""Seconds for which a machine stays one: a person behind the same address comes later than the gateway that looks first."""

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Visit:
    """``link`` is None for an open; ``time`` in seconds; ``told`` is that the program gave itself away as a machine."""

    message_id: str
    time: float
    address: str
    agent: str
    link: Link | None = None
    told: bool = False


@dataclass(slots=True)
class _Client:
    link: int = -1
    followed: float = float("-inf")
    told: float = float("-inf")


class Clients:
    """What the programs that visit did a moment ago, of the last so many, in memory only. Times are monotonic."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], _Client] = OrderedDict()

    def tell(self, message_id: str, address: str, now: float) -> None:
        """Whoever visits this message from there is a machine."""
        self._client(message_id, address).told = now

    def is_told(self, message_id: str, address: str, now: float) -> bool:
        known = self._known.get((message_id, address))
        return known is not None and now - known.told < _REMEMBERED

    def follow(self, message_id: str, address: str, number: int, now: float) -> None:
        """It follows a link; one that follows two at once is a machine."""
        client = self._client(message_id, address)
        if client.link not in {-1, number} and now - client.followed < _AT_ONCE:
            client.told = now
        client.link, client.followed = number, now

    def _client(self, message_id: str, address: str) -> _Client:
        key = (message_id, address)
        client = self._known.setdefault(key, _Client())
        self._known.move_to_end(key)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return client
