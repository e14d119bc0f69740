"""The alarm evaluator: configuration, datapoints and present state in, a state with its evidence out. Pure.

The rules for gaps are those of the user guide's page on alarms and missing data; its tables are the test vectors.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mailgauge.cloudwatch.alarms.alarm import Configuration, LowSamples, MissingData, StateValue


@dataclass(frozen=True, slots=True)
class Point:
    """A datapoint that exists: the start of its period, its value and the samples behind it (None of an expression)."""

    time: int
    value: float
    sample_count: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state, and what it was decided on: datapoints and the starts of missing ones, both newest first."""

    value: StateValue
    points: tuple[Point, ...]
    missing: tuple[int, ...]


def evaluate(
    configuration: Configuration, window: range, points: Mapping[int, Point], current: StateValue
) -> Verdict:
    """Decides over the starts in ``window``; ``points`` has those that exist, by start."""
    newest_first = reversed(window)
    existing: list[Point] = []
    absent: list[int] = []
    for start in newest_first:
        point = points.get(start)
        if point is None:
            absent.append(start)
        else:
            existing.append(point)
    periods = configuration.evaluation_periods
    counted = tuple(existing[:periods])
    missing = tuple(absent[: periods - len(counted)])
    if _too_few_samples(configuration, counted):
        return Verdict(current, counted, missing)
    return Verdict(_decide(configuration, window, counted, missing, current), counted, missing)


def _decide(
    configuration: Configuration,
    window: range,
    points: tuple[Point, ...],
    missing: tuple[int, ...],
    current: StateValue,
) -> StateValue:
    if not points:
        return _without_data(configuration.missing, current)
    breaching = [
        point for point in points if configuration.comparison.holds(point.value, configuration.threshold)
    ]
    count = len(breaching)
    if missing and configuration.missing is MissingData.BREACHING:
        count += len(missing)
    if count >= configuration.needed:
        return StateValue.ALARM
    treated = configuration.missing in {MissingData.BREACHING, MissingData.NOT_BREACHING}
    if not missing or treated or len(breaching) < len(points):
        return StateValue.OK
    # Only breaching datapoints, fewer than needed, and gaps that count as neither.
    if configuration.missing is MissingData.IGNORE:
        return current
    return _premature(configuration, window, breaching[-1], current)


def _without_data(treatment: MissingData, current: StateValue) -> StateValue:
    match treatment:
        case MissingData.BREACHING:
            return StateValue.ALARM
        case MissingData.NOT_BREACHING:
            return StateValue.OK
        case MissingData.IGNORE:
            return current
        case MissingData.MISSING:
            return StateValue.INSUFFICIENT_DATA


def _premature(configuration: Configuration, window: range, oldest: Point, current: StateValue) -> StateValue:
    """A lone breach alarms once it is as old as the datapoints needed. What holds until then is a choice."""
    age = (window.stop - oldest.time) // configuration.period
    if age >= configuration.needed:
        return StateValue.ALARM
    return StateValue.OK if current is StateValue.INSUFFICIENT_DATA else current


def _too_few_samples(configuration: Configuration, points: tuple[Point, ...]) -> bool:
    """Whether a percentile rests on too few samples to mean something (``EvaluateLowSampleCountPercentile``)."""
    stat = configuration.extended_statistic or ""
    if configuration.low_samples is not LowSamples.IGNORE or not stat.startswith("p") or not points:
        return False
    share = float(stat[1:]) / 100
    if not 0 < share < 1:
        return False
    samples = sum(point.sample_count or 0 for point in points)
    # Multiplied instead of divided, for exact bounds: p99 asks for 1000 samples, not for 999.9999999999991.
    rarer = 1 - share if share >= 0.5 else share
    return round(samples * rarer, 9) < 10
