"""Immutable versions of configuration sets: the destinations as they were when an event was journalled.

A journal entry names the version in force, so a recount applies the rules that applied then. Versions outlive their
set and are never changed; which one is current is the set's own affair (``ses.configuration_sets``).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.destinations.definitions import EventDestination, SnsTarget, decode, encode
from mailgauge.events.kinds import Kind
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

SCHEMA = Schema(
    "destinations",
    (
        """
        CREATE TABLE configuration_set_version (
            id INTEGER PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
            definition BLOB NOT NULL
        );
        CREATE INDEX configuration_set_version_name ON configuration_set_version (scope, name, id)
        """,
        # The kinds of events that go to topics, as bits: asked of every entry, so it is not read out of the definition.
        """
        ALTER TABLE configuration_set_version ADD COLUMN notified INTEGER NOT NULL DEFAULT 0;
        UPDATE configuration_set_version SET notified = coalesce((
            SELECT sum(DISTINCT 1 << kind.value)
            FROM json_each(CAST(definition AS TEXT)) destination,
                json_each(destination.value, '$.event_types') kind
            WHERE destination.value ->> '$.enabled' AND destination.value ->> '$.target.type' = 'sns'
        ), 0);
        CREATE INDEX configuration_set_version_notified ON configuration_set_version (id) WHERE notified <> 0
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class Version:
    """``created`` in milliseconds."""

    id: int
    scope: Scope
    name: str
    created: int
    destinations: tuple[EventDestination, ...]


def put(tx: Tx, scope: Scope, name: str, destinations: Iterable[EventDestination], now: float) -> int:
    """Keeps a new version and returns its id; ids grow with time."""
    definition = tuple(destinations)
    [(number,)] = tx.run(
        "INSERT INTO configuration_set_version (scope, name, created, definition, notified) VALUES (?, ?, ?, ?, ?)"
        " RETURNING id",
        (scope.key, name, int(now * 1000), encode(definition), _notified(definition)),
    )
    return int(number)


def _notified(destinations: Iterable[EventDestination]) -> int:
    bits = 0
    for each in destinations:
        if each.enabled and isinstance(each.target, SnsTarget):
            for kind in each.event_types:
                bits |= 1 << kind
    return bits


def load(tx: Tx, ids: Iterable[int]) -> dict[int, Version]:
    """Those of the versions that exist, by id."""
    found = {}
    for number in set(ids):
        for scope, name, created, definition in tx.run(
            "SELECT scope, name, created, definition FROM configuration_set_version WHERE id = ?", (number,)
        ):
            found[number] = Version(number, Scope.from_key(scope), name, created, decode(definition))
    return found


def any_notifies(tx: Tx) -> bool:
    """Whether there ever was a version that publishes events to a topic."""
    return bool(tx.run("SELECT 1 FROM configuration_set_version WHERE notified <> 0 LIMIT 1"))


def notified_kinds(tx: Tx, ids: Iterable[int]) -> dict[int, frozenset[Kind]]:
    """Which events these versions publish to topics; versions that publish none to any are left out."""
    found = {}
    for number in set(ids):
        for (bits,) in tx.run("SELECT notified FROM configuration_set_version WHERE id = ?", (number,)):
            if bits:
                found[number] = frozenset(kind for kind in Kind if bits >> kind & 1)
    return found


def first_with(tx: Tx, scope: Scope, name: str, destination: str) -> int | None:
    """The first version of a configuration set that has a destination of this name."""
    rows = tx.run(
        "SELECT id, definition FROM configuration_set_version WHERE scope = ? AND name = ? ORDER BY id",
        (scope.key, name),
    )
    found = (
        int(number)
        for number, definition in rows
        if any(each.name == destination for each in decode(definition))
    )
    return next(found, None)
