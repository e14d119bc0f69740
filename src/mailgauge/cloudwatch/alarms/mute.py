"""Whether an alarm's actions are muted now, by the rules that are for it; what was muted is remembered until then."""

from collections.abc import Iterable

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import mute_store
from mailgauge.cloudwatch.alarms.alarm import State
from mailgauge.cloudwatch.alarms.mute_store import Muted
from mailgauge.store.transaction import Tx


def muted(tx: Tx, scope: Scope, alarm_name: str, now_ms: int) -> bool:
    """Whether a rule mutes the alarm, metric or composite, at this moment."""
    return muted_until(tx, scope, alarm_name, now_ms) is not None


def muted_until(tx: Tx, scope: Scope, alarm_name: str, now_ms: int) -> int | None:
    """The latest end of the windows that the alarm is in; then it may be in another one. None when not muted."""
    rules = mute_store.of_alarm(tx, scope, alarm_name)
    ends = (rule.mutes_until(now_ms) for rule in rules)
    return max((end for end in ends if end is not None), default=None)


def keeps_back(tx: Tx, scope: Scope, alarm_name: str, *, old: State, new: State, now_ms: int) -> bool:
    """Whether the alarm's change from ``old`` to ``new`` is muted. If so, it is remembered for when muting ends."""
    until = muted_until(tx, scope, alarm_name, now_ms)
    if until is None:
        return False
    mute_store.remember(tx, Muted(scope, alarm_name, old.value, old, new.transitioned, until))
    return True


def look_again(tx: Tx, scope: Scope, alarm_names: Iterable[str]) -> None:
    """Rules of these alarms have changed: the ``MuteRunner`` finds out whether muting has ended."""
    mute_store.expect_end(tx, scope, alarm_names, 0)
