"""Functions that choose among the series of an array: METRICS, SORT, SLICE and REMOVE_EMPTY. Pure."""

import math
from collections.abc import Mapping, Sequence

from mailgauge.cloudwatch.math.reductions import over_time
from mailgauge.cloudwatch.math.values import TimeSeries, Value

_Array = tuple[TimeSeries, ...]


def metrics_named(values: Mapping[str, Value], metrics: Sequence[str], wanted: str) -> _Array:
    """Those of the call's metrics whose id contains ``wanted``."""
    found = [values[each] for each in metrics if wanted in each]
    return tuple(each for each in found if isinstance(each, TimeSeries))


def without_empty(several: _Array) -> _Array:
    return tuple(each for each in several if len(each.times))


def part(several: _Array, start: int, end: int | None = None) -> _Array:
    return several[start:end]


def sort(several: _Array, statistic: str, order: str, limit: int | None) -> _Array:
    """By a statistic over time, ``ASC`` or ``DESC``; those without points come last."""

    def key(one: TimeSeries) -> float:
        value = over_time(statistic, one) if len(one.times) else math.nan
        if math.isnan(value):
            return math.inf
        return value if order == "ASC" else -value

    return tuple(sorted(several, key=key))[:limit]
