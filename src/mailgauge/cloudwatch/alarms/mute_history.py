"""The history item of actions that mute rules keep back. AWS publishes no form of its own for it. Pure."""

from collections.abc import Sequence

from mailgauge.cloudwatch.alarms import javatext
from mailgauge.cloudwatch.alarms.alarm import State
from mailgauge.cloudwatch.alarms.history import LONGEST_DATA, LONGEST_SUMMARY, AlarmType, Item, ItemType


def actions_muted(name: str, alarm_type: AlarmType, new: State, rules: Sequence[str]) -> Item:
    """That the actions of the state just entered wait for the end of these rules' windows."""
    data = {"actionState": "Muted", "stateUpdateTimestamp": new.transitioned}
    text = javatext.dumps(data | {"alarmMuteRules": list(rules)})
    return Item(
        name,
        new.transitioned,
        ItemType.ACTION,
        f"Actions muted by alarm mute rule {', '.join(rules)}"[:LONGEST_SUMMARY],
        text if len(text) <= LONGEST_DATA else javatext.dumps(data),
        alarm_type,
    )
