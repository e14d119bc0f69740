"""A metric alarm in answers (``monitoring/MetricAlarm``)."""

from typing import Any

from mailgauge.cloudwatch.alarms.alarm import Alarm, Configuration
from mailgauge.cloudwatch.api.alarm_queries import described_query
from mailgauge.cloudwatch.api.composite_describe import moment


def describe(alarm: Alarm) -> dict[str, Any]:
    """``monitoring/MetricAlarm``: what was not given is not echoed."""
    configuration, state = alarm.configuration, alarm.state
    shape: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.arn,
        "AlarmDescription": configuration.description,
        "AlarmConfigurationUpdatedTimestamp": moment(alarm.configured),
        "ActionsEnabled": alarm.actions_enabled,
        "OKActions": list(configuration.ok_actions),
        "AlarmActions": list(configuration.alarm_actions),
        "InsufficientDataActions": list(configuration.insufficient_data_actions),
        "StateValue": state.value.value,
        "StateReason": state.reason,
        "StateReasonData": state.reason_data,
        "StateUpdatedTimestamp": moment(state.updated),
        "EvaluationState": state.evaluation and state.evaluation.value,
        **_metric(configuration),
        "EvaluationPeriods": configuration.evaluation_periods,
        "DatapointsToAlarm": configuration.datapoints_to_alarm,
        "Threshold": configuration.threshold,
        "ComparisonOperator": configuration.comparison.value,
        "TreatMissingData": configuration.treat_missing_data and configuration.treat_missing_data.value,
        "EvaluateLowSampleCountPercentile": configuration.low_samples and configuration.low_samples.value,
        "StateTransitionedTimestamp": moment(state.transitioned),
    }
    return {name: value for name, value in shape.items() if value is not None}


def _metric(configuration: Configuration) -> dict[str, Any]:
    """The metric in the form in which it was given."""
    if configuration.queries:
        return {"Metrics": [described_query(each) for each in configuration.queries]}
    dimensions = [{"Name": name, "Value": value} for name, value in configuration.dimensions]
    name = {
        "MetricName": configuration.metric_name,
        "Namespace": configuration.namespace,
        "Dimensions": dimensions,
    }
    unit = {} if configuration.unit is None else {"Unit": configuration.unit}
    if configuration.metric_id is None:
        statistics = {
            "Statistic": configuration.statistic,
            "ExtendedStatistic": configuration.extended_statistic,
        }
        return {**name, **statistics, "Period": configuration.period, **unit}
    stat = {"Metric": name, "Period": configuration.period, "Stat": configuration.stat, **unit}
    label = {} if configuration.label is None else {"Label": configuration.label}
    return {"Metrics": [{"Id": configuration.metric_id, "MetricStat": stat, **label, "ReturnData": True}]}
