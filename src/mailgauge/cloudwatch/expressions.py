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
from mailgauge.cloudwatch.periods import Window, is_legal, rounded_start
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


@dataclass(slots=True)
class Gathered:
    """What the expressions of a call stand on, read from the store: metrics by id, what each search found, and what each
    Metrics Insights query gives, by the id of the expression.
    """

    window: Window
    budget: Budget = field(default_factory=Budget)
    metrics: dict[str, TimeSeries] = field(default_factory=dict)
    searches: dict[str, dict[Search, tuple[TimeSeries, ...]]] = field(default_factory=dict)
    selected: dict[str, tuple[TimeSeries, ...]] = field(default_factory=dict)
    is_all: bool = True


def gather(source: Source, queries: Queries) -> Gathered:
    """Everything that has to be read. Raises ExpressionError when that is too much."""
    found = Gathered(source.window)
    try:
        for query_id in queries.needed():
            metric, label = queries.metrics[query_id], queries.labels[query_id]
            found.metrics[query_id] = _read(source, found.budget, metric, label)
    except MathError as error:
        raise ExpressionError(next(iter(queries.plan.expressions)), error) from error
    for query_id, expression in queries.plan.expressions.items():
        named = queries.periods.get(query_id)
        try:
            if isinstance(expression, Select):
                series, is_all = run(source, expression, _select_period(named), found.budget)
                found.selected[query_id] = tuple(series)
                found.is_all &= is_all
            else:
                wanted = queries.plan.searches[query_id]
                found.searches[query_id] = {each: _search(source, found, each, named) for each in wanted}
        except MathError as error:
            raise ExpressionError(query_id, error) from error
    return found


def results(gathered: Gathered, queries: Queries) -> Results:
    """Every expression's series: without the store, so that no reader of it waits. Raises ExpressionError when they cost
    too much.
    """
    computing = _Computing(gathered, queries)
    for query_id in queries.plan.expressions:
        try:
            computing.add(query_id)
        except MathError as error:
            raise ExpressionError(query_id, error) from error
    return computing.results


def _select_period(named: int | None) -> int:
    return max(named or DEFAULT_PERIOD, 60)


def _read(source: Source, budget: Budget, metric: MetricStat, label: str) -> TimeSeries:
    found = source.points(metric).points
    one = series([time for time, _ in found], [value for _, value in found], metric.period, label)
    budget.charge_read(len(found))
    return TimeSeries(one.times, one.values, one.period, label, metric)


def _search(source: Source, gathered: Gathered, search: Search, named: int | None) -> tuple[TimeSeries, ...]:
    found = find(source, parse_search(search.query), gathered.budget)
    gathered.is_all &= found.is_all
    statistic = parse(search.statistic)
    assert statistic is not None
    period = search.period or named or DEFAULT_PERIOD
    metrics = [MetricStat(each, period, statistic) for each in found.series]
    named_metrics = zip(metrics, labels.found_labels(metrics), strict=True)
    return tuple(_read(source, gathered.budget, metric, label) for metric, label in named_metrics)


class _Computing:
    def __init__(self, gathered: Gathered, queries: Queries) -> None:
        self._gathered = gathered
        self._queries = queries
        self._values: dict[str, Value] = dict(gathered.metrics)
        self._periods: dict[str, int] = {each: metric.period for each, metric in queries.metrics.items()}
        self.results = Results(is_all=gathered.is_all)

    def add(self, query_id: str) -> None:
        expression = self._queries.plan.expressions[query_id]
        named = self._queries.periods.get(query_id)
        if isinstance(expression, Select):
            period, selected = _select_period(named), self._gathered.selected[query_id]
            value: Value = selected if self._queries.plan.types[query_id] is Type.ARRAY else selected[0]
        else:
            used = [self._periods[each.id] for each in references(expression) if each.id in self._periods]
            period = named or min(used, default=DEFAULT_PERIOD)
            value = evaluate(expression, self._ground(query_id, period))
        self._values[query_id] = value
        self._periods[query_id] = period
        if not isinstance(value, float):
            self.results.series[query_id] = value if isinstance(value, tuple) else (value,)

    def _ground(self, query_id: str, period: int) -> Ground:
        gathered = self._gathered
        metrics = [each for each in self._queries.metrics if each in self._values]
        searches = gathered.searches[query_id]
        return Ground(self._timeline, self._values, metrics, searches, period, gathered.budget)

    def _timeline(self, period: int) -> "Times":
        import numpy as np

        window = self._gathered.window
        start = rounded_start(window.start, period, window.now)
        count = max(math.ceil((window.end - start) / period), 0)
        if count > _MOST_TIMES:
            raise MathError("The range has too many periods; ask for less time or longer periods")
        self._gathered.budget.charge_points(count)
        return start + np.arange(count, dtype=np.int64) * period
