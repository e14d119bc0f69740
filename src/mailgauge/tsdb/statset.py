"""Statistic sets: count, sum, minimum, maximum, and a distribution where there is one. Merging is exact and in any order."""

from dataclasses import dataclass

from mailgauge.tsdb.distribution import Distribution


@dataclass(slots=True)
class StatSet:
    count: float
    sum: float
    min: float
    max: float
    distribution: Distribution | None = None
    """None when the samples came as a statistic set that hides its values: no percentiles then."""
