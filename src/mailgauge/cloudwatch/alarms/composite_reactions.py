"""What follows for composite alarms when an alarm changes its state, in the transaction of that change.

First every composite above it that has a child that changed is evaluated, each after all it depends on; then those that
changed, and those whose suppressor did, are told: history, suppression, actions.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import composite_reasons, composite_store, composite_telling
from mailgauge.cloudwatch.alarms.alarm import State, StateValue, arn_prefix
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm, CompositeConfiguration, Standing
from mailgauge.cloudwatch.alarms.history_store import next_seq
from mailgauge.store.transaction import Tx


def child_changed(tx: Tx, scope: Scope, name: str, *, now_ms: int) -> None:
    """An alarm has another state value, already written: its composites follow."""
    _Wave(tx, scope, now_ms).follow(name)


def change(
    tx: Tx, alarm: CompositeAlarm, value: StateValue, reason: str, reason_data: str | None, *, now_ms: int
) -> None:
    """Gives a composite a state; if the value differs, with all that follows from it."""
    after = _in_state(alarm, value, reason, reason_data, now_ms)
    if value is alarm.state.value:
        composite_store.write_state(tx, msgspec.structs.replace(after, revision=next_seq(tx)))
        return
    wave = _Wave(tx, alarm.scope, now_ms)
    wave.changed(after, alarm.state)
    wave.follow(alarm.name)


def evaluate(configuration: CompositeConfiguration, children: Mapping[str, Standing]) -> StateValue:
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


class _Wave:
    """The change of one alarm with all that follows from it: what it needs is read once, what changes is written once."""

    def __init__(self, tx: Tx, scope: Scope, now_ms: int) -> None:
        self._tx = tx
        self._scope = scope
        self._now_ms = now_ms
        self._standings: dict[str, Standing] = {}
        self._changed: dict[str, tuple[CompositeAlarm, State]] = {}

    def follow(self, name: str) -> None:
        """Evaluates what is above an alarm that changed, and tells of all that changed or is suppressed by what did."""
        alarms = [name]
        for parent in dependents(self._tx, self._scope, name):
            if self._reevaluate(parent, alarms):
                alarms.append(parent)
        for composite, left in self._changed.values():
            self._tell(composite, left)
        for suppressed in self._suppressed_by(alarms):
            self._tell(suppressed, None)

    def changed(self, after: CompositeAlarm, left: State) -> None:
        """A composite has another state value, which is not kept yet."""
        self._changed[after.name] = after, left
        self._standings[after.name] = Standing(
            after.name, after.state.value, after.state.transitioned, after.state.updated, is_composite=True
        )

    def _suppressed_by(self, alarms: Sequence[str]) -> Iterator[CompositeAlarm]:
        """Composites that have not changed themselves, but whose suppressor is among ``alarms``."""
        for alarm in alarms:
            for name in composite_store.suppressed_by(self._tx, self._scope, alarm):
                composite = composite_store.get(self._tx, self._scope, name)
                if composite is not None and name not in self._changed:
                    yield composite

    def _reevaluate(self, name: str, changed: Sequence[str]) -> bool:
        """Evaluates a composite if one of its children is among ``changed``. Whether its state is another now."""
        composite = composite_store.get(self._tx, self._scope, name)
        if composite is None:
            return False
        children = self._those(composite.configuration.rule.children)
        triggers = [children[each] for each in changed if each in children]
        if not triggers or (value := evaluate(composite.configuration, children)) is composite.state.value:
            return False
        prefix = arn_prefix(self._scope)
        reason = composite_reasons.by_child(prefix, triggers[-1])
        data = composite_reasons.reason_data(prefix, triggers[-1:])
        self.changed(_in_state(composite, value, reason, data, self._now_ms), composite.state)
        return True

    def _tell(self, composite: CompositeAlarm, left: State | None) -> None:
        suppressor = composite.configuration.suppressor
        names = () if suppressor is None else (suppressor.name,)
        suppressing = any(each.value is StateValue.ALARM for each in self._those(names).values())
        composite_telling.tell(self._tx, composite, left, suppressing=suppressing, now_ms=self._now_ms)

    def _those(self, names: Sequence[str]) -> dict[str, Standing]:
        unknown = [name for name in names if name not in self._standings]
        self._standings |= composite_store.standings(self._tx, self._scope, unknown)
        return {name: self._standings[name] for name in names if name in self._standings}


def _in_state(
    alarm: CompositeAlarm, value: StateValue, reason: str, reason_data: str | None, now_ms: int
) -> CompositeAlarm:
    old = alarm.state
    # Each transition has a time of its own, so that histories sort.
    time = max(now_ms, old.updated + 1)
    state = State(value, reason, reason_data, time, old.transitioned if value is old.value else time)
    return msgspec.structs.replace(alarm, state=state)
