"""Dashboards in the metrics database. They belong to an account and have no Region."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from mailgauge.base.scope import Scope
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Row, Tx

SCHEMA = Schema(
    "dashboards",
    (
        """
        CREATE TABLE dashboard (
            account TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, modified INTEGER NOT NULL, tags BLOB NOT NULL,
            PRIMARY KEY (account, name)
        )
        """,
    ),
)

Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """``body`` as it was put; ``modified`` in milliseconds."""

    account: str
    name: str
    body: str
    modified: int
    tags: Tags = ()

    @property
    def size(self) -> int:
        return len(self.body.encode())


def arn_of(scope: Scope, name: str) -> str:
    return f"{arn_prefix(scope)}{name}"


def arn_prefix(scope: Scope) -> str:
    """Of the ARNs of an account's dashboards, which have no Region."""
    return f"arn:{scope.partition}:cloudwatch::{scope.account}:dashboard/"


def put(tx: Tx, dashboard: Dashboard) -> None:
    """Makes it, or replaces body and time of the one of this name."""
    tx.run(
        "INSERT INTO dashboard (account, name, body, modified, tags) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (account, name) DO UPDATE SET body = excluded.body, modified = excluded.modified",
        (dashboard.account, dashboard.name, dashboard.body, dashboard.modified, orjson.dumps(dashboard.tags)),
    )


def get(tx: Tx, account: str, name: str) -> Dashboard | None:
    sql = "SELECT account, name, body, modified, tags FROM dashboard WHERE account = ? AND name = ?"
    rows = tx.run(sql, (account, name))
    return _dashboard(rows[0]) if rows else None


def page(tx: Tx, account: str, prefix: str, after: str, limit: int) -> list[Dashboard]:
    """By name, behind ``after``."""
    sql = (
        "SELECT account, name, body, modified, tags FROM dashboard"
        " WHERE account = ? AND name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?"
    )
    return [_dashboard(row) for row in tx.run(sql, (account, after, len(prefix), prefix, limit))]


def missing(tx: Tx, account: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if get(tx, account, name) is None]


def delete(tx: Tx, account: str, names: Sequence[str]) -> None:
    tx.many("DELETE FROM dashboard WHERE account = ? AND name = ?", [(account, name) for name in names])


def set_tags(tx: Tx, dashboard: Dashboard, tags: Tags) -> None:
    sql = "UPDATE dashboard SET tags = ? WHERE account = ? AND name = ?"
    tx.run(sql, (orjson.dumps(tags), dashboard.account, dashboard.name))


def _dashboard(row: Row) -> Dashboard:
    account, name, body, modified, tags = row
    return Dashboard(account, name, body, modified, tuple((key, value) for key, value in orjson.loads(tags)))
