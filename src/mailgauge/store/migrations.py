"""Numbered migrations: each package brings its tables as a list of steps, and the store remembers which were applied.

A step that was released is never edited; a change is a new step at the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mailgauge.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one package: ``steps[n]`` is migration n+1, one or several SQL statements separated by ``;``."""

    name: str
    steps: tuple[str, ...]


class NewerStoreError(Exception):
    """The database was written by a newer release than this one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the tables of one package are: ``done`` steps are applied, this release knows ``known``."""

    name: str
    done: int
    known: int


def standings(tx: Tx, schemas: Iterable[Schema]) -> list[Standing]:
    """What ``migrate`` would find. Nothing is applied where no release has ever been."""
    is_new = not tx.run("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_step'")
    applied = {} if is_new else applied_steps(tx)
    return [Standing(each.name, applied.get(each.name, 0), len(each.steps)) for each in schemas]


def migrate(tx: Tx, schemas: Iterable[Schema]) -> list[str]:
    """Applies what is missing and returns its names (``events 1``). Runs in one transaction."""
    tx.run(
        "CREATE TABLE IF NOT EXISTS schema_step (name TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (name, step))"
    )
    applied = []
    for schema in schemas:
        [(done,)] = tx.run("SELECT coalesce(max(step), 0) FROM schema_step WHERE name = ?", (schema.name,))
        if done > len(schema.steps):
            raise NewerStoreError(
                f"the tables of {schema.name!r} are at step {done}, this release knows {len(schema.steps)}: "
                "start the release that wrote them, or a newer one"
            )
        for number, step in enumerate(schema.steps[done:], start=done + 1):
            for statement in filter(None, (s.strip() for s in step.split(";"))):
                tx.run(statement)
            tx.run("INSERT INTO schema_step (name, step) VALUES (?, ?)", (schema.name, number))
            applied.append(f"{schema.name} {number}")
    return applied


def applied_steps(tx: Tx) -> dict[str, int]:
    """The newest step of each package's tables that the database has."""
    return dict(tx.run("SELECT name, max(step) FROM schema_step GROUP BY name"))
