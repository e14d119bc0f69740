"""From a change of state to the actions it sets going, in the transaction of the change."""

from mailgauge.cloudwatch.alarms.actions import gate, outbox
from mailgauge.cloudwatch.alarms.actions.composite import composite_notice
from mailgauge.cloudwatch.alarms.actions.payload import metric_notice
from mailgauge.cloudwatch.alarms.alarm import Alarm, State
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm
from mailgauge.store.transaction import Tx


def act(tx: Tx, alarm: Alarm | CompositeAlarm, old: State, *, now_ms: int, after_mute: bool = False) -> None:
    """Writes the actions of the state that ``alarm`` has entered to the outbox, where the gate permits them."""
    actions = alarm.configuration.actions(alarm.state.value)
    if not actions or not gate.permitted(tx, alarm, old, now_ms=now_ms):
        return
    notice = (
        metric_notice(alarm, old, after_mute=after_mute)
        if isinstance(alarm, Alarm)
        else composite_notice(alarm, old, after_mute=after_mute)
    )
    outbox.enqueue(tx, alarm.scope, notice, actions, now_ms=now_ms)
