"""`cloudwatch/PutDashboard`, GetDashboard, ListDashboards and DeleteDashboards: bodies written for AWS, kept verbatim."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import orjson

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.clock import Clock
from mailgauge.cloudwatch.api import paging
from mailgauge.cloudwatch.api.tags import checked
from mailgauge.cloudwatch.dashboards import store
from mailgauge.cloudwatch.dashboards.body import NoBodyError, faults
from mailgauge.cloudwatch.dashboards.faults import Fault
from mailgauge.cloudwatch.dashboards.store import Dashboard
from mailgauge.store.transaction import Store, Tx

_PAGE: Final = 1000
_MOST_DELETED: Final = 100
_NAME = re.compile(r"[A-Za-z0-9_-]+")


def dashboard_operations(metrics: Store, clock: Clock) -> dict[str, Handler]:
    """``metrics`` is the metrics database."""
    dashboards = _Dashboards(metrics, clock)
    return {
        "PutDashboard": dashboards.put,
        "GetDashboard": dashboards.get,
        "ListDashboards": dashboards.list,
        "DeleteDashboards": dashboards.delete,
    }


class _Dashboards:
    def __init__(self, metrics: Store, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock

    async def put(self, caller: Caller, params: Params) -> Result:
        name, body = _name(params), params.get("DashboardBody")
        if not body:
            raise _invalid("The parameter DashboardBody is required.")
        warnings = _warnings(body)
        tags = checked(params.get("Tags"))
        modified = int(self._clock.now() * 1000)
        dashboard = Dashboard(caller.scope.account, name, body, modified, tags)
        await self._metrics.write(lambda tx: store.put(tx, dashboard))
        return {"DashboardValidationMessages": [_message(each) for each in warnings]}

    async def get(self, caller: Caller, params: Params) -> Result:
        name = _name(params)
        found = await self._metrics.read(lambda tx: store.get(tx, caller.scope.account, name))
        if found is None:
            raise _unknown(name)
        return {
            "DashboardArn": store.arn_of(caller.scope, name),
            "DashboardName": name,
            "DashboardBody": found.body,
        }

    async def list(self, caller: Caller, params: Params) -> Result:
        prefix, token = params.get("DashboardNamePrefix") or "", params.get("NextToken")
        after = paging.place(token) if token else ""
        if not isinstance(after, str):
            raise paging.invalid()
        account = caller.scope.account
        found = await self._metrics.read(lambda tx: store.page(tx, account, prefix, after, _PAGE + 1))
        shown = found[:_PAGE]
        answer: Result = {
            "DashboardEntries": [
                {
                    "DashboardName": each.name,
                    "DashboardArn": store.arn_of(caller.scope, each.name),
                    "LastModified": datetime.fromtimestamp(each.modified / 1000, UTC),
                    "Size": each.size,
                }
                for each in shown
            ]
        }
        if len(found) > _PAGE:
            answer["NextToken"] = paging.token(shown[-1].name)
        return answer

    async def delete(self, caller: Caller, params: Params) -> Result:
        """All of them, or none where one is unknown."""
        names = params.get("DashboardNames") or []
        if not names:
            raise _invalid("The parameter DashboardNames is required.")
        if len(names) > _MOST_DELETED:
            raise _invalid(
                f"The collection DashboardNames must not have a size greater than {_MOST_DELETED}."
            )

        def delete(tx: Tx) -> None:
            if unknown := store.missing(tx, caller.scope.account, names):
                raise _unknown(unknown[0])
            store.delete(tx, caller.scope.account, names)

        await self._metrics.write(delete)
        return {}


def _warnings(body: str) -> Sequence[Fault]:
    """What is only odd. Raises AwsError with all that is wrong."""
    try:
        found = faults(body)
    except NoBodyError as error:
        raise AwsError(
            "InvalidParameterInput", "The field DashboardBody must be a valid JSON object"
        ) from error
    wrong = [each for each in found if not each.is_warning]
    if wrong:
        told = [{"dataPath": each.path, "message": each.text} for each in wrong]
        count = "is 1 validation error" if len(told) == 1 else f"are {len(told)} validation errors"
        listed = orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
        raise AwsError(
            "InvalidParameterInput",
            f"The dashboard body is invalid, there {count}:\n{listed}",
            members={"dashboardValidationMessages": [_message(each) for each in wrong]},
        )
    return found


def _message(fault: Fault) -> dict[str, str]:
    return {"DataPath": fault.path, "Message": fault.text}


def _name(params: Params) -> str:
    name = params.get("DashboardName")
    if not name:
        raise _invalid("The parameter DashboardName is required.")
    if not _NAME.fullmatch(name):
        # With the line end that AWS has here.
        raise _invalid(
            "The value for field DashboardName contains invalid characters. "
            "It can only contain alphanumerics, dash (-) and underscore (_).\n"
        )
    if len(name) > 255:
        raise _invalid("The value for field DashboardName is longer than 255 characters.\n")
    return str(name)


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterValue", text)


def _unknown(name: str) -> AwsError:
    return AwsError("ResourceNotFound", f"Dashboard {name} does not exist", status=404)
