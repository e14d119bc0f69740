"""What becomes of a composite alarm once its state is known: it is kept, its history tells, its actions run or wait."""

import msgspec

from mailgauge.cloudwatch.alarms import composite_history, composite_store, suppression
from mailgauge.cloudwatch.alarms.actions import acting
from mailgauge.cloudwatch.alarms.alarm import State
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm
from mailgauge.cloudwatch.alarms.history_store import add, next_seq
from mailgauge.cloudwatch.alarms.suppression import Step, Suppression
from mailgauge.store.transaction import Tx


def tell(tx: Tx, alarm: CompositeAlarm, left: State | None, *, suppressing: bool, now_ms: int) -> None:
    """The composite has left a state, or its suppressor has changed, or both. Its new state is not kept yet."""
    before = release(tx, alarm if left is None else msgspec.structs.replace(alarm, state=left), now_ms=now_ms)
    suppressor = alarm.configuration.suppressor
    if suppressor is None:
        step = Step(Suppression(), left)
    else:
        step = suppression.changed(
            before.suppression, suppressor.periods, now_ms, suppressing=suppressing, left=left
        )
    after = _with(alarm, step.suppression)
    if after != before:
        after = _keep(tx, after)
    if left is not None:
        add(tx, alarm.scope, [composite_history.transition(after, left)])
    is_news = left is not None or after.suppression.by is not before.suppression.by
    _act(tx, after, step, is_news=is_news, now_ms=now_ms)


def release(tx: Tx, alarm: CompositeAlarm, *, now_ms: int) -> CompositeAlarm:
    """Runs what a period that is over has held back. Returns the composite as it then is."""
    step = suppression.passed(alarm.suppression, now_ms)
    return alarm if step.suppression is alarm.suppression else _take(tx, alarm, step, now_ms)


def suppressor_replaced(tx: Tx, alarm: CompositeAlarm, *, suppressing: bool, now_ms: int) -> CompositeAlarm:
    """Starts with the suppressor it has now. Returns the composite as it then is."""
    suppressor = alarm.configuration.suppressor
    periods = None if suppressor is None else suppressor.periods
    step = suppression.replaced(alarm.suppression, periods, now_ms, suppressing=suppressing)
    return _take(tx, alarm, step, now_ms)


def _take(tx: Tx, alarm: CompositeAlarm, step: Step, now_ms: int) -> CompositeAlarm:
    after = _keep(tx, _with(alarm, step.suppression))
    _act(tx, after, step, is_news=after.suppression.by is not alarm.suppression.by, now_ms=now_ms)
    return after


def _act(tx: Tx, alarm: CompositeAlarm, step: Step, *, is_news: bool, now_ms: int) -> None:
    """Runs what is released, or notes what is held back, and by what, where that is news."""
    held = alarm.suppression.held is not None and alarm.configuration.actions(alarm.state.value)
    if step.released is not None:
        acting.act(tx, alarm, step.released, now_ms=now_ms)
    elif held and is_news:
        add(tx, alarm.scope, [composite_history.actions_suppressed(alarm, now_ms)])


def _with(alarm: CompositeAlarm, after: Suppression) -> CompositeAlarm:
    if after.held is not None and not alarm.actions_enabled:
        # What happens while actions are switched off is not made up for.
        after = msgspec.structs.replace(after, held=None)
    return msgspec.structs.replace(alarm, suppression=after)


def _keep(tx: Tx, alarm: CompositeAlarm) -> CompositeAlarm:
    after = msgspec.structs.replace(alarm, revision=next_seq(tx))
    composite_store.write_state(tx, after)
    return after
