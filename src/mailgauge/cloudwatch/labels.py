"""Labels of the results of `cloudwatch/GetMetricData`: the default ones, and the dynamic parts of those callers give. Pure.

How numbers and times look in a label is not documented: that is a choice made here, in ``_number`` and below it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timezone
from typing import Final

from mailgauge.cloudwatch.read import MetricStat

_MOST_DYNAMIC: Final = 5
_PLACEHOLDER = re.compile(r"\$\{(?:PROP\('(?P<property>[^']*)'\)|(?P<name>[A-Z_]+))\}")
_NOTHING: Final = "--"

Points = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Context:
    """What a label may tell: the default label, properties by name, all points in ascending order, and the time."""

    default: str
    points: Points
    now: float
    zone: timezone = UTC
    properties: Mapping[str, str] = field(default_factory=dict)


def default_labels(queries: Sequence[MetricStat]) -> list[str]:
    """The default label of each metric of one call: its name, and what it doesn't share with the others."""
    several_stats = len({query.statistic.name for query in queries}) > 1
    several_periods = len({query.period for query in queries}) > 1
    shared = _shared_dimensions(queries)
    labels = []
    for query in queries:
        common = shared[query.series.namespace, query.series.name]
        own = [value for name, value in query.series.dimensions if (name, value) not in common]
        parts = [query.series.name, *own]
        if several_stats:
            parts.append(query.statistic.name)
        if several_periods:
            parts.append(str(query.period))
        labels.append(" ".join(parts))
    return labels


def _shared_dimensions(queries: Sequence[MetricStat]) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """What metrics of one name have in common; their other dimension values tell them apart (AWS's own rule is not known)."""
    shared: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for query in queries:
        name = (query.series.namespace, query.series.name)
        dimensions = set(query.series.dimensions)
        shared[name] = shared[name] & dimensions if name in shared else dimensions
    return shared


def found_labels(queries: Sequence[MetricStat]) -> list[str]:
    """The labels of what one search found: the names and dimension values by which they differ; AWS's rule is not known."""
    if not queries:
        return []
    names = {query.series.name for query in queries}
    shared = set.intersection(*(set(query.series.dimensions) for query in queries))
    labels = []
    for query in queries:
        own = [value for name, value in query.series.dimensions if (name, value) not in shared]
        labels.append(" ".join([query.series.name, *own] if len(names) > 1 or not own else own))
    return labels


def properties(query: MetricStat) -> dict[str, str]:
    """What ``${PROP('...')}`` may ask for of a metric."""
    scope = query.series.scope
    known = {
        "AccountId": scope.account,
        "AccountLabel": scope.account,
        "MetricName": query.series.name,
        "Namespace": query.series.namespace,
        "Period": str(query.period),
        "Region": scope.region,
        "Stat": query.statistic.name,
    }
    return known | {f"Dim.{name}": value for name, value in query.series.dimensions}


def expand(label: str, context: Context) -> str:
    """``label`` with its dynamic parts filled in. What is no dynamic value, or one too many, stays as it is written."""
    filled = 0
    labels_seen = 0

    def fill(match: re.Match[str]) -> str:
        nonlocal filled, labels_seen
        text = _value(match, context)
        is_label = match["name"] == "LABEL"
        if text is None or filled == _MOST_DYNAMIC or (is_label and labels_seen):
            return match[0]
        filled += 1
        labels_seen += is_label
        return text

    return _PLACEHOLDER.sub(fill, label)


def _value(match: re.Match[str], context: Context) -> str | None:
    if match["property"] is not None:
        return context.properties.get(match["property"])
    if match["name"] == "LABEL":
        return context.default
    if match["name"] == "DATAPOINT_COUNT":
        return str(len(context.points))
    render = _DYNAMIC.get(match["name"])
    if render is None:
        return None
    return render(context) if context.points else _NOTHING


def _first(context: Context) -> tuple[int, float]:
    return context.points[0]


def _last(context: Context) -> tuple[int, float]:
    return context.points[-1]


def _least(context: Context) -> tuple[int, float]:
    return min(context.points, key=lambda point: point[1])


def _most(context: Context) -> tuple[int, float]:
    return max(context.points, key=lambda point: point[1])


def _sum(context: Context) -> float:
    return sum(value for _, value in context.points)


_Pick = Callable[[Context], tuple[int, float]]


def _of_value(pick: _Pick) -> Callable[[Context], str]:
    return lambda context: _number(pick(context)[1])


def _of_time(pick: _Pick) -> Callable[[Context], str]:
    return lambda context: _time(pick(context)[0], context.zone)


def _of_age(pick: _Pick) -> Callable[[Context], str]:
    return lambda context: _relative(context.now - pick(context)[0])


def _between_values(low: _Pick, high: _Pick) -> Callable[[Context], str]:
    return lambda context: _number(high(context)[1] - low(context)[1])


def _between_times(one: _Pick, other: _Pick) -> Callable[[Context], str]:
    return lambda context: _duration(abs(other(context)[0] - one(context)[0]))


_DYNAMIC: Final[Mapping[str, Callable[[Context], str]]] = {
    "AVG": lambda context: _number(_sum(context) / len(context.points)),
    "SUM": lambda context: _number(_sum(context)),
    "FIRST": _of_value(_first),
    "FIRST_TIME": _of_time(_first),
    "FIRST_TIME_RELATIVE": _of_age(_first),
    "LAST": _of_value(_last),
    "LAST_TIME": _of_time(_last),
    "LAST_TIME_RELATIVE": _of_age(_last),
    "FIRST_LAST_RANGE": _between_values(_first, _last),
    "FIRST_LAST_TIME_RANGE": _between_times(_first, _last),
    "MIN": _of_value(_least),
    "MIN_TIME": _of_time(_least),
    "MIN_TIME_RELATIVE": _of_age(_least),
    "MAX": _of_value(_most),
    "MAX_TIME": _of_time(_most),
    "MAX_TIME_RELATIVE": _of_age(_most),
    "MIN_MAX_RANGE": _between_values(_least, _most),
    "MIN_MAX_TIME_RANGE": _between_times(_least, _most),
}


def _number(value: float) -> str:
    """Whole numbers whole, others with three decimals, small ones with three significant digits."""
    if value == int(value):
        return str(int(value)) if abs(value) < 1e15 else f"{value:.4g}"
    return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) >= 1 else f"{value:.3g}"


def _time(second: int, zone: timezone) -> str:
    return datetime.fromtimestamp(second, zone).strftime("%Y-%m-%d %H:%M:%S")


def _relative(seconds: float) -> str:
    return f"{_duration(seconds)} ago" if seconds >= 0 else f"in {_duration(-seconds)}"


def _duration(seconds: float) -> str:
    """``2d 3h 25m``: the units that count, seconds only below an hour."""
    left, parts = int(seconds), []
    for unit, width in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        number, left = divmod(left, width)
        if number and not (unit == "s" and seconds >= 3600):
            parts.append(f"{number}{unit}")
    return " ".join(parts) or "0s"
