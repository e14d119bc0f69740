"""DescribeAlarmHistory: what it may be asked, its pages and the shape of its items."""

from datetime import datetime
from typing import Any, Final

from mailgauge.aws.request import Caller, Params, Result
from mailgauge.cloudwatch.alarms import history_store
from mailgauge.cloudwatch.alarms.history import AlarmType, Item, ItemType
from mailgauge.cloudwatch.alarms.history_store import Position
from mailgauge.cloudwatch.api import paging
from mailgauge.cloudwatch.api.composite_describe import moment
from mailgauge.cloudwatch.api.constraints import Constraints
from mailgauge.store.transaction import Store

_PAGE: Final = 50
_SCANS = ("TimestampDescending", "TimestampAscending")
_ITEM_TYPES = (*ItemType, "AlarmContributorStateUpdate", "AlarmContributorAction")


class History:
    """The history of alarms of both types."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def alarm_history(self, caller: Caller, params: Params) -> Result:
        (
            Constraints(params)
            .length("AlarmName", 1, 255)
            .length("AlarmContributorId", 1, 16)
            .each_of("AlarmTypes", sorted(AlarmType))
            .one_of("HistoryItemType", _ITEM_TYPES)
            .between("MaxRecords", 1, 100)
            .one_of("ScanBy", _SCANS)
            .verify()
        )
        kind = params.get("HistoryItemType")
        if params.get("AlarmContributorId") or (kind is not None and kind not in set(ItemType)):
            return {"AlarmHistoryItems": []}  # there are no contributors
        query = history_store.Query(
            name=params.get("AlarmName"),
            type=None if kind is None else ItemType(kind),
            start=_milliseconds(params.get("StartDate")),
            end=_milliseconds(params.get("EndDate")),
            newest_first=params.get("ScanBy") != "TimestampAscending",
            alarm_types=tuple(map(AlarmType, params.get("AlarmTypes") or (AlarmType.METRIC,))),
        )
        after = _place(params.get("NextToken"))
        most = params.get("MaxRecords") or _PAGE
        found = await self._store.read(
            lambda tx: history_store.page(tx, caller.scope, query, after=after, limit=most + 1)
        )
        result: Result = {"AlarmHistoryItems": [_item(item) for _, item in found[:most]]}
        if len(found) > most:
            result["NextToken"] = paging.token(found[most - 1][0])
        return result


def _item(item: Item) -> dict[str, Any]:
    return {
        "AlarmName": item.name,
        "AlarmType": item.alarm_type.value,
        "Timestamp": moment(item.time),
        "HistoryItemType": item.type.value,
        "HistorySummary": item.summary,
        "HistoryData": item.data,
    }


def _place(token: str | None) -> Position | None:
    if not token:
        return None
    match paging.place(token):
        case [int(time), int(seq)]:
            return time, seq
        case _:
            raise paging.invalid()


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
