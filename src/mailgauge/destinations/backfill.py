"""Metrics after the fact: what a CloudWatch destination would have published, had it been there before, counted once.

A backfill adds the journal's entries of a configuration set from before the first version that had the destination: what
came later was published when it happened, or was not wanted. Its position commits with what it adds, so it can be broken
off and called again, and the audit counts with the same rules.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from mailgauge.base.scope import Scope
from mailgauge.destinations import accounting, publisher
from mailgauge.destinations.accounting import Accounted
from mailgauge.destinations.definitions import EventDestination, decode, encode
from mailgauge.destinations.versions import Version
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Store, Tx
from mailgauge.tsdb.engine import Engine

SCHEMA = Schema(
    "backfill",
    (
        """
        CREATE TABLE backfill (
            scope TEXT NOT NULL, configuration_set TEXT NOT NULL, digest BLOB NOT NULL, definition BLOB NOT NULL,
            first_version INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (scope, configuration_set, digest)
        )
        """,
    ),
)
BATCH = 200
"""Entries a transaction: with roll-ups, each may be dozens of samples."""

_KEY = "scope = ? AND configuration_set = ? AND digest = ?"


@dataclass(frozen=True, slots=True)
class Backfill:
    """A destination as it was when it was asked for. Entries up to ``position`` are in the metrics.

    ``first_version`` is the first of the set's versions that had a destination of this name.
    """

    scope: Scope
    configuration_set: str
    destination: EventDestination
    first_version: int
    position: int = 0

    @property
    def key(self) -> tuple[str, str, bytes]:
        """With another target it is another backfill; what they have in common is added by the first that comes by."""
        digest = blake2b(encode((replace_types(self.destination),)), digest_size=16).digest()
        return self.scope.key, self.configuration_set, digest


def replace_types(destination: EventDestination) -> EventDestination:
    """The destination without what does not decide which series it fills."""
    return EventDestination(destination.name, True, frozenset(), destination.target)


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction of a backfill: entries looked at, samples added, and how far it is."""

    entries: int
    samples: int
    position: int


def resume(tx: Tx, wanted: Backfill) -> Backfill:
    """The same at the position where it was left; what was asked for the first time stays what it is."""
    rows = tx.run(f"SELECT definition, position FROM backfill WHERE {_KEY}", wanted.key)
    if not rows:
        return wanted
    (destination,) = decode(rows[0][0])
    return replace(wanted, destination=destination, position=int(rows[0][1]))


def known(tx: Tx) -> list[Backfill]:
    """All that were begun."""
    rows = tx.run(
        "SELECT scope, configuration_set, definition, first_version, position FROM backfill ORDER BY rowid"
    )
    return [
        Backfill(Scope.from_key(scope), name, decode(blob)[0], first, position)
        for scope, name, blob, first, position in rows
    ]


def added(
    backfills: Iterable[Backfill], entry: Entry, facts: Mapping[str, Facts], versions: Mapping[int, Version]
) -> Accounted:
    """What the backfills that have passed an entry added for it: pure, for the audit and for the step below.

    Those of one destination, which was changed between them, add each sample once, whichever of them came first.
    """
    version = versions.get(entry.version) if entry.version is not None else None
    if version is None or entry.message_id is None:
        return Accounted()
    by_name: dict[str, Accounted] = {}
    for each in backfills:
        if entry.seq <= each.position and _is_of(each, entry, version):
            so_far = by_name.setdefault(each.destination.name, Accounted())
            found = _beyond(_accounted(each.destination, entry, facts, version), so_far)
            so_far.deltas += found.deltas
            so_far.drops += found.drops
    return Accounted(
        [delta for each in by_name.values() for delta in each.deltas],
        [drop for each in by_name.values() for drop in each.drops],
    )


def _is_of(backfill: Backfill, entry: Entry, version: Version) -> bool:
    of_set = (entry.scope, version.name) == (backfill.scope, backfill.configuration_set)
    return of_set and version.id < backfill.first_version


def _accounted(
    destination: EventDestination, entry: Entry, facts: Mapping[str, Facts], version: Version
) -> Accounted:
    """What the destination adds to that which the version published."""
    both = replace(version, destinations=(*version.destinations, destination))
    return _beyond(
        accounting.account(entry, facts, {version.id: both}),
        accounting.account(entry, facts, {version.id: version}),
    )


def _beyond(more: Accounted, there: Accounted) -> Accounted:
    """What is in one and not in the other, as often as it is not."""
    deltas, drops = Counter(each.series for each in there.deltas), Counter(there.drops)
    result = Accounted()
    for delta in more.deltas:
        deltas[delta.series] -= 1
        if deltas[delta.series] < 0:
            result.deltas.append(delta)
    for drop in more.drops:
        drops[drop] -= 1
        if drops[drop] < 0:
            result.drops.append(drop)
    return result


async def step(
    mail: Store, metrics: Store, engine: Engine, wanted: Backfill, *, upto: int, now: float
) -> Step:
    """The next entries of the journal up to ``upto``, in one transaction of the metrics database; none when it is done."""
    begun, before = await metrics.read(lambda tx: (resume(tx, wanted), known(tx)))
    entries, facts, versions = await mail.read(lambda tx: publisher.read_batch(tx, begun.position, BATCH))
    entries = [entry for entry in entries if entry.seq <= upto]
    if not entries:
        return Step(0, 0, begun.position)
    last = replace(begun, position=entries[-1].seq)
    after = [each for each in before if each.key != begun.key] + [last]
    found = [
        _beyond(added(after, entry, facts, versions), added(before, entry, facts, versions))
        for entry in entries
    ]
    is_ours = await metrics.write(lambda tx: _commit(tx, engine, before, last, found=found, now=now))
    samples = sum(len(each.deltas) for each in found) if is_ours else 0
    return Step(len(entries), samples, last.position)


def _commit(
    tx: Tx,
    engine: Engine,
    before: Sequence[Backfill],
    last: Backfill,
    *,
    found: Sequence[Accounted],
    now: float,
) -> bool:
    """False when somebody else was here meanwhile."""
    if known(tx) != before:
        return False
    engine.apply(tx, (delta for each in found for delta in each.deltas), now)
    publisher.count_drops(tx, (drop for each in found for drop in each.drops))
    tx.run(
        "INSERT INTO backfill (scope, configuration_set, digest, definition, first_version, position)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (scope, configuration_set, digest) DO UPDATE SET position = excluded.position",
        (*last.key, encode((last.destination,)), last.first_version, last.position),
    )
    return True


def end(tx: Tx) -> int:
    """Up to where a backfill that begins now goes: what comes later is published as it happens."""
    return journal.head(tx)
