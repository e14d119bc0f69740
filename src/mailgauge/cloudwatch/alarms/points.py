"""The datapoints of alarms' windows, read from the metrics store. The one place where alarms meet the engine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch import read, statistics
from mailgauge.cloudwatch.alarms.alarm import AlarmQuery, Configuration, EvaluationState
from mailgauge.cloudwatch.alarms.evaluation import Point
from mailgauge.cloudwatch.alarms.schedule import SHORTEST_STEP
from mailgauge.cloudwatch.math.plan import ExpressionError, Plan
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.queries import Query, computed, items, planned
from mailgauge.cloudwatch.source import Source
from mailgauge.cloudwatch.statistics import Statistic
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.engine import Engine, Measure, Total
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet

_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Metric:
    """What an alarm on one metric reads; ``measure`` is its statistic where that needs no distribution."""

    series: Series
    statistic: Statistic
    period: int
    unit: str | None
    measure: Measure | None

    @property
    def is_simple(self) -> bool:
        """Whether the store can add up what is read, and that of many series at once."""
        return self.measure is not None and self.period >= _MINUTE


@dataclass(frozen=True, slots=True)
class Found:
    """The datapoints that exist, by start, and what was wrong with reading or computing them, in words if there are."""

    points: Mapping[int, Point]
    evaluation: EvaluationState | None = None
    fault: str | None = None


def metric(scope: Scope, configuration: Configuration) -> Metric | None:
    """The metric of an alarm that is not on an expression. Its statistic was checked when the alarm was put."""
    statistic = statistics.parse(configuration.stat)
    if configuration.queries or statistic is None:
        return None
    measure = read.MEASURES.get(statistic.name)
    series = configuration.series(scope)
    return Metric(series, statistic, configuration.period, configuration.unit, measure)


def read_simple(tx: Tx, engine: Engine, metrics: Sequence[Metric], window: range) -> list[dict[int, Point]]:
    """The datapoints of metrics that are simple and have one window, together: nearly all alarms are on such."""
    sums: dict[bytes, dict[str, dict[int, Total]]] = {}
    together = engine.totals_of(
        tx,
        [each.series for each in metrics],
        _MINUTE,
        window.start,
        window.stop,
        origin=window.start,
        period=window.step,
    )
    for series, total in together:
        of_unit = sums.setdefault(series, {}).setdefault(total.unit, {})
        there = of_unit.get(total.time)
        of_unit[total.time] = total if there is None else read.joined(there, total)
    return [_simple_points(each, sums.get(each.series.id, {})) for each in metrics]


def _simple_points(metric: Metric, by_unit: Mapping[str, Mapping[int, Total]]) -> dict[int, Point]:
    assert metric.measure is not None
    unit, of = metric.unit or read.pick_unit(by_unit), read.OF_TOTAL[metric.measure]
    totals = by_unit.get(unit or "", {})
    return {time: Point(time, of(total), total.samples) for time, total in totals.items()}


def read_metric(tx: Tx, engine: Engine, metric: Metric, window: range, now: float) -> dict[int, Point]:
    """The datapoints of any metric.

    They are read in the steps by which windows slide, since the window need not begin where queries of the
    alarm's period would.
    """
    step = _MINUTE if metric.period >= _MINUTE else SHORTEST_STEP
    asked = Window(window.start, window.stop, now)
    by_unit = read.buckets(tx, engine, metric.series, step, asked)
    unit = metric.unit or read.pick_unit(by_unit)
    merged: dict[int, StatSet] = {}
    for time, stats in by_unit.get(unit or "", {}).items():
        start = _start(window, time)
        if start in merged:
            merged[start].merge(stats)
        else:
            merged[start] = stats
    values = ((start, metric.statistic.of(stats), stats.count) for start, stats in merged.items())
    return {start: Point(start, value, count) for start, value, count in values if value is not None}


def alarm_queries(scope: Scope, queries: Iterable[AlarmQuery]) -> list[Query]:
    """The elements of an alarm's list of Metrics as queries. Statistics were checked when the alarm was put."""
    found = []
    for each in queries:
        stat = None
        statistic = statistics.parse(each.statistic)
        if each.expression is None and statistic is not None and each.period is not None:
            series = Series.of(scope, each.namespace, each.metric_name, dict(each.dimensions))
            stat = read.MetricStat(series, each.period, statistic, each.unit)
        found.append(Query(each.id, each.label, each.returns_data, stat, each.expression, each.period))
    return found


@dataclass(frozen=True, slots=True)
class Expressions:
    """What an alarm on an expression computes: its queries, and in which order. ``fault`` stands for a plan."""

    queries: Sequence[Query]
    plan: Plan | None
    fault: str | None = None


def expressions(scope: Scope, configuration: Configuration) -> Expressions:
    """They could be planned when the alarm was put, but another release may have put it."""
    asked = alarm_queries(scope, configuration.queries)
    try:
        return Expressions(asked, planned(asked))
    except ExpressionError as error:
        return Expressions(asked, None, str(error))


def compute(source: Source, asked: Expressions, window: range) -> Found:
    """The datapoints of an expression; one that can't be computed any more has none, and says why."""
    if asked.plan is None:
        return Found({}, EvaluationState.ERROR, asked.fault)
    try:
        results = computed(source, asked.queries, asked.plan)
    except ExpressionError as error:
        return Found({}, EvaluationState.ERROR, str(error))
    found: dict[int, Point] = {}
    for item in items(asked.queries, results)[:1]:
        if item.series is not None:
            for time, value in zip(item.series.times.tolist(), item.series.values.tolist(), strict=True):
                start = _start(window, time)
                found[start] = Point(start, value, None)
    return Found(found, None if results.is_all else EvaluationState.PARTIAL_DATA)


def _start(window: range, time: int) -> int:
    return window.start + (time - window.start) // window.step * window.step
