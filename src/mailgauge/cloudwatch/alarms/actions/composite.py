"""The same for composite alarms: the message has the rule and the children that brought the change about. Pure."""

from typing import Any

import orjson

from mailgauge.cloudwatch.alarms import javatext
from mailgauge.cloudwatch.alarms.actions.notice import Change, Notice
from mailgauge.cloudwatch.alarms.actions.payload import notice
from mailgauge.cloudwatch.alarms.alarm import State
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm
from mailgauge.cloudwatch.alarms.history import AlarmType


def composite_notice(alarm: CompositeAlarm, old: State, *, after_mute: bool = False) -> Notice:
    """``alarm`` has its new state already."""
    configuration = alarm.configuration
    change = Change(
        alarm.scope, AlarmType.COMPOSITE, alarm.name, alarm.arn, configuration.description, old, alarm.state
    )
    message: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": configuration.description,
        "AWSAccountId": alarm.scope.account,
        "NewStateValue": change.new.value,
        "NewStateReason": change.new.reason,
        "StateChangeTime": javatext.stamp(change.new.transitioned),
        "Region": change.region,
        "AlarmArn": alarm.arn,
        "OKActions": list(configuration.ok_actions),
        "AlarmActions": list(configuration.alarm_actions),
        "InsufficientDataActions": list(configuration.insufficient_data_actions),
        "OldStateValue": old.value,
        "AlarmRule": configuration.rule_text,
        "TriggeringChildren": _triggering(alarm.state),
    }
    return notice(change, message, after_mute=after_mute)


def _triggering(state: State) -> list[dict[str, Any]]:
    """Out of StateReasonData, whose keys are in lower case."""
    # SetAlarmState takes any JSON, however deep: what checked it there reads it here.
    found = orjson.loads(state.reason_data) if state.reason_data else {}
    children = found.get("triggeringAlarms", ()) if isinstance(found, dict) else ()
    return [
        {
            "Arn": each["arn"],
            "State": {"Value": each["state"]["value"], "Timestamp": each["state"]["timestamp"]},
        }
        for each in (children if isinstance(children, list) else ())
        if _is_child(each)
    ]


def _is_child(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("arn"), str):
        return False
    state = value.get("state")
    return isinstance(state, dict) and all(
        isinstance(state.get(name), str) for name in ("value", "timestamp")
    )
