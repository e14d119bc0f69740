"""Statistic sets: count, sum, minimum, maximum, and a distribution where there is one. Merging is exact and in any order."""

from collections.abc import Iterable, Sequence
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

    @classmethod
    def of(cls, value: float, count: float = 1) -> "StatSet":
        """``count`` samples of one value."""
        return cls(count, value * count, value, value, Distribution.of(value, count))

    @classmethod
    def of_values(cls, values: Sequence[float], counts: Sequence[float] | None = None) -> "StatSet":
        """Samples of several values, each once or as often as ``counts`` says. ValueError if there are none."""
        pairs = list(zip(values, counts or [1.0] * len(values), strict=True))
        seen = [value for value, count in pairs if count > 0]
        distribution = Distribution()
        for value, count in pairs:
            distribution.add(value, count)
        return cls(
            sum(count for _, count in pairs),
            sum(value * count for value, count in pairs),
            min(seen),
            max(seen),
            distribution,
        )

    @classmethod
    def of_statistics(cls, count: float, sum: float, minimum: float, maximum: float) -> "StatSet":  # noqa: A002 - its name
        """A statistic set as callers put it: it tells its values only when all of them are equal."""
        told = minimum == maximum and sum == minimum * count
        return cls(count, sum, minimum, maximum, Distribution.of(minimum, count) if told else None)

    @property
    def average(self) -> float:
        return self.sum / self.count

    def merge(self, other: "StatSet") -> None:
        """Adds the samples of ``other``, which stays as it is."""
        self.count += other.count
        self.sum += other.sum
        self.min = min(self.min, other.min)
        self.max = max(self.max, other.max)
        if self.distribution is None or other.distribution is None:
            self.distribution = None
        else:
            self.distribution.merge(other.distribution)

    def copy(self) -> "StatSet":
        distribution = self.distribution
        return StatSet(
            self.count, self.sum, self.min, self.max, None if distribution is None else distribution.copy()
        )

    def percentile(self, percent: float) -> float | None:
        """None where it is unavailable: values unknown, or some of them negative."""
        value = None if self.distribution is None else self.distribution.percentile(percent)
        if value is None or self.distribution is None or self.distribution.exact:
            return value
        # Of buckets, the ends are known better: the first and the last sample.
        rank = self.count * percent / 100
        if rank <= 1:
            return self.min
        return self.max if rank > self.count - 1 else min(max(value, self.min), self.max)


def total(sets: Iterable[StatSet]) -> StatSet | None:
    """All of them merged into a new set, None for none."""
    merged: StatSet | None = None
    for stats in sets:
        if merged is None:
            merged = stats.copy()
        else:
            merged.merge(stats)
    return merged
