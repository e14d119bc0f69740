"""The datapoints of an alarm's window, read from the metrics store. The one place where alarms meet the engine."""

from collections.abc import Iterable

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch import read, statistics
from mailgauge.cloudwatch.alarms.alarm import Alarm, AlarmQuery, Configuration
from mailgauge.cloudwatch.alarms.evaluation import Point
from mailgauge.cloudwatch.alarms.schedule import SHORTEST_STEP
from mailgauge.cloudwatch.math.plan import ExpressionError
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.queries import Query, computed, items, planned
from mailgauge.cloudwatch.source import Source
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.engine import Engine
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet


def read_points(tx: Tx, engine: Engine, alarm: Alarm, window: range, now: float) -> dict[int, Point]:
    """The datapoints that exist for the starts in ``window``, by start.

    They are read in the steps by which windows slide, since the window need not begin where queries of the
    alarm's period would.
    """
    configuration = alarm.configuration
    if configuration.queries:
        return _computed(
            Source(tx, engine, alarm.scope, Window(window.start, window.stop, now)), configuration, window
        )
    statistic = statistics.parse(configuration.stat)
    if not window or statistic is None:
        return {}
    step = 60 if configuration.period >= 60 else SHORTEST_STEP
    asked = Window(window.start, window.stop, now)
    by_unit = read.buckets(tx, engine, configuration.series(alarm.scope), step, asked)
    unit = configuration.unit or read.pick_unit(by_unit)
    merged: dict[int, StatSet] = {}
    for time, stats in by_unit.get(unit or "", {}).items():
        start = window.start + (time - window.start) // window.step * window.step
        if start in merged:
            merged[start].merge(stats)
        else:
            merged[start] = stats
    values = ((start, statistic.of(stats), stats.count) for start, stats in merged.items())
    return {start: Point(start, value, count) for start, value, count in values if value is not None}


def alarm_queries(scope: Scope, queries: Iterable[AlarmQuery]) -> list[Query]:
    """The elements of an alarm's list of Metrics as queries. Statistics were checked when the alarm was put."""
    found = []
    for each in queries:
        metric = None
        statistic = statistics.parse(each.statistic)
        if each.expression is None and statistic is not None and each.period is not None:
            series = Series.of(scope, each.namespace, each.metric_name, dict(each.dimensions))
            metric = read.MetricStat(series, each.period, statistic, each.unit)
        found.append(Query(each.id, each.label, each.returns_data, metric, each.expression, each.period))
    return found


def _computed(source: Source, configuration: Configuration, window: range) -> dict[int, Point]:
    """Of an expression; one that can't be computed any more has no datapoints."""
    asked = alarm_queries(source.scope, configuration.queries)
    if not window:
        return {}
    try:
        plan = planned(asked)
        series = [item.series for item in items(asked, computed(source, asked, plan))]
    except ExpressionError:
        return {}
    found: dict[int, Point] = {}
    for one in series[:1]:
        for time, value in (
            zip(one.times.tolist(), one.values.tolist(), strict=True) if one is not None else ()
        ):
            start = window.start + (time - window.start) // window.step * window.step
            found[start] = Point(start, value, None)
    return found
