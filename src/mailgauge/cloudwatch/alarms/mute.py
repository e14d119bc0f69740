"""Whether an alarm's actions are muted now, by the rules that are for it; what was muted is remembered until then."""

from collections.abc import Iterable

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import history_store, mute_store
from mailgauge.cloudwatch.alarms.alarm import Alarm, State
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm
from mailgauge.cloudwatch.alarms.history import AlarmType
from mailgauge.cloudwatch.alarms.mute_history import actions_muted
from mailgauge.cloudwatch.alarms.mute_store import Muted
from mailgauge.store.transaction import Tx


def muted(tx: Tx, scope: Scope, alarm_name: str, now_ms: int) -> bool:
    """Whether a rule mutes the alarm, metric or composite, at this moment."""
    return muted_until(tx, scope, alarm_name, now_ms) is not None


def muted_until(tx: Tx, scope: Scope, alarm_name: str, now_ms: int) -> int | None:
    """The latest end of the windows that the alarm is in; then it may be in another one. None when not muted."""
    return max(_ends(tx, scope, alarm_name, now_ms).values(), default=None)


def keeps_back(tx: Tx, alarm: Alarm | CompositeAlarm, old: State, *, now_ms: int) -> bool:
    """Whether the actions of the state that ``alarm`` has entered are muted. If so, they are remembered for later."""
    ends = _ends(tx, alarm.scope, alarm.name, now_ms)
    if not ends:
        return False
    new = alarm.state
    until = max(ends.values())
    mute_store.remember(tx, Muted(alarm.scope, alarm.name, old.value, old, new.transitioned, until))
    alarm_type = AlarmType.METRIC if isinstance(alarm, Alarm) else AlarmType.COMPOSITE
    history_store.add(tx, alarm.scope, [actions_muted(alarm.name, alarm_type, new, list(ends))])
    return True


def look_again(tx: Tx, scope: Scope, alarm_names: Iterable[str]) -> None:
    """Rules of these alarms have changed: the ``MuteRunner`` finds out whether muting has ended."""
    mute_store.expect_end(tx, scope, alarm_names, 0)


def _ends(tx: Tx, scope: Scope, alarm_name: str, now_ms: int) -> dict[str, int]:
    """The rules that mute the alarm now, and the end of each one's window."""
    rules = mute_store.of_alarm(tx, scope, alarm_name)
    found = ((rule.name, rule.mutes_until(now_ms)) for rule in rules)
    return {name: end for name, end in found if end is not None}
