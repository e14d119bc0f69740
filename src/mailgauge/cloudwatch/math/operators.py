"""The operators of metric math, element by element (CloudWatch user guide, "Metric math syntax"). Pure.

Two series are joined over all their times; where one has no point it counts as 0. A result that is no number, as after
a division by zero, is no point.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from mailgauge.cloudwatch.math.values import TimeSeries, Value, at, finite, union

_Operation = Callable[[Any, Any], Any]


def apply(operator: str, left: Value, right: Value) -> Value:
    """``left operator right``; not both are arrays."""
    if isinstance(left, tuple):
        assert not isinstance(right, tuple)
        return tuple(_of_series(operator, each, right) for each in left)
    if isinstance(right, tuple):
        return tuple(_of_series(operator, left, each) for each in right)
    if isinstance(left, TimeSeries) or isinstance(right, TimeSeries):
        return _of_series(operator, left, right)
    return _of_scalars(operator, left, right)


def negate(value: Value) -> Value:
    if isinstance(value, tuple):
        return tuple(each.with_values(each.times, -each.values) for each in value)
    if isinstance(value, TimeSeries):
        return value.with_values(value.times, -value.values)
    return -value


def _of_scalars(operator: str, left: float, right: float) -> float:
    import numpy as np

    if math.isnan(left) or math.isnan(right):
        return math.nan
    with np.errstate(all="ignore"):
        result = float(_OPERATIONS[operator](np.float64(left), np.float64(right)))
    return result if math.isfinite(result) else math.nan


def _of_series(operator: str, left: TimeSeries | float, right: TimeSeries | float) -> TimeSeries:
    import numpy as np

    operation = _OPERATIONS[operator]
    first: Any
    second: Any
    if isinstance(left, TimeSeries) and isinstance(right, TimeSeries):
        times = union((left, right))
        first, second, template = at(left, times, 0.0), at(right, times, 0.0), _joined(left, right)
    elif isinstance(left, TimeSeries):
        times, first, second, template = left.times, left.values, np.float64(_number(right)), left
    else:
        assert isinstance(right, TimeSeries)
        times, first, second, template = right.times, np.float64(_number(left)), right.values, right
    with np.errstate(all="ignore"):
        values = np.asarray(operation(first, second), np.float64)
    if _is_undefined(left) or _is_undefined(right):
        values = np.full(len(times), np.nan)
    return finite(template, times, values)


def _number(value: TimeSeries | float) -> float:
    assert not isinstance(value, TimeSeries)
    return value


def _is_undefined(value: TimeSeries | float) -> bool:
    """Comparing with what can't be told gives no answer, not a no."""
    return isinstance(value, float) and math.isnan(value)


def _joined(left: TimeSeries, right: TimeSeries) -> TimeSeries:
    """The left one lends its label; the result is as fine as the finer one."""
    if left.period <= right.period:
        return left
    return TimeSeries(left.times, left.values, right.period, left.label, left.source)


def _both(first: Any, second: Any) -> Any:
    return (first != 0) & (second != 0)


def _either(first: Any, second: Any) -> Any:
    return (first != 0) | (second != 0)


def _power(first: Any, second: Any) -> Any:
    return first**second


_OPERATIONS: Final[Mapping[str, _Operation]] = {
    "+": lambda first, second: first + second,
    "-": lambda first, second: first - second,
    "*": lambda first, second: first * second,
    "/": lambda first, second: first / second,
    "^": _power,
    "==": lambda first, second: first == second,
    "!=": lambda first, second: first != second,
    "<=": lambda first, second: first <= second,
    ">=": lambda first, second: first >= second,
    "<": lambda first, second: first < second,
    ">": lambda first, second: first > second,
    "AND": _both,
    "OR": _either,
}
