"""When alarms are evaluated and over which window, as pure functions of the clock.

Windows slide with the evaluation, they are not anchored to multiples of the period. A boundary counts as reached
only ``SETTLE`` seconds after it, so that samples of the last moment have arrived.
"""

from typing import Final

SETTLE: Final = 3
SHORTEST_STEP: Final = 10
STEP: Final = 60
"""By how much windows slide whose periods are whole minutes."""
_HOUR, _DAY = 3600, 86400
_MINUTES_KEPT = 15 * _DAY


def step(period: int, evaluation_periods: int) -> int:
    """How often an alarm is evaluated, in seconds: by the minute, the ten seconds, or, for windows over a day, the hour."""
    if period < STEP:
        return SHORTEST_STEP
    return _HOUR if period * evaluation_periods > _DAY else STEP


def window_end(period: int, now: float) -> int:
    """The end of the newest datapoint that can be evaluated now: the last whole minute (or ten seconds)."""
    width = SHORTEST_STEP if period < STEP else STEP
    return int((now - SETTLE) // width * width)


def boundary(now: float) -> int:
    """The newest boundary of any alarm that was reached: what is due now is then dealt with up to here."""
    return window_end(SHORTEST_STEP, now)


def is_first_due(put: float, now: float) -> bool:
    """Whether a new alarm's first ten-second boundary was reached. Until then its creation can be seen, and data
    sent right behind it counts in its first window.
    """
    return now >= (put // SHORTEST_STEP + 1) * SHORTEST_STEP + SETTLE


def is_due(period: int, evaluation_periods: int, evaluated: int, now: float) -> bool:
    """Whether a boundary was reached since the window that ended at ``evaluated``; many at once count as one."""
    every = step(period, evaluation_periods)
    return window_end(period, now) // every > evaluated // every


def next_check(now: float) -> float:
    """When the next boundary of any alarm is reached."""
    return ((now - SETTLE) // SHORTEST_STEP + 1) * SHORTEST_STEP + SETTLE


def evaluation_range(evaluation_periods: int) -> int:
    """How many datapoints are looked at to make up for gaps. Published is only 3 -> 5; the formula is a choice."""
    return evaluation_periods + max(2, evaluation_periods // 3)


def window(period: int, evaluation_periods: int, end: int) -> range:
    """The starts of the datapoints of the evaluation range, oldest first.

    Of the extra ones, those are left out of which no minutes are kept any more.
    """
    most = max(evaluation_periods, (_MINUTES_KEPT - _DAY) // period)
    return range(end - min(evaluation_range(evaluation_periods), most) * period, end, period)
