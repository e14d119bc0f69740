"""How far the dispatcher is, and what it has published and dropped, by destination. Tables and values, no rules."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.destinations.notices import Outcome, Recipient
from mailgauge.events.entry import SHARD
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

SCHEMA = Schema(
    "dispatcher",
    (
        # Events from before there were topics are nobody's news.
        """
        CREATE TABLE dispatched (shard INTEGER PRIMARY KEY, since INTEGER NOT NULL, seq INTEGER NOT NULL);
        INSERT INTO dispatched (shard, since, seq) SELECT shard, seq, seq FROM journal_head;
        CREATE TABLE notified (
            scope TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, outcome TEXT NOT NULL,
            count INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (scope, version, name, outcome)
        ) WITHOUT ROWID;
        CREATE INDEX notified_dropped ON notified (last) WHERE outcome <> 'published'
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class Count:
    """``last`` is when there was the last one, in milliseconds."""

    recipient: Recipient
    outcome: Outcome
    count: int
    last: int


def position(tx: Tx) -> int:
    """The last entry that was looked at for topics."""
    [(seq,)] = tx.run("SELECT seq FROM dispatched WHERE shard = ?", (SHARD,))
    return int(seq)


def since(tx: Tx) -> int:
    """The last entry that was there before the dispatcher: it looked at none up to it."""
    [(seq,)] = tx.run("SELECT since FROM dispatched WHERE shard = ?", (SHARD,))
    return int(seq)


def move(tx: Tx, seq: int) -> None:
    tx.run("UPDATE dispatched SET seq = ? WHERE shard = ?", (seq, SHARD))


def add(tx: Tx, outcomes: Iterable[tuple[Recipient, Outcome]], now: float) -> None:
    tx.many(
        "INSERT INTO notified (scope, version, name, outcome, count, last) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (scope, version, name, outcome) DO UPDATE SET count = count + excluded.count, last = excluded.last",
        [
            (who.scope.key, who.version, who.name, outcome, count, round(now * 1000))
            for (who, outcome), count in Counter(outcomes).items()
        ],
    )


def totals(tx: Tx) -> tuple[int, int]:
    """How many notices were published, and how many dropped."""
    rows = tx.run("SELECT outcome, sum(count) FROM notified GROUP BY outcome")
    published = sum(count for outcome, count in rows if outcome == Outcome.PUBLISHED)
    return published, sum(count for _, count in rows) - published


def counts(tx: Tx) -> list[Count]:
    """All that was counted."""
    return [
        _count(row)
        for row in tx.run(
            "SELECT scope, version, name, outcome, count, last FROM notified ORDER BY scope, version, name, outcome"
        )
    ]


def dropped_since(tx: Tx, time: float, limit: int) -> list[Count]:
    """Of those that lost something behind a time, in seconds, the latest."""
    return [
        _count(row)
        for row in tx.run(
            "SELECT scope, version, name, outcome, count, last FROM notified WHERE outcome <> 'published' AND last > ?"
            " ORDER BY last DESC LIMIT ?",
            (round(time * 1000), limit),
        )
    ]


def _count(row: tuple[str, int, str, str, int, int]) -> Count:
    scope, version, name, outcome, count, last = row
    return Count(Recipient(Scope.from_key(scope), version, name), Outcome(outcome), count, last)
