"""Alarms in the metrics database: put, find, change state, delete. A change and its history are one transaction."""

from collections.abc import Iterable
from typing import Any

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import composite_reactions, composite_store, history
from mailgauge.cloudwatch.alarms.actions import acting
from mailgauge.cloudwatch.alarms.alarm import (
    CREATION_REASON,
    Alarm,
    Configuration,
    EvaluationState,
    State,
    StateValue,
)
from mailgauge.cloudwatch.alarms.filters import Filter, where
from mailgauge.cloudwatch.alarms.history_store import add, next_seq
from mailgauge.cloudwatch.alarms.refusals import RefusedError
from mailgauge.store.transaction import Row, Tx

_COLUMNS = (
    "scope, configuration, actions_enabled, configured, state, reason, reason_data, updated, transitioned,"
    " version, revision, evaluated, tags, evaluation_state"
)

_encode = msgspec.json.Encoder().encode
_decode_configuration = msgspec.json.Decoder(Configuration).decode
_decode_tags = msgspec.json.Decoder(tuple[tuple[str, str], ...]).decode

Tags = tuple[tuple[str, str], ...]


def put(
    tx: Tx, scope: Scope, configuration: Configuration, *, actions_enabled: bool, tags: Tags, now_ms: int
) -> Alarm:
    """Creates the alarm, or replaces its whole configuration and keeps its state. Tags count only on creation.

    Raises RefusedError for the name of a composite alarm.
    """
    if composite_store.exists(tx, scope, configuration.name):
        raise RefusedError(f"An alarm with the name {configuration.name} exists, and is a composite alarm")
    before = get(tx, scope, configuration.name)
    number = next_seq(tx)
    after = Alarm(
        scope=scope,
        configuration=configuration,
        actions_enabled=actions_enabled,
        configured=now_ms,
        state=before.state
        if before
        else State(StateValue.INSUFFICIENT_DATA, CREATION_REASON, None, now_ms, now_ms),
        version=number,
        revision=number,
        tags=before.tags if before else tags,
    )
    _write(tx, after)
    add(tx, scope, [history.created(after) if before is None else history.updated(before, after)])
    return after


def get(tx: Tx, scope: Scope, name: str) -> Alarm | None:
    rows = tx.run(f"SELECT {_COLUMNS} FROM alarm WHERE scope = ? AND name = ?", (scope.key, name))
    return _alarm(rows[0]) if rows else None


def find(tx: Tx, scope: Scope, wanted: Filter, *, after: str = "", limit: int) -> list[Alarm]:
    """Alarms by name, behind the name ``after``."""
    condition, params = where(scope, wanted, after)
    sql = f"SELECT {_COLUMNS} FROM alarm WHERE {condition} ORDER BY name"
    if wanted.action_prefix is None:
        return [_alarm(row) for row in tx.run(f"{sql} LIMIT ?", (*params, limit))]
    found = (_alarm(row) for row in tx.run(sql, params))
    return [alarm for alarm in found if wanted.acts(alarm.configuration.actions)][:limit]


def of_series(tx: Tx, scope: Scope, series_id: bytes) -> list[Alarm]:
    """The alarms on one metric, by name."""
    # Sorted here: asked for the order, the planner reads all alarms of the scope by name.
    rows = tx.run(f"SELECT {_COLUMNS} FROM alarm WHERE scope = ? AND series = ?", (scope.key, series_id))
    return sorted(map(_alarm, rows), key=lambda alarm: alarm.name)


def delete(tx: Tx, scope: Scope, names: Iterable[str], now_ms: int) -> None:
    """Deletes those that exist. The history stays."""
    for name in names:
        alarm = get(tx, scope, name)
        if alarm is not None:
            tx.run("DELETE FROM alarm WHERE scope = ? AND name = ?", (scope.key, name))
            add(tx, scope, [history.deleted(alarm, now_ms)])


def enable_actions(tx: Tx, scope: Scope, names: Iterable[str], *, enabled: bool, now_ms: int) -> None:
    """Switches the actions of those alarms that exist; what was missed meanwhile is not made up for."""
    for name in dict.fromkeys(names):
        before = get(tx, scope, name)
        if before is None or before.actions_enabled is enabled:
            continue
        after = msgspec.structs.replace(
            before, actions_enabled=enabled, configured=now_ms, revision=next_seq(tx)
        )
        _write(tx, after)
        add(tx, scope, [history.updated(before, after)])


def set_tags(tx: Tx, alarm: Alarm, tags: Tags) -> None:
    _write(tx, msgspec.structs.replace(alarm, tags=tags))


def set_state(
    tx: Tx,
    alarm: Alarm,
    value: StateValue,
    reason: str,
    reason_data: str | None,
    *,
    now_ms: int,
    evaluated: int,
    evaluation: EvaluationState | None = None,
) -> None:
    """Gives the alarm a state, with all that follows if the value differs. ``evaluated`` as in ``Alarm``."""
    old = alarm.state
    differs = value is not old.value
    # Each transition has a time of its own, so that histories sort.
    time = max(now_ms, old.updated + 1)
    new = State(value, reason, reason_data, time, time if differs else old.transitioned, evaluation)
    tx.run(
        "UPDATE alarm SET state = ?, reason = ?, reason_data = ?, updated = ?, transitioned = ?,"
        " evaluation_state = ?, revision = ?, evaluated = ? WHERE scope = ? AND name = ?",
        (
            *(value.value, reason, reason_data, new.updated, new.transitioned),
            *(evaluation and evaluation.value, next_seq(tx), evaluated, alarm.scope.key, alarm.name),
        ),
    )
    if not differs:
        return
    add(tx, alarm.scope, [history.transition(alarm.name, old, new)])
    acting.act(tx, msgspec.structs.replace(alarm, state=new), old, now_ms=now_ms)
    composite_reactions.child_changed(tx, alarm.scope, alarm.name, now_ms=now_ms)


def _write(tx: Tx, alarm: Alarm) -> None:
    configuration, state = alarm.configuration, alarm.state
    row: dict[str, Any] = {
        "scope": alarm.scope.key,
        "name": alarm.name,
        "version": alarm.version,
        "revision": alarm.revision,
        "configuration": _encode(configuration),
        "period": configuration.period,
        "evaluation_periods": configuration.evaluation_periods,
        "series": configuration.series(alarm.scope).id,
        "actions_enabled": int(alarm.actions_enabled),
        "configured": alarm.configured,
        "state": state.value.value,
        "reason": state.reason,
        "reason_data": state.reason_data,
        "updated": state.updated,
        "transitioned": state.transitioned,
        "evaluated": alarm.evaluated,
        "tags": _encode(alarm.tags),
        "evaluation_state": None if state.evaluation is None else state.evaluation.value,
    }
    changes = ", ".join(f"{column} = excluded.{column}" for column in row)
    tx.run(
        f"INSERT INTO alarm ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
        f" ON CONFLICT (scope, name) DO UPDATE SET {changes}",
        tuple(row.values()),
    )


def _alarm(row: Row) -> Alarm:
    scope, configuration, enabled, configured, value, reason, data, updated, transitioned, *rest = row
    version, revision, evaluated, tags, evaluation = rest
    return Alarm(
        scope=Scope.from_key(scope),
        configuration=_decode_configuration(configuration),
        actions_enabled=bool(enabled),
        configured=configured,
        state=State(
            StateValue(value), reason, data, updated, transitioned, evaluation and EvaluationState(evaluation)
        ),
        version=version,
        revision=revision,
        evaluated=evaluated,
        tags=_decode_tags(tags),
    )
