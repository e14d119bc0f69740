"""The items of a composite alarm's history, with their summaries and JSON (``monitoring/AlarmHistoryItem``). Pure."""

from collections.abc import Sequence
from typing import Any

from mailgauge.cloudwatch.alarms import javatext
from mailgauge.cloudwatch.alarms.alarm import State
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm
from mailgauge.cloudwatch.alarms.history import (
    AlarmType,
    Item,
    ItemType,
    configuration_summary,
    first_that_fits,
    standing,
    states_described,
)
from mailgauge.cloudwatch.alarms.suppression import Suppression


def created(alarm: CompositeAlarm) -> Item:
    data = {"version": "1.0", "type": "Create"}
    return _configuration_item(
        alarm, alarm.configured, "created", [data | {"createdAlarm": _describe(alarm)}, data]
    )


def updated(before: CompositeAlarm, after: CompositeAlarm) -> Item:
    data = {"version": "1.0", "type": "Update"}
    with_after = data | {"updatedAlarm": _describe(after)}
    with_both = with_after | {"previousAlarm": _describe(before)}
    return _configuration_item(after, after.configured, "updated", [with_both, with_after, data])


def deleted(alarm: CompositeAlarm, time: int) -> Item:
    data = {"version": "1.0", "type": "Delete"}
    return _configuration_item(alarm, time, "deleted", [data | {"deletedAlarm": _describe(alarm)}, data])


def transition(alarm: CompositeAlarm, old: State) -> Item:
    """The change to the state that it has from ``old``."""
    new, suppressed = alarm.state, _suppressed(alarm.suppression)
    forms = [
        {"version": "1.0", "oldState": old_state, "newState": new_state | suppressed}
        for old_state, new_state in states_described(old, new)
    ]
    summary = f"Alarm updated from {old.value} to {new.value}"
    return _item(alarm, new.transitioned, ItemType.STATE_UPDATE, summary, forms)


def actions_suppressed(alarm: CompositeAlarm, time: int) -> Item:
    """That the actions of its state wait, and for what."""
    data = {
        "actionState": "Suppressed",
        "stateUpdateTimestamp": alarm.state.transitioned,
        **_suppressed(alarm.suppression),
    }
    return _item(alarm, time, ItemType.ACTION, alarm.suppression.reason or "", [data])


def _configuration_item(alarm: CompositeAlarm, time: int, verb: str, forms: Sequence[dict[str, Any]]) -> Item:
    summary = configuration_summary(alarm.name, verb)
    return _item(alarm, time, ItemType.CONFIGURATION_UPDATE, summary, forms)


def _item(
    alarm: CompositeAlarm, time: int, kind: ItemType, summary: str, forms: Sequence[dict[str, Any]]
) -> Item:
    return Item(alarm.name, time, kind, summary, first_that_fits(forms), AlarmType.COMPOSITE)


def _suppressed(suppression: Suppression) -> dict[str, Any]:
    if suppression.by is None:
        return {}
    return {"actionsSuppressedBy": suppression.by, "actionsSuppressedReason": suppression.reason}


def _describe(alarm: CompositeAlarm) -> dict[str, Any]:
    """The alarm in history's own spelling."""
    configuration, state, suppressor = alarm.configuration, alarm.state, alarm.configuration.suppressor
    described: dict[str, Any] = {
        "alarmName": alarm.name,
        "alarmDescription": configuration.description,
        "alarmArn": alarm.arn,
        "alarmConfigurationUpdatedTimestamp": javatext.stamp(alarm.configured),
        "alarmRule": configuration.rule_text,
        **standing(state, configuration, enabled=alarm.actions_enabled),
    }
    if suppressor is not None:
        described |= {
            "actionsSuppressor": suppressor.given,
            "actionsSuppressorWaitPeriod": suppressor.periods.wait,
            "actionsSuppressorExtensionPeriod": suppressor.periods.extension,
        }
    return {key: value for key, value in described.items() if value is not None}
