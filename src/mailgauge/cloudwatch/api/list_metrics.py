"""`cloudwatch/ListMetrics`: pages of 500 series by namespace, name and dimensions, active in the past two weeks."""

from typing import Any, Final

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.cloudwatch.api import paging
from mailgauge.cloudwatch.api.faults import Faults
from mailgauge.cloudwatch.api.metrics import metric_of
from mailgauge.store.transaction import Store, Tx
from mailgauge.tsdb.catalogue import REFRESH, UnknownPositionError
from mailgauge.tsdb.engine import DimensionFilter, Engine
from mailgauge.tsdb.series import Series

PAGE: Final = 500
_MOST_FILTERS = 10
# The catalogue notes activity with some delay: nothing that was active in time may be missing.
_LISTED = 14 * 86400 + REFRESH
_RECENT = 3 * 3600 + REFRESH


def operations(metrics: Store, engine: Engine) -> dict[str, Handler]:
    """``metrics`` is the metrics database."""

    async def list_metrics(caller: Caller, params: Params) -> Result:
        filters = _filters(params)
        if params.get("OwningAccount") not in {None, caller.scope.account}:
            return _page([], params)
        since = int(caller.now) - (_RECENT if params.get("RecentlyActive") else _LISTED)
        after = _position(params.get("NextToken"))

        def read(tx: Tx) -> list[Series]:
            return engine.list_series(
                tx,
                caller.scope,
                namespace=params.get("Namespace"),
                name=params.get("MetricName"),
                filters=filters,
                active_since=since,
                after=after,
                limit=PAGE + 1,
            )

        try:
            return _page(await metrics.read(read), params)
        except UnknownPositionError as error:
            raise _bad_token() from error

    return {"ListMetrics": list_metrics}


def _filters(params: Params) -> list[DimensionFilter]:
    filters, faults = params.get("Dimensions") or (), Faults()
    if params.get("RecentlyActive") not in {None, "PT3H"}:
        faults.not_in_set("RecentlyActive", ["PT3H"])
    if len(filters) > _MOST_FILTERS:
        faults.too_many("Dimensions", _MOST_FILTERS)
    for number, each in enumerate(filters, start=1):
        if not each.get("Name"):
            faults.missing(f"Dimensions.member.{number}.Name")
    faults.verify()
    return [DimensionFilter(each["Name"], each.get("Value")) for each in filters]


def _page(series: list[Series], params: Params) -> Result:
    shown = series[:PAGE]
    page: dict[str, Any] = {"Metrics": [metric_of(each) for each in shown]}
    if params.get("IncludeLinkedAccounts"):
        page["OwningAccounts"] = [each.scope.account for each in shown]
    if len(series) > PAGE:
        page["NextToken"] = paging.token(shown[-1].id.hex())
    return page


def _position(token: str | None) -> bytes:
    if not token:
        return b""
    try:
        return bytes.fromhex(paging.place(token))
    except (AwsError, TypeError, ValueError) as error:
        raise _bad_token() from error


def _bad_token() -> AwsError:
    return AwsError("InvalidParameterValue", "Request parameter NextToken is invalid")
