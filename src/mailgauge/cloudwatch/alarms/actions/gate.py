"""The gate: whether an alarm may run its actions now. What it keeps back is not made up for by enabling them later."""

from mailgauge.cloudwatch.alarms import mute
from mailgauge.cloudwatch.alarms.alarm import Alarm, State
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm
from mailgauge.store.transaction import Tx


def permitted(tx: Tx, alarm: Alarm | CompositeAlarm, old: State, *, now_ms: int) -> bool:
    """Asks for the alarm's own switch and the mute rules. When a composite acts is decided by its suppression.

    What a mute rule keeps back, the change from ``old`` to the state that the alarm has, is made up for when muting ends.
    """
    return alarm.actions_enabled and not mute.keeps_back(tx, alarm, old, now_ms=now_ms)
