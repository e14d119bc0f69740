"""The alarm operations, as handlers by operation name; those that change alarms are here."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Wake
from mailgauge.cloudwatch.alarms import (
    composite_reactions,
    composite_store,
    composites,
    deletion,
    schedule,
    store,
)
from mailgauge.cloudwatch.alarms.alarm import StateValue
from mailgauge.cloudwatch.alarms.refusals import RefusedError, TooManyParentsError
from mailgauge.cloudwatch.api import alarm_put, composite_put
from mailgauge.cloudwatch.api.alarm_describe import Describe
from mailgauge.cloudwatch.api.alarm_history import History
from mailgauge.cloudwatch.api.constraints import Constraints
from mailgauge.cloudwatch.api.tags import checked
from mailgauge.store.transaction import Store, Tx

# The order in which AWS prints them.
_STATES: Final = ("INSUFFICIENT_DATA", "ALARM", "OK")


def alarm_operations(metrics: Store, clock: Clock, wake: Wake) -> dict[str, Handler]:
    """``metrics`` is the metrics database; ``wake`` tells the ``AlarmRunner`` that an alarm was put."""
    change = _Change(metrics, clock, wake)
    describe = Describe(metrics)
    return {
        "PutMetricAlarm": change.put_metric_alarm,
        "PutCompositeAlarm": change.put_composite_alarm,
        "SetAlarmState": change.set_alarm_state,
        "DeleteAlarms": change.delete_alarms,
        "EnableAlarmActions": change.enable_alarm_actions,
        "DisableAlarmActions": change.disable_alarm_actions,
        "DescribeAlarms": describe.alarms,
        "DescribeAlarmsForMetric": describe.alarms_for_metric,
        "DescribeAlarmHistory": History(metrics).alarm_history,
        "DescribeAlarmContributors": describe.alarm_contributors,
    }


class _Change:
    """The writing operations on alarms. Nothing is answered before it is committed."""

    def __init__(self, metrics: Store, clock: Clock, wake: Wake) -> None:
        self._metrics = metrics
        self._clock = clock
        self._wake = wake

    async def put_metric_alarm(self, caller: Caller, params: Params) -> Result:
        configuration, tags = (
            alarm_put.configuration(params, caller.scope),
            checked(params.get("Tags")),
        )
        enabled, now_ms = params.get("ActionsEnabled") is not False, self._now_ms()

        def put(tx: Tx) -> None:
            store.put(tx, caller.scope, configuration, actions_enabled=enabled, tags=tags, now_ms=now_ms)

        await self._write(put)
        self._wake.set()
        return {}

    async def put_composite_alarm(self, caller: Caller, params: Params) -> Result:
        configuration = composite_put.configuration(params, caller.scope)
        tags, enabled = checked(params.get("Tags")), params.get("ActionsEnabled") is not False
        now_ms = self._now_ms()

        def put(tx: Tx) -> None:
            composites.put(tx, caller.scope, configuration, actions_enabled=enabled, tags=tags, now_ms=now_ms)

        await self._write(put)
        return {}

    async def set_alarm_state(self, caller: Caller, params: Params) -> Result:
        (
            Constraints(params)
            .required("AlarmName", "StateValue", "StateReason")
            .length("AlarmName", 1, 255)
            .one_of("StateValue", _STATES)
            .length("StateReason", 0, 1023)
            .length("StateReasonData", 0, 4000)
            .verify()
        )
        # An empty text is none at all: it could not be told from one in the history.
        data = params.get("StateReasonData") or None
        _check_json(data)
        value, reason, now = StateValue(params["StateValue"]), params["StateReason"], self._clock.now()
        now_ms = int(now * 1000)

        def set_state(tx: Tx) -> bool:
            alarm = store.get(tx, caller.scope, params["AlarmName"])
            if alarm is not None:
                # The window that can be seen now is dealt with by hand: only the next one may revert the state.
                end = schedule.window_end(alarm.configuration.period, now)
                store.set_state(tx, alarm, value, reason, data, now_ms=now_ms, evaluated=end)
                return True
            composite = composite_store.get(tx, caller.scope, params["AlarmName"])
            if composite is not None:
                composite_reactions.change(tx, composite, value, reason, data, now_ms=now_ms)
            return composite is not None

        if not await self._metrics.write(set_state):
            raise AwsError("ResourceNotFound", None, status=404)
        return {}

    async def delete_alarms(self, caller: Caller, params: Params) -> Result:
        names, now_ms = _alarm_names(params), self._now_ms()
        # Unknown names are passed over in silence: the right ones must go whatever stands beside them.
        await self._write(lambda tx: deletion.delete(tx, caller.scope, names, now_ms))
        return {}

    async def enable_alarm_actions(self, caller: Caller, params: Params) -> Result:
        return await self._switch_actions(caller, params, enabled=True)

    async def disable_alarm_actions(self, caller: Caller, params: Params) -> Result:
        return await self._switch_actions(caller, params, enabled=False)

    async def _switch_actions(self, caller: Caller, params: Params, *, enabled: bool) -> Result:
        names, now_ms = _alarm_names(params), self._now_ms()

        def switch(tx: Tx) -> None:
            store.enable_actions(tx, caller.scope, names, enabled=enabled, now_ms=now_ms)
            composites.enable_actions(tx, caller.scope, names, enabled=enabled, now_ms=now_ms)

        await self._metrics.write(switch)
        return {}

    async def _write(self, work: Callable[[Tx], None]) -> None:
        """Raises AwsError for what can't be with the other alarms there."""
        try:
            await self._metrics.write(work)
        except TooManyParentsError as error:
            raise AwsError("LimitExceeded", str(error)) from error
        except RefusedError as error:
            raise AwsError("ValidationError", str(error)) from error

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)


def _alarm_names(params: Params) -> Sequence[str]:
    Constraints(params).required("AlarmNames").size("AlarmNames", 100).lengths("AlarmNames", 1, 255).verify()
    names: dict[str, Any] = dict.fromkeys(params["AlarmNames"])
    return list(names)


def _check_json(data: str | None) -> None:
    if data is None:
        return
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise AwsError("InvalidFormat", "StateReasonData was not valid JSON") from error
