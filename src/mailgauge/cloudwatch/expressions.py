"""The expressions of a call, evaluated: reads the series they stand on, then computes each after those it refers to.

What expressions mean is in ``math``, ``search`` and ``insights``; this joins them to the store.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mailgauge.cloudwatch import labels
from mailgauge.cloudwatch.insights.query import Select
from mailgauge.cloudwatch.insights.run import run
from mailgauge.cloudwatch.math.evaluate import evaluate
from mailgauge.cloudwatch.math.faults import MathError
from mailgauge.cloudwatch.math.ground import Budget, Ground
from mailgauge.cloudwatch.math.plan import ExpressionError, Plan
from mailgauge.cloudwatch.math.syntax import Call
from mailgauge.cloudwatch.math.types import Type
from mailgauge.cloudwatch.math.values import TimeSeries, Value, series
from mailgauge.cloudwatch.math.walk import Search, references, walk
from mailgauge.cloudwatch.periods import is_legal, rounded_start
from mailgauge.cloudwatch.read import MetricStat
from mailgauge.cloudwatch.search.find import find
from mailgauge.cloudwatch.search.query import parse_search
from mailgauge.cloudwatch.source import Source
from mailgauge.cloudwatch.statistics import parse

if TYPE_CHECKING:
    from mailgauge.cloudwatch.math.values import Times

DEFAULT_PERIOD: Final = 300
"""Seconds, for searches and Metrics Insights queries that name none."""
_MOST_TIMES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Queries:
    """The queries of a call: metrics by id in their order, with the labels they show; expressions as a plan; the periods
    that expressions name.
    """

    metrics: Mapping[str, MetricStat]
    labels: Mapping[str, str]
    plan: Plan
    periods: Mapping[str, int | None]

    def needed(self) -> list[str]:
        """The ids of the metrics that expressions stand on."""
        nodes = [
            node
            for tree in self.plan.expressions.values()
            if not isinstance(tree, Select)
            for node in walk(tree)
        ]
        if any(isinstance(node, Call) and node.function == "METRICS" for node in nodes):
            return list(self.metrics)
        named = {
            reference.id
            for tree in self.plan.expressions.values()
            if not isinstance(tree, Select)
            for reference in references(tree)
        }
        return [each for each in self.metrics if each in named]


@dataclass(slots=True)
class Results:
    """Series by the id of their expression; ``is_all`` is False when a search would have found more."""

    series: dict[str, tuple[TimeSeries, ...]] = field(default_factory=dict)
    is_all: bool = True


def check(plan: Plan) -> None:
    """What can be told of searches without the store. Raises ExpressionError."""
    for query_id, found in plan.searches.items():
        for search in found:
            try:
                _check(search)
            except MathError as error:
                raise ExpressionError(query_id, error) from error


def _check(search: Search) -> None:
    parse_search(search.query)
    if parse(search.statistic) is None:
        raise MathError(f"'{search.statistic}' is not a valid statistic")
    if search.period is not None and not is_legal(search.period):
        raise MathError(f"{search.period} is not a valid period")


def results(source: Source, queries: Queries) -> Results:
    """Every expression's series. Raises ExpressionError when they cost too much."""
    run_ = _Run(source, queries)
    for query_id in queries.plan.expressions:
        try:
            run_.add(query_id)
        except MathError as error:
            raise ExpressionError(query_id, error) from error
    return run_.results


class _Run:
    def __init__(self, source: Source, queries: Queries) -> None:
        self._source = source
        self._queries = queries
        self._budget = Budget()
        self._values: dict[str, Value] = {}
        self._periods: dict[str, int] = {each: metric.period for each, metric in queries.metrics.items()}
        self.results = Results()
        for query_id in queries.needed():
            self._values[query_id] = self._read(queries.metrics[query_id], queries.labels[query_id])

    def add(self, query_id: str) -> None:
        expression = self._queries.plan.expressions[query_id]
        named = self._queries.periods.get(query_id)
        if isinstance(expression, Select):
            period = max(named or DEFAULT_PERIOD, 60)
            found, is_all = run(self._source, expression, period, self._budget)
            self.results.is_all &= is_all
            value: Value = tuple(found) if self._queries.plan.types[query_id] is Type.ARRAY else found[0]
        else:
            used = [self._periods[each.id] for each in references(expression) if each.id in self._periods]
            period = named or min(used, default=DEFAULT_PERIOD)
            searches = {
                search: self._search(search, named) for search in self._queries.plan.searches[query_id]
            }
            metrics = [each for each in self._queries.metrics if each in self._values]
            ground = Ground(self._timeline, self._values, metrics, searches, period, self._budget)
            value = evaluate(expression, ground)
        self._values[query_id] = value
        self._periods[query_id] = period
        if not isinstance(value, float):
            self.results.series[query_id] = value if isinstance(value, tuple) else (value,)

    def _timeline(self, period: int) -> "Times":
        import numpy as np

        window = self._source.window
        start = rounded_start(window.start, period, window.now)
        count = max(math.ceil((window.end - start) / period), 0)
        if count > _MOST_TIMES:
            raise MathError("The range has too many periods; ask for less time or longer periods")
        self._budget.charge_points(count)
        return start + np.arange(count, dtype=np.int64) * period

    def _read(self, metric: MetricStat, label: str) -> TimeSeries:
        found = self._source.points(metric).points
        one = series([time for time, _ in found], [value for _, value in found], metric.period, label)
        self._budget.charge_read(len(found))
        return TimeSeries(one.times, one.values, one.period, label, metric)

    def _search(self, search: Search, named: int | None) -> tuple[TimeSeries, ...]:
        found = find(self._source, parse_search(search.query), self._budget)
        self.results.is_all &= found.is_all
        statistic = parse(search.statistic)
        assert statistic is not None
        period = search.period or named or DEFAULT_PERIOD
        metrics = [MetricStat(each, period, statistic) for each in found.series]
        return tuple(
            self._read(metric, label)
            for metric, label in zip(metrics, labels.found_labels(metrics), strict=True)
        )
