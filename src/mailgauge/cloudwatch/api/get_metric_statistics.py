"""`cloudwatch/GetMetricStatistics`: one metric, one period, several statistics, each unit for itself."""

from collections.abc import Mapping
from typing import Any, Final

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.cloudwatch import periods
from mailgauge.cloudwatch.api.faults import Faults
from mailgauge.cloudwatch.api.metrics import UNIT_SET, check_metric, moment, series_of, whole_second
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.read import Buckets, buckets
from mailgauge.cloudwatch.statistics import BASIC, Basic, Statistic, parse_extended
from mailgauge.store.transaction import Store, Tx
from mailgauge.tsdb.engine import Engine
from mailgauge.tsdb.statset import StatSet

_MOST_DATAPOINTS: Final = 1440


def operations(metrics: Store, engine: Engine) -> dict[str, Handler]:
    """``metrics`` is the metrics database."""

    async def get_metric_statistics(caller: Caller, params: Params) -> Result:
        statistics = _checked(params)
        series, period, unit = series_of(caller.scope, params), params["Period"], params.get("Unit")
        window = Window(whole_second(params["StartTime"]), whole_second(params["EndTime"]), caller.now)

        def read(tx: Tx) -> dict[str, Buckets]:
            return buckets(tx, engine, series, period, window)

        by_unit = await metrics.read(read)
        found = {each: times for each, times in by_unit.items() if unit in {None, each}}
        return {"Label": series.name, "Datapoints": _datapoints(found, statistics)}

    return {"GetMetricStatistics": get_metric_statistics}


def _checked(params: Params) -> list[Statistic]:
    """The statistics asked for. The order of times is told before their number."""
    faults = Faults()
    check_metric(params, "", faults)
    for name in ("StartTime", "EndTime", "Period"):
        if params.get(name) is None:
            faults.missing(name)
    faults.verify()
    statistics = _statistics(params, faults)
    if params.get("Unit") is not None and params["Unit"] not in UNIT_SET:
        faults.not_in_set("Unit", UNIT_SET)
    start, end, period = whole_second(params["StartTime"]), whole_second(params["EndTime"]), params["Period"]
    if not periods.is_legal(period):
        faults.value("The parameter Period must be a multiple of 60.")
    if start >= end:
        faults.value("The parameter StartTime must be less than the parameter EndTime.")
    faults.verify()
    if (count := (end - start) // period) > _MOST_DATAPOINTS:
        faults.combination(
            f"You have requested up to {count} datapoints, which exceeds the limit of {_MOST_DATAPOINTS}. "
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )
    faults.verify()
    return statistics


def _statistics(params: Params, faults: Faults) -> list[Statistic]:
    basic, extended = params.get("Statistics") or (), params.get("ExtendedStatistics") or ()
    if not basic and not extended:
        faults.combination(
            "At least one of the parameters Statistics and ExtendedStatistics must be specified."
        )
    if basic and extended:
        faults.exclusive("Statistics", "ExtendedStatistics")
    for name, given, most in (("Statistics", basic, 5), ("ExtendedStatistics", extended, 10)):
        if len(given) > most:
            faults.too_many(name, most)
    found: list[Statistic] = []
    for number, name in enumerate(basic, start=1):
        if name in BASIC:
            found.append(Basic(name))
        else:
            faults.not_in_set(f"Statistics.member.{number}", BASIC)
    for name in extended:
        statistic = parse_extended(name)
        if statistic is None:
            faults.value(f"The value {name} for parameter ExtendedStatistics is not supported.")
        else:
            found.append(statistic)
    return found


def _datapoints(found: Mapping[str, Buckets], statistics: list[Statistic]) -> list[dict[str, Any]]:
    points = (
        _datapoint(time, unit, stats, statistics)
        for time, unit, stats in sorted(
            ((time, unit, stats) for unit, times in found.items() for time, stats in times.items()),
            key=lambda found: found[:2],
        )
    )
    return [point for point in points if point is not None]


def _datapoint(time: int, unit: str, stats: StatSet, statistics: list[Statistic]) -> dict[str, Any] | None:
    values = {each.name: each.of(stats) for each in statistics}
    known = {name: value for name, value in values.items() if value is not None}
    if not known:
        return None
    point: dict[str, Any] = {"Timestamp": moment(time), "Unit": unit}
    point |= {name: value for name, value in known.items() if name in BASIC}
    if extended := {name: value for name, value in known.items() if name not in BASIC}:
        point["ExtendedStatistics"] = extended
    return point
