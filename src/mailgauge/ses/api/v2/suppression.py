"""The suppression list: ``sesv2/PutSuppressedDestination``, ``Get``, ``Delete``, ``List`` and who it applies to."""

from typing import Any

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import account_attributes, configuration_sets, suppression
from mailgauge.ses.api import paging
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.times import timestamp
from mailgauge.ses.errors import InvalidParameterError, NotSupportedError
from mailgauge.ses.suppression import Reason, Suppressed


def suppression_operations(parts: Parts) -> dict[str, Handler]:
    operations = _Suppression(parts)
    return {
        "PutSuppressedDestination": operations.put,
        "GetSuppressedDestination": operations.get,
        "DeleteSuppressedDestination": operations.delete,
        "ListSuppressedDestinations": operations.list,
        "PutAccountSuppressionAttributes": operations.put_account_attributes,
        "PutConfigurationSetSuppressionOptions": operations.put_set_options,
    }


class _Suppression:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._policy = parts.policy

    async def put(self, caller: Caller, params: Params) -> Result:
        if self._policy.sandbox:
            raise InvalidParameterError(
                "Addresses can't be added to the suppression list while the account is in the sandbox."
            )
        suppression.check_address(params["EmailAddress"])
        entry = Suppressed(params["EmailAddress"], Reason(params["Reason"]), caller.now)
        await self._store.write(lambda tx: suppression.put(tx, caller.scope, entry))
        return {}

    async def get(self, caller: Caller, params: Params) -> Result:
        entry = await self._store.read(lambda tx: suppression.get(tx, caller.scope, params["EmailAddress"]))
        attributes = {"MessageId": entry.message_id, "FeedbackId": entry.feedback_id}
        known = {name: value for name, value in attributes.items() if value is not None}
        return {"SuppressedDestination": {**_summary(entry), **({"Attributes": known} if known else {})}}

    async def delete(self, caller: Caller, params: Params) -> Result:
        await self._store.write(lambda tx: suppression.delete(tx, caller.scope, params["EmailAddress"]))
        return {}

    async def list(self, caller: Caller, params: Params) -> Result:
        after, limit = _after(params), paging.size(params.get("PageSize"))
        start, end = params.get("StartDate"), params.get("EndDate")
        entries = await self._store.read(
            lambda tx: suppression.page(
                tx,
                caller.scope,
                after,
                limit + 1,
                reasons=params.get("Reasons") or (),
                start=None if start is None else start.timestamp(),
                end=None if end is None else end.timestamp(),
            )
        )
        shown, more = paging.page(entries, limit, lambda entry: entry.address.lower())
        return {"SuppressedDestinationSummaries": [_summary(entry) for entry in shown], **more}

    async def put_account_attributes(self, caller: Caller, params: Params) -> Result:
        if params.get("ValidationAttributes"):
            raise NotSupportedError("ValidationAttributes")
        reasons = _reasons(params.get("SuppressedReasons") or ())
        await self._store.write(
            lambda tx: account_attributes.change(tx, caller.scope, suppressed_reasons=reasons)
        )
        return {}

    async def put_set_options(self, caller: Caller, params: Params) -> Result:
        name, reasons = params["ConfigurationSetName"], parse_options(params)
        await self._store.write(
            lambda tx: configuration_sets.change_options(tx, caller.scope, name, suppressed_reasons=reasons)
        )
        return {}


def parse_options(options: dict[str, Any]) -> tuple[str, ...] | None:
    """The reasons of a configuration set; None, where the member is left out, means those of the account."""
    if options.get("ValidationOptions"):
        raise NotSupportedError("ValidationOptions")
    reasons = options.get("SuppressedReasons")
    return None if reasons is None else _reasons(reasons)


def _reasons(reasons: Any) -> tuple[str, ...]:
    return tuple(each for each in Reason if each in reasons)


def _after(params: Params) -> str:
    try:
        return paging.after(params.get("NextToken"))
    except InvalidParameterError as error:
        raise AwsError("InvalidNextTokenException", str(error)) from error


def _summary(entry: Suppressed) -> Result:
    return {
        "EmailAddress": entry.address,
        "Reason": entry.reason.value,
        "LastUpdateTime": timestamp(entry.updated),
    }
