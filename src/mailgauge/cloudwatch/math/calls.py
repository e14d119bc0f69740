"""The functions of metric math by name, each over values that have the types it takes (``types.SIGNATURES``). Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mailgauge.cloudwatch.math import condition, filling, pointwise, reductions
from mailgauge.cloudwatch.math.arrays import metrics_named, part, without_empty
from mailgauge.cloudwatch.math.arrays import sort as sorted_series
from mailgauge.cloudwatch.math.faults import MathError
from mailgauge.cloudwatch.math.ground import Ground
from mailgauge.cloudwatch.math.values import TimeSeries, Value

Argument = Value | str
"""A value, or the text of a string or keyword."""

_Function = Callable[[str, Sequence[Argument], Ground], Value]


def call(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    """The value of a function. Raises MathError for a number that it can't use."""
    return _FUNCTIONS[name](name, arguments, ground)


def _each(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    return _map(arguments[0], lambda one: pointwise.of_each(name, one))


def _reduced(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    first = arguments[0]
    if isinstance(first, tuple):
        return reductions.across(name, first, ground.period)
    return reductions.over_time(name, _series(first))


def _calendar(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    one = _series(arguments[0])
    return pointwise.calendar(name, one, ground.timeline(one.period))


def _fill(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    first, filler = arguments
    assert not isinstance(filler, tuple)
    return _map(first, lambda one: filling.fill(one, filler, ground.timeline(one.period)))


def _if(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    chosen = [each for each in arguments if isinstance(each, TimeSeries | float)]
    return condition.choose(chosen[0], chosen[1], chosen[2] if len(chosen) > 2 else None)


def _time_series(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    return _constant(_number(arguments[0]), ground)


def _end(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    several = _array(arguments[0])
    if not several:
        return _constant(math.nan, ground)
    return several[0] if name == "FIRST" else several[-1]


def _metrics(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    wanted = arguments[0] if arguments else ""
    assert isinstance(wanted, str)
    return metrics_named(ground.values, ground.metrics, wanted)


def _metric_count(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    return float(len(_array(arguments[0])))


def _remove_empty(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    return without_empty(_array(arguments[0]))


def _slice(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    return part(_array(arguments[0]), *(_whole(name, each) for each in arguments[1:]))


def _sort(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    several, statistic, order, *limit = arguments
    most = _whole(name, limit[0]) if limit else None
    return sorted_series(_array(several), str(statistic), str(order), most)


def _period(name: str, arguments: Sequence[Argument], ground: Ground) -> Value:
    return float(_series(arguments[0]).period)


_FUNCTIONS: Final[Mapping[str, _Function]] = {
    **dict.fromkeys(("ABS", "CEIL", "FLOOR", "LOG", "LOG10", "DIFF", "DIFF_TIME", "RATE", "RUNNING_SUM"), _each),
    **dict.fromkeys(("AVG", "DATAPOINT_COUNT", "MAX", "MIN", "STDDEV", "SUM"), _reduced),
    **dict.fromkeys(("MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"), _calendar),
    "FILL": _fill,
    "FIRST": _end,
    "IF": _if,
    "LAST": _end,
    "METRICS": _metrics,
    "METRIC_COUNT": _metric_count,
    "PERIOD": _period,
    "REMOVE_EMPTY": _remove_empty,
    "SLICE": _slice,
    "SORT": _sort,
    "TIME_SERIES": _time_series,
}  # fmt: skip


def _map(value: Argument, change: Callable[[TimeSeries], TimeSeries]) -> Value:
    return tuple(map(change, value)) if isinstance(value, tuple) else change(_series(value))


def _constant(value: float, ground: Ground) -> TimeSeries:
    import numpy as np

    times = ground.timeline(ground.period) if math.isfinite(value) else np.empty(0, np.int64)
    return TimeSeries(times, np.full(len(times), value), ground.period)


def _whole(name: str, value: Argument) -> int:
    number = _number(value)
    if math.isnan(number) or number < 0:
        raise MathError(f"Function {name} takes whole numbers from 0 on")
    return int(min(number, 1e9))


def _series(value: Argument) -> TimeSeries:
    assert isinstance(value, TimeSeries)
    return value


def _array(value: Argument) -> tuple[TimeSeries, ...]:
    assert isinstance(value, tuple)
    return value


def _number(value: Argument) -> float:
    assert isinstance(value, float)
    return value
