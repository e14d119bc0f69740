"""The virus scan in front of the prepare stage: each message is shown to the scanner, and goes on when that has passed it.

While the scanner does not answer nothing is leased, so that everything waits and goes on at once when it is back. A message
that it does not scan waits by itself. What has waited until the end of its time bounces; nothing goes on unscanned.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Supervisor
from mailgauge.delivery import queue
from mailgauge.delivery.row import Row, Stage
from mailgauge.events import journal
from mailgauge.scan.verdict import Clean, Infected, Unavailable, Unscannable, Verdict
from mailgauge.ses import prepared_events
from mailgauge.ses.prepare import BadContent
from mailgauge.ses.preparing import HOLD, IDLE, PAUSE, Preparer, Work
from mailgauge.store.transaction import Tx

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Scans in flight. clamd has ten threads by default, and a line for those that wait."""
LARGE_AT_ONCE = 2
"""Those of large messages, which are in memory meanwhile."""
UNDER_WAY = 64
"""Messages leased at once: some wait for their turn while others are scanned and handed on."""
AGAIN = 2.0
"""Seconds until a message is scanned again at which the scanner broke off, the first time."""
PROBE = 1.0
"""Seconds between looks whether the scanner is back."""
SWEEP = 60.0
"""Seconds between looks, while it is away, whether the time of a waiting message is over."""
_OVERDUE = 100


class Scanner(Protocol):
    """``timeout`` is how many seconds a scan takes at most."""

    timeout: float

    async def scan(self, content: bytes) -> Verdict: ...

    async def unavailable(self) -> Unavailable | None:
        """None when it scans."""


@dataclass(slots=True)
class ScanWorker:
    """Does the leasing of ``preparer``, which must not run beside it."""

    preparer: Preparer
    scanner: Scanner
    clock: Clock
    tasks: Supervisor
    _under_way: int = field(init=False, default=0)
    _away: bool = field(init=False, default=False)
    _slots: asyncio.Semaphore = field(init=False, default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _large: asyncio.Semaphore = field(init=False, default_factory=lambda: asyncio.Semaphore(LARGE_AT_ONCE))

    async def run(self) -> None:
        while True:
            if self._away:
                await self._until_back()
            if not await self.scan_due():
                await self.preparer.woken.wait(IDLE)

    async def scan_due(self) -> int:
        """Starts a scan of each message that is due, and returns how many."""
        room = UNDER_WAY - self._under_way
        if self._away or room <= 0:
            return 0
        leased = await self.preparer.lease(room, HOLD + self.scanner.timeout + HOLD)
        until = self.clock.monotonic() + HOLD
        for work in leased:
            self._under_way += 1
            self.tasks.spawn(f"scan {work.row.message_id}", self._take_turn(work, until))
        return len(leased)

    async def _take_turn(self, work: Work, until: float) -> None:
        """Scans begin by ``until``: they must end within the lease, or somebody else would prepare the message as well."""
        try:
            async with self._large if work.content is None else self._slots:
                if self._away or self.clock.monotonic() > until:
                    await self._release(work)
                else:
                    await self._scan(await self.preparer.whole(work))
        except Exception:
            await self.preparer.put_off(work)
            raise
        finally:
            self._under_way -= 1
            if self._under_way == UNDER_WAY - 1:  # there is room again
                self.preparer.woken.set()

    async def _scan(self, work: Work) -> None:
        verdict = await self._verdict(work)
        match verdict:
            case Clean():
                await self.preparer.prepare([work])
            case Infected():
                log.info("message rejected", extra={"message_id": work.row.message_id, "found": verdict.name})
                await self.preparer.prepare([replace(work, prepared=BadContent())])
            case Unscannable():
                log.warning(
                    "message can't be scanned and waits",
                    extra={"message_id": work.row.message_id, "reason": verdict.reason},
                )
                await self.preparer.put_off(work)
            case Unavailable():
                self._gone(verdict.reason)
                # It may be this message that the scanner breaks down at, so it has to stand back behind the others.
                due = self.clock.now() + min(AGAIN * 2.0**work.row.attempts, PAUSE)
                await self.preparer.store.write(lambda tx: queue.defer(tx, [work.row], due))

    async def _release(self, work: Work) -> None:
        await self.preparer.store.write(lambda tx: queue.release(tx, [work.row]))

    async def _verdict(self, work: Work) -> Verdict:
        # Mail of the service itself is made of nothing that a stranger sent.
        if work.content is None or work.facts is None or work.row.is_system:
            return Clean()
        return await self.scanner.scan(work.content)

    def _gone(self, reason: str) -> None:
        if not self._away:
            log.error("virus scanner unavailable: accepted mail waits", extra={"reason": reason})
        self._away = True

    async def _until_back(self) -> None:
        begun = swept = self.clock.monotonic()
        while await self.scanner.unavailable():
            if self.clock.monotonic() >= swept:
                await self._give_up_overdue()
                swept = self.clock.monotonic() + SWEEP
            await asyncio.sleep(PROBE)
        self._away = False
        seconds = round(self.clock.monotonic() - begun)
        log.info("virus scanner is back: mail goes on", extra={"seconds": seconds})

    async def _give_up_overdue(self) -> None:
        store, now, monotonic = self.preparer.store, self.clock.now(), self.clock.monotonic()
        while overdue := await store.read(
            lambda tx: queue.out_of_time(tx, Stage.PREPARE, now=now, monotonic=monotonic, limit=_OVERDUE)
        ):
            await store.write(partial(_give_up, rows=overdue, now=now))


def _give_up(tx: Tx, rows: Sequence[Row], now: float) -> None:
    facts = journal.get_facts(tx, [row.message_id for row in rows])
    for row in rows:
        prepared_events.give_up(tx, row, facts.get(row.message_id), now)
