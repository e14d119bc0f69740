"""Reading series: out of the store's cells, the statistics of each period of a time range, by unit.

It picks a unit where an answer has room for one; it formats nothing and knows no queries.
"""

import math
from collections.abc import Callable, Iterable, Mapping
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
from mailgauge.tsdb.engine import Cell, Engine, Measure, Total
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


MEASURES: Final[Mapping[str, Measure]] = {
    "SampleCount": Measure.SAMPLES,
    "Sum": Measure.TOTAL,
    "Average": Measure.AVERAGE,
    "Minimum": Measure.MINIMUM,
    "Maximum": Measure.MAXIMUM,
}

OF_TOTAL: Final[Mapping[Measure, Callable[[Total], float]]] = {
    Measure.SAMPLES: lambda total: total.samples,
    Measure.TOTAL: lambda total: total.total,
    Measure.AVERAGE: lambda total: total.total / total.samples,
    Measure.MINIMUM: lambda total: total.minimum,
    Measure.MAXIMUM: lambda total: total.maximum,
}


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
    measure = MEASURES.get(query.statistic.name)
    if measure is not None and query.period not in SHORT:
        by_unit = _values(tx, engine, query, measure, window)
        units = _asked_units(query, by_unit)
        unit = pick_unit(units)
        return Points([], None, ()) if unit is None else Points(by_unit[unit], unit, units)
    found = buckets(tx, engine, query.series, query.period, window)
    units = _asked_units(query, found)
    unit = pick_unit(units)
    if unit is None:
        return Points([], None, ())
    values = ((time, query.statistic.of(stats)) for time, stats in found[unit].items())
    return Points([(time, value) for time, value in values if value is not None], unit, units)


def _asked_units(query: MetricStat, found: Iterable[str]) -> tuple[str, ...]:
    return tuple(unit for unit in sorted(found) if query.unit in {None, unit})


def _values(
    tx: Tx, engine: Engine, query: MetricStat, measure: Measure, window: Window
) -> dict[str, list[tuple[int, float]]]:
    """The values of a statistic that needs no distribution: most queries are of such, and of many periods."""
    series, period = query.series, query.period
    start = rounded_start(window.start, period, window.now)
    parts = list(_segments(window, start, period))
    if all(part.width == period for part in parts):
        found: dict[str, list[tuple[int, float]]] = {}
        for part in parts:
            for unit, column in engine.values(
                tx, series, period, part.start, part.end, measure=measure
            ).items():
                found.setdefault(unit, []).extend(column)
        return found
    sums: dict[str, dict[int, Total]] = {}
    for part in parts:
        first = bucket(part.start, start, period)
        for total in engine.totals(tx, series, part.width, part.start, part.end, origin=first, period=period):
            of_unit = sums.setdefault(total.unit, {})
            there = of_unit.get(total.time)
            of_unit[total.time] = total if there is None else joined(there, total)
    of = OF_TOTAL[measure]
    return {unit: [(time, of(total)) for time, total in found.items()] for unit, found in sums.items()}


def joined(one: Total, other: Total) -> Total:
    return Total(
        one.time,
        one.unit,
        one.samples + other.samples,
        one.total + other.total,
        min(one.minimum, other.minimum),
        max(one.maximum, other.maximum),
    )


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
