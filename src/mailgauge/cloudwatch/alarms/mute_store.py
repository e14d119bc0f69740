"""Mute rules in the metrics database, which alarms they are for, and what they have muted. It decides nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.alarm import State, StateValue
from mailgauge.cloudwatch.alarms.mute_rule import MuteRule
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

# ``until`` is when the row of a muted alarm is to be looked at, in milliseconds.
SCHEMA: Final = Schema(
    "mute_rules",
    (
        """
        CREATE TABLE mute_rule (
            scope TEXT NOT NULL, name TEXT NOT NULL, rule BLOB NOT NULL,
            PRIMARY KEY (scope, name)
        );
        CREATE TABLE mute_target (
            scope TEXT NOT NULL, alarm TEXT NOT NULL, rule TEXT NOT NULL,
            PRIMARY KEY (scope, alarm, rule)
        );
        CREATE INDEX mute_target_rule ON mute_target (scope, rule);
        CREATE TABLE muted_alarm (
            scope TEXT NOT NULL, name TEXT NOT NULL, before TEXT NOT NULL, old BLOB NOT NULL,
            transitioned INTEGER NOT NULL, until INTEGER NOT NULL,
            PRIMARY KEY (scope, name)
        );
        CREATE INDEX muted_alarm_until ON muted_alarm (until)
        """,
    ),
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(MuteRule).decode
_decode_state = msgspec.json.Decoder(State).decode


@dataclass(frozen=True, slots=True)
class Muted:
    """An alarm whose actions were kept back.

    ``before`` is the state that it had before it was muted first, ``old`` the one before its last change, of which
    ``transitioned`` is the time. Muting is expected to end at ``until``.
    """

    scope: Scope
    name: str
    before: StateValue
    old: State
    transitioned: int
    until: int


def put(tx: Tx, rule: MuteRule) -> None:
    """Makes it, or replaces the one of this name. Tags count only on creation."""
    before = get(tx, rule.scope, rule.name)
    if before is not None:
        rule = msgspec.structs.replace(rule, tags=before.tags)
    _write(tx, rule)
    _forget_targets(tx, rule.scope, rule.name)
    tx.many(
        "INSERT INTO mute_target (scope, alarm, rule) VALUES (?, ?, ?)",
        [(rule.scope.key, alarm, rule.name) for alarm in dict.fromkeys(rule.targets or ())],
    )


def get(tx: Tx, scope: Scope, name: str) -> MuteRule | None:
    rows = tx.run("SELECT rule FROM mute_rule WHERE scope = ? AND name = ?", (scope.key, name))
    return _decode(rows[0][0]) if rows else None


def of_alarm(tx: Tx, scope: Scope, alarm: str) -> list[MuteRule]:
    """The rules that are for the alarm of this name, whether or not there is one."""
    sql = (
        "SELECT r.rule FROM mute_target t JOIN mute_rule r ON r.scope = t.scope AND r.name = t.rule"
        " WHERE t.scope = ? AND t.alarm = ? ORDER BY r.name"
    )
    return [_decode(row[0]) for row in tx.run(sql, (scope.key, alarm))]


def page(tx: Tx, scope: Scope, after: str, limit: int) -> list[MuteRule]:
    """By name, behind ``after``."""
    sql = "SELECT rule FROM mute_rule WHERE scope = ? AND name > ? ORDER BY name LIMIT ?"
    return [_decode(row[0]) for row in tx.run(sql, (scope.key, after, limit))]


def delete(tx: Tx, scope: Scope, name: str) -> None:
    """It need not be there."""
    tx.run("DELETE FROM mute_rule WHERE scope = ? AND name = ?", (scope.key, name))
    _forget_targets(tx, scope, name)


def set_tags(tx: Tx, rule: MuteRule, tags: tuple[tuple[str, str], ...]) -> None:
    _write(tx, msgspec.structs.replace(rule, tags=tags))


def remember(tx: Tx, muted: Muted) -> None:
    """Of an alarm that is muted already, ``before`` stays."""
    tx.run(
        "INSERT INTO muted_alarm (scope, name, before, old, transitioned, until) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (scope, name) DO UPDATE SET old = excluded.old, transitioned = excluded.transitioned,"
        " until = excluded.until",
        (
            *(muted.scope.key, muted.name, muted.before.value),
            *(_encode(muted.old), muted.transitioned, muted.until),
        ),
    )


def expect_end(tx: Tx, scope: Scope, names: Iterable[str], until: int) -> None:
    """When to look again at those of the alarms that are muted."""
    sql = "UPDATE muted_alarm SET until = ? WHERE scope = ? AND name = ?"
    tx.many(sql, [(until, scope.key, name) for name in names])


def ended(tx: Tx, now: int, limit: int) -> list[Muted]:
    """Muted alarms of all scopes that are to be looked at."""
    sql = "SELECT scope, name, before, old, transitioned, until FROM muted_alarm WHERE until <= ? ORDER BY until LIMIT ?"
    return [
        Muted(Scope.from_key(scope), name, StateValue(before), _decode_state(old), transitioned, until)
        for scope, name, before, old, transitioned, until in tx.run(sql, (now, limit))
    ]


def next_end(tx: Tx) -> int | None:
    """When the next row is to be looked at."""
    [(until,)] = tx.run("SELECT min(until) FROM muted_alarm")
    return None if until is None else int(until)


def forget(tx: Tx, muted: Muted) -> bool:
    """False when somebody else has, or the alarm has changed again."""
    sql = "DELETE FROM muted_alarm WHERE scope = ? AND name = ? AND transitioned = ? RETURNING 1"
    return bool(tx.run(sql, (muted.scope.key, muted.name, muted.transitioned)))


def _write(tx: Tx, rule: MuteRule) -> None:
    tx.run(
        "INSERT INTO mute_rule (scope, name, rule) VALUES (?, ?, ?)"
        " ON CONFLICT (scope, name) DO UPDATE SET rule = excluded.rule",
        (rule.scope.key, rule.name, _encode(rule)),
    )


def _forget_targets(tx: Tx, scope: Scope, name: str) -> None:
    tx.run("DELETE FROM mute_target WHERE scope = ? AND rule = ?", (scope.key, name))
