"""PutMetricAlarm: from parameters to a checked ``Configuration`` (``monitoring/PutMetricAlarm``).

What this release can't evaluate (anomaly bands, PromQL) is refused after the checks of its own form.
"""

import math
import re
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Params
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch import statistics
from mailgauge.cloudwatch.alarms.actions.validation import problem as action_problem
from mailgauge.cloudwatch.alarms.alarm import AlarmQuery, Comparison, Configuration, LowSamples, MissingData
from mailgauge.cloudwatch.api.alarm_queries import check_dimensions, common_period, read_queries
from mailgauge.cloudwatch.api.constraints import Constraints
from mailgauge.tsdb.units import UNITS

E = TypeVar("E")

STATISTICS: Final = ("Maximum", "SampleCount", "Sum", "Minimum", "Average")
_BANDS = ("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold")
_SINGLE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit")
_ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_METRIC_ID = re.compile(r"[a-z][a-zA-Z0-9_]{0,254}")
_HOUR, _DAY, _WEEK = 3600, 86400, 604800


def configuration(params: Params, scope: Scope) -> Configuration:
    """For an alarm of ``scope``. Raises AwsError for whatever AWS refuses, and for what this release does not evaluate."""
    _model_constraints(params)
    _form(params)
    metric_id = label = None
    queries: tuple[AlarmQuery, ...] = ()
    metrics = params.get("Metrics") or ()
    if len(metrics) > 1 or any(metric.get("Expression") for metric in metrics):
        queries = read_queries(scope, metrics)
        params = params | {"Period": common_period(queries)}
    elif metrics:
        metric_id, label = metrics[0].get("Id"), metrics[0].get("Label")
        params = params | _only_metric(metrics[0])
    _threshold(params)
    if not queries:
        _single_metric(params)
    _window(params)
    _options(params)
    check_actions(params, scope)
    return Configuration(
        name=params["AlarmName"],
        namespace=params.get("Namespace") or "",
        metric_name=params.get("MetricName") or "",
        dimensions=tuple((d["Name"], d["Value"]) for d in params.get("Dimensions") or ()),
        period=params["Period"],
        evaluation_periods=params["EvaluationPeriods"],
        threshold=float(params["Threshold"]),
        comparison=Comparison(params["ComparisonOperator"]),
        statistic=params.get("Statistic"),
        extended_statistic=params.get("ExtendedStatistic"),
        unit=params.get("Unit"),
        datapoints_to_alarm=params.get("DatapointsToAlarm"),
        treat_missing_data=_maybe(MissingData, params.get("TreatMissingData")),
        low_samples=_maybe(LowSamples, params.get("EvaluateLowSampleCountPercentile")),
        description=params.get("AlarmDescription"),
        ok_actions=tuple(params.get("OKActions") or ()),
        alarm_actions=tuple(params.get("AlarmActions") or ()),
        insufficient_data_actions=tuple(params.get("InsufficientDataActions") or ()),
        metric_id=metric_id,
        label=label,
        queries=queries,
    )


def refuse(message: str) -> NoReturn:
    raise AwsError("ValidationError", message)


def check_name(params: Params) -> None:
    if _CONTROL.search(params["AlarmName"]):
        refuse("AlarmName must not contain control characters")


def _model_constraints(params: Params) -> None:
    checks = (
        Constraints(params)
        .required("AlarmName")
        .length("AlarmName", 1, 255)
        .length("AlarmDescription", 0, 1024)
        .length("MetricName", 1, 255)
        .length("Namespace", 1, 255)
        .pattern("Namespace", "[^:].*")
        .one_of("Statistic", STATISTICS)
        .one_of("Unit", UNITS)
        .one_of("ComparisonOperator", (*Comparison, *_BANDS))
        .size("Dimensions", 30)
        .between("Period", 1)
        .between("EvaluationPeriods", 1)
        .between("DatapointsToAlarm", 1)
        .between("EvaluationInterval", 10, 3600)
        .length("TreatMissingData", 1, 255)
        .length("EvaluateLowSampleCountPercentile", 1, 255)
        .length("ThresholdMetricId", 1, 255)
    )
    for actions in _ACTIONS:
        checks.size(actions, 5).lengths(actions, 1, 1024)
    checks.verify()
    check_name(params)


def _form(params: Params) -> None:
    """Which of the three forms of alarm it is, and whether its members go together."""
    metrics = params.get("Metrics")
    if params.get("EvaluationCriteria") is not None:
        for name in (*_SINGLE_METRIC, "Metrics", "Threshold", "ThresholdMetricId", "ComparisonOperator"):
            if params.get(name):
                refuse(f"{name} should not be set if EvaluationCriteria is set.")
        _not_built("PromQL alarms (EvaluationCriteria)")
    if params.get("EvaluationInterval") is not None:
        refuse("EvaluationInterval should not be set if EvaluationCriteria is not set.")
    if params.get("Threshold") is not None and params.get("ThresholdMetricId") is not None:
        refuse("Threshold and ThresholdMetricId cannot both be set")
    if metrics:
        _metrics_form(params, metrics)
        return
    if params.get("MetricName") is None:
        refuse("MetricName must not be null")
    if params.get("ThresholdMetricId") is not None:
        refuse("Metrics list must contain exactly one metric matching the ThresholdMetricId parameter")


def _metrics_form(params: Params, metrics: list[dict[str, Any]]) -> None:
    for name in _SINGLE_METRIC:
        if params.get(name):
            refuse(f"{name} should not be set if list of Metrics is set.")
    band = params.get("ThresholdMetricId")
    if len(metrics) > 20 or any(bool(m.get("MetricStat")) == bool(m.get("Expression")) for m in metrics):
        refuse("Invalid metrics list")
    if len({m.get("Id") for m in metrics}) < len(metrics):
        refuse("Invalid metrics list")
    if band is not None and [m.get("Id") for m in metrics].count(band) != 1:
        refuse("Metrics list must contain exactly one metric matching the ThresholdMetricId parameter")
    returning = sum(m.get("ReturnData") is not False for m in metrics)
    if band is None and returning != 1:
        refuse("Exactly one element of the metrics list should return data.")
    if band is not None and returning != 2:
        refuse("Exactly two elements of the metrics list should return data.")
    if band is not None:
        _not_built("Alarms on anomaly detection")


def _only_metric(query: dict[str, Any]) -> dict[str, Any]:
    """The one metric of a list as the members of the single-metric form, so that the same rules hold."""
    if not _METRIC_ID.fullmatch(query.get("Id") or ""):
        refuse("Invalid metrics list")
    stat = query["MetricStat"]
    metric, name = stat.get("Metric") or {}, stat.get("Stat")
    members = {
        "Namespace": metric.get("Namespace"),
        "MetricName": metric.get("MetricName"),
        "Dimensions": metric.get("Dimensions"),
        "Period": stat.get("Period"),
        "Unit": stat.get("Unit"),
        "Statistic" if name in STATISTICS else "ExtendedStatistic": name,
    }
    if name is None or statistics.parse(name) is None:
        refuse("Invalid metrics list")
    Constraints(members).one_of("Unit", UNITS).between("Period", 1).size("Dimensions", 30).verify()
    return members


def _threshold(params: Params) -> None:
    names = ("Period", "EvaluationPeriods", "ComparisonOperator", "Threshold")
    for name in names if params.get("Metrics") else ("Namespace", *names):
        if params.get(name) is None:
            refuse(f"{name} must not be null")
    if not math.isfinite(params["Threshold"]):
        refuse("Threshold must be a finite number")
    if params["ComparisonOperator"] in _BANDS:
        refuse(f"ComparisonOperator {params['ComparisonOperator']} requires ThresholdMetricId to be set")


def _single_metric(params: Params) -> None:
    statistic, extended = params.get("Statistic"), params.get("ExtendedStatistic")
    if statistic is not None and extended is not None:
        refuse("Statistic and ExtendedStatistic cannot both be set")
    if statistic is None and extended is None:
        refuse("Either Statistic or ExtendedStatistic must be set")
    if extended is not None and statistics.parse_extended(extended) is None:
        raise AwsError(
            "InvalidParameterValue", f"The value {extended} for parameter ExtendedStatistic is not supported."
        )
    check_dimensions(params.get("Dimensions") or ())


def _window(params: Params) -> None:
    period, count = params["Period"], params["EvaluationPeriods"]
    if period not in {10, 20, 30} and period % 60:
        refuse("Period must be 10, 20, 30 or a multiple of 60")
    if period < _HOUR and period * count > _DAY:
        refuse(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)"
            " for alarms using period < 3600"
        )
    if period * count > _WEEK:
        refuse(
            "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800)"
            " for alarms using period >= 3600"
        )
    if (params.get("DatapointsToAlarm") or 1) > count:
        refuse("DatapointsToAlarm must be less than or equal to EvaluationPeriods")


def _options(params: Params) -> None:
    missing = params.get("TreatMissingData")
    if missing is not None and missing not in set(MissingData):
        refuse(
            f"The value {missing} is not supported for TreatMissingData parameter."
            f" Supported values are [{', '.join(MissingData)}]."
        )
    low = params.get("EvaluateLowSampleCountPercentile")
    if low is not None and low not in set(LowSamples):
        refuse(
            f"Option {low} is not supported. Supported options for parameter EvaluateLowSampleCountPercentile"
            " are evaluate and ignore."
        )


def check_actions(params: Params, scope: Scope) -> None:
    """Whether a target exists is not asked, and who can run an action is found out on a transition."""
    for name in _ACTIONS:
        for action in params.get(name) or ():
            if (problem := action_problem(action, scope)) is not None:
                refuse(problem)


def _not_built(what: str) -> NoReturn:
    refuse(f"{what} are not built yet in this release of Mailgauge.")


def _maybe(kind: Callable[[str], E], value: str | None) -> E | None:
    return None if value is None else kind(value)
