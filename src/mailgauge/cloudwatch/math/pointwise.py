"""Functions that make a series of a series: of each point by itself, or of a point and those before it. Pure."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from mailgauge.cloudwatch.math.values import TimeSeries, finite

if TYPE_CHECKING:
    from mailgauge.cloudwatch.math.values import Times

_DAY: Final = 86400


def of_each(name: str, one: TimeSeries) -> TimeSeries:
    """ABS, CEIL, FLOOR, LOG, LOG10, DIFF, DIFF_TIME, RATE and RUNNING_SUM. What has no logarithm has no point."""
    import numpy as np

    if name == "RUNNING_SUM":
        return finite(one, one.times, np.cumsum(one.values))
    if name in _STEPS:
        # The first point has none before it.
        times, values = one.times[1:], _STEPS[name](np.diff(one.values), np.diff(one.times))
        return finite(one, times, values.astype(np.float64))
    with np.errstate(all="ignore"):
        return finite(one, one.times, getattr(np, _NUMPY[name])(one.values))


_NUMPY: Final = {"ABS": "abs", "CEIL": "ceil", "FLOOR": "floor", "LOG": "log", "LOG10": "log10"}
_STEPS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "DIFF": lambda values, seconds: values,
    "DIFF_TIME": lambda values, seconds: seconds,
    "RATE": lambda values, seconds: values / seconds,
}


def calendar(name: str, one: TimeSeries, timeline: "Times") -> TimeSeries:
    """MINUTE, HOUR, DAY (Monday is 1), DATE, MONTH, YEAR and EPOCH of every time in the range, in UTC."""
    import numpy as np

    values = np.asarray(_calendar(name, timeline), np.float64)
    return one.with_values(timeline, values)


def _calendar(name: str, times: "Times") -> Any:
    match name:
        case "EPOCH":
            return times
        case "MINUTE":
            return times // 60 % 60
        case "HOUR":
            return times // 3600 % 24
        case "DAY":
            # The epoch began on a Thursday.
            return (times // _DAY + 3) % 7 + 1
    days: dict[int, int] = {}
    for day in {int(each) for each in times // _DAY}:
        date = datetime.fromtimestamp(day * _DAY, UTC)
        days[day] = {"DATE": date.day, "MONTH": date.month, "YEAR": date.year}[name]
    return [days[int(each)] for each in times // _DAY]
