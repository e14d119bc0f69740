"""What a notice says, in words: for subscribers by mail and mail actions. Pure.

It is made of the message, so that it need not be kept.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from mailgauge.cloudwatch.alarms.actions.notice import Notice
from mailgauge.cloudwatch.alarms.alarm import Comparison, MissingData

_MOST_CHILDREN = 10
_WORDS = {
    Comparison.GREATER: "greater than",
    Comparison.GREATER_OR_EQUAL: "greater than or equal to",
    Comparison.LESS: "less than",
    Comparison.LESS_OR_EQUAL: "less than or equal to",
}
_ACTIONS = (("OK", "OKActions"), ("ALARM", "AlarmActions"), ("INSUFFICIENT_DATA", "InsufficientDataActions"))


def in_words(notice: Notice) -> str:
    """The details of both types of alarms, what rang it, and what it does."""
    message: dict[str, Any] = msgspec.json.decode(notice.message)
    about = _about_trigger(message["Trigger"]) if "Trigger" in message else _about_children(message)
    return "\n".join([*_introduction(notice, message), "", *about, "", *_actions(message)]) + "\n"


def _introduction(notice: Notice, message: Mapping[str, Any]) -> list[str]:
    time = _when(notice.time)
    details = {
        "Name": notice.alarm_name,
        "Description": message["AlarmDescription"] or "",
        "State Change": f"{notice.old} -> {notice.new}",
        "Reason for State Change": notice.reason,
        "Timestamp": time,
        "Account": message["AWSAccountId"],
        "Alarm Arn": notice.alarm_arn,
    }
    first = (
        f'You are receiving this email because your alarm "{notice.alarm_name}" in the {message["Region"]} region has '
        f'entered the {notice.new} state, because "{notice.reason}" at "{time}".'
    )
    return [first, "", "Alarm Details:", *_listed(details)]


def _about_trigger(trigger: Mapping[str, Any]) -> list[str]:
    threshold = (
        f"- The alarm is in the ALARM state when the metric is {_WORDS[Comparison(trigger['ComparisonOperator'])]} "
        f"{trigger['Threshold']} for at least {trigger.get('DatapointsToAlarm', trigger['EvaluationPeriods'])} of the last "
        f"{trigger['EvaluationPeriods']} period(s) of {trigger['Period']} seconds."
    )
    metrics = trigger.get("Metrics")
    monitored = [_listed(_metric(trigger))] if metrics is None else map(_query, metrics)
    return [
        "Threshold:",
        threshold,
        "",
        "Monitored Metric:",
        *(line for lines in monitored for line in lines),
    ]


def _metric(trigger: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "MetricNamespace": trigger["Namespace"],
        "MetricName": trigger["MetricName"],
        "Dimensions": ", ".join(f"[{each['name']} = {each['value']}]" for each in trigger["Dimensions"]),
        "Period": f"{trigger['Period']} seconds",
        "Statistic": trigger.get("Statistic") or trigger["ExtendedStatistic"],
        "Unit": trigger["Unit"] or "not specified",
        "TreatMissingData": trigger["TreatMissingData"] or MissingData.MISSING,
    }


def _query(query: Mapping[str, Any]) -> list[str]:
    if "Expression" in query:
        return _listed({f"Expression {query['Id']}": query["Expression"]})
    stat = query["MetricStat"]
    metric = stat["Metric"]
    dimensions = "".join(f" [{each['name']} = {each['value']}]" for each in metric["Dimensions"])
    shown = f"{metric['Namespace']} {metric['MetricName']}{dimensions}, {stat['Stat']}"
    return _listed({f"Metric {query['Id']}": shown})


def _about_children(message: Mapping[str, Any]) -> list[str]:
    children = message["TriggeringChildren"][:_MOST_CHILDREN]
    return [
        "Alarm Rule:",
        f"- {message['AlarmRule']}",
        "",
        f"Triggering children (max. {_MOST_CHILDREN}):",
        *(f"- {each['Arn']}: {each['State']['Value']}" for each in children),
    ]


def _actions(message: Mapping[str, Any]) -> list[str]:
    lines = []
    for state, name in _ACTIONS:
        named = ", ".join(message[name])
        lines.append(f"- {state}: [{named}]" if named else f"- {state}:")
    return ["State Change Actions:", *lines]


def _listed(values: Mapping[str, Any]) -> list[str]:
    return [f"- {f'{name}:':<27} {value}".rstrip() for name, value in values.items()]


def _when(milliseconds: int) -> str:
    """``Friday 22 July, 2022 15:57:45 UTC``."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%A %d %B, %Y %H:%M:%S UTC}"
