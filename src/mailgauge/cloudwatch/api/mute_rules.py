"""``cloudwatch/PutAlarmMuteRule``, GetAlarmMuteRule, ListAlarmMuteRules and DeleteAlarmMuteRule."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.clock import Clock
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Wake
from mailgauge.cloudwatch.alarms import mute, mute_store
from mailgauge.cloudwatch.alarms.mute_rule import MuteRule
from mailgauge.cloudwatch.alarms.mute_window import ScheduleError, parse_schedule
from mailgauge.cloudwatch.api import paging
from mailgauge.cloudwatch.api.tags import checked
from mailgauge.store.transaction import Store, Tx

_PAGE: Final = 50
_MINUTE_MS: Final = 60_000
# Rules are read in parts of this many: how many of them a filter lets through is not known before.
_PART: Final = 200


def mute_rule_operations(metrics: Store, clock: Clock, wake: Wake) -> dict[str, Handler]:
    """``metrics`` is the metrics database; ``wake`` tells the ``MuteRunner`` that rules have changed."""
    rules = _MuteRules(metrics, clock, wake)
    return {
        "PutAlarmMuteRule": rules.put,
        "GetAlarmMuteRule": rules.get,
        "ListAlarmMuteRules": rules.list,
        "DeleteAlarmMuteRule": rules.delete,
    }


class _MuteRules:
    def __init__(self, metrics: Store, clock: Clock, wake: Wake) -> None:
        self._metrics = metrics
        self._clock = clock
        self._wake = wake

    async def put(self, caller: Caller, params: Params) -> Result:
        rule = _rule(caller.scope, params, self._now_ms())

        def put(tx: Tx) -> None:
            _look_again(tx, caller.scope, rule.name)
            mute_store.put(tx, rule)
            _look_again(tx, caller.scope, rule.name)

        await self._metrics.write(put)
        self._wake.set()
        return {}

    async def get(self, caller: Caller, params: Params) -> Result:
        name = params["AlarmMuteRuleName"]
        rule = await self._metrics.read(lambda tx: mute_store.get(tx, caller.scope, name))
        if rule is None:
            members = {"ResourceType": "AlarmMuteRule", "ResourceId": name}
            raise AwsError("ResourceNotFoundException", None, status=404, members=members)
        return _described(rule, self._now_ms())

    async def list(self, caller: Caller, params: Params) -> Result:
        alarm, statuses = params.get("AlarmName"), params.get("Statuses")
        most, now_ms = params.get("MaxRecords") or _PAGE, self._now_ms()
        after = _place(params.get("NextToken"))

        def find(tx: Tx) -> list[MuteRule]:
            found: list[MuteRule] = []
            for rule in _behind(tx, caller.scope, after):
                if alarm is not None and alarm not in (rule.targets or ()):
                    continue
                if statuses and rule.status(now_ms) not in statuses:
                    continue
                found.append(rule)
                if len(found) > most:
                    break
            return found

        found = await self._metrics.read(find)
        result: Result = {"AlarmMuteRuleSummaries": [_summary(rule, now_ms) for rule in found[:most]]}
        if len(found) > most:
            result["NextToken"] = paging.token(found[most - 1].name)
        return result

    async def delete(self, caller: Caller, params: Params) -> Result:
        """It need not be there. What it alone muted acts at once."""
        name = params["AlarmMuteRuleName"]

        def delete(tx: Tx) -> None:
            _look_again(tx, caller.scope, name)
            mute_store.delete(tx, caller.scope, name)

        await self._metrics.write(delete)
        self._wake.set()
        return {}

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)


def _look_again(tx: Tx, scope: Scope, name: str) -> None:
    """At the alarms that the rule is for."""
    rule = mute_store.get(tx, scope, name)
    mute.look_again(tx, scope, rule.targets or () if rule is not None else ())


def _rule(scope: Scope, params: Params, now_ms: int) -> MuteRule:
    schedule = params["Rule"]["Schedule"]
    zone = schedule.get("Timezone") or "UTC"
    try:
        parse_schedule(schedule["Expression"], schedule["Duration"], zone)
    except ScheduleError as error:
        raise AwsError("ValidationError", str(error)) from error
    starts, expires = _minute(params.get("StartDate")), _minute(params.get("ExpireDate"))
    if starts is not None and expires is not None and starts >= expires:
        _refuse("The StartDate provided must be before the ExpireDate.")
    targets = params.get("MuteTargets")
    return MuteRule(
        scope=scope,
        name=params["Name"],
        expression=schedule["Expression"],
        duration=schedule["Duration"],
        timezone=zone,
        targets=None if targets is None else tuple(targets["AlarmNames"]),
        updated=now_ms,
        description=params.get("Description"),
        starts=starts,
        expires=expires,
        tags=checked(params.get("Tags")),
    )


def _described(rule: MuteRule, now_ms: int) -> Result:
    schedule = {"Expression": rule.expression, "Duration": rule.duration, "Timezone": rule.timezone}
    described: dict[str, Any] = {
        "Name": rule.name,
        "AlarmMuteRuleArn": rule.arn,
        "Description": rule.description,
        "Rule": {"Schedule": schedule},
        "MuteTargets": None if rule.targets is None else {"AlarmNames": list(rule.targets)},
        "StartDate": None if rule.starts is None else _moment(rule.starts),
        **_summary(rule, now_ms),
    }
    return {name: value for name, value in described.items() if value is not None}


def _summary(rule: MuteRule, now_ms: int) -> dict[str, Any]:
    summary = {
        "AlarmMuteRuleArn": rule.arn,
        "ExpireDate": None if rule.expires is None else _moment(rule.expires),
        "Status": rule.status(now_ms).value,
        "MuteType": rule.mute_type,
        "LastUpdatedTimestamp": _moment(rule.updated),
    }
    return {name: value for name, value in summary.items() if value is not None}


def _behind(tx: Tx, scope: Scope, after: str) -> Iterator[MuteRule]:
    part: Sequence[MuteRule] = mute_store.page(tx, scope, after, _PART)
    while part:
        yield from part
        part = mute_store.page(tx, scope, part[-1].name, _PART)


def _place(token: str | None) -> str:
    place = paging.place(token) if token else ""
    if not isinstance(place, str):
        raise paging.invalid()
    return place


def _minute(moment: datetime | None) -> int | None:
    """The minute that it is in: AWS drops what is finer."""
    if moment is None:
        return None
    return int(moment.timestamp() * 1000) // _MINUTE_MS * _MINUTE_MS


def _moment(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def _refuse(message: str) -> NoReturn:
    raise AwsError("ValidationError", message)
