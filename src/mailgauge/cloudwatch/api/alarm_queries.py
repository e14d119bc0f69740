"""Alarms on metric math: a list of Metrics as parameters, its rules and texts, and back (``monitoring/PutMetricAlarm``)."""

import re
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from mailgauge.aws.errors import AwsError
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch import periods, statistics
from mailgauge.cloudwatch.alarms.alarm import AlarmQuery
from mailgauge.cloudwatch.alarms.points import alarm_queries
from mailgauge.cloudwatch.insights.query import Select
from mailgauge.cloudwatch.math.plan import Expression, ExpressionError
from mailgauge.cloudwatch.math.types import Type
from mailgauge.cloudwatch.queries import planned
from mailgauge.tsdb.units import CODES

_MOST: Final = 10
_MOST_DIMENSIONS: Final = 30
_ID = re.compile(r"[a-z][a-zA-Z0-9_]{0,254}")
_SEVERAL: Final = "Metrics expression that return multi time series are only allowed for MetricsInsights expression with an ORDER BY clause"

_GROUPS: Final = (
    "Alarms on Metrics Insights queries with GROUP BY are not built yet in this release of Mailgauge."
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def read_queries(scope: Scope, metrics: Sequence[dict[str, Any]]) -> tuple[AlarmQuery, ...]:
    """The elements of the list. Raises ValidationError."""
    found = tuple(map(_query, metrics))
    expressions = sum(each.expression is not None for each in found)
    if expressions > _MOST or len(found) - expressions > _MOST:
        _refuse("Invalid metrics list")
    try:
        plan = planned(alarm_queries(scope, found))
    except ExpressionError as error:
        raise AwsError("ValidationError", str(error)) from error
    if any(plan.searches.values()):
        _refuse("SEARCH is not supported on Metric Alarms.")
    for each in found:
        if each.returns_data and plan.types[each.id] is Type.ARRAY:
            _refuse(_GROUPS if _is_ordered(plan.expressions.get(each.id)) else _SEVERAL)
    if any(isinstance(each, Select) for each in plan.expressions.values()):
        for each in found:
            if each.expression is not None and each.period is None:
                _refuse("Period must not be null")
    return found


def common_period(queries: Sequence[AlarmQuery]) -> int:
    """The period of all metrics. Raises ValidationError when they differ."""
    named = {each.period for each in queries if each.period is not None}
    if len(named) > 1:
        _refuse("Metrics in an alarm must have the same period")
    if not named:
        _refuse("Period must not be null")
    return next(iter(named))


def check_dimensions(dimensions: Sequence[dict[str, Any]]) -> None:
    """Raises ValidationError for what no metric can have."""
    seen = set()
    for dimension in dimensions:
        name, value = dimension.get("Name") or "", dimension.get("Value") or ""
        if not _dimension_text(name, 255) or name.startswith(":") or not _dimension_text(value, 1024):
            _refuse(f"The dimension {name}={value} is not valid.")
        if name in seen:
            _refuse(f"The dimension name {name} is given more than once.")
        seen.add(name)
    if len(seen) > _MOST_DIMENSIONS:
        _refuse("Invalid metrics list")


def described_query(query: AlarmQuery) -> dict[str, Any]:
    """``monitoring/MetricDataQuery`` as it was given."""
    shown: dict[str, Any] = {"Id": query.id, "Label": query.label, "ReturnData": query.returns_data}
    if query.expression is not None:
        shown |= {"Expression": query.expression, "Period": query.period}
    else:
        metric = {
            "Namespace": query.namespace,
            "MetricName": query.metric_name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in query.dimensions],
        }
        stat = {"Metric": metric, "Period": query.period, "Stat": query.statistic, "Unit": query.unit}
        shown["MetricStat"] = {name: value for name, value in stat.items() if value is not None}
    return {name: value for name, value in shown.items() if value is not None}


def _query(given: dict[str, Any]) -> AlarmQuery:
    if not _ID.fullmatch(given.get("Id") or ""):
        _refuse("Invalid metrics list")
    returns, label = given.get("ReturnData") is not False, given.get("Label")
    if given.get("Expression"):
        period = given.get("Period")
        if period is not None and not periods.is_legal(period):
            _refuse("Period must be 10, 20, 30 or a multiple of 60")
        return AlarmQuery(given["Id"], returns, expression=given["Expression"], period=period, label=label)
    stat = given["MetricStat"]
    metric, name, period = stat.get("Metric") or {}, stat.get("Stat"), stat.get("Period")
    is_right = name is not None and statistics.parse(name) is not None and stat.get("Unit") in {None, *CODES}
    if not (is_right and metric.get("Namespace") and metric.get("MetricName")):
        _refuse("Invalid metrics list")
    if period is None or not periods.is_legal(period):
        _refuse("Period must be 10, 20, 30 or a multiple of 60")
    check_dimensions(metric.get("Dimensions") or ())
    dimensions = tuple((each["Name"], each["Value"]) for each in metric.get("Dimensions") or ())
    return AlarmQuery(
        id=given["Id"],
        returns_data=returns,
        namespace=metric["Namespace"],
        metric_name=metric["MetricName"],
        dimensions=dimensions,
        statistic=name,
        period=period,
        unit=stat.get("Unit"),
        label=label,
    )


def _dimension_text(text: str, longest: int) -> bool:
    return len(text) <= longest and bool(text.strip()) and text.isascii() and not _CONTROL.search(text)


def _is_ordered(expression: Expression | None) -> bool:
    return isinstance(expression, Select) and expression.order is not None


def _refuse(message: str) -> NoReturn:
    raise AwsError("ValidationError", message)
