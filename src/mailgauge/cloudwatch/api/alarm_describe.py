"""DescribeAlarms, DescribeAlarmsForMetric and DescribeAlarmHistory: filters, pages and the shapes they answer with."""

from datetime import UTC, datetime
from typing import Any, Final

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Params, Result
from mailgauge.cloudwatch.alarms import history_store, store
from mailgauge.cloudwatch.alarms.alarm import Alarm, Configuration, StateValue
from mailgauge.cloudwatch.alarms.history import Item, ItemType
from mailgauge.cloudwatch.alarms.history_store import Position
from mailgauge.cloudwatch.alarms.store import Filter
from mailgauge.cloudwatch.api import paging
from mailgauge.cloudwatch.api.alarm_put import STATISTICS
from mailgauge.cloudwatch.api.alarm_queries import described_query
from mailgauge.cloudwatch.api.constraints import Constraints
from mailgauge.store.transaction import Store
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.units import UNITS

_PAGE: Final = 50
_TYPES = ("CompositeAlarm", "MetricAlarm")
_STATES = ("INSUFFICIENT_DATA", "ALARM", "OK")
_FAMILY = ("ChildrenOfAlarmName", "ParentsOfAlarmName")
_SCANS = ("TimestampDescending", "TimestampAscending")
_HISTORY_TYPES = (*ItemType, "AlarmContributorStateUpdate", "AlarmContributorAction")


class Describe:
    """The reading operations on alarms."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def alarms(self, caller: Caller, params: Params) -> Result:
        _alarms_constraints(params)
        if any(params.get(name) for name in _FAMILY) or "MetricAlarm" not in _types(params):
            # Composite alarms are not built yet, so none is asked for that could be there.
            return {"CompositeAlarms": [], "MetricAlarms": []}
        state = params.get("StateValue")
        wanted = Filter(
            names=params.get("AlarmNames") or None,
            name_prefix=params.get("AlarmNamePrefix"),
            state=None if state is None else StateValue(state),
            action_prefix=params.get("ActionPrefix"),
        )
        after = _name_place(params.get("NextToken"))
        most = params.get("MaxRecords") or _PAGE
        found = await self._store.read(
            lambda tx: store.find(tx, caller.scope, wanted, after=after, limit=most + 1)
        )
        result: Result = {"CompositeAlarms": [], "MetricAlarms": [describe(alarm) for alarm in found[:most]]}
        if len(found) > most:
            result["NextToken"] = paging.token(found[most - 1].name)
        return result

    async def alarms_for_metric(self, caller: Caller, params: Params) -> Result:
        (
            Constraints(params)
            .required("MetricName", "Namespace")
            .length("MetricName", 1, 255)
            .length("Namespace", 1, 255)
            .one_of("Statistic", STATISTICS)
            .one_of("Unit", UNITS)
            .size("Dimensions", 30)
            .between("Period", 1)
            .verify()
        )
        dimensions = {d["Name"]: d["Value"] for d in params.get("Dimensions") or ()}
        series = Series.of(caller.scope, params["Namespace"], params["MetricName"], dimensions)
        found = await self._store.read(lambda tx: store.of_series(tx, caller.scope, series.id))
        return {"MetricAlarms": [describe(alarm) for alarm in found if _matches(alarm, params)]}

    async def alarm_history(self, caller: Caller, params: Params) -> Result:
        (
            Constraints(params)
            .length("AlarmName", 1, 255)
            .each_of("AlarmTypes", _TYPES)
            .one_of("HistoryItemType", _HISTORY_TYPES)
            .between("MaxRecords", 1, 100)
            .one_of("ScanBy", _SCANS)
            .verify()
        )
        kind = params.get("HistoryItemType")
        if "MetricAlarm" not in _types(params) or (kind is not None and kind not in set(ItemType)):
            return {"AlarmHistoryItems": []}
        query = history_store.Query(
            name=params.get("AlarmName"),
            type=None if kind is None else ItemType(kind),
            start=_milliseconds(params.get("StartDate")),
            end=_milliseconds(params.get("EndDate")),
            newest_first=params.get("ScanBy") != "TimestampAscending",
        )
        after = _history_place(params.get("NextToken"))
        most = params.get("MaxRecords") or _PAGE
        found = await self._store.read(
            lambda tx: history_store.page(tx, caller.scope, query, after=after, limit=most + 1)
        )
        result: Result = {"AlarmHistoryItems": [_item(item) for _, item in found[:most]]}
        if len(found) > most:
            result["NextToken"] = paging.token(found[most - 1][0])
        return result

    async def alarm_contributors(self, caller: Caller, params: Params) -> Result:
        """An alarm on one series has none."""
        Constraints(params).required("AlarmName").length("AlarmName", 1, 255).verify()
        name = params["AlarmName"]
        if await self._store.read(lambda tx: store.get(tx, caller.scope, name)) is None:
            raise AwsError(
                "ResourceNotFoundException", None, members={"ResourceType": "Alarm", "ResourceId": name}
            )
        if params.get("NextToken"):
            # No page was ever answered that another could follow.
            raise paging.invalid()
        return {"AlarmContributors": []}


def describe(alarm: Alarm) -> dict[str, Any]:
    """``monitoring/MetricAlarm``: what was not given is not echoed."""
    configuration, state = alarm.configuration, alarm.state
    shape: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.arn,
        "AlarmDescription": configuration.description,
        "AlarmConfigurationUpdatedTimestamp": _datetime(alarm.configured),
        "ActionsEnabled": alarm.actions_enabled,
        "OKActions": list(configuration.ok_actions),
        "AlarmActions": list(configuration.alarm_actions),
        "InsufficientDataActions": list(configuration.insufficient_data_actions),
        "StateValue": state.value.value,
        "StateReason": state.reason,
        "StateReasonData": state.reason_data,
        "StateUpdatedTimestamp": _datetime(state.updated),
        "EvaluationState": state.evaluation and state.evaluation.value,
        **_metric(configuration),
        "EvaluationPeriods": configuration.evaluation_periods,
        "DatapointsToAlarm": configuration.datapoints_to_alarm,
        "Threshold": configuration.threshold,
        "ComparisonOperator": configuration.comparison.value,
        "TreatMissingData": configuration.treat_missing_data and configuration.treat_missing_data.value,
        "EvaluateLowSampleCountPercentile": configuration.low_samples and configuration.low_samples.value,
        "StateTransitionedTimestamp": _datetime(state.transitioned),
    }
    return {name: value for name, value in shape.items() if value is not None}


def _metric(configuration: Configuration) -> dict[str, Any]:
    """The metric in the form in which it was given."""
    if configuration.queries:
        return {"Metrics": [described_query(each) for each in configuration.queries]}
    dimensions = [{"Name": name, "Value": value} for name, value in configuration.dimensions]
    name = {
        "MetricName": configuration.metric_name,
        "Namespace": configuration.namespace,
        "Dimensions": dimensions,
    }
    unit = {} if configuration.unit is None else {"Unit": configuration.unit}
    if configuration.metric_id is None:
        statistics = {
            "Statistic": configuration.statistic,
            "ExtendedStatistic": configuration.extended_statistic,
        }
        return {**name, **statistics, "Period": configuration.period, **unit}
    stat = {"Metric": name, "Period": configuration.period, "Stat": configuration.stat, **unit}
    label = {} if configuration.label is None else {"Label": configuration.label}
    return {"Metrics": [{"Id": configuration.metric_id, "MetricStat": stat, **label, "ReturnData": True}]}


def _alarms_constraints(params: Params) -> None:
    (
        Constraints(params)
        .size("AlarmNames", 100)
        .lengths("AlarmNames", 1, 255)
        .length("AlarmNamePrefix", 1, 255)
        .each_of("AlarmTypes", _TYPES)
        .one_of("StateValue", _STATES)
        .length("ActionPrefix", 1, 1024)
        .between("MaxRecords", 1, 100)
        .verify()
    )
    if params.get("AlarmNames") and params.get("AlarmNamePrefix"):
        raise AwsError("ValidationError", "AlarmNames and AlarmNamePrefix cannot both be set")
    for name in _FAMILY:
        others = [
            other for other in params if params[other] and other not in {name, "MaxRecords", "NextToken"}
        ]
        if params.get(name) and others:
            raise AwsError("ValidationError", f"{others[0]} should not be set if {name} is set")


def _types(params: Params) -> list[str]:
    return params.get("AlarmTypes") or ["MetricAlarm"]


def _matches(alarm: Alarm, params: Params) -> bool:
    """Only alarms that name the metric themselves, not those on a list of Metrics."""
    configuration = alarm.configuration
    if configuration.metric_id is not None or configuration.queries:
        return False
    asked = {
        "Statistic": configuration.statistic,
        "ExtendedStatistic": configuration.extended_statistic,
        "Period": configuration.period,
        "Unit": configuration.unit,
    }
    return all(params.get(name) is None or params[name] == value for name, value in asked.items())


def _item(item: Item) -> dict[str, Any]:
    return {
        "AlarmName": item.name,
        "AlarmType": "MetricAlarm",
        "Timestamp": _datetime(item.time),
        "HistoryItemType": item.type.value,
        "HistorySummary": item.summary,
        "HistoryData": item.data,
    }


def _name_place(token: str | None) -> str:
    place = "" if not token else paging.place(token)
    if not isinstance(place, str):
        raise paging.invalid()
    return place


def _history_place(token: str | None) -> Position | None:
    if not token:
        return None
    match paging.place(token):
        case [int(time), int(seq)]:
            return time, seq
        case _:
            raise paging.invalid()


def _datetime(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
