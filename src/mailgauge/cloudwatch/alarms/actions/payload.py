"""What an alarm's topic is told of a change of state: subject and JSON message. Pure.

Keys, their order and their odd spellings are those of recorded notifications.
"""

from typing import Any, Final

import msgspec

from mailgauge.base.json_text import json_text
from mailgauge.cloudwatch.alarms import javatext
from mailgauge.cloudwatch.alarms.actions.notice import Change, Notice
from mailgauge.cloudwatch.alarms.alarm import Alarm, AlarmQuery, Configuration, State
from mailgauge.cloudwatch.alarms.history import AlarmType

LONGEST_SUBJECT: Final = 100

_STATISTICS = {
    "Average": "AVERAGE",
    "Maximum": "MAXIMUM",
    "Minimum": "MINIMUM",
    "SampleCount": "SAMPLE_COUNT",
    "Sum": "SUM",
}


def metric_notice(alarm: Alarm, old: State, *, after_mute: bool = False) -> Notice:
    """``alarm`` has its new state already. ``after_mute`` says that a mute rule kept its actions back until now."""
    configuration = alarm.configuration
    change = Change(
        alarm.scope, AlarmType.METRIC, alarm.name, alarm.arn, configuration.description, old, alarm.state
    )
    message: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": configuration.description,
        "AWSAccountId": alarm.scope.account,
        "AlarmConfigurationUpdatedTimestamp": javatext.stamp(alarm.configured),
        "NewStateValue": change.new.value,
        "NewStateReason": change.new.reason,
        "StateChangeTime": javatext.stamp(change.new.transitioned),
        "Region": change.region,
        "AlarmArn": alarm.arn,
        "OldStateValue": old.value,
        "OKActions": list(configuration.ok_actions),
        "AlarmActions": list(configuration.alarm_actions),
        "InsufficientDataActions": list(configuration.insufficient_data_actions),
        "Trigger": _trigger(configuration),
    }
    return notice(change, message, after_mute=after_mute)


def notice(change: Change, message: dict[str, Any], *, after_mute: bool) -> Notice:
    """All that actions are told, out of the message of the alarm's type."""
    after = {"ActionExecutedAfterMuteWindow": True} if after_mute else {}
    return Notice(
        alarm_type=change.type,
        alarm_name=change.name,
        alarm_arn=change.arn,
        old=change.old.value,
        new=change.new.value,
        reason=change.new.reason,
        time=change.new.transitioned,
        subject=subject(change),
        message=json_text(msgspec.json.encode(message | after)),
    )


def subject(change: Change) -> str:
    """``ALARM: "NAME" in REGION``, cut to what a topic takes, and to what it takes: ASCII without control characters."""
    text = f'{change.new.value}: "{change.name}" in {change.region}'
    return "".join(char if " " <= char <= "~" else "?" for char in text)[:LONGEST_SUBJECT]


def _trigger(configuration: Configuration) -> dict[str, Any]:
    conditions: dict[str, Any] = {
        "Period": configuration.period,
        "EvaluationPeriods": configuration.evaluation_periods,
        "DatapointsToAlarm": configuration.datapoints_to_alarm,
        "ComparisonOperator": configuration.comparison,
        "Threshold": msgspec.Raw(javatext.dumps(float(configuration.threshold)).encode()),
        "TreatMissingData": configuration.treat_missing_data or "",
        "EvaluateLowSampleCountPercentile": configuration.low_samples or "",
    }
    if configuration.datapoints_to_alarm is None:
        del conditions["DatapointsToAlarm"]
    if configuration.queries:
        return conditions | {"Metrics": [_query(each) for each in configuration.queries]}
    if configuration.metric_id is not None:
        return conditions | {"Metrics": [_only_metric(configuration)]}
    is_basic = configuration.statistic is not None
    return {
        "MetricName": configuration.metric_name,
        "Namespace": configuration.namespace,
        "StatisticType": "Statistic" if is_basic else "ExtendedStatistic",
        **(
            {"Statistic": _STATISTICS.get(configuration.stat, configuration.stat)}
            if is_basic
            else {"ExtendedStatistic": configuration.stat}
        ),
        "Unit": configuration.unit,
        "Dimensions": [{"value": value, "name": name} for name, value in configuration.dimensions],
        **conditions,
    }


def _only_metric(configuration: Configuration) -> dict[str, Any]:
    """The one metric of an alarm that was given as a list of Metrics."""
    return _query(
        AlarmQuery(
            id=configuration.metric_id or "",
            returns_data=True,
            namespace=configuration.namespace,
            metric_name=configuration.metric_name,
            dimensions=configuration.dimensions,
            statistic=configuration.stat,
            period=configuration.period,
            unit=configuration.unit,
            label=configuration.label,
        )
    )


def _query(query: AlarmQuery) -> dict[str, Any]:
    if query.expression is not None:
        shown: dict[str, Any] = {
            "Expression": query.expression,
            "Id": query.id,
            "Label": query.label,
            "Period": query.period,
            "ReturnData": query.returns_data,
        }
    else:
        metric = {
            "Dimensions": [{"value": value, "name": name} for name, value in query.dimensions],
            "MetricName": query.metric_name,
            "Namespace": query.namespace,
        }
        stat = {"Metric": metric, "Period": query.period, "Stat": query.statistic, "Unit": query.unit}
        shown = {
            "Id": query.id,
            "Label": query.label,
            "MetricStat": {name: value for name, value in stat.items() if value is not None},
            "ReturnData": query.returns_data,
        }
    return {name: value for name, value in shown.items() if value is not None}
