"""Immutable versions of configuration sets: the destinations as they were when an event was journalled.

A journal entry names the version in force, so a recount applies the rules that applied then. Versions outlive their
set and are never changed; which one is current is the set's own affair (``ses.configuration_sets``).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.destinations.definitions import EventDestination, decode, encode
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
    [(number,)] = tx.run(
        "INSERT INTO configuration_set_version (scope, name, created, definition) VALUES (?, ?, ?, ?) RETURNING id",
        (scope.key, name, int(now * 1000), encode(tuple(destinations))),
    )
    return int(number)


def load(tx: Tx, ids: Iterable[int]) -> dict[int, Version]:
    """Those of the versions that exist, by id."""
    found = {}
    for number in set(ids):
        for scope, name, created, definition in tx.run(
            "SELECT scope, name, created, definition FROM configuration_set_version WHERE id = ?", (number,)
        ):
            found[number] = Version(number, Scope.from_key(scope), name, created, decode(definition))
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
