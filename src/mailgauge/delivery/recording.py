"""What came of attempts, written down: rows, events and transcript of one in one transaction, with others' that end together."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailgauge.base.clock import Clock
from mailgauge.base.scope import Scope
from mailgauge.delivery import outcomes, queue, transcripts
from mailgauge.delivery.commits import Commits
from mailgauge.delivery.leasing import BATCH, by_message
from mailgauge.delivery.outcomes import Attempted
from mailgauge.delivery.row import Row
from mailgauge.delivery.transcripts import Attempt
from mailgauge.events import journal
from mailgauge.store.transaction import Tx

log = logging.getLogger(__name__)

AGAIN = 1.0
"""Seconds after which is written once more what the store did not take."""

VersionInForce = Callable[[Tx, Scope, str | None], int | None]
"""Which configuration-set version an event of a message sent with that set is journalled with."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one transaction. ``trouble`` is the site's, in words; ``turned_away`` are those that the server wants in
    another transaction.
    """

    attempted: Attempted
    transcript: Sequence[Attempt] = ()
    trouble: str = ""
    turned_away: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Recorder:
    """``host`` is our name in events, ``pauses`` the retry schedule's."""

    commits: Commits
    clock: Clock
    host: str
    pauses: tuple[float, ...]
    version_in_force: VersionInForce

    async def record(self, rows: list[Row], result: Result, until: float) -> None:
        """What came of an attempt is known nowhere else. A full disk may have room again before the rows are somebody
        else's; forgotten, the message would be delivered once more.
        """
        while True:
            try:
                return await self.commits.write(lambda tx: self.settle(tx, rows, result))
            except Exception:
                if self.clock.monotonic() + AGAIN >= until:
                    raise
                log.exception("outcome not written yet", extra={"message_id": rows[0].message_id})
                await asyncio.sleep(AGAIN)

    def settle(self, tx: Tx, rows: list[Row], result: Result) -> None:
        """The same in a transaction that is there already. The rows are of one message."""
        first, attempted = rows[0], result.attempted
        version = self.version_in_force(tx, first.scope, first.configuration_set)
        resolution = outcomes.resolve(rows, attempted, version, self.host, self.pauses)
        queue.finish(tx, resolution.done)
        for due, row in resolution.retry:
            queue.defer(tx, [row], due)
        transcripts.add(tx, result.transcript)
        if not first.is_system:
            for entry in resolution.entries:
                journal.append(tx, entry)
        if resolution.done:
            queue.note_if_finished(tx, first.message_id, attempted.now)

    def overdue(self, tx: Tx, site: str, limit: int) -> list[Row]:
        """What stands in a site's line for longer than it may."""
        now, monotonic = self.clock.now(), self.clock.monotonic()
        return queue.overdue(tx, site, now=now, monotonic=monotonic, limit=limit)

    def give_up(self, tx: Tx, site: str, trouble: str) -> None:
        """Bounces it, for what the site's trouble is."""
        failed = Result(Attempted(self.clock.now(), {}, trouble or "the receiving site takes no more mail"))
        for rows in by_message(self.overdue(tx, site, BATCH)):
            self.settle(tx, rows, failed)

    async def line_up(self, rows: list[Row], site: str) -> None:
        await self.commits.write(lambda tx: queue.line_up(tx, rows, site))

    async def release(self, rows: list[Row]) -> None:
        await self.commits.write(lambda tx: queue.release(tx, rows))

    async def try_again(self, rows: list[Row]) -> None:
        """After an attempt of which nothing could be written down."""
        due = self.clock.now() + self.pauses[0]
        await self.commits.write(lambda tx: queue.defer(tx, rows, due))
