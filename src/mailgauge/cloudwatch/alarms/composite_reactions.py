"""What follows for composite alarms when an alarm changes its state, in the transaction of that change.

First every composite above it that has a child that changed is evaluated, each after all it depends on; then those that
changed, and those whose suppressor did, are told: history, suppression, actions.
"""

from collections import Counter, deque

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import (
    composite_history,
    composite_reasons,
    composite_store,
    suppression,
)
from mailgauge.cloudwatch.alarms.actions import acting
from mailgauge.cloudwatch.alarms.alarm import State, StateValue, arn_prefix
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm, CompositeConfiguration, Standing
from mailgauge.cloudwatch.alarms.history_store import add, next_seq
from mailgauge.cloudwatch.alarms.suppression import Periods, Suppression
from mailgauge.store.transaction import Tx


def child_changed(tx: Tx, scope: Scope, name: str, *, now_ms: int) -> None:
    """An alarm has another state value, already written: its composites follow."""
    _follow(tx, scope, name, {}, now_ms)


def change(
    tx: Tx, alarm: CompositeAlarm, value: StateValue, reason: str, reason_data: str | None, *, now_ms: int
) -> None:
    """Gives a composite a state; if the value differs, with all that follows from it."""
    _write_state(tx, alarm, _state(alarm.state, value, reason, reason_data, now_ms))
    if value is not alarm.state.value:
        _follow(tx, alarm.scope, alarm.name, {alarm.name: alarm.state}, now_ms)


def evaluate(configuration: CompositeConfiguration, children: dict[str, Standing]) -> StateValue:
    """The state that the rule gives."""
    holds = configuration.rule.holds({name: child.value for name, child in children.items()})
    return StateValue.ALARM if holds else StateValue.OK


def dependents(tx: Tx, scope: Scope, name: str) -> list[str]:
    """All composites above an alarm, each after all those it depends on."""
    above: dict[str, list[str]] = {}
    unseen = [name]
    while unseen:
        if (one := unseen.pop()) not in above:
            above[one] = composite_store.parents(tx, scope, one)
            unseen += above[one]
    awaited = Counter(parent for parents in above.values() for parent in parents)
    order, ready = [], deque([name])
    while ready:
        for parent in above[ready.popleft()]:
            awaited[parent] -= 1
            if not awaited[parent]:
                order.append(parent)
                ready.append(parent)
    return order


def release(tx: Tx, alarm: CompositeAlarm, *, now_ms: int) -> CompositeAlarm:
    """Runs what a period that is over has held back. Returns the composite as it then is."""
    return _take(tx, alarm, suppression.passed(alarm.suppression, now_ms), now_ms)


def suppressor_replaced(tx: Tx, alarm: CompositeAlarm, *, now_ms: int) -> CompositeAlarm:
    """Starts with the suppressor it has now. Returns the composite as it then is."""
    periods, suppressing = _suppressor(tx, alarm)
    step = suppression.replaced(alarm.suppression, periods, now_ms, suppressing=suppressing)
    return _take(tx, alarm, step, now_ms)


def _follow(tx: Tx, scope: Scope, name: str, left: dict[str, State], now_ms: int) -> None:
    """``left`` has the former states of the composites that changed."""
    changed = [name]
    for parent in dependents(tx, scope, name):
        former = _reevaluated(tx, scope, parent, changed, now_ms)
        if former is not None:
            left[parent] = former
            changed.append(parent)
    affected = dict.fromkeys(left)
    for each in changed:
        affected |= dict.fromkeys(composite_store.suppressed_by(tx, scope, each))
    for each in affected:
        composite = composite_store.get(tx, scope, each)
        if composite is not None:
            _tell(tx, composite, left.get(each), now_ms)


def _reevaluated(tx: Tx, scope: Scope, name: str, changed: list[str], now_ms: int) -> State | None:
    """Evaluates a composite if one of its children is among ``changed``; its former state if it has another now."""
    composite = composite_store.get(tx, scope, name)
    if composite is None:
        return None
    children = composite_store.standings(tx, scope, composite.configuration.rule.children)
    triggers = [children[each] for each in changed if each in children]
    if not triggers:
        return None
    value = evaluate(composite.configuration, children)
    if value is composite.state.value:
        return None
    prefix = arn_prefix(scope)
    reason = composite_reasons.by_child(prefix, triggers[-1])
    data = composite_reasons.reason_data(prefix, triggers[-1:])
    _write_state(tx, composite, _state(composite.state, value, reason, data, now_ms))
    return composite.state


def _state(old: State, value: StateValue, reason: str, reason_data: str | None, now_ms: int) -> State:
    # Each transition has a time of its own, so that histories sort.
    time = max(now_ms, old.updated + 1)
    return State(value, reason, reason_data, time, old.transitioned if value is old.value else time)


def _write_state(tx: Tx, alarm: CompositeAlarm, state: State) -> None:
    composite_store.write(tx, msgspec.structs.replace(alarm, state=state, revision=next_seq(tx)))


def _tell(tx: Tx, alarm: CompositeAlarm, left: State | None, now_ms: int) -> None:
    """Writes the history of a change, and runs its actions or holds them back."""
    if left is None:
        alarm = release(tx, alarm, now_ms=now_ms)
    else:
        # A period that was over before the change lets go the actions of the state it was in then.
        former = release(tx, msgspec.structs.replace(alarm, state=left), now_ms=now_ms)
        alarm = msgspec.structs.replace(alarm, suppression=former.suppression)
    periods, suppressing = _suppressor(tx, alarm)
    if periods is None:
        step = suppression.Step(Suppression(), left)
    else:
        step = suppression.changed(alarm.suppression, periods, now_ms, suppressing=suppressing, left=left)
    if left is not None:
        told = msgspec.structs.replace(alarm, suppression=step.suppression)
        add(tx, alarm.scope, [composite_history.transition(told, left)])
    _take(tx, alarm, step, now_ms)


def _suppressor(tx: Tx, alarm: CompositeAlarm) -> tuple[Periods | None, bool]:
    """The periods of its suppressor, if it has one, and whether that is in ALARM."""
    suppressor = alarm.configuration.suppressor
    if suppressor is None:
        return None, False
    standing = composite_store.standings(tx, alarm.scope, [suppressor.name]).get(suppressor.name)
    return suppressor.periods, standing is not None and standing.value is StateValue.ALARM


def _take(tx: Tx, alarm: CompositeAlarm, step: suppression.Step, now_ms: int) -> CompositeAlarm:
    """Goes a step of the suppression: keeps it, and runs or notes what it says."""
    by = alarm.suppression.by
    alarm = _suppressed(tx, alarm, step.suppression)
    if step.released is not None:
        acting.act(tx, alarm, step.released, now_ms=now_ms)
    elif alarm.suppression.held is not None and alarm.suppression.by is not by:
        add(tx, alarm.scope, [composite_history.actions_suppressed(alarm, now_ms)])
    return alarm


def _suppressed(tx: Tx, alarm: CompositeAlarm, after: Suppression) -> CompositeAlarm:
    if after.held is not None and not alarm.actions_enabled:
        # What happens while actions are switched off is not made up for.
        after = msgspec.structs.replace(after, held=None)
    if after == alarm.suppression:
        return alarm
    changed = msgspec.structs.replace(alarm, suppression=after, revision=next_seq(tx))
    composite_store.write(tx, changed)
    return changed
