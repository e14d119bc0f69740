"""The metrics publisher: the journal's consumer that turns entries into aggregates, each exactly once.

Its position and what it adds commit in one transaction of the metrics database. It applies rules, it has none of its own.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence

from mailgauge.base.clock import Clock
from mailgauge.base.scope import Scope
from mailgauge.destinations import accounting, versions
from mailgauge.destinations.accounting import Accounted, Drop
from mailgauge.destinations.tally import Tally
from mailgauge.destinations.versions import Version
from mailgauge.events import journal
from mailgauge.events.entry import SHARD, Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Store, Tx
from mailgauge.tsdb.engine import Engine

SCHEMA = Schema(
    "publisher",
    (
        """
        CREATE TABLE position (consumer TEXT NOT NULL, shard INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (consumer, shard));
        CREATE TABLE dropped (
            scope TEXT NOT NULL, version INTEGER NOT NULL, destination TEXT NOT NULL, reason TEXT NOT NULL,
            count INTEGER NOT NULL, PRIMARY KEY (scope, version, destination, reason)
        )
        """,
    ),
)
CONSUMER = "metrics"
BATCH = 500
"""Entries a transaction, and datums in them: few enough that even as many different series keep the writer for less
than 20 ms.
"""
PAUSE = 0.2
"""Seconds between looks at a journal that has less than a batch: entries that are published together share their facts
and their series. With the work itself well under the second that is promised.
"""

Batch = tuple[list[Entry], dict[str, Facts], dict[int, Version]]


class Publisher:
    """Publishes from the committed position on. ``run`` goes on for ever; ``publish`` handles what is there now.

    ``tally`` is told what was published.
    """

    def __init__(
        self, mail: Store, metrics: Store, engine: Engine, clock: Clock, tally: Tally | None = None
    ) -> None:
        self._tally = tally
        self._mail = mail
        self._metrics = metrics
        self._engine = engine
        self._clock = clock

    async def run(self) -> None:
        while True:
            if await self.publish() < BATCH:
                await asyncio.sleep(PAUSE)

    async def catch_up(self) -> None:
        """Publishes all that was journalled before the call."""
        head = await self._mail.read(journal.head)
        while await self._metrics.read(position) < head and await self.publish():
            pass

    async def publish(self) -> int:
        """Publishes the next batch and returns how many entries it held."""
        after = await self._metrics.read(position)
        entries, facts, known = await self._mail.read(lambda tx: read_batch(tx, after, BATCH))
        if not entries:
            return 0
        accounted = [accounting.account(entry, facts, known) for entry in entries]
        last = entries[-1].seq
        is_ours = await self._metrics.write(lambda tx: self._commit(tx, after, last, accounted))
        if is_ours and self._tally is not None:
            self._tally.add(delta for each in accounted for delta in each.deltas)
        return len(entries)

    def _commit(self, tx: Tx, after: int, last: int, accounted: Sequence[Accounted]) -> bool:
        if position(tx) != after:  # another publisher was here: its transaction has counted these entries
            return False
        self._engine.apply(tx, (delta for each in accounted for delta in each.deltas), self._clock.now())
        count_drops(tx, (drop for each in accounted for drop in each.drops))
        tx.run(
            "INSERT INTO position (consumer, shard, seq) VALUES (?,?,?)"
            " ON CONFLICT (consumer, shard) DO UPDATE SET seq = excluded.seq",
            (CONSUMER, SHARD, last),
        )
        return True


def position(tx: Tx) -> int:
    """The last entry that is in the metrics."""
    found = tx.run("SELECT seq FROM position WHERE consumer = ? AND shard = ?", (CONSUMER, SHARD))
    return int(found[0][0]) if found else 0


def count_drops(tx: Tx, drops: Iterable[Drop]) -> None:
    for drop, count in Counter(drops).items():
        tx.run(
            "INSERT INTO dropped (scope, version, destination, reason, count) VALUES (?,?,?,?,?)"
            " ON CONFLICT (scope, version, destination, reason) DO UPDATE SET count = count + excluded.count",
            (drop.scope.key, drop.version, drop.destination, drop.reason, count),
        )


def dropped(tx: Tx) -> dict[Drop, int]:
    """What rules kept out of the metrics, by destination and reason."""
    rows = tx.run("SELECT scope, version, destination, reason, count FROM dropped")
    return {
        Drop(Scope.from_key(scope), version, name, reason): count
        for scope, version, name, reason, count in rows
    }


def read_batch(tx: Tx, after: int, limit: int) -> Batch:
    """The entries behind a position, with the facts and the configuration-set versions they refer to."""
    entries = journal.read(tx, after, _fitting(journal.weights(tx, after, limit), limit))
    return entries, *context(tx, entries)


def _fitting(weights: Sequence[tuple[Kind, int]], most: int) -> int:
    """How many entries make up a batch, at least one: an event is one sample or a few, metric data hundreds of datums."""
    datums = 0
    for number, (kind, weight) in enumerate(weights):
        datums += weight if kind is Kind.METRIC_DATA else 1
        if datums > most:
            return max(number, 1)
    return len(weights)


def context(tx: Tx, entries: Sequence[Entry]) -> tuple[dict[str, Facts], dict[int, Version]]:
    """Facts and versions for entries; facts only of messages with a version, since account metrics need none."""
    known = versions.load(tx, sorted({e.version for e in entries if e.version is not None}))
    messages = {e.message_id for e in entries if e.message_id is not None and e.version is not None}
    return journal.get_facts(tx, sorted(messages)), known
