"""The queries of one call, metrics and expressions together: planned, computed, and each series with its label.

What reads and answers calls is in ``api``; what expressions mean is in ``math``, ``search`` and ``insights``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timezone

from mailgauge.cloudwatch import expressions, labels
from mailgauge.cloudwatch.expressions import Gathered, Results
from mailgauge.cloudwatch.labels import Context
from mailgauge.cloudwatch.math.faults import MathError
from mailgauge.cloudwatch.math.plan import ExpressionError, Plan, plan
from mailgauge.cloudwatch.math.types import Type
from mailgauge.cloudwatch.math.values import TimeSeries
from mailgauge.cloudwatch.read import MetricStat, Points
from mailgauge.cloudwatch.source import Source

Read = Callable[[Callable[[Source], Gathered]], Awaitable[Gathered]]


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a metric or an expression; ``label`` None stands for the default one, ``period`` is an expression's own."""

    id: str
    label: str | None
    return_data: bool
    metric: MetricStat | None = None
    expression: str | None = None
    period: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One series of the answer: a metric, which is read when its turn comes, or a series of an expression."""

    query: Query
    series: TimeSeries | None = None


def planned(asked: Sequence[Query]) -> Plan:
    """The expressions among the queries, checked. Raises ExpressionError."""
    texts = {query.id: query.expression for query in asked if query.expression is not None}
    found = plan(texts, [query.id for query in asked if query.metric is not None])
    expressions.check(found)
    for query in asked:
        if query.return_data and found.types[query.id] is Type.SCALAR:
            fault = MathError("The result is a number, and has to be a series or an array of series")
            raise ExpressionError(query.id, fault)
    return found


def to_compute(asked: Sequence[Query], plan: Plan) -> expressions.Queries | None:
    """The expressions among the queries with all that they refer to; None when there are none."""
    if not plan.expressions:
        return None
    metrics = {query.id: query.metric for query in asked if query.metric is not None}
    defaults = default_labels(asked)
    shown = {query.id: query.label or defaults[query.id] for query in asked if query.id in metrics}
    return expressions.Queries(metrics, shown, plan, {query.id: query.period for query in asked})


def computed(source: Source, asked: Sequence[Query], plan: Plan) -> Results:
    """What the expressions give, at once: for few of them. Raises ExpressionError when they cost too much."""
    queries = to_compute(asked, plan)
    return Results() if queries is None else expressions.results(expressions.gather(source, queries), queries)


async def computed_apart(read: Read, asked: Sequence[Query], plan: Plan) -> Results:
    """The same, computing in a thread of its own, where nobody waits for it: ``read`` gives what is read to its argument."""
    queries = to_compute(asked, plan)
    if queries is None:
        return Results()
    gathered = await read(lambda source: expressions.gather(source, queries))
    return await asyncio.to_thread(expressions.results, gathered, queries)


def items(asked: Sequence[Query], results: Results) -> list[Item]:
    """The series of the queries that return data, in their order."""
    found: list[Item] = []
    for query in asked:
        if query.return_data and query.metric is not None:
            found.append(Item(query))
        elif query.return_data:
            found += [Item(query, series) for series in results.series[query.id]]
    return found


def points_of(source: Source, item: Item) -> Points:
    if item.series is None:
        assert item.query.metric is not None
        return source.points(item.query.metric)
    points = zip(item.series.times.tolist(), item.series.values.tolist(), strict=True)
    return Points(list(points), None, ())


def default_labels(asked: Sequence[Query]) -> dict[str, str]:
    """Queries that return no data count in what makes labels differ. An expression is called by its id."""
    metrics = [(query.id, query.metric) for query in asked if query.metric is not None]
    texts = labels.default_labels([metric for _, metric in metrics])
    found = {query_id: text for (query_id, _), text in zip(metrics, texts, strict=True)}
    return {query.id: query.id for query in asked} | found


@dataclass(frozen=True, slots=True)
class Labels:
    """Names the series of one call, at a time and in a time zone."""

    plan: Plan
    defaults: Mapping[str, str]
    now: float
    zone: timezone

    def of(self, item: Item, whole: Points) -> str:
        """A series of an array goes by its own label, behind that of its expression if there is one."""
        query, series = item.query, item.series
        metric = query.metric if series is None else series.source
        default, given = self.defaults[query.id], query.label
        if series is not None and self.plan.types[query.id] is Type.ARRAY:
            default = series.label or default
            if given and "${" not in given:
                given = f"{given} {default}"
        if not given:
            return default
        known = labels.properties(metric) if isinstance(metric, MetricStat) else {}
        return labels.expand(given, Context(default, whole.points, self.now, self.zone, known))
