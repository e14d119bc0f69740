"""What the Virtual Deliverability Manager tells: ``sesv2/BatchGetMetricData`` and ``GetMessageInsights``."""

from datetime import datetime
from typing import Any

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import insights, vdm_metrics
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.times import timestamp
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.insights import Insight, Insights
from mailgauge.ses.isps import isp_of
from mailgauge.ses.vdm_metrics import DAY, Dimension, Metric, Query
from mailgauge.store.transaction import Tx

_ANY = "*"
_MOST_VALUES = 10


def deliverability_operations(parts: Parts) -> dict[str, Handler]:
    operations = _Deliverability(parts)
    return {
        "BatchGetMetricData": operations.batch_get_metric_data,
        "GetMessageInsights": operations.get_message_insights,
    }


class _Deliverability:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store

    async def batch_get_metric_data(self, caller: Caller, params: Params) -> Result:
        queries = [(each["Id"], _parse(each)) for each in params["Queries"]]
        if len({name for name, _ in queries}) < len(queries):
            raise InvalidParameterError("Query ids must be unique.")
        await self._store.read(lambda tx: vdm_metrics.require_vdm(tx, caller.scope))
        results = []
        for name, query in queries:
            sums = await vdm_metrics.daily(self._store, caller.scope, query)
            days = [timestamp(day * DAY) for day in sums]
            results.append({"Id": name, "Timestamps": days, "Values": list(sums.values())})
        return {"Results": results, "Errors": []}

    async def get_message_insights(self, caller: Caller, params: Params) -> Result:
        def look(tx: Tx) -> Insights:
            vdm_metrics.require_vdm(tx, caller.scope)
            return insights.of_message(tx, caller.scope, params["MessageId"], caller.now)

        found = await self._store.read(look)
        facts = found.facts
        result: Result = {
            "MessageId": facts.message_id,
            "FromEmailAddress": facts.source,
            "EmailTags": [
                {"Name": name, "Value": value} for name, values in facts.tags.items() for value in values
            ],
            "Insights": [
                {
                    "Destination": recipient,
                    "Isp": isp_of(recipient),
                    "Events": [_event(each) for each in events],
                }
                for recipient, events in found.events.items()
            ],
        }
        if facts.common_headers.get("subject"):
            result["Subject"] = facts.common_headers["subject"]
        return result


def _parse(query: dict[str, Any]) -> Query:
    first, last = _day(query["StartDate"]), _day(query["EndDate"])
    if query["StartDate"] > query["EndDate"]:
        raise InvalidParameterError("StartDate must not be after EndDate.")
    given: dict[str, str] = query.get("Dimensions") or {}
    dimensions = {Dimension(name): _values(text) for name, text in given.items()}
    if None in dimensions.values() and any(values and len(values) > 1 for values in dimensions.values()):
        raise InvalidParameterError(
            "If one dimension has the * value, other dimensions can only contain one value."
        )
    return Query(Metric(query["Metric"]), first, last, dimensions)


def _day(moment: datetime) -> int:
    return int(moment.timestamp() // DAY)


def _values(text: str) -> frozenset[str] | None:
    """Values are written with commas between them; None stands for ``*``, which is any."""
    if text.strip() == _ANY:
        return None
    values = frozenset(each.strip() for each in text.split(",") if each.strip())
    if not values or len(values) > _MOST_VALUES or _ANY in values:
        raise InvalidParameterError(f"A dimension takes * or up to {_MOST_VALUES} values.")
    return values


def _event(insight: Insight) -> Result:
    result: Result = {"Timestamp": timestamp(insight.time), "Type": insight.kind.name}
    if insight.type is not None:
        bounce = {
            "BounceType": insight.type,
            "BounceSubType": insight.sub_type,
            "DiagnosticCode": insight.diagnostic,
        }
        result["Details"] = {"Bounce": _present(bounce)}
    elif insight.kind.name == "COMPLAINT":
        complaint = {
            "ComplaintSubType": insight.sub_type,
            "ComplaintFeedbackType": insight.feedback_type,
        }
        result["Details"] = {"Complaint": _present(complaint)}
    return result


def _present(members: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in members.items() if value is not None}
