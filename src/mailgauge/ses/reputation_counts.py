"""What reputation is worked out from: sends, hard bounces and complaints, by the hour in which their message was accepted.

Counting a bounce where its message was sent keeps both of one population, so no rate is ever above one.
"""

from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.store.transaction import Tx

ACCOUNT = ""
"""Stands for the account in place of a configuration set's name."""

REPRESENTATIVE = 10_000
"""Sends that make up a representative volume; Amazon's number is not published."""

HOURS = 30 * 24
"""No further back than this, however few sends there were."""


@dataclass(frozen=True, slots=True)
class Counts:
    sends: int = 0
    bounces: int = 0
    complaints: int = 0

    @property
    def bounce_rate(self) -> float:
        """A fraction."""
        return self.bounces / self.sends if self.sends else 0.0

    @property
    def complaint_rate(self) -> float:
        return self.complaints / self.sends if self.sends else 0.0


def add(tx: Tx, scope: Scope, configuration_set: str, hour: int, counts: Counts) -> None:
    tx.run(
        "INSERT INTO reputation_hour (scope, configuration_set, hour, sends, bounces, complaints) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (scope, configuration_set, hour) DO UPDATE SET sends = reputation_hour.sends + excluded.sends,"
        " bounces = reputation_hour.bounces + excluded.bounces,"
        " complaints = reputation_hour.complaints + excluded.complaints",
        (scope.key, configuration_set, hour, counts.sends, counts.bounces, counts.complaints),
    )


def representative(tx: Tx, scope: Scope, configuration_set: str, now: float) -> Counts:
    """The newest whole hours that hold a representative volume together, or those of 30 days."""
    rows = tx.run(
        "SELECT sends, bounces, complaints FROM reputation_hour"
        " WHERE scope = ? AND configuration_set = ? AND hour > ? ORDER BY hour DESC",
        (scope.key, configuration_set, _oldest(now)),
    )
    sends = bounces = complaints = 0
    for row in rows:
        sends, bounces, complaints = sends + row[0], bounces + row[1], complaints + row[2]
        if sends >= REPRESENTATIVE:
            break
    return Counts(sends, bounces, complaints)


def counted(tx: Tx, now: float) -> list[tuple[Scope, str]]:
    """Accounts and configuration sets that have anything to work a rate out of."""
    rows = tx.run(
        "SELECT DISTINCT scope, configuration_set FROM reputation_hour WHERE hour > ?", (_oldest(now),)
    )
    return [(Scope.from_key(scope), name) for scope, name in rows]


def reset(tx: Tx, scope: Scope, configuration_set: str) -> None:
    """A fresh start."""
    tx.run(
        "DELETE FROM reputation_hour WHERE scope = ? AND configuration_set = ?",
        (scope.key, configuration_set),
    )


def forget(tx: Tx, now: float) -> None:
    """Drops the hours that no longer count."""
    tx.run("DELETE FROM reputation_hour WHERE hour <= ?", (_oldest(now),))


def _oldest(now: float) -> int:
    return int(now // 3600) - HOURS
