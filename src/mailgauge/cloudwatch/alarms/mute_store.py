"""Mute rules in the metrics database, by scope and name, and which alarms they are for. It knows no time."""

from typing import Final

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.mute_rule import MuteRule
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

# ``muted_alarm`` holds the alarms whose actions were kept back, with the state they had before (``alarms.mute``).
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
            scope TEXT NOT NULL, name TEXT NOT NULL, before BLOB NOT NULL,
            PRIMARY KEY (scope, name)
        )
        """,
    ),
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(MuteRule).decode


def put(tx: Tx, rule: MuteRule) -> None:
    """Makes it, or replaces the one of this name. Tags count only on creation."""
    before = get(tx, rule.scope, rule.name)
    if before is not None:
        rule = msgspec.structs.replace(rule, tags=before.tags)
    _write(tx, rule)
    _forget_targets(tx, rule.scope, rule.name)
    tx.many(
        "INSERT INTO mute_target (scope, alarm, rule) VALUES (?, ?, ?)",
        [(rule.scope.key, alarm, rule.name) for alarm in dict.fromkeys(rule.targets)],
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


def _write(tx: Tx, rule: MuteRule) -> None:
    tx.run(
        "INSERT INTO mute_rule (scope, name, rule) VALUES (?, ?, ?)"
        " ON CONFLICT (scope, name) DO UPDATE SET rule = excluded.rule",
        (rule.scope.key, rule.name, _encode(rule)),
    )


def _forget_targets(tx: Tx, scope: Scope, name: str) -> None:
    tx.run("DELETE FROM mute_target WHERE scope = ? AND rule = ?", (scope.key, name))
