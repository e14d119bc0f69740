"""How many deliveries go to one place at once, and how many a second to one subscription. Pure: a slow place holds up no other.

What a place has no room for is put off to about the time when there will be some, so that nobody waits in memory.
"""

from dataclasses import dataclass, field
from typing import Final

AT_ONCE: Final = 20
"""Deliveries to one place."""
NEAR: Final = 30.0
"""Seconds for which room is given away ahead."""
FAR: Final = 600.0
"""Nothing is put off by more seconds, since a place may become quick again."""
_SPARE: Final = 8
"""How many times as many come back as there will be room for: it may be there earlier than it seems."""
_SHORTEST: Final = 0.05
_TOLERANCE: Final = 0.002
"""Seconds: times are kept in thousandths, so that one may come a little early."""
_MOST_THROTTLES: Final = 10_000


@dataclass(slots=True)
class _Line:
    """Of those who come again, each ``distance`` seconds behind the one before: when, as far as that can be told, or later."""

    booked: float = 0.0
    later: float = 0.0

    def book(self, free: float, distance: float, now: float) -> float:
        self.booked = max(self.booked, free, now) + distance
        if self.booked <= now + NEAR:
            return max(self.booked, now + _SHORTEST)
        self.booked = now + NEAR
        self.later = min(max(self.later, now + NEAR) + distance / _SPARE, now + FAR)
        return self.later


@dataclass(slots=True)
class _Place:
    line: _Line = field(default_factory=_Line)
    running: int = 0
    usual: float = 0.1
    """Seconds that a delivery takes, of late."""
    moved: float = 0.0
    """When the last one ended, or the first began."""

    def expected(self, now: float) -> float:
        """Seconds that a delivery takes: at least as long as none has ended."""
        return max(self.usual, now - self.moved)


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
        there = self._places.setdefault(place, _Place(moved=now))
        if there.running >= self.at_once:
            return there.line.book(now, there.expected(now) / self.at_once, now)
        if per_second and (when := self._throttled(subscription, 1 / per_second, now)) is not None:
            return when
        there.running += 1
        return None

    def end(self, place: str, seconds: float, now: float) -> None:
        """It took so long."""
        there = self._places[place]
        there.running -= 1
        there.moved = now
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
