"""Answers a Metrics Insights query: finds its series, joins their samples by group, and computes one series for each.

The two weeks it looks back, and that ``!=`` leaves out series without the dimension, are choices (docs/quirks.md).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from mailgauge.cloudwatch.insights.query import Select
from mailgauge.cloudwatch.math.reductions import over_time
from mailgauge.cloudwatch.math.values import TimeSeries
from mailgauge.cloudwatch.math.values import series as series_of
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.read import Buckets, pick_unit
from mailgauge.cloudwatch.source import Source
from mailgauge.cloudwatch.statistics import BASIC
from mailgauge.tsdb.engine import DimensionFilter
from mailgauge.tsdb.series import Series

MOST_METRICS: Final = 10_000
_LONGEST_SECONDS: Final = 14 * 86400
_OTHER: Final = "Other"
_STATISTIC: Final = {
    "AVG": "Average",
    "COUNT": "SampleCount",
    "MAX": "Maximum",
    "MIN": "Minimum",
    "SUM": "Sum",
}


def run(source: Source, query: Select, period: int) -> tuple[list[TimeSeries], bool]:
    """The series of the answer, and whether they were computed from all metrics there are."""
    window = source.window
    start = max(window.start, window.now - _LONGEST_SECONDS)
    source = replace(source, window=Window(start, max(window.end, start), window.now))
    metrics = list(_metrics(source, query))
    groups: dict[tuple[str, ...], list[Series]] = {}
    for series in metrics[:MOST_METRICS]:
        values = dict(series.dimensions)
        groups.setdefault(tuple(values.get(label, _OTHER) for label in query.group_by), []).append(series)
    if not query.group_by:
        groups.setdefault((), [])
    found = [_joined(source, query, group, groups[group], period) for group in sorted(groups)]
    return _ordered(query, found)[: query.limit], len(metrics) <= MOST_METRICS


def _metrics(source: Source, query: Select) -> Iterator[Series]:
    """At most one more than may be looked at."""
    filters = [DimensionFilter(each.label, each.value if each.is_equal else None) for each in query.where]
    filters += [DimensionFilter(label) for label in query.schema or ()]
    found = source.engine.list_series(
        source.tx,
        source.scope,
        namespace=query.namespace,
        name=query.metric,
        filters=filters,
        active_since=int(source.window.start),
        limit=MOST_METRICS + 1,
    )
    for series in found:
        values = dict(series.dimensions)
        fits = query.schema is None or set(query.schema) == values.keys()
        if fits and all((values[each.label] == each.value) == each.is_equal for each in query.where):
            yield series


def _joined(
    source: Source, query: Select, group: tuple[str, ...], metrics: Iterable[Series], period: int
) -> TimeSeries:
    joined: Buckets = {}
    for series in metrics:
        by_unit = source.buckets(series, period)
        unit = pick_unit(by_unit)
        for time, stats in by_unit[unit].items() if unit is not None else ():
            there = joined.get(time)
            if there is None:
                joined[time] = stats
            else:
                there.merge(stats)
    statistic = BASIC[_STATISTIC[query.function]]
    times = sorted(joined)
    values = [statistic(joined[time]) for time in times]
    return series_of(times, values, period, " ".join(group) or query.metric)


def _ordered(query: Select, found: list[TimeSeries]) -> list[TimeSeries]:
    if query.order is None:
        return found
    name = "DATAPOINT_COUNT" if query.order.function == "COUNT" else query.order.function
    with_points = [each for each in found if len(each.times)]
    with_points.sort(key=lambda one: over_time(name, one), reverse=query.order.descending)
    return with_points + [each for each in found if not len(each.times)]
