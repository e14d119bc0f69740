"""FILL: values for the times at which a series has none (CloudWatch user guide, "FILL"). Pure.

REPEAT goes on with the value before the gap; LINEAR draws a line between the ends of the gap. Before the first point
there is nothing to repeat, and outside the points no line.
"""

from typing import TYPE_CHECKING

from mailgauge.cloudwatch.math.values import TimeSeries, at, finite, union

if TYPE_CHECKING:
    from mailgauge.cloudwatch.math.values import Times

Filler = float | TimeSeries | str
"""A number, a series to take values from, or REPEAT or LINEAR."""


def fill(one: TimeSeries, filler: Filler, timeline: "Times") -> TimeSeries:
    """A point for every time of ``timeline``, beside those there are."""
    import numpy as np

    times = union((one, one.with_values(timeline, np.zeros(len(timeline)))))
    values = at(one, times, np.nan).copy()
    gaps = np.isnan(values)
    if isinstance(filler, TimeSeries):
        values[gaps] = at(filler, times, np.nan)[gaps]
    elif isinstance(filler, float):
        values[gaps] = filler
    elif len(one.times):
        places = np.searchsorted(one.times, times, side="right") - 1
        if filler == "REPEAT":
            behind = gaps & (places >= 0)
            values[behind] = one.values[places[behind]]
        else:
            inside = gaps & (times > one.times[0]) & (times < one.times[-1])
            values[inside] = np.interp(times[inside], one.times, one.values)
    return finite(one, times, values)
