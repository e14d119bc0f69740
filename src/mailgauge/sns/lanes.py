"""How many deliveries go to one place at once, and how many a second to one subscription. Pure: a slow place holds up no other.

What a place has no room for is put off to about the time when there will be some, so that nobody waits in memory.
"""

from dataclasses import dataclass, field
from typing import Final

AT_ONCE: Final = 20
"""Deliveries to one place."""
LATEST: Final = 30.0
"""Seconds: nothing is put off by more, since a place may become quick again."""
_SHORTEST: Final = 0.05
_TOLERANCE: Final = 0.002
"""Seconds: times are kept in thousandths, so that one may come a little early."""
_MOST_THROTTLES: Final = 10_000


@dataclass(slots=True)
class _Line:
    """Of those who come again: each is told a later time, ``distance`` seconds behind the one before."""

    booked: float = 0.0

    def book(self, free: float, distance: float, now: float) -> float:
        self.booked = max(self.booked, free, now) + distance
        return min(max(self.booked, now + _SHORTEST), now + LATEST)


@dataclass(slots=True)
class _Place:
    line: _Line = field(default_factory=_Line)
    running: int = 0
    usual: float = 0.1
    """Seconds that a delivery takes, of late."""


@dataclass(slots=True)
class _Throttle:
    line: _Line = field(default_factory=_Line)
    free: float = 0.0
    """When the next may begin."""


@dataclass(slots=True)
class Lanes:
    """Times are seconds of one clock, whichever it is."""

    at_once: int = AT_ONCE
    _places: dict[str, _Place] = field(default_factory=dict)
    _throttles: dict[str, _Throttle] = field(default_factory=dict)

    def take(self, place: str, subscription: str, per_second: float | None, now: float) -> float | None:
        """None: it may begin, and ``end`` has to follow. Otherwise when to come again."""
        there = self._places.setdefault(place, _Place())
        if there.running >= self.at_once:
            return there.line.book(now, there.usual / self.at_once, now)
        if per_second and (when := self._throttled(subscription, 1 / per_second, now)) is not None:
            return when
        there.running += 1
        return None

    def end(self, place: str, seconds: float) -> None:
        """It took so long."""
        there = self._places[place]
        there.running -= 1
        there.usual += (seconds - there.usual) / 8
        if not there.running:
            del self._places[place]

    def _throttled(self, subscription: str, distance: float, now: float) -> float | None:
        if len(self._throttles) >= _MOST_THROTTLES:
            self._throttles = {each: kept for each, kept in self._throttles.items() if kept.free > now}
        there = self._throttles.setdefault(subscription, _Throttle())
        if there.free > now + _TOLERANCE:
            return there.line.book(there.free - distance, distance, now)
        there.free = max(there.free, now) + distance
        return None
