"""The queries of `cloudwatch/GetMetricData` as parameters: their rules and texts, and the queries they become."""

import re
from collections.abc import Sequence
from typing import Any

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Params
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch import periods
from mailgauge.cloudwatch.api.faults import Faults
from mailgauge.cloudwatch.api.metrics import check_metric, series_of
from mailgauge.cloudwatch.math.plan import ExpressionError, Plan
from mailgauge.cloudwatch.math.syntax import MOST_CHARACTERS
from mailgauge.cloudwatch.queries import Query, planned
from mailgauge.cloudwatch.read import MetricStat
from mailgauge.cloudwatch.statistics import parse
from mailgauge.tsdb.units import CODES

_MOST_QUERIES = 500
_ID = r"[a-z][a-zA-Z0-9_]*"


def plan_of(asked: Sequence[Query]) -> Plan:
    """The expressions among the queries. Raises ValidationError."""
    try:
        return planned(asked)
    except ExpressionError as error:
        raise AwsError("ValidationError", str(error)) from error


def queries(scope: Scope, params: Params) -> list[Query]:
    """The queries in their order. Raises ValidationError with every fault there is."""
    faults = Faults("ValidationError")
    given = params.get("MetricDataQueries") or []
    if not given:
        faults.missing("MetricDataQueries")
    if len(given) > _MOST_QUERIES:
        faults.too_many("MetricDataQueries", _MOST_QUERIES)
    faults.verify()
    for number, query in enumerate(given, start=1):
        _check(query, f"MetricDataQueries.member.{number}.", faults)
        _check_account(scope, query, f"MetricDataQueries.member.{number}.", faults)
    if len({query.get("Id") for query in given}) < len(given):
        faults.value("The values for parameter id in MetricDataQueries are not unique.")
    if not any(_returns_data(query) for query in given):
        faults.value("At least one element of MetricDataQueries must return data.")
    faults.verify()
    return [_query(scope, query) for query in given]


def _check(query: dict[str, Any], prefix: str, faults: Faults) -> None:
    query_id = query.get("Id")
    if not query_id:
        faults.missing(f"{prefix}Id")
    elif not re.fullmatch(_ID, query_id):
        faults.value(
            f"The value {query_id} for parameter {prefix}Id is not matching the expected pattern ^{_ID}$."
        )
    if query.get("MetricStat") is not None and query.get("Expression") is not None:
        faults.exclusive(f"{prefix}MetricStat", f"{prefix}Expression")
    elif query.get("Expression") is not None:
        _check_expression(query, prefix, faults)
    elif query.get("MetricStat") is None:
        faults.value(
            f"The parameter {prefix}MetricStat is required.\n"
        )  # with the empty line that AWS has here
    else:
        _check_stat(query["MetricStat"], f"{prefix}MetricStat.", faults)


def _check_expression(query: dict[str, Any], prefix: str, faults: Faults) -> None:
    if len(query["Expression"]) > MOST_CHARACTERS:
        faults.value(
            f"The parameter {prefix}Expression must be shorter than or equal to {MOST_CHARACTERS} characters."
        )
    if query.get("Period") is not None and not periods.is_legal(query["Period"]):
        faults.value(f"The parameter {prefix}Period must be a multiple of 60.")


def _check_account(scope: Scope, query: dict[str, Any], prefix: str, faults: Faults) -> None:
    """An account sees its own metrics only."""
    if query.get("AccountId") not in {None, scope.account}:
        faults.value(
            f"The value {query['AccountId']} for parameter {prefix}AccountId is not the account of the caller; "
            "Mailgauge has no cross-account observability."
        )


def _check_stat(stat: dict[str, Any], prefix: str, faults: Faults) -> None:
    if stat.get("Metric") is None:
        faults.missing(f"{prefix}Metric")
    else:
        check_metric(stat["Metric"], f"{prefix}Metric.", faults)
    if stat.get("Period") is None:
        faults.missing(f"{prefix}Period")
    elif not periods.is_legal(stat["Period"]):
        faults.value(f"The parameter {prefix}Period must be a multiple of 60.")
    if stat.get("Stat") is None or parse(stat["Stat"]) is None:
        value = f"value {stat['Stat']}" if stat.get("Stat") else "value"
        faults.value(f"The {value} for parameter {prefix}Stat is not a valid statistic.")
    if stat.get("Unit") is not None and stat["Unit"] not in CODES:
        faults.invalid(f"{prefix}Unit", stat["Unit"])


def _query(scope: Scope, query: dict[str, Any]) -> Query:
    shown = (query["Id"], query.get("Label"), _returns_data(query))
    if query.get("Expression") is not None:
        return Query(*shown, expression=query["Expression"], period=query.get("Period"))
    stat = query["MetricStat"]
    statistic = parse(stat["Stat"])
    assert statistic is not None
    metric = MetricStat(series_of(scope, stat["Metric"]), stat["Period"], statistic, stat.get("Unit"))
    return Query(*shown, metric=metric)


def _returns_data(query: dict[str, Any]) -> bool:
    return query.get("ReturnData") is not False
