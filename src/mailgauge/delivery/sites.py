"""How much a receiving site gets at once: its connections, its messages a second, and less of both while it has trouble.

As TCP does it: a slow start, then additive increase and multiplicative decrease; and pauses, once a single connection is
still too much. Pure: the time is handed in, in seconds, and nothing here knows messages.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
"""Seconds that a site is left alone; each pause is twice as long as the one before."""
REMEMBERED = 3600.0
"""Seconds after its last attempt for which a site's trouble is remembered."""
LEARNT = 60.0
"""The same for how much a site without trouble was found to take."""
FIRST = 5
"""The part of its connections that a site gets at first: many sites that stand still are not to hold everything."""
SHUNNED = 300.0
"""Seconds that a host that could not be reached stands behind the other hosts of its site."""

ON_THIS_MACHINE = 48
"""Connections at once to a server of our own: to nobody else that many would be polite."""


class Limits(Protocol):
    """What a route says of its site; None leaves it to what holds for all."""

    @property
    def site(self) -> str: ...
    @property
    def most_connections(self) -> int | None: ...
    @property
    def most_per_second(self) -> float | None: ...


@dataclass(slots=True)
class Site:
    """One site: what it may get now. ``most_per_second`` 0 is no limit.

    Some attempts may wait in memory, so that a slot that gets free is taken at once. ``has_line`` says that rows may
    stand in the site's line in the store.
    """

    key: str
    most: int
    most_per_second: float = 0.0
    window: float = 0.0
    under_way: int = 0
    waiting: int = 0
    has_line: bool = False
    trouble: str = ""
    """What the site's last trouble was, until it takes mail again."""
    _has_had_trouble: bool = False
    _ended_at: float = 0.0
    _paused_until: float = 0.0
    _pause: float = 0.0
    _begun: int = 0
    _begun_at_cut: int = 0
    _tokens: float = 1.0
    _counted_at: float = -inf
    _shunned: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.window = self.window or float(self.most)

    def limit(self, most: int, most_per_second: float) -> None:
        """Limits that may be others than before."""
        if (most, most_per_second) != (self.most, self.most_per_second):
            full = self.window >= self.most
            self.most, self.most_per_second = most, most_per_second
            self.window = float(most) if full else min(self.window, float(most))

    def may_begin(self, now: float) -> bool:
        return self._slots(now) >= 1 and self._has_token(now)

    def may_take(self, now: float) -> int:
        """For how many attempts rows may be leased: what can begin, and a few that wait for a slot."""
        if self._is_paused(now):
            return 0
        free = self._slots(now) - self.waiting
        if self.most_per_second:
            return max(min(free, int(self._tokens_at(now))), 0)
        return max(free + self._ahead(), 0)

    def may_wait(self, now: float) -> bool:
        """Whether one more attempt may wait in memory, until a slot is free."""
        return self.lets_wait(now) and self.waiting < self._ahead()

    def lets_wait(self, now: float) -> bool:
        """Whether a slot will be free as soon as an attempt ends: not where pauses or a rate decide."""
        return not self.most_per_second and not self._is_paused(now)

    def wants_more(self, now: float) -> bool:
        """Whether it is time to lease from the line: not for each slot that gets free."""
        enough = 1 if self.most_per_second else max(int(self.window) // 2, 1)
        return self.has_line and self.may_take(now) >= enough

    def begin(self, now: float) -> int:
        """Takes a slot; what it returns is for ``end``."""
        self.under_way += 1
        self._begun += 1
        if self.most_per_second:
            self._tokens = self._tokens_at(now) - 1
            self._counted_at = now
        return self._begun

    def end(self, now: float, number: int, trouble: str) -> None:
        """The attempt of that number has ended; ``trouble`` is what it met, in words."""
        self.under_way -= 1
        self._ended_at = now
        if not trouble:
            more = 1 / self.window if self._has_had_trouble else 1.0
            self.window = min(self.window + more, float(self.most))
            self._pause, self.trouble = 0.0, ""
            return
        self.trouble, self._has_had_trouble = trouble, True
        # Attempts that were under way together have met the same trouble: it counts once.
        if number <= self._begun_at_cut:
            return
        self._begun_at_cut = self._begun
        if self.window > 1:
            self.window = max(self.window / 2, 1.0)
            return
        self._pause = min(self._pause * 2, LONGEST_PAUSE) if self._pause else FIRST_PAUSE
        self._paused_until = now + self._pause

    def ready_at(self, now: float) -> float:
        """When the next attempt may begin, as far as pauses and the rate decide; ``now`` when they don't stand in the way."""
        if self._is_paused(now):
            return self._paused_until
        if not self._has_token(now):
            return now + (1 - self._tokens_at(now)) / self.most_per_second
        return now

    def is_at_rest(self, now: float) -> bool:
        """Whether there is nothing to remember of it, or nothing that would still hold."""
        if self.under_way or self.waiting or self.has_line:
            return False
        return now - self._ended_at >= REMEMBERED or (
            now - self._ended_at >= LEARNT
            and not self.trouble
            and (self.window >= self.most or not self._has_had_trouble)
            and not any(until > now for until in self._shunned.values())
            and (not self.most_per_second or self._tokens_at(now) >= self._bucket())
        )

    def shun(self, host: str, now: float) -> None:
        """Remembers that a host could not be reached."""
        self._shunned[host] = now + SHUNNED

    def meet(self, host: str) -> None:
        self._shunned.pop(host, None)

    def is_shunned(self, host: str, now: float) -> bool:
        return self._shunned.get(host, 0.0) > now

    def _slots(self, now: float) -> int:
        return 0 if self._is_paused(now) else int(self.window) - self.under_way

    def _ahead(self) -> int:
        return int(self.window)

    def _is_paused(self, now: float) -> bool:
        # A clock that was set back must not make a pause longer than it was meant to be.
        return now < self._paused_until <= now + self._pause

    def _has_token(self, now: float) -> bool:
        return not self.most_per_second or self._tokens_at(now) >= 1

    def _tokens_at(self, now: float) -> float:
        passed = max(now - self._counted_at, 0.0)
        return min(self._tokens + passed * self.most_per_second, self._bucket())

    def _bucket(self) -> float:
        """What of a second's messages may go at once, after a rest."""
        return max(self.most_per_second, 1.0)


class Sites:
    """Those that there is something to remember of. ``most`` and ``most_per_second`` hold where a route says nothing."""

    def __init__(self, most: int, most_per_second: float = 0.0) -> None:
        self._most = most
        self._most_per_second = most_per_second
        self._known: dict[str, Site] = {}
        self._lined: dict[str, Site] = {}

    def __iter__(self) -> Iterator[Site]:
        return iter(list(self._known.values()))

    def lined(self) -> list[Site]:
        """Those in whose lines rows may stand."""
        return list(self._lined.values())

    def named(self, key: str) -> Site:
        """By its key alone, as a row in its line has it: where it leads is known when the row is routed."""
        return self._known.get(key) or self._new(key, self._most, self._most_per_second)

    def note_line(self, key: str, *, is_there: bool = True) -> Site:
        """Whether rows may stand in a site's line."""
        site = self.named(key)
        site.has_line = is_there
        if is_there:
            self._lined[key] = site
        else:
            self._lined.pop(key, None)
        return site

    def of(self, route: Limits) -> Site:
        most = self._most if route.most_connections is None else route.most_connections
        per_second = self._most_per_second if route.most_per_second is None else route.most_per_second
        site = self._known.get(route.site) or self._new(route.site, most, per_second)
        site.limit(most, per_second)
        return site

    def sweep(self, now: float) -> None:
        """Forgets those that there is nothing to remember of."""
        for site in self:
            if site.is_at_rest(now):
                del self._known[site.key]

    def _new(self, key: str, most: int, most_per_second: float) -> Site:
        site = Site(key, most, most_per_second, window=float(min(max(most // FIRST, 2), most)))
        self._known[key] = site
        return site
