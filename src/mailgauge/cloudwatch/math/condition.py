"""IF: one value where a condition holds, another where it does not (CloudWatch user guide, "Using IF expressions"). Pure."""

import math

from mailgauge.cloudwatch.math.values import TimeSeries, at, finite


def choose(
    condition: TimeSeries | float, then: TimeSeries | float, otherwise: TimeSeries | float | None
) -> TimeSeries:
    """Where the condition is true and ``then`` has no point, 0; where it is false and ``otherwise`` has none, none."""
    import numpy as np

    if not isinstance(condition, TimeSeries):
        return _whole(condition, then, otherwise)
    times = condition.times
    wanted = at(then, times, 0.0) if isinstance(then, TimeSeries) else np.full(len(times), then)
    if otherwise is None:
        other = np.full(len(times), np.nan)
    elif isinstance(otherwise, TimeSeries):
        other = at(otherwise, times, np.nan)
    else:
        other = np.full(len(times), otherwise)
    return finite(condition, times, np.where(condition.values != 0, wanted, other))


def _whole(condition: float, then: TimeSeries | float, otherwise: TimeSeries | float | None) -> TimeSeries:
    """A condition that is one number takes one series whole, or none."""
    assert isinstance(then, TimeSeries)
    if condition and not math.isnan(condition):
        return then
    return (
        otherwise if isinstance(otherwise, TimeSeries) else then.with_values(then.times[:0], then.values[:0])
    )
