"""Whether an alarm's actions are muted now, by the rules that are for it. What its state becomes is no matter here."""

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import mute_store
from mailgauge.store.transaction import Tx


def muted(tx: Tx, scope: Scope, alarm_name: str, now_ms: int) -> bool:
    """Whether a rule mutes the alarm, metric or composite, at this moment."""
    return muted_until(tx, scope, alarm_name, now_ms) is not None


def muted_until(tx: Tx, scope: Scope, alarm_name: str, now_ms: int) -> int | None:
    """The latest end of the windows that the alarm is in; then it may be in another one. None when not muted."""
    rules = mute_store.of_alarm(tx, scope, alarm_name)
    ends = (rule.mutes_until(now_ms) for rule in rules)
    return max((end for end in ends if end is not None), default=None)
