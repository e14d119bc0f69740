"""The datapoints of an alarm's window, read from the metrics store. The one place where alarms meet the engine."""

from mailgauge.cloudwatch import read, statistics
from mailgauge.cloudwatch.alarms.alarm import Alarm
from mailgauge.cloudwatch.alarms.evaluation import Point
from mailgauge.cloudwatch.alarms.schedule import SHORTEST_STEP
from mailgauge.cloudwatch.periods import Window
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.engine import Engine
from mailgauge.tsdb.statset import StatSet


def read_points(tx: Tx, engine: Engine, alarm: Alarm, window: range, now: float) -> dict[int, Point]:
    """The datapoints that exist for the starts in ``window``, by start.

    They are read in the steps by which windows slide, since the window need not begin where queries of the
    alarm's period would.
    """
    configuration = alarm.configuration
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
