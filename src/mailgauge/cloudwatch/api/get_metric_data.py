"""`cloudwatch/GetMetricData`: many metrics in one call, in pages of points, each with its label."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timezone
from typing import Any, Final

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.api import paging as tokens
from mailgauge.cloudwatch.api.constraints import Constraints
from mailgauge.cloudwatch.api.faults import Faults
from mailgauge.cloudwatch.api.metric_queries import plan_of, queries
from mailgauge.cloudwatch.api.metrics import whole_second
from mailgauge.cloudwatch.expressions import Gathered, Results
from mailgauge.cloudwatch.math.plan import ExpressionError, Plan
from mailgauge.cloudwatch.paging import Page, Part, Place, page
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.queries import Item, Labels, Query, computed_apart, default_labels, items, points_of
from mailgauge.cloudwatch.read import Points
from mailgauge.cloudwatch.source import Source
from mailgauge.cloudwatch.zone import parse_zone
from mailgauge.store.transaction import Store, Tx
from mailgauge.tsdb.engine import Engine

_MOST_DATAPOINTS: Final = 100_800
_TOO_MANY: Final = {"Code": "MaxMetricsExceeded", "Value": "Maximum number of allowed metrics exceeded"}
_LONG: Final = 20_000
"""More characters of expressions than these take too long to parse to hold up other callers."""
_ORDERS: Final = ("TimestampDescending", "TimestampAscending")


@dataclass(frozen=True, slots=True)
class _Call:
    """A checked call; ``plan`` is of its expressions."""

    scope: Scope
    queries: list[Query]
    plan: Plan
    window: Window
    place: Place
    most: int
    descending: bool
    zone: timezone


@dataclass(frozen=True, slots=True)
class _Found:
    """A page, the items it is of, and their whole results by index. ``is_all``: no search was cut off."""

    page: Page
    items: list[Item]
    whole: dict[int, Points]
    is_all: bool


def operations(metrics: Store, engine: Engine) -> dict[str, Handler]:
    """``metrics`` is the metrics database."""

    async def get_metric_data(caller: Caller, params: Params) -> Result:
        if _expression_characters(params) > _LONG:
            call = await asyncio.to_thread(_checked, caller, params)
        else:
            call = _checked(caller, params)

        async def gathered(work: Callable[[Source], Gathered]) -> Gathered:
            return await metrics.read(lambda tx: work(_source(tx, engine, call)))

        try:
            results = await computed_apart(gathered, call.queries, call.plan)
        except ExpressionError as error:
            raise AwsError("ValidationError", str(error)) from error
        return _answer(call, await metrics.read(lambda tx: _read(_source(tx, engine, call), call, results)))

    return {"GetMetricData": get_metric_data}


def _expression_characters(params: Params) -> int:
    return sum(len(query.get("Expression") or "") for query in params.get("MetricDataQueries") or ())


def _source(tx: Tx, engine: Engine, call: _Call) -> Source:
    return Source(tx, engine, call.scope, call.window)


def _read(source: Source, call: _Call, results: Results) -> _Found:
    listed = items(call.queries, results)
    whole: dict[int, Points] = {}

    def result(index: int) -> list[tuple[int, float]]:
        whole[index] = points_of(source, listed[index])
        return whole[index].points

    indices = range(call.place.index, len(listed))
    shown = page(map(result, indices), call.place, call.most, descending=call.descending)
    return _Found(shown, listed, whole, results.is_all)


def _answer(call: _Call, found: _Found) -> Result:
    named = Labels(call.plan, default_labels(call.queries), call.place.now, call.zone)
    results = []
    for part in found.page.parts:
        item, whole = found.items[part.index], found.whole[part.index]
        results.append(_result(item.query.id, named.of(item, whole), whole, part))
    answer: Result = {"MetricDataResults": results, "Messages": [] if found.is_all else [_TOO_MANY]}
    # With an expression there is no next page: what it is computed of may change.
    if (following := found.page.following) is not None and not call.plan.expressions:
        answer["NextToken"] = tokens.token([following.now, following.index, following.last])
    return answer


def _checked(caller: Caller, params: Params) -> _Call:
    asked = queries(caller.scope, params)
    start, end = _times(params)
    place = _place(params.get("NextToken"), sum(query.return_data for query in asked), caller.now)
    return _Call(
        scope=caller.scope,
        queries=asked,
        plan=plan_of(asked),
        window=Window(start, end, place.now),
        place=place,
        most=_most_datapoints(params),
        descending=params.get("ScanBy") in {None, _ORDERS[0]},
        zone=_zone(params),
    )


def _times(params: Params) -> tuple[int, int]:
    Constraints(params).one_of("ScanBy", _ORDERS).verify()
    faults = Faults("ValidationError")
    for name in ("StartTime", "EndTime"):
        if params.get(name) is None:
            faults.missing(name)
    faults.verify()
    start, end = whole_second(params["StartTime"]), whole_second(params["EndTime"])
    if start == end:
        faults.value("The parameter StartTime must not equal parameter EndTime.")
    elif start > end:
        faults.value("The parameter EndTime must be greater than StartTime.")
    faults.verify()
    return start, end


def _zone(params: Params) -> timezone:
    text = (params.get("LabelOptions") or {}).get("Timezone")
    zone = UTC if text is None else parse_zone(text)
    if zone is None:
        faults = Faults("ValidationError")
        faults.invalid("LabelOptions.Timezone", text)
        faults.verify()
        raise AssertionError
    return zone


def _most_datapoints(params: Params) -> int:
    most = params.get("MaxDatapoints")
    if most is None:
        return _MOST_DATAPOINTS
    if not 0 < most <= _MOST_DATAPOINTS:
        faults = Faults("ValidationError")
        faults.value(f"The parameter MaxDatapoints must be between 1 and {_MOST_DATAPOINTS}.")
        faults.verify()
    return int(most)


def _place(token: str | None, count: int, now: float) -> Place:
    if not token:
        return Place(now)
    match tokens.place(token):
        case [int() | float() as first, int(index), int() | None as last] if 0 <= index < count:
            return Place(first, index, last)
    raise tokens.invalid()


def _result(query_id: str, label: str, found: Points, part: Part) -> dict[str, Any]:
    result: dict[str, Any] = {
        "Id": query_id,
        "Label": label,
        "Timestamps": [time for time, _ in part.points],
        "Values": [value for _, value in part.points],
        "StatusCode": "Complete" if part.complete else "PartialData",
    }
    if len(found.units) > 1:
        units = ", ".join(found.units)
        result["Messages"] = [{"Code": "MultipleUnits", "Value": f"Multiple units returned: '[{units}]'"}]
    return result
