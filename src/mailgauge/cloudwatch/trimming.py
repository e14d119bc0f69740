"""Statistics between bounds: trimmed means, counts and sums, winsorized means, percentile rank. Pure.

Samples are (value, count) pairs in ascending order, none negative. A lower bound is exclusive, an upper one inclusive;
bounds in percent drop no more than that share of the samples from each end, so that p99 is the largest value that tm99
keeps and one sample has an IQM.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Samples = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """From ``low`` to ``high``, values or percent; None where it is open."""

    low: float | None
    high: float | None
    percent: bool = False


def trimmed(samples: Samples, bounds: Bounds) -> tuple[float, float]:
    """How many samples lie within the bounds, and their sum."""
    first, last = _ranks(samples, bounds)
    count = total = passed = 0.0
    for value, occurrences in samples:
        kept = min(passed + occurrences, last) - max(passed, first)
        if kept > 0:
            count += kept
            total += value * kept
        passed += occurrences
    return count, total


def winsorized(samples: Samples, bounds: Bounds) -> float | None:
    """The mean, with the samples outside a bound taken as the bound's own value."""
    first, last = _ranks(samples, bounds)
    everything = sum(count for _, count in samples)
    if not everything:
        return None
    _, total = trimmed(samples, bounds)
    low, high = bounds.low, bounds.high
    if bounds.percent:
        low = _value_at(samples, 0.0 if bounds.low is None else _up(everything * bounds.low / 100))
        high = _value_at(samples, last)
    total += first * (low or 0.0) + (everything - max(first, last)) * (high or 0.0)
    return total / everything


def percentile_rank(samples: Samples, bounds: Bounds) -> float | None:
    """Which share of the samples lies within the bounds, in percent."""
    everything = sum(count for _, count in samples)
    return 100 * trimmed(samples, bounds)[0] / everything if everything else None


def _ranks(samples: Samples, bounds: Bounds) -> tuple[float, float]:
    """The bounds as ranks: samples number ``first + 1`` to ``last`` are within."""
    everything = sum(count for _, count in samples)
    if bounds.percent:
        return (
            0.0 if bounds.low is None else _down(everything * bounds.low / 100),
            everything if bounds.high is None else min(everything, _up(everything * bounds.high / 100)),
        )
    return (
        0.0 if bounds.low is None else sum(count for value, count in samples if value <= bounds.low),
        everything if bounds.high is None else sum(count for value, count in samples if value <= bounds.high),
    )


# Without the tolerance a product such as 0.07 * 100 reaches into the next rank, and 0.29 * 100 not to its own.


def _up(rank: float) -> float:
    return float(math.ceil(rank * (1 - 1e-12)))


def _down(rank: float) -> float:
    return float(math.floor(rank * (1 + 1e-12)))


def _value_at(samples: Samples, rank: float) -> float:
    passed = value = 0.0
    for value, count in samples:  # noqa: B007 - the last one is the answer
        passed += count
        if passed >= rank:
            break
    return value
