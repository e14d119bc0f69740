"""`cloudwatch/GetMetricData`: many metrics in one call, in pages of points, each with its label."""

from dataclasses import dataclass
from datetime import UTC, timezone
from typing import Any, Final

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.cloudwatch import labels
from mailgauge.cloudwatch.api import paging as tokens
from mailgauge.cloudwatch.api.constraints import Constraints
from mailgauge.cloudwatch.api.faults import Faults
from mailgauge.cloudwatch.api.metric_queries import Query, queries
from mailgauge.cloudwatch.api.metrics import moment, whole_second
from mailgauge.cloudwatch.labels import Context
from mailgauge.cloudwatch.paging import Page, Part, Place, page
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.read import Points, points
from mailgauge.store.transaction import Store, Tx
from mailgauge.tsdb.engine import Engine

_MOST_DATAPOINTS: Final = 100_800
_ORDERS: Final = ("TimestampDescending", "TimestampAscending")


@dataclass(frozen=True, slots=True)
class _Call:
    """A checked call; ``answered`` are the queries that return data."""

    queries: list[Query]
    answered: list[Query]
    window: Window
    place: Place
    most: int
    descending: bool
    zone: timezone


@dataclass(frozen=True, slots=True)
class _Found:
    """A page, and the whole results that it is of, by index."""

    page: Page
    whole: dict[int, Points]


def operations(metrics: Store, engine: Engine) -> dict[str, Handler]:
    """``metrics`` is the metrics database."""

    async def get_metric_data(caller: Caller, params: Params) -> Result:
        call = _checked(caller, params)
        return _answer(call, await metrics.read(lambda tx: _read(tx, engine, call)))

    return {"GetMetricData": get_metric_data}


def _read(tx: Tx, engine: Engine, call: _Call) -> _Found:
    whole: dict[int, Points] = {}

    def result(index: int) -> list[tuple[int, float]]:
        whole[index] = points(tx, engine, call.answered[index].metric, call.window)
        return whole[index].points

    indices = range(call.place.index, len(call.answered))
    return _Found(page(map(result, indices), call.place, call.most, descending=call.descending), whole)


def _answer(call: _Call, found: _Found) -> Result:
    # Queries that return no data count in what makes labels differ.
    texts = labels.default_labels([query.metric for query in call.queries])
    defaults = {query.id: text for query, text in zip(call.queries, texts, strict=True)}
    results = []
    for part in found.page.parts:
        query, whole = call.answered[part.index], found.whole[part.index]
        context = Context(
            defaults[query.id], whole.points, call.place.now, call.zone, labels.properties(query.metric)
        )
        label = context.default if query.label is None else labels.expand(query.label, context)
        results.append(_result(query.id, label, whole, part))
    answer: Result = {"MetricDataResults": results, "Messages": []}
    if (following := found.page.following) is not None:
        answer["NextToken"] = tokens.token([following.now, following.index, following.last])
    return answer


def _checked(caller: Caller, params: Params) -> _Call:
    asked = queries(caller.scope, params)
    answered = [query for query in asked if query.return_data]
    start, end = _times(params)
    place = _place(params.get("NextToken"), len(answered), caller.now)
    return _Call(
        queries=asked,
        answered=answered,
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
    zone = UTC if text is None else labels.parse_zone(text)
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
        "Timestamps": [moment(time) for time, _ in part.points],
        "Values": [value for _, value in part.points],
        "StatusCode": "Complete" if part.complete else "PartialData",
    }
    if len(found.units) > 1:
        units = ", ".join(found.units)
        result["Messages"] = [{"Code": "MultipleUnits", "Value": f"Multiple units returned: '[{units}]'"}]
    return result
