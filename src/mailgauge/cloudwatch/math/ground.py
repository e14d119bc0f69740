"""What an expression stands on when it is evaluated: the series, the times, and how much it may compute. Values only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mailgauge.cloudwatch.math.faults import MathError
from mailgauge.cloudwatch.math.values import TimeSeries, Value
from mailgauge.cloudwatch.math.walk import Search

if TYPE_CHECKING:
    from mailgauge.cloudwatch.math.values import Times

_POINTS: Final = 50_000_000
"""Points that the expressions of one call may compute together: about two seconds of one core."""
_SERIES: Final = 500
"""A series costs as much as so many points, however short it is: an array of arrays may hold millions of them."""
_READ: Final = 10
"""A point that is read costs as much as so many that are computed."""


class Budget:
    """Points that may still be computed."""

    def __init__(self, points: int = _POINTS) -> None:
        self._left = points

    def charge(self, value: Value) -> None:
        """Counts the points of a value. Raises MathError when there were too many."""
        self.charge_points(size(value))

    def charge_read(self, points: int) -> None:
        """Counts a series that was read."""
        self.charge_points(_READ * points + _SERIES)

    def charge_points(self, points: int) -> None:
        self._left -= points
        if self._left < 0:
            raise MathError(
                "The expressions compute too many datapoints; ask for less time, longer periods or fewer series"
            )


@dataclass(frozen=True, slots=True)
class Ground:
    """``timeline`` gives the times of the range at a period, ``values`` those of the queries by id (in their order),
    ``metrics`` the ids of those that are metrics, ``searches`` what was found for each. ``period`` is for series that no
    metric gives one.
    """

    timeline: "Callable[[int], Times]"
    values: Mapping[str, Value]
    metrics: Sequence[str]
    searches: Mapping[Search, tuple[TimeSeries, ...]]
    period: int
    budget: Budget


def size(value: Value) -> int:
    if isinstance(value, TimeSeries):
        return len(value.times) + _SERIES
    return sum(len(each.times) + _SERIES for each in value) if isinstance(value, tuple) else 1
