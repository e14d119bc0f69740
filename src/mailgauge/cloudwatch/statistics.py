"""Statistics by name: the five basic ones, percentiles, and the trimmed family, computed out of statistic sets. Pure.

Names are parsed in one place; the grammar is that of the pattern of `cloudwatch/AnomalyDetectorMetricStat`, without
the forms that no documentation knows. Extended statistics are None where the values are unknown or negative.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from mailgauge.cloudwatch.trimming import Bounds, percentile_rank, trimmed, winsorized
from mailgauge.tsdb.statset import StatSet


class Statistic(Protocol):
    """A parsed statistic."""

    @property
    def name(self) -> str:
        """As the caller wrote it."""

    def of(self, stats: StatSet) -> float | None:
        """Its value for the samples of one period, None if it is unavailable."""


@dataclass(frozen=True, slots=True)
class Basic:
    name: str

    def of(self, stats: StatSet) -> float | None:
        return BASIC[self.name](stats)


@dataclass(frozen=True, slots=True)
class Percentile:
    name: str
    percent: float

    def of(self, stats: StatSet) -> float | None:
        return stats.percentile(self.percent)


@dataclass(frozen=True, slots=True)
class Trimmed:
    """TM, TC, TS, WM and PR, by their upper-case names."""

    name: str
    kind: str
    bounds: Bounds

    def of(self, stats: StatSet) -> float | None:
        if stats.distribution is None or stats.distribution.has_negative:
            return None
        samples = list(stats.distribution.items())
        if self.kind == "PR":
            return percentile_rank(samples, self.bounds)
        if self.kind == "WM":
            return winsorized(samples, self.bounds)
        count, total = trimmed(samples, self.bounds)
        if self.kind == "TC":
            return count
        if self.kind == "TS":
            return total
        return total / count if count else None


BASIC: Final[Mapping[str, Callable[[StatSet], float]]] = {
    "SampleCount": lambda stats: stats.count,
    "Average": lambda stats: stats.average,
    "Sum": lambda stats: stats.sum,
    "Minimum": lambda stats: stats.min,
    "Maximum": lambda stats: stats.max,
}

_INTERQUARTILE = Bounds(low=25, high=75, percent=True)
_PERCENT = r"\d{1,2}(?:\.\d{0,10})?|100(?:\.0{0,10})?"
_NUMBER = r"\d+(?:\.\d{0,10})?(?:[Ee][+-]?\d+)?"
_SHORT = re.compile(r"(?P<kind>p|tm|tc|ts|wm)(?P<percent>\d{1,2}(?:\.\d{0,10})?|100)", re.ASCII)
_PERCENT_RANGE = re.compile(
    rf"(?P<kind>TM|TC|TS|WM)\((?:(?P<low>{_PERCENT})%)?:(?:(?P<high>{_PERCENT})%)?\)", re.ASCII
)
_RANGE = re.compile(rf"(?P<kind>TM|TC|TS|WM|PR)\((?P<low>{_NUMBER})?:(?P<high>{_NUMBER})?\)", re.ASCII)
_LONGEST = 50


def parse(name: str) -> Statistic | None:
    """The statistic of that name, None if there is none."""
    if name in BASIC:
        return Basic(name)
    if name == "IQM":
        return Trimmed(name, "TM", _INTERQUARTILE)
    if len(name) > _LONGEST:
        return None
    if short := _SHORT.fullmatch(name):
        kind, percent = short["kind"], float(short["percent"])
        if kind == "p":
            return Percentile(name, percent)
        return Trimmed(name, kind.upper(), Bounds(low=None, high=percent, percent=True))
    for pattern, in_percent in ((_PERCENT_RANGE, True), (_RANGE, False)):
        if ranged := pattern.fullmatch(name):
            low, high = _bound(ranged["low"]), _bound(ranged["high"])
            if low is None and high is None:
                return None
            return Trimmed(name, ranged["kind"], Bounds(low=low, high=high, percent=in_percent))
    return None


def parse_extended(name: str) -> Statistic | None:
    """The same without the basic statistics, which have a parameter of their own in some operations."""
    return None if name in BASIC else parse(name)


def _bound(text: str | None) -> float | None:
    return None if text is None else float(text)
