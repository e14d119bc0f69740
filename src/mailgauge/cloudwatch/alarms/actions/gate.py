"""The gate: whether an alarm may run its actions now. What it keeps back is not made up for by enabling them later."""

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import mute
from mailgauge.cloudwatch.alarms.alarm import State
from mailgauge.store.transaction import Tx


def permitted(
    tx: Tx, scope: Scope, name: str, *, actions_enabled: bool, old: State, new: State, now_ms: int
) -> bool:
    """Asks for the alarm's own switch and the mute rules. When a composite acts is decided by its suppression.

    What a mute rule keeps back, the change from ``old`` to ``new``, is made up for when muting ends.
    """
    return actions_enabled and not mute.keeps_back(tx, scope, name, old=old, new=new, now_ms=now_ms)
