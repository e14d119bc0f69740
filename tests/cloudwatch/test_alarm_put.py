"""What PutMetricAlarm takes, refuses and in which words."""

import re
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.cloudwatch.alarms.alarm import Configuration
from mailgauge.cloudwatch.api import alarm_put
from tests.cloudwatch.alarm_bench import COMPLAINTS, SCOPE

STAT: dict[str, Any] = {
    "Id": "m1",
    "MetricStat": {"Metric": {"Namespace": "n", "MetricName": "m"}, "Period": 60, "Stat": "Sum"},
}
MATH = {"Id": "e1", "Expression": "m1 * 2"}
METRICS_ONLY = {"MetricName": None, "Namespace": None, "Statistic": None, "Period": None}


def put(**params: Any) -> Configuration:
    given = {name: value for name, value in (COMPLAINTS | params).items() if value is not None}
    return alarm_put.configuration(given, SCOPE)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"TreatMissingData": "Missing"},
            (
                "The value Missing is not supported for TreatMissingData parameter."
                " Supported values are [breaching, notBreaching, ignore, missing]."
            ),
        ),
        (
            {"EvaluateLowSampleCountPercentile": "never"},
            (
                "Option never is not supported. Supported options for parameter EvaluateLowSampleCountPercentile"
                " are evaluate and ignore."
            ),
        ),
        ({"Period": 15}, "Period must be 10, 20, 30 or a multiple of 60"),
        ({"Period": 90}, "Period must be 10, 20, 30 or a multiple of 60"),
        (
            {"Period": 1800, "EvaluationPeriods": 49},
            (
                "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)"
                " for alarms using period < 3600"
            ),
        ),
        (
            {"Period": 86400, "EvaluationPeriods": 8},
            (
                "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800)"
                " for alarms using period >= 3600"
            ),
        ),
        ({"MetricName": None}, "MetricName must not be null"),
        ({"Namespace": None}, "Namespace must not be null"),
        ({"Threshold": None}, "Threshold must not be null"),
        ({"Threshold": float("nan")}, "Threshold must be a finite number"),
        ({"Period": None}, "Period must not be null"),
        ({"EvaluationPeriods": None}, "EvaluationPeriods must not be null"),
        ({"ThresholdMetricId": "e1"}, "Threshold and ThresholdMetricId cannot both be set"),
        (
            {"Threshold": None, "ThresholdMetricId": "e1"},
            "Metrics list must contain exactly one metric matching the ThresholdMetricId parameter",
        ),
        ({"Metrics": [STAT]}, "MetricName should not be set if list of Metrics is set."),
        ({"AlarmActions": ["on-call"]}, "Invalid arn syntax: on-call"),
        (
            {"OKActions": ["arn:aws:sns:eu-west-1:123456789012:t"]},
            "Invalid region eu-west-1 specified. Only us-east-1 is supported.",
        ),
        (
            {"DatapointsToAlarm": 2},
            "DatapointsToAlarm must be less than or equal to EvaluationPeriods",
        ),
        (
            {"Statistic": "Mean"},
            (
                "1 validation error detected: Value 'Mean' at 'statistic' failed to satisfy constraint: Member must"
                " satisfy enum value set: [Maximum, SampleCount, Sum, Minimum, Average]"
            ),
        ),
        (
            {"EvaluationPeriods": 0, "DatapointsToAlarm": 0},
            (
                "2 validation errors detected: Value '0' at 'evaluationPeriods' failed to satisfy constraint: Member"
                " must have value greater than or equal to 1; Value '0' at 'datapointsToAlarm' failed to satisfy"
                " constraint: Member must have value greater than or equal to 1"
            ),
        ),
        (
            {"AlarmName": None},
            (
                "1 validation error detected: Value null at 'alarmName' failed to satisfy constraint: Member must not"
                " be null"
            ),
        ),
    ],
)
def test_it_refuses_in_aws_words(params: dict[str, Any], message: str) -> None:
    with pytest.raises(AwsError) as refused:
        put(**params)
    assert (refused.value.code, refused.value.message, refused.value.status) == (
        "ValidationError",
        message,
        400,
    )


@pytest.mark.parametrize("statistic", ["90", "p", "p101", "p-1", "avg", "Sum", "p99.12345678901"])
def test_it_refuses_an_extended_statistic_that_is_none(statistic: str) -> None:
    with pytest.raises(AwsError) as refused:
        put(Statistic=None, ExtendedStatistic=statistic)
    assert refused.value.code == "InvalidParameterValue"
    assert refused.value.message == f"The value {statistic} for parameter ExtendedStatistic is not supported."


@pytest.mark.parametrize(
    "statistic", ["p0", "p95", "p99.9", "p95.0123456789", "p100", "tm90", "IQM", "PR(:300)"]
)
def test_it_takes_extended_statistics(statistic: str) -> None:
    assert put(Statistic=None, ExtendedStatistic=statistic).stat == statistic


@pytest.mark.parametrize(
    "params",
    [
        {"Statistic": None},
        {"ExtendedStatistic": "p90"},
        {"AlarmName": "a\nb"},
        {"AlarmName": "a" * 256},
        {"AlarmDescription": "a" * 1025},
        {"Namespace": ":n"},
        {"Unit": "Furlongs"},
        {"ComparisonOperator": "Near"},
        {"ComparisonOperator": "LessThanLowerThreshold"},
        {"AlarmActions": ["arn:aws:lambda:us-east-1:1:function:f"] * 6},
        {"AlarmActions": ["arn:" + "a" * 1024]},
        {"Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]},
        {"Dimensions": [{"Name": f"d{n}", "Value": "1"} for n in range(31)]},
        {"Dimensions": [{"Name": " ", "Value": "1"}]},
        {"Dimensions": [{"Name": "ä", "Value": "1"}]},
        {"EvaluationInterval": 60},
    ],
)
def test_it_refuses(params: dict[str, Any]) -> None:
    with pytest.raises(AwsError, match="ValidationError"):
        put(**params)


@pytest.mark.parametrize(
    "params",
    [
        {"Period": 10},
        {"Period": 20},
        {"Period": 30},
        {"Period": 60, "EvaluationPeriods": 1440},
        {"Period": 3600, "EvaluationPeriods": 168},
        {"Period": 604800},
        {"EvaluationPeriods": 3, "DatapointsToAlarm": 3},
        {"AlarmName": "ä β"},
        {"Dimensions": [{"Name": f"d{n}", "Value": "1"} for n in range(30)]},
        {"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"] * 5},
    ],
)
def test_it_takes_what_lies_within_the_limits(params: dict[str, Any]) -> None:
    assert put(**params).metric_name == "Complaint"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"Metrics": [STAT, MATH]}, "Exactly one element of the metrics list should return data."),
        (
            {"Metrics": [STAT, MATH], "Threshold": None, "ThresholdMetricId": "e2"},
            "Metrics list must contain exactly one metric matching the ThresholdMetricId parameter",
        ),
        (
            {"Metrics": [STAT | {"ReturnData": False}, MATH], "Threshold": None, "ThresholdMetricId": "e1"},
            "Exactly two elements of the metrics list should return data.",
        ),
        ({"Metrics": [STAT, STAT]}, "Invalid metrics list"),
        ({"Metrics": [{"Id": "m1"}]}, "Invalid metrics list"),
        ({"Metrics": [STAT], "Unit": "Count"}, "Unit should not be set if list of Metrics is set."),
        ({"Metrics": [STAT], "Statistic": "Sum"}, "Statistic should not be set if list of Metrics is set."),
    ],
)
def test_a_list_of_metrics_is_checked_before_anything_else(params: dict[str, Any], message: str) -> None:
    with pytest.raises(AwsError, match=f"^ValidationError: {re.escape(message)}$"):
        put(**(METRICS_ONLY | params))


@pytest.mark.parametrize(
    "params",
    [
        {
            "Metrics": [STAT, {"Id": "e1", "Expression": "ANOMALY_DETECTION_BAND(m1)"}],
            "Threshold": None,
            "ThresholdMetricId": "e1",
            "ComparisonOperator": "GreaterThanUpperThreshold",
        },
        {
            "EvaluationCriteria": {"PromQLCriteria": {"Query": "up"}},
            "Threshold": None,
            "ComparisonOperator": None,
            "EvaluationPeriods": None,
        },
    ],
)
def test_what_is_not_built_yet_is_said_plainly(params: dict[str, Any]) -> None:
    with pytest.raises(AwsError, match=r"^ValidationError: .* not built yet"):
        put(**(METRICS_ONLY | params))


SILENT = STAT | {"ReturnData": False}
TWICE = {"Namespace": "n", "MetricName": "m", "Dimensions": [{"Name": "a", "Value": "1"}] * 2}


def test_a_list_with_an_expression_is_an_alarm_on_its_result() -> None:
    taken = put(**METRICS_ONLY, Metrics=[SILENT, MATH])
    assert [each.id for each in taken.queries] == ["m1", "e1"]
    assert (taken.period, taken.metric_name) == (60, "")


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ([SILENT, MATH | {"Expression": "NOPE(m1)"}], "Error in expression 'e1': Function 'NOPE' not found"),
        (
            [SILENT, MATH | {"Expression": "SUM(SEARCH('m', 'Sum'))"}],
            "SEARCH is not supported on Metric Alarms.",
        ),
        (
            [SILENT, MATH | {"Expression": "[m1]"}],
            "Metrics expression that return multi time series are only allowed for MetricsInsights expression with an ORDER BY clause",
        ),
        (
            [SILENT, MATH | {"Expression": "SUM(m1)"}],
            "Error in expression 'e1': The result is a number, and has to be a series or an array of series",
        ),
        ([MATH | {"Expression": 'SELECT SUM(Send) FROM "AWS/SES"'}], "Period must not be null"),
        (
            [MATH | {"Expression": 'SELECT SUM(Send) FROM "AWS/SES" GROUP BY campaign ORDER BY SUM() DESC'}],
            "Alarms on Metrics Insights queries with GROUP BY are not built yet in this release of Mailgauge.",
        ),
        (
            [MATH | {"Expression": 'SELECT SUM(Send) FROM "AWS/SES" GROUP BY campaign'}],
            "Metrics expression that return multi time series are only allowed for MetricsInsights expression with an ORDER BY clause",
        ),
        (
            [SILENT | {"MetricStat": STAT["MetricStat"] | {"Metric": TWICE}}, MATH],
            "The dimension name a is given more than once.",
        ),
        (
            [SILENT, SILENT | {"Id": "m2", "MetricStat": STAT["MetricStat"] | {"Period": 300}}, MATH],
            "Metrics in an alarm must have the same period",
        ),
        ([SILENT | {"Id": f"m{n}"} for n in range(11)] + [MATH], "Invalid metrics list"),
    ],
)
def test_a_list_with_an_expression_is_refused_in_words(metrics: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(AwsError, match=f"^ValidationError: {re.escape(message)}"):
        put(**METRICS_ONLY, Metrics=metrics)


def test_a_list_of_one_metric_is_an_alarm_on_that_metric() -> None:
    taken = put(**METRICS_ONLY, Metrics=[STAT | {"Label": "sends"}])
    assert (taken.metric_id, taken.label) == ("m1", "sends")
    assert (taken.namespace, taken.metric_name, taken.period, taken.stat) == ("n", "m", 60, "Sum")


@pytest.mark.parametrize(
    "metric",
    [
        STAT | {"Id": "M1"},
        STAT | {"MetricStat": STAT["MetricStat"] | {"Stat": "Mean"}},
        STAT | {"MetricStat": STAT["MetricStat"] | {"Period": 90}},
        STAT | {"MetricStat": STAT["MetricStat"] | {"Unit": "Furlongs"}},
    ],
)
def test_a_list_of_one_metric_is_held_to_the_same_rules(metric: dict[str, Any]) -> None:
    with pytest.raises(AwsError, match="ValidationError"):
        put(**METRICS_ONLY, Metrics=[metric])
