"""Composite alarms in the metrics database, with the index of who is whose child: rows in and out, no decisions."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.alarm import State, StateValue
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm, CompositeConfiguration, Standing
from mailgauge.cloudwatch.alarms.filters import Filter, where
from mailgauge.cloudwatch.alarms.suppression import Suppression
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import MARKS, Row, Tx, groups

# ``suppressor`` is the name of the alarm; ``suppression_ends`` is when the running period does, in milliseconds.
SCHEMA: Final = Schema(
    "composite_alarms",
    (
        """
        ALTER TABLE alarm_history ADD COLUMN alarm_type TEXT NOT NULL DEFAULT 'MetricAlarm';
        CREATE TABLE composite_alarm (
            scope TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, configuration BLOB NOT NULL,
            actions_enabled INTEGER NOT NULL, configured INTEGER NOT NULL,
            state TEXT NOT NULL, reason TEXT NOT NULL, reason_data TEXT, updated INTEGER NOT NULL,
            transitioned INTEGER NOT NULL, suppressor TEXT, suppression BLOB NOT NULL, suppression_ends INTEGER,
            tags BLOB NOT NULL,
            PRIMARY KEY (scope, name)
        );
        CREATE INDEX composite_alarm_suppressor ON composite_alarm (scope, suppressor) WHERE suppressor IS NOT NULL;
        CREATE INDEX composite_alarm_ends ON composite_alarm (suppression_ends) WHERE suppression_ends IS NOT NULL;
        CREATE TABLE composite_child (
            scope TEXT NOT NULL, child TEXT NOT NULL, parent TEXT NOT NULL,
            PRIMARY KEY (scope, child, parent)
        );
        CREATE INDEX composite_child_parent ON composite_child (scope, parent, child)
        """,
    ),
)

_COLUMNS = (
    "scope, configuration, actions_enabled, configured, state, reason, reason_data, updated, transitioned,"
    " revision, suppression, tags"
)

_encode = msgspec.json.Encoder().encode
_decode_configuration = msgspec.json.Decoder(CompositeConfiguration).decode
_decode_suppression = msgspec.json.Decoder(Suppression).decode
_decode_tags = msgspec.json.Decoder(tuple[tuple[str, str], ...]).decode


def get(tx: Tx, scope: Scope, name: str) -> CompositeAlarm | None:
    rows = tx.run(f"SELECT {_COLUMNS} FROM composite_alarm WHERE scope = ? AND name = ?", (scope.key, name))
    return _composite(rows[0]) if rows else None


def exists(tx: Tx, scope: Scope, name: str) -> bool:
    return bool(tx.run("SELECT 1 FROM composite_alarm WHERE scope = ? AND name = ?", (scope.key, name)))


def find(tx: Tx, scope: Scope, wanted: Filter, *, after: str = "", limit: int) -> list[CompositeAlarm]:
    """Composites by name, behind the name ``after``."""
    condition, params = where(scope, wanted, after)
    sql = f"SELECT {_COLUMNS} FROM composite_alarm WHERE {condition} ORDER BY name"
    if wanted.action_prefix is None:
        return [_composite(row) for row in tx.run(f"{sql} LIMIT ?", (*params, limit))]
    found = (_composite(row) for row in tx.run(sql, params))
    return [alarm for alarm in found if wanted.acts(alarm.configuration.actions)][:limit]


def write(tx: Tx, alarm: CompositeAlarm) -> None:
    configuration, state = alarm.configuration, alarm.state
    suppressor = configuration.suppressor
    row: dict[str, Any] = {
        "scope": alarm.scope.key,
        "name": alarm.name,
        "revision": alarm.revision,
        "configuration": _encode(configuration),
        "actions_enabled": int(alarm.actions_enabled),
        "configured": alarm.configured,
        "state": state.value.value,
        "reason": state.reason,
        "reason_data": state.reason_data,
        "updated": state.updated,
        "transitioned": state.transitioned,
        "suppressor": None if suppressor is None else suppressor.name,
        "suppression": _encode(alarm.suppression),
        "suppression_ends": alarm.suppression.ends,
        "tags": _encode(alarm.tags),
    }
    changes = ", ".join(f"{column} = excluded.{column}" for column in row)
    tx.run(
        f"INSERT INTO composite_alarm ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
        f" ON CONFLICT (scope, name) DO UPDATE SET {changes}",
        tuple(row.values()),
    )


def write_state(tx: Tx, alarm: CompositeAlarm) -> None:
    """Its state and suppression alone: of all that is kept, what changes often."""
    state, suppression = alarm.state, alarm.suppression
    tx.run(
        "UPDATE composite_alarm SET revision = ?, state = ?, reason = ?, reason_data = ?, updated = ?, transitioned = ?,"
        " suppression = ?, suppression_ends = ? WHERE scope = ? AND name = ?",
        (
            *(alarm.revision, state.value.value, state.reason, state.reason_data, state.updated),
            *(state.transitioned, _encode(suppression), suppression.ends, alarm.scope.key, alarm.name),
        ),
    )


def write_children(tx: Tx, scope: Scope, parent: str, children: Iterable[str]) -> None:
    """In place of those it had."""
    tx.run("DELETE FROM composite_child WHERE scope = ? AND parent = ?", (scope.key, parent))
    tx.many(
        "INSERT INTO composite_child (scope, child, parent) VALUES (?, ?, ?)",
        [(scope.key, child, parent) for child in children],
    )


def remove(tx: Tx, scope: Scope, name: str) -> None:
    tx.run("DELETE FROM composite_alarm WHERE scope = ? AND name = ?", (scope.key, name))
    write_children(tx, scope, name, ())


def children(tx: Tx, scope: Scope, parent: str) -> list[str]:
    """The names of the alarms in a composite's rule, in their order."""
    sql = "SELECT child FROM composite_child WHERE scope = ? AND parent = ? ORDER BY child"
    return [child for (child,) in tx.run(sql, (scope.key, parent))]


def parents(tx: Tx, scope: Scope, child: str) -> list[str]:
    """The names of the composites that have an alarm in their rule, in their order."""
    sql = "SELECT parent FROM composite_child WHERE scope = ? AND child = ? ORDER BY parent"
    return [parent for (parent,) in tx.run(sql, (scope.key, child))]


def suppressed_by(tx: Tx, scope: Scope, suppressor: str) -> list[str]:
    """The names of the composites whose actions an alarm suppresses."""
    sql = "SELECT name FROM composite_alarm WHERE scope = ? AND suppressor = ? ORDER BY name"
    return [name for (name,) in tx.run(sql, (scope.key, suppressor))]


def standings(tx: Tx, scope: Scope, names: Sequence[str]) -> dict[str, Standing]:
    """The alarms of either type that exist among ``names``."""
    found = {}
    for table, is_composite in (("alarm", False), ("composite_alarm", True)):
        sql = f"SELECT name, state, transitioned, updated FROM {table} WHERE scope = ? AND name IN ({MARKS})"
        for group in groups(names):
            for name, value, transitioned, updated in tx.run(sql, (scope.key, *group)):
                found[name] = Standing(name, StateValue(value), transitioned, updated, is_composite)
    return found


def ended(tx: Tx, now_ms: int, limit: int) -> list[CompositeAlarm]:
    """Composites of all scopes whose running period is over."""
    sql = f"SELECT {_COLUMNS} FROM composite_alarm WHERE suppression_ends <= ? ORDER BY suppression_ends LIMIT ?"
    return [_composite(row) for row in tx.run(sql, (now_ms, limit))]


def next_end(tx: Tx) -> int | None:
    """When the next running period of any composite ends."""
    [(ends,)] = tx.run("SELECT min(suppression_ends) FROM composite_alarm WHERE suppression_ends IS NOT NULL")
    return None if ends is None else int(ends)


def _composite(row: Row) -> CompositeAlarm:
    scope, configuration, enabled, configured, value, reason, data, updated, transitioned, *rest = row
    revision, suppression, tags = rest
    return CompositeAlarm(
        scope=Scope.from_key(scope),
        configuration=_decode_configuration(configuration),
        actions_enabled=bool(enabled),
        configured=configured,
        state=State(StateValue(value), reason, data, updated, transitioned),
        revision=revision,
        suppression=_decode_suppression(suppression),
        tags=_decode_tags(tags),
    )
