"""DescribeAlarms, DescribeAlarmsForMetric and DescribeAlarmContributors: their filters and pages."""

from dataclasses import dataclass
from typing import Any, Final

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Params, Result
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import composite_store, store
from mailgauge.cloudwatch.alarms.alarm import Alarm, StateValue
from mailgauge.cloudwatch.alarms.filters import Filter
from mailgauge.cloudwatch.alarms.history import AlarmType
from mailgauge.cloudwatch.api import paging
from mailgauge.cloudwatch.api.alarm_put import STATISTICS
from mailgauge.cloudwatch.api.composite_describe import describe_child, describe_composite, describe_parent
from mailgauge.cloudwatch.api.constraints import Constraints
from mailgauge.cloudwatch.api.metric_describe import describe
from mailgauge.store.transaction import Store, Tx
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.units import UNITS

_PAGE: Final = 50
_STATES = ("INSUFFICIENT_DATA", "ALARM", "OK")
_CHILDREN, _PARENTS = "ChildrenOfAlarmName", "ParentsOfAlarmName"
_LISTS: Final = {AlarmType.COMPOSITE: "CompositeAlarms", AlarmType.METRIC: "MetricAlarms"}
"""In the order in which pages run: all composites come first."""


class Describe:
    """The reading operations on alarms."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def alarms(self, caller: Caller, params: Params) -> Result:
        _alarms_constraints(params)
        most = params.get("MaxRecords") or _PAGE
        after = _place(params.get("NextToken"))
        found = await self._store.read(lambda tx: _page(tx, caller.scope, params, after, most + 1))
        result: Result = {name: [] for name in _LISTS.values()}
        for one in found[:most]:
            result[_LISTS[one.type]].append(one.shape)
        if len(found) > most:
            last = found[most - 1]
            result["NextToken"] = paging.token([last.type, last.shape["AlarmName"]])
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

    async def alarm_contributors(self, caller: Caller, params: Params) -> Result:
        """An alarm on one series has none, and no more has one on other alarms."""
        Constraints(params).required("AlarmName").length("AlarmName", 1, 255).verify()
        name = params["AlarmName"]
        if not await self._store.read(lambda tx: composite_store.standings(tx, caller.scope, [name])):
            raise AwsError(
                "ResourceNotFoundException", None, members={"ResourceType": "Alarm", "ResourceId": name}
            )
        if params.get("NextToken"):
            # No page was ever answered that another could follow.
            raise paging.invalid()
        return {"AlarmContributors": []}


@dataclass(frozen=True, slots=True)
class _Found:
    type: AlarmType
    shape: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page ended: behind this alarm of this type."""

    type: AlarmType
    name: str


def _page(tx: Tx, scope: Scope, params: Params, after: _Place | None, limit: int) -> list[_Found]:
    """At most ``limit`` alarms behind ``after``."""
    if params.get(_CHILDREN):
        return _relatives(_children(tx, scope, params[_CHILDREN]), after, limit)
    if params.get(_PARENTS):
        parents = composite_store.parents(tx, scope, params[_PARENTS])
        shapes = [_Found(AlarmType.COMPOSITE, describe_parent(scope, name)) for name in parents]
        return _relatives(shapes, after, limit)
    wanted = _filter(params)
    asked = params.get("AlarmTypes") or [AlarmType.METRIC]
    found: list[_Found] = []
    for kind in _from(after):
        if kind in asked and len(found) < limit:
            find = _composites if kind is AlarmType.COMPOSITE else _metric_alarms
            behind = after.name if after is not None and after.type is kind else ""
            found += find(tx, scope, wanted, after=behind, limit=limit - len(found))
    return found


def _composites(tx: Tx, scope: Scope, wanted: Filter, *, after: str, limit: int) -> list[_Found]:
    found = composite_store.find(tx, scope, wanted, after=after, limit=limit)
    return [_Found(AlarmType.COMPOSITE, describe_composite(alarm)) for alarm in found]


def _metric_alarms(tx: Tx, scope: Scope, wanted: Filter, *, after: str, limit: int) -> list[_Found]:
    found = store.find(tx, scope, wanted, after=after, limit=limit)
    return [_Found(AlarmType.METRIC, describe(alarm)) for alarm in found]


def _children(tx: Tx, scope: Scope, parent: str) -> list[_Found]:
    """The alarms in a composite's rule, composites first."""
    children = composite_store.standings(tx, scope, composite_store.children(tx, scope, parent))
    by_type = {
        kind: [child for child in children.values() if child.is_composite is (kind is AlarmType.COMPOSITE)]
        for kind in _LISTS
    }
    return [
        _Found(kind, describe_child(scope, child))
        for kind, those in by_type.items()
        for child in sorted(those, key=lambda child: child.name)
    ]


def _relatives(found: list[_Found], after: _Place | None, limit: int) -> list[_Found]:
    kinds = _from(after)
    behind = [
        each
        for each in found
        if each.type in kinds
        and (after is None or each.type is not after.type or each.shape["AlarmName"] > after.name)
    ]
    return behind[:limit]


def _from(after: _Place | None) -> list[AlarmType]:
    """The types that are still to come."""
    kinds = list(_LISTS)
    return kinds if after is None else kinds[kinds.index(after.type) :]


def _filter(params: Params) -> Filter:
    state = params.get("StateValue")
    return Filter(
        names=params.get("AlarmNames") or None,
        name_prefix=params.get("AlarmNamePrefix"),
        state=None if state is None else StateValue(state),
        action_prefix=params.get("ActionPrefix"),
    )


def _alarms_constraints(params: Params) -> None:
    (
        Constraints(params)
        .size("AlarmNames", 100)
        .lengths("AlarmNames", 1, 255)
        .length("AlarmNamePrefix", 1, 255)
        .each_of("AlarmTypes", sorted(AlarmType))
        .length(_CHILDREN, 1, 255)
        .length(_PARENTS, 1, 255)
        .one_of("StateValue", _STATES)
        .length("ActionPrefix", 1, 1024)
        .between("MaxRecords", 1, 100)
        .verify()
    )
    if params.get("AlarmNames") and params.get("AlarmNamePrefix"):
        raise AwsError("ValidationError", "AlarmNames and AlarmNamePrefix cannot both be set")
    for name in (_CHILDREN, _PARENTS):
        others = [
            other for other in params if params[other] and other not in {name, "MaxRecords", "NextToken"}
        ]
        if params.get(name) and others:
            raise AwsError("ValidationError", f"{others[0]} should not be set if {name} is set")


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


def _place(token: str | None) -> _Place | None:
    if not token:
        return None
    match paging.place(token):
        case ["CompositeAlarm" | "MetricAlarm" as kind, str(name)]:
            return _Place(AlarmType(kind), name)
        case _:
            raise paging.invalid()
