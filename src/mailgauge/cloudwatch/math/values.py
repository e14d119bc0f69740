"""What an expression computes with: scalars, series and arrays of series. Pure.

A scalar that can't be told (the average of nothing) is NaN; a series holds no NaN: where there is no value, it has no
point.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Times = NDArray[np.int64]
    Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TimeSeries:
    """Values at ascending times (epoch seconds), of periods of ``period`` seconds. ``source`` is what its label is made of."""

    times: "Times"
    values: "Numbers"
    period: int
    label: str = ""
    source: Any = field(default=None, repr=False)

    def with_values(self, times: "Times", values: "Numbers") -> "TimeSeries":
        return replace(self, times=times, values=values)


Value = float | TimeSeries | tuple[TimeSeries, ...]


def series(times: Sequence[int], values: Sequence[float], period: int, label: str = "") -> TimeSeries:
    import numpy as np

    return TimeSeries(np.asarray(times, np.int64), np.asarray(values, np.float64), period, label)


def finite(template: TimeSeries, times: "Times", values: "Numbers") -> TimeSeries:
    """The points that have a value: what was divided by zero, or is too large, has none."""
    import numpy as np

    there = np.isfinite(values)
    if there.all():
        return template.with_values(times, values)
    return template.with_values(times[there], values[there])


def union(several: Sequence[TimeSeries]) -> "Times":
    """All times at which one of them has a point."""
    import numpy as np

    if not several:
        return np.empty(0, np.int64)
    first = several[0].times
    if all(each.times is first or np.array_equal(each.times, first) for each in several[1:]):
        return first
    return np.unique(np.concatenate([each.times for each in several]))


def at(one: TimeSeries, times: "Times", missing: float) -> "Numbers":
    """The values at ``times``, ``missing`` where there is none."""
    import numpy as np

    if one.times is times or np.array_equal(one.times, times):
        return one.values
    found = np.full(len(times), missing, np.float64)
    if len(one.times) and len(times):
        places = np.searchsorted(one.times, times)
        places[places == len(one.times)] = 0
        there = one.times[places] == times
        found[there] = one.values[places[there]]
    return found
