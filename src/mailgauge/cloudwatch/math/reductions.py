"""Functions that make one number of a series, or one series across an array. Pure.

Across an array a missing point counts as 0 for AVG, as the user guide says; the others leave it out (docs/quirks.md).
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mailgauge.cloudwatch.math.values import TimeSeries, at, union

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def over_time(name: str, one: TimeSeries) -> float:
    """AVG, DATAPOINT_COUNT, MAX, MIN, STDDEV and SUM of a series' points; NaN for what an empty one does not have."""
    if name == "DATAPOINT_COUNT":
        return float(len(one.values))
    if name == "SUM":
        return float(one.values.sum())
    if not len(one.values):
        return math.nan
    match name:
        case "AVG":
            return float(one.values.mean())
        case "MAX":
            return float(one.values.max())
        case "MIN":
            return float(one.values.min())
    return float(one.values.std())


def across(name: str, several: Sequence[TimeSeries], period: int) -> TimeSeries:
    """The same for each time, over the series; ``period`` is for an array of none."""
    import numpy as np

    times = union(several)
    period = min((each.period for each in several), default=period)
    if not len(times):
        return TimeSeries(times, np.empty(0, np.float64), period)
    table = np.stack([at(each, times, np.nan) for each in several])
    return TimeSeries(times, _reduced(name, table), period)


def _reduced(name: str, table: "NDArray[np.float64]") -> Any:
    import numpy as np

    match name:
        case "AVG":
            return np.nansum(table, axis=0) / len(table)
        case "SUM":
            return np.nansum(table, axis=0)
        case "DATAPOINT_COUNT":
            return np.count_nonzero(~np.isnan(table), axis=0).astype(np.float64)
        case "MAX":
            return np.nanmax(table, axis=0)
        case "MIN":
            return np.nanmin(table, axis=0)
    return np.nanstd(table, axis=0)
