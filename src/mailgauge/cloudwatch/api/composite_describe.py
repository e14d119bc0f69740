"""Composite alarms in answers: whole, and reduced to what is shown of children and parents (``monitoring/DescribeAlarms``)."""

from datetime import UTC, datetime
from typing import Any

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.alarm import arn_prefix
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm, Standing


def describe_composite(alarm: CompositeAlarm) -> dict[str, Any]:
    """``monitoring/CompositeAlarm``: what was not given is not echoed."""
    configuration, state, suppression = alarm.configuration, alarm.state, alarm.suppression
    shape: dict[str, Any] = {
        "ActionsEnabled": alarm.actions_enabled,
        "AlarmActions": list(configuration.alarm_actions),
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": moment(alarm.configured),
        "AlarmDescription": configuration.description,
        "AlarmName": alarm.name,
        "AlarmRule": configuration.rule_text,
        "InsufficientDataActions": list(configuration.insufficient_data_actions),
        "OKActions": list(configuration.ok_actions),
        "StateReason": state.reason,
        "StateReasonData": state.reason_data,
        "StateUpdatedTimestamp": moment(state.updated),
        "StateValue": state.value.value,
        "StateTransitionedTimestamp": moment(state.transitioned),
        "ActionsSuppressedBy": None if suppression.by is None else suppression.by.value,
        "ActionsSuppressedReason": suppression.reason,
    }
    if (suppressor := configuration.suppressor) is not None:
        shape |= {
            "ActionsSuppressor": suppressor.given,
            "ActionsSuppressorWaitPeriod": suppressor.periods.wait,
            "ActionsSuppressorExtensionPeriod": suppressor.periods.extension,
        }
    return {name: value for name, value in shape.items() if value is not None}


def describe_parent(scope: Scope, name: str) -> dict[str, Any]:
    return {"AlarmArn": f"{arn_prefix(scope)}{name}", "AlarmName": name}


def describe_child(scope: Scope, standing: Standing) -> dict[str, Any]:
    return describe_parent(scope, standing.name) | {
        "StateValue": standing.value.value,
        "StateUpdatedTimestamp": moment(standing.updated),
    }


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
