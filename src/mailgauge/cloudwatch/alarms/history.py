"""The items of an alarm's history, with their summaries and JSON (``monitoring/AlarmHistoryItem``). Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mailgauge.cloudwatch.alarms import javatext
from mailgauge.cloudwatch.alarms.alarm import Acting, Alarm, AlarmQuery, Configuration, State

LONGEST_SUMMARY = 255
LONGEST_DATA = 4095


class ItemType(StrEnum):
    CONFIGURATION_UPDATE = "ConfigurationUpdate"
    STATE_UPDATE = "StateUpdate"
    ACTION = "Action"


class AlarmType(StrEnum):
    METRIC = "MetricAlarm"
    COMPOSITE = "CompositeAlarm"


@dataclass(frozen=True, slots=True)
class Item:
    """``time`` in milliseconds; ``data`` is a JSON text."""

    name: str
    time: int
    type: ItemType
    summary: str
    data: str
    alarm_type: AlarmType = AlarmType.METRIC


def created(alarm: Alarm) -> Item:
    data = {"version": "1.0", "type": "Create", "createdAlarm": _describe(alarm)}
    return _configuration_item(alarm, alarm.configured, "created", [data])


def updated(before: Alarm, after: Alarm) -> Item:
    data = {"version": "1.0", "type": "Update", "updatedAlarm": _describe(after)}
    with_previous = data | {"previousAlarm": _describe(before)}
    return _configuration_item(after, after.configured, "updated", [with_previous, data])


def deleted(alarm: Alarm, time: int) -> Item:
    data = {"version": "1.0", "type": "Delete", "deletedAlarm": _describe(alarm)}
    return _configuration_item(alarm, time, "deleted", [data])


def transition(name: str, old: State, new: State) -> Item:
    """The change from one state value to another."""
    forms = (
        {"version": "1.0", "oldState": old_state, "newState": new_state}
        for old_state, new_state in states_described(old, new)
    )
    return Item(
        name,
        new.transitioned,
        ItemType.STATE_UPDATE,
        f"Alarm updated from {old.value} to {new.value}",
        first_that_fits(forms),
    )


@dataclass(frozen=True, slots=True)
class Execution:
    """An action that was run, for the state entered at ``changed``, and the end of it at ``time``.

    ``published`` is what it was told, the fullest form first; ``error`` says why it was not carried out and is not tried
    again.
    """

    action: str
    changed: int
    time: int
    published: tuple[str, ...] = ()
    error: str | None = None


def execution(name: str, alarm_type: AlarmType, done: Execution) -> Item:
    """What became of an action of the alarm ``name``."""
    failed = done.error is not None
    summary = (
        f"Failed to execute action {done.action}. {done.error}"
        if failed
        else f"Successfully executed action {done.action}"
    )
    data = {
        "actionState": "Failed" if failed else "Succeeded",
        "stateUpdateTimestamp": done.changed,
        "notificationResource": done.action,
        "publishedMessage": None,
        "error": done.error,
    }
    text = first_that_fits([*(data | {"publishedMessage": each} for each in done.published), data])
    return Item(name, done.time, ItemType.ACTION, summary[:LONGEST_SUMMARY], text, alarm_type)


def _configuration_item(alarm: Alarm, time: int, verb: str, forms: Sequence[dict[str, Any]]) -> Item:
    smallest = {key: value for key, value in forms[-1].items() if not isinstance(value, dict)}
    summary, data = configuration_summary(alarm.name, verb), first_that_fits([*forms, smallest])
    return Item(alarm.name, time, ItemType.CONFIGURATION_UPDATE, summary, data)


def configuration_summary(name: str, verb: str) -> str:
    """With as much of the name as there is room for."""
    kept = LONGEST_SUMMARY - len(f'Alarm "" {verb}')
    return f'Alarm "{name[:kept]}" {verb}'


def first_that_fits(forms: Iterable[dict[str, Any]]) -> str:
    """The fullest form within the limit of HistoryData; the last one whatever its length, cut by nobody else."""
    for form in forms:
        text = javatext.dumps(form)
        if len(text) <= LONGEST_DATA:
            return text
    return javatext.dumps({"version": "1.0"})


def _state(state: State, *, with_data: bool) -> dict[str, Any]:
    described: dict[str, Any] = {"stateValue": state.value, "stateReason": state.reason}
    if with_data and state.reason_data is not None:
        described["stateReasonData"] = javatext.Json(state.reason_data)
    return described


def states_described(old: State, new: State) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Both, the fullest form first: where there is no room the old one goes without its data, then the new one too."""
    for old_data, new_data in ((True, True), (False, True), (False, False)):
        yield _state(old, with_data=old_data), _state(new, with_data=new_data)


def _describe(alarm: Alarm) -> dict[str, Any]:
    """The alarm in history's own spelling (``okactions`` included), in the order of recorded items."""
    configuration, state = alarm.configuration, alarm.state
    described: dict[str, Any] = {
        "alarmName": alarm.name,
        "alarmDescription": configuration.description,
        "alarmArn": alarm.arn,
        "alarmConfigurationUpdatedTimestamp": javatext.stamp(alarm.configured),
        **_metric(configuration),
        "threshold": float(configuration.threshold),
        "comparisonOperator": configuration.comparison,
        "evaluationPeriods": configuration.evaluation_periods,
        "datapointsToAlarm": configuration.datapoints_to_alarm,
        "treatMissingData": configuration.treat_missing_data,
        "evaluateLowSampleCountPercentile": configuration.low_samples,
        **standing(state, configuration, enabled=alarm.actions_enabled),
    }
    return {key: value for key, value in described.items() if value is not None}


def _metric(configuration: Configuration) -> dict[str, Any]:
    if configuration.queries:
        return {"metrics": [_query(each) for each in configuration.queries]}
    dimensions = [{"value": value, "name": name} for name, value in configuration.dimensions]
    if configuration.metric_id is None:
        return {
            "namespace": configuration.namespace,
            "metricName": configuration.metric_name,
            "statistic": configuration.statistic,
            "extendedStatistic": configuration.extended_statistic,
            "period": configuration.period,
            "unit": configuration.unit,
            "dimensions": dimensions,
        }
    metric = {
        "namespace": configuration.namespace,
        "metricName": configuration.metric_name,
        "dimensions": dimensions,
    }
    stat = {"metric": metric, "period": configuration.period, "stat": configuration.stat}
    return {"metrics": [{"id": configuration.metric_id, "metricStat": stat, "returnData": True}]}


def _query(query: AlarmQuery) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": query.id, "label": query.label}
    if query.expression is not None:
        shown |= {"expression": query.expression, "period": query.period}
    else:
        metric = {
            "namespace": query.namespace,
            "metricName": query.metric_name,
            "dimensions": [{"value": value, "name": name} for name, value in query.dimensions],
        }
        shown["metricStat"] = {"metric": metric, "period": query.period, "stat": query.statistic}
    shown["returnData"] = query.returns_data
    return {key: value for key, value in shown.items() if value is not None}


def standing(state: State, configured: Acting, *, enabled: bool) -> dict[str, Any]:
    """What the description of an alarm of either type ends with: its state and its actions."""
    return {
        "stateValue": state.value,
        "stateUpdatedTimestamp": javatext.stamp(state.updated),
        "actionsEnabled": enabled,
        "alarmActions": list(configured.alarm_actions),
        "insufficientDataActions": list(configured.insufficient_data_actions),
        "okactions": list(configured.ok_actions),
    }
