"""The gate: whether an alarm may run its actions now. What it keeps back is not made up for by enabling them later."""

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import mute
from mailgauge.store.transaction import Tx


def permitted(tx: Tx, scope: Scope, name: str, *, actions_enabled: bool, now_ms: int) -> bool:
    """Asks for the alarm's own switch and the mute rules. When a composite acts is decided by its suppression."""
    return actions_enabled and not mute.muted(tx, scope, name, now_ms)
