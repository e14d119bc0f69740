"""Composite alarms: put, set, switched and deleted, with the rules that hold between alarms. A change and its history are one transaction."""

from collections.abc import Iterable
from typing import Final

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import (
    composite_history,
    composite_reactions,
    composite_reasons,
    composite_store,
    composite_telling,
)
from mailgauge.cloudwatch.alarms.alarm import CREATION_REASON, State, StateValue, arn_prefix
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm, CompositeConfiguration, Standing
from mailgauge.cloudwatch.alarms.history_store import add, next_seq
from mailgauge.cloudwatch.alarms.refusals import RefusedError, TooManyParentsError
from mailgauge.cloudwatch.alarms.suppression import Suppression
from mailgauge.store.transaction import Tx

MOST_PARENTS: Final = 150

Tags = tuple[tuple[str, str], ...]


def put(
    tx: Tx,
    scope: Scope,
    configuration: CompositeConfiguration,
    *,
    actions_enabled: bool,
    tags: Tags,
    now_ms: int,
) -> None:
    """Creates the composite, or replaces its whole configuration, and evaluates it. Raises RefusedError."""
    before = composite_store.get(tx, scope, configuration.name)
    children = _checked(tx, scope, configuration)
    if before is not None:
        before = composite_telling.release(tx, before, now_ms=now_ms)
    new = State(StateValue.INSUFFICIENT_DATA, CREATION_REASON, None, now_ms, now_ms)
    after = CompositeAlarm(
        scope=scope,
        configuration=configuration,
        actions_enabled=actions_enabled,
        configured=now_ms,
        state=before.state if before else new,
        revision=next_seq(tx),
        suppression=before.suppression if before else Suppression(),
        tags=before.tags if before else tags,
    )
    composite_store.write(tx, after)
    composite_store.write_children(tx, scope, after.name, configuration.rule.children)
    add(tx, scope, [composite_history.updated(before, after) if before else composite_history.created(after)])
    if before is None or _suppressor_name(before) != _suppressor_name(after):
        suppressing = _is_in_alarm(tx, scope, _suppressor_name(after))
        after = composite_telling.suppressor_replaced(tx, after, suppressing=suppressing, now_ms=now_ms)
    value = composite_reactions.evaluate(configuration, children)
    if value is not after.state.value:
        reason = composite_reasons.by_rule(after.arn, value, is_new=before is None)
        data = composite_reasons.reason_data(arn_prefix(scope), children.values())
        composite_reactions.change(tx, after, value, reason, data, now_ms=now_ms)


def enable_actions(tx: Tx, scope: Scope, names: Iterable[str], *, enabled: bool, now_ms: int) -> None:
    """Switches the actions of those that exist; what was missed meanwhile is not made up for."""
    for name in dict.fromkeys(names):
        before = composite_store.get(tx, scope, name)
        if before is None or before.actions_enabled is enabled:
            continue
        after = msgspec.structs.replace(
            before, actions_enabled=enabled, configured=now_ms, revision=next_seq(tx)
        )
        composite_store.write(tx, after)
        add(tx, scope, [composite_history.updated(before, after)])


def delete(tx: Tx, alarm: CompositeAlarm, now_ms: int) -> None:
    """The history stays."""
    composite_store.remove(tx, alarm.scope, alarm.name)
    add(tx, alarm.scope, [composite_history.deleted(alarm, now_ms)])


def _suppressor_name(alarm: CompositeAlarm) -> str | None:
    suppressor = alarm.configuration.suppressor
    return None if suppressor is None else suppressor.name


def _is_in_alarm(tx: Tx, scope: Scope, name: str | None) -> bool:
    standings = composite_store.standings(tx, scope, () if name is None else (name,))
    return any(standing.value is StateValue.ALARM for standing in standings.values())


def _checked(tx: Tx, scope: Scope, configuration: CompositeConfiguration) -> dict[str, Standing]:
    """The children as they are, in the order of the rule. Raises RefusedError."""
    name, names = configuration.name, configuration.rule.children
    taken = composite_store.standings(tx, scope, [name]).get(name)
    if taken is not None and not taken.is_composite:
        raise RefusedError(f"An alarm with the name {name} exists, and is a metric alarm")
    if not {name, *composite_reactions.dependents(tx, scope, name)}.isdisjoint(names):
        raise RefusedError(f"The alarm rule of {name} would make a cycle of composite alarms")
    standings = composite_store.standings(tx, scope, names)
    missing = [each for each in names if each not in standings]
    if missing:
        raise RefusedError(
            f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist"
        )
    suppressor = configuration.suppressor
    if suppressor is not None and suppressor.name == name:
        raise RefusedError("ActionsSuppressor must be another alarm than the composite alarm itself")
    if suppressor is not None and not composite_store.standings(tx, scope, [suppressor.name]):
        raise RefusedError(
            f"Could not save the composite alarm as the actions suppressor [{suppressor.given}] does not exist"
        )
    for each in names:
        if len({*composite_store.parents(tx, scope, each), name}) > MOST_PARENTS:
            raise TooManyParentsError(
                f"The alarm {each} is in the rules of {MOST_PARENTS} composite alarms, which is the most"
            )
    return {each: standings[each] for each in names}
