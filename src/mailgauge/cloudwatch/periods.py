"""Periods and times of queries: which periods are legal, how StartTime is rounded, which tier answers. Pure.

The rules are those of ``StartTime`` and ``Period`` in `cloudwatch/GetMetricStatistics` and `cloudwatch/GetMetricData`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mailgauge.tsdb.engine import TIERS

SHORT: Final = (1, 5, 10, 20, 30)
"""The periods below a minute, meant for series put with a resolution of one second."""

_SECONDS, _MINUTES, _FIVE_MINUTES, _HOURS = TIERS


@dataclass(frozen=True, slots=True)
class Window:
    """The time range of a query, as asked for, and the time at which it was received."""

    start: float
    end: float
    now: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A part ``[start, end)`` of a query's time range, read from the tier ``width``."""

    width: int
    start: int
    end: int


def is_legal(period: int) -> bool:
    return period in SHORT or (period > 0 and period % 60 == 0)


def rounded_start(start: float, period: int, now: float) -> int:
    """StartTime rounded down, coarser the older it is; periods below a minute round to their part of the minute."""
    age = now - start
    if age > _FIVE_MINUTES.kept:
        step = 3600
    elif age > _MINUTES.kept:
        step = 300
    else:
        step = period if period in SHORT else 60
    return int(start // step) * step


def bucket(time: int, start: int, period: int) -> int:
    """The time stamp of the period that ``time`` falls into: periods run from the rounded StartTime."""
    return start + (time - start) // period * period


def segments(start: int, end: int, period: int, now: float) -> Iterator[Segment]:
    """Which tiers answer a query of whole minutes from a rounded ``start``: each moment once, coarse tiers where they fit.

    What a period's tier no longer keeps is left out: the answer for that time is empty, not an error.
    """
    for tier, finer in ((_HOURS, _FIVE_MINUTES), (_FIVE_MINUTES, _MINUTES), (_MINUTES, None)):
        if period % tier.width or start % tier.width:
            continue
        cut = end
        if finer is not None and end - end % tier.width >= now - finer.kept:
            cut = (
                end - end % tier.width
            )  # the rest of the last cell lies behind the end: finer cells tell it apart
        oldest = -(-int(now - tier.kept) // tier.width) * tier.width
        if max(start, oldest) < cut:
            yield Segment(tier.width, max(start, oldest), cut)
        start = max(start, cut)


def oldest_second(now: float) -> int:
    """From which whole minute on data of periods below a minute are kept."""
    return -(-int(now - _SECONDS.kept) // 60) * 60
