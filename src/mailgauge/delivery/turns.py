"""Turns at a site: who has a slot, and who waits in memory for one. How many that may be is decided in ``sites``."""

import asyncio
from collections import deque

from mailgauge.base.clock import Clock
from mailgauge.delivery.sites import Site


class Turns:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[str, deque[asyncio.Future[int | None]]] = {}

    async def take(self, site: Site) -> int | None:
        """A slot, now or in a while, as a number for ``give_back``; None when the site has no room."""
        now = self._clock.now()
        if site.may_begin(now):
            return site.begin(now)
        if not site.may_wait(now):
            return None
        turn: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(site.key, deque()).append(turn)
        site.waiting += 1
        return await turn

    def give_back(self, site: Site, number: int, trouble: str) -> None:
        """Ends an attempt; who waits goes on, or hears that there is no room any more."""
        now = self._clock.now()
        site.end(now, number, trouble)
        waiting = self._waiting.get(site.key, deque())
        while waiting and (site.may_begin(now) or not site.lets_wait(now)):
            turn = waiting.popleft()
            site.waiting -= 1
            if not turn.done():
                turn.set_result(site.begin(now) if site.may_begin(now) else None)
        if not waiting:
            self._waiting.pop(site.key, None)
