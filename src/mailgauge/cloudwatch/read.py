"""Reading series: out of the store's cells, the statistics of each period of a time range, by unit.

It picks a unit where an answer has room for one; it formats nothing and knows no queries.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mailgauge.cloudwatch.periods import (
    SHORT,
    Segment,
    Window,
    bucket,
    oldest_second,
    rounded_start,
    segments,
)
from mailgauge.cloudwatch.statistics import Statistic
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.engine import Cell, Engine
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet

# Nothing is put further ahead than two hours, so nobody need look there, however late a query ends.
_AHEAD: Final = 86400

Buckets = dict[int, StatSet]
"""Time stamp of a period -> its statistics, in ascending order; periods without samples are absent."""

UNIT_PREFERENCE: Final = (
    "Megabits",
    "Terabits",
    "Gigabits",
    "Count",
    "Bytes",
    "Gigabytes",
    "Gigabytes/Second",
    "Kilobytes",
    "Kilobits/Second",
    "Terabytes",
    "Terabits/Second",
    "Bytes/Second",
    "Percent",
    "Megabytes",
    "Megabits/Second",
    "Milliseconds",
    "Microseconds",
    "Kilobytes/Second",
    "Gigabits/Second",
    "Megabytes/Second",
    "Bits",
    "Bits/Second",
    "Count/Second",
    "Seconds",
    "Kilobits",
    "Terabytes/Second",
    "None",
)
"""The first of these that a series has is the one that answers when a query names no unit (observed, not documented)."""


@dataclass(frozen=True, slots=True)
class MetricStat:
    """One statistic of a series by period; ``unit`` None stands for whatever unit there is."""

    series: Series
    period: int
    statistic: Statistic
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Points:
    """(time stamp, value) in ascending order, in one unit (None: no samples); ``units`` are all that were found."""

    points: list[tuple[int, float]]
    unit: str | None
    units: tuple[str, ...]


def buckets(tx: Tx, engine: Engine, series: Series, period: int, window: Window) -> dict[str, Buckets]:
    """The statistics of each period that begins within the window, by unit."""
    start = rounded_start(window.start, period, window.now)
    found: dict[str, Buckets] = {}
    for part in _segments(window, start, period):
        for cell in _cells(tx, engine, series, part):
            time = bucket(cell.time, start, period)
            of_unit = found.setdefault(cell.unit, {})
            there = of_unit.get(time)
            if there is None:
                of_unit[time] = cell.stats
            else:
                there.merge(cell.stats)
    return found


def points(tx: Tx, engine: Engine, query: MetricStat, window: Window) -> Points:
    """The values of one statistic; where it is unavailable, a period has no value."""
    found = buckets(tx, engine, query.series, query.period, window)
    units = tuple(sorted(found)) if query.unit is None else tuple({query.unit} & found.keys())
    unit = pick_unit(units)
    if unit is None:
        return Points([], None, ())
    values = ((time, query.statistic.of(stats)) for time, stats in found[unit].items())
    return Points([(time, value) for time, value in values if value is not None], unit, units)


def pick_unit(units: Iterable[str]) -> str | None:
    """The unit stream that answers for all."""
    return min(units, key=UNIT_PREFERENCE.index, default=None)


def _segments(window: Window, start: int, period: int) -> Iterable[Segment]:
    end = math.ceil(min(window.end, window.now + _AHEAD))
    if period in SHORT:
        return [Segment(1, max(start, oldest_second(window.now)), end)]
    return segments(start, end, period, window.now)


def _cells(tx: Tx, engine: Engine, series: Series, part: Segment) -> list[Cell]:
    if part.width > 1:
        return engine.cells(tx, series, part.width, part.start, part.end)
    # Minutes in which there are no seconds are of standard resolution, which isn't told apart within the minute:
    # they count whole, in the period in which they begin.
    seconds = engine.cells(tx, series, 1, part.start - part.start % 60, part.end)
    told = {(cell.time - cell.time % 60, cell.unit) for cell in seconds}
    minutes = engine.cells(tx, series, 60, part.start, part.end)
    found = [cell for cell in seconds if cell.time >= part.start]
    found += [cell for cell in minutes if (cell.time, cell.unit) not in told]
    return sorted(found, key=lambda cell: cell.time)
