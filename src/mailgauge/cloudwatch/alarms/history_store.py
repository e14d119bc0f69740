"""The history of alarms in the metrics database: added to, listed, and dropped after thirty days."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.history import AlarmType, Item, ItemType
from mailgauge.store.transaction import Tx

KEPT_MS: Final = 30 * 86400 * 1000

Position = tuple[int, int]
"""Time and number of an item: where a page ended."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which items; None is any. Times in milliseconds, both inclusive."""

    name: str | None = None
    type: ItemType | None = None
    start: int | None = None
    end: int | None = None
    newest_first: bool = True
    alarm_types: tuple[AlarmType, ...] = (AlarmType.METRIC,)


def next_seq(tx: Tx) -> int:
    """A number greater than any given before."""
    [(seq,)] = tx.run("UPDATE alarm_head SET seq = seq + 1 WHERE one = 1 RETURNING seq")
    return int(seq)


def add(tx: Tx, scope: Scope, items: Iterable[Item]) -> None:
    tx.many(
        "INSERT INTO alarm_history (scope, time, seq, name, type, summary, data, alarm_type)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (scope.key, i.time, next_seq(tx), i.name, i.type.value, i.summary, i.data, i.alarm_type.value)
            for i in items
        ],
    )


def page(
    tx: Tx, scope: Scope, query: Query, *, after: Position | None, limit: int
) -> list[tuple[Position, Item]]:
    """Items in the order of the query, behind the position ``after``."""
    clauses, params = ["scope = ?"], [scope.key]
    parameters: list[Any] = list(params)
    for clause, value in (
        ("name = ?", query.name),
        ("type = ?", None if query.type is None else query.type.value),
        ("time >= ?", query.start),
        ("time <= ?", query.end),
    ):
        if value is not None:
            clauses.append(clause)
            parameters.append(value)
    clauses.append(f"alarm_type IN ({', '.join('?' * len(query.alarm_types))})")
    parameters += [each.value for each in query.alarm_types]
    if after is not None:
        clauses.append(f"(time, seq) {'<' if query.newest_first else '>'} (?, ?)")
        parameters += after
    direction = "DESC" if query.newest_first else "ASC"
    rows = tx.run(
        f"SELECT time, seq, name, type, summary, data, alarm_type FROM alarm_history WHERE {' AND '.join(clauses)}"
        f" ORDER BY time {direction}, seq {direction} LIMIT ?",
        (*parameters, limit),
    )
    return [
        ((time, seq), Item(name, time, ItemType(kind), summary, data, AlarmType(alarm_type)))
        for time, seq, name, kind, summary, data, alarm_type in rows
    ]


@dataclass(frozen=True, slots=True)
class FailedAction:
    """Actions of one alarm that failed in the same words."""

    scope: Scope
    name: str
    summary: str
    count: int


def failed_actions(tx: Tx, *, since_ms: int) -> list[FailedAction]:
    """The latest that failed since then, those that failed last first. Of a long history only the end is looked at."""
    rows = tx.run(
        "SELECT scope, name, summary, count(*) FROM ("
        " SELECT scope, name, type, summary, time FROM alarm_history WHERE time >= ? ORDER BY time DESC LIMIT 2000"
        ") AS latest WHERE type = ? AND summary LIKE 'Failed to execute%'"
        " GROUP BY scope, name, summary ORDER BY max(time) DESC LIMIT 20",
        (since_ms, ItemType.ACTION.value),
    )
    return [FailedAction(Scope.from_key(scope), *rest) for scope, *rest in rows]


def expire(tx: Tx, now_ms: int, limit: int = 1000) -> int:
    """Drops items older than thirty days, at most ``limit``; returns how many."""
    return len(
        tx.run(
            "DELETE FROM alarm_history WHERE (scope, time, seq) IN"
            " (SELECT scope, time, seq FROM alarm_history WHERE time < ? LIMIT ?) RETURNING 1",
            (now_ms - KEPT_MS, limit),
        )
    )
