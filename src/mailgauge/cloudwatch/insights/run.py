"""Answers a Metrics Insights query: finds its series, joins their samples by group, and computes one series for each.

The two weeks it looks back, and that ``!=`` leaves out series without the dimension, are choices (docs/quirks.md).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from mailgauge.cloudwatch.insights.query import Select
from mailgauge.cloudwatch.math.ground import Budget
from mailgauge.cloudwatch.math.reductions import over_time
from mailgauge.cloudwatch.math.values import TimeSeries
from mailgauge.cloudwatch.math.values import series as series_of
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.read import MetricStat
from mailgauge.cloudwatch.source import Source
from mailgauge.cloudwatch.statistics import Basic
from mailgauge.tsdb.catalogue import REFRESH
from mailgauge.tsdb.engine import DimensionFilter
from mailgauge.tsdb.series import Series

MOST_METRICS: Final = 10_000
_LONGEST_SECONDS: Final = 14 * 86400
_OTHER: Final = "Other"
_PAGE: Final = 1000
_LISTED: Final = 50
"""Looking at a series costs as much as computing so many points."""
_STATISTIC: Final = {
    "AVG": "Average",
    "COUNT": "SampleCount",
    "MAX": "Maximum",
    "MIN": "Minimum",
    "SUM": "Sum",
}
_JOIN: Final[Mapping[str, Callable[[float, float], float]]] = {
    "SampleCount": lambda one, other: one + other,
    "Sum": lambda one, other: one + other,
    "Minimum": min,
    "Maximum": max,
}

_Group = tuple[str, ...]


def run(source: Source, query: Select, period: int, budget: Budget) -> tuple[list[TimeSeries], bool]:
    """The series of the answer, and whether they were computed from all metrics there are."""
    window = source.window
    start = max(window.start, window.now - _LONGEST_SECONDS)
    source = replace(source, window=Window(start, max(window.end, start), window.now))
    metrics = _metrics(source, query, budget)
    groups: dict[_Group, list[Series]] = {}
    for series in metrics[:MOST_METRICS]:
        values = dict(series.dimensions)
        groups.setdefault(tuple(values.get(label, _OTHER) for label in query.group_by), []).append(series)
    if not query.group_by:
        groups.setdefault((), [])
    run_ = _Run(source, query, period, budget)
    found = [run_.joined(group, groups[group]) for group in sorted(groups)]
    return _ordered(query, found)[: query.limit], len(metrics) <= MOST_METRICS


def _metrics(source: Source, query: Select, budget: Budget) -> list[Series]:
    """At most one more than may be looked at."""
    found: list[Series] = []
    for series in _listed(source, query, budget):
        values = dict(series.dimensions)
        fits = query.schema is None or set(query.schema) == values.keys()
        if fits and all((values[each.label] == each.value) == each.is_equal for each in query.where):
            found.append(series)
            if len(found) > MOST_METRICS:
                break
    return found


def _listed(source: Source, query: Select, budget: Budget) -> Iterator[Series]:
    """Series that have the dimensions the query names, and whatever others."""
    filters = [DimensionFilter(each.label, each.value if each.is_equal else None) for each in query.where]
    filters += [DimensionFilter(label) for label in query.schema or ()]
    if query.schema == () and not filters:
        # There is one at most, and there may be any number of others with its name.
        yield Series.of(source.scope, query.namespace, query.metric)
        return
    after = b""
    while True:
        page = source.engine.list_series(
            source.tx,
            source.scope,
            namespace=query.namespace,
            name=query.metric,
            filters=filters,
            # When a busy series was last active is noted now and then.
            active_since=int(source.window.start) - REFRESH,
            after=after,
            limit=_PAGE,
        )
        budget.charge_points(_LISTED * len(page))
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].id


class _Run:
    def __init__(self, source: Source, query: Select, period: int, budget: Budget) -> None:
        self._source = source
        self._query = query
        self._period = period
        self._budget = budget
        self._statistic = _STATISTIC[query.function]

    def joined(self, group: _Group, metrics: Sequence[Series]) -> TimeSeries:
        """The samples of several metrics taken together, as a series with the group's values for a label."""
        if self._statistic == "Average":
            counts = self._values(metrics, "SampleCount")
            values = {time: total / counts[time] for time, total in self._values(metrics, "Sum").items()}
        else:
            values = self._values(metrics, self._statistic)
        times = sorted(values)
        label = " ".join(group) or self._query.metric
        found = series_of(times, [values[time] for time in times], self._period, label)
        return replace(found, source=self._metric(group))

    def _values(self, metrics: Sequence[Series], name: str) -> dict[int, float]:
        join, statistic = _JOIN[name], Basic(name)
        joined: dict[int, float] = {}
        for series in metrics:
            points = self._source.points(MetricStat(series, self._period, statistic)).points
            self._budget.charge_read(len(points))
            for time, value in points:
                joined[time] = join(joined[time], value) if time in joined else value
        return joined

    def _metric(self, group: _Group) -> MetricStat:
        """What labels may tell of a group: a metric that has its values for dimensions."""
        query = self._query
        dimensions = dict(zip(query.group_by, group, strict=True))
        series = Series.of(self._source.scope, query.namespace, query.metric, dimensions)
        return MetricStat(series, self._period, Basic(self._statistic))


def _ordered(query: Select, found: list[TimeSeries]) -> list[TimeSeries]:
    if query.order is None:
        return found
    name = "DATAPOINT_COUNT" if query.order.function == "COUNT" else query.order.function
    with_points = [each for each in found if len(each.times)]
    with_points.sort(key=lambda one: over_time(name, one), reverse=query.order.descending)
    return with_points + [each for each in found if not len(each.times)]
