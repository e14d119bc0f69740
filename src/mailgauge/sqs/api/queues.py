"""Queues: made, found, listed, changed, purged, deleted."""

from typing import Final

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.place import from_token, to_token
from mailgauge.sqs import queues
from mailgauge.sqs.api.addresses import asked, named, url_of
from mailgauge.sqs.api.errors import to_aws
from mailgauge.sqs.attributes import KNOWN, check_names, effective
from mailgauge.sqs.message_checks import invalid
from mailgauge.sqs.operating import Queues
from mailgauge.sqs.queue import Queue

_PAGE: Final = 1000


def queue_operations(state: Queues) -> dict[str, Handler]:
    operations = _Operations(state)
    return {
        "CreateQueue": operations.create,
        "GetQueueUrl": operations.get_url,
        "ListQueues": operations.list,
        "ListDeadLetterSourceQueues": operations.list_sources,
        "GetQueueAttributes": operations.get_attributes,
        "SetQueueAttributes": operations.set_attributes,
        "PurgeQueue": operations.purge,
        "DeleteQueue": operations.delete,
    }


class _Operations:
    def __init__(self, state: Queues) -> None:
        self._state = state

    async def create(self, caller: Caller, params: Params) -> Result:
        scope, name, now = caller.scope, params["QueueName"], self._state.now()
        given, tags = params.get("Attributes") or {}, params.get("tags") or {}
        queue = await self._state.write(lambda tx: queues.create(tx, scope, name, given, tags=tags, now=now))
        return {"QueueUrl": url_of(caller, queue)}

    async def get_url(self, caller: Caller, params: Params) -> Result:
        owner = params.get("QueueOwnerAWSAccountId") or caller.scope.account
        queue = await self._state.look(
            named(caller, owner, params["QueueName"], "GetQueueUrl"), lambda tx, found: found
        )
        return {"QueueUrl": url_of(caller, queue)}

    async def list(self, caller: Caller, params: Params) -> Result:
        prefix, after, limit = params.get("QueueNamePrefix") or "", _after(params), _limit(params)
        found = await self._state.read(lambda tx: queues.page(tx, caller.scope, prefix, after, limit + 1))
        return _listed(caller, found, limit, params, "QueueUrls")

    async def list_sources(self, caller: Caller, params: Params) -> Result:
        after, limit = _after(params), _limit(params)
        found = await self._state.look(asked(caller, params, "ListDeadLetterSourceQueues"), queues.sources)
        later = [each for each in found if each.name > after]
        return {"queueUrls": [], **_listed(caller, later[: limit + 1], limit, params, "queueUrls")}

    async def get_attributes(self, caller: Caller, params: Params) -> Result:
        wanted = params.get("AttributeNames") or []
        check_names(wanted, KNOWN)
        queue, counts = await self._state.attributes(asked(caller, params, "GetQueueAttributes"))
        there = {
            "QueueArn": queue.arn,
            "ApproximateNumberOfMessages": str(counts.visible),
            "ApproximateNumberOfMessagesNotVisible": str(counts.in_flight),
            "ApproximateNumberOfMessagesDelayed": str(counts.delayed),
            "CreatedTimestamp": str(queue.created // 1000),
            "LastModifiedTimestamp": str(queue.modified // 1000),
            **effective(queue.attributes, fifo=queue.is_fifo),
        }
        shown = there if "All" in wanted else {name: there[name] for name in wanted if name in there}
        return {"Attributes": shown} if wanted else {}

    async def set_attributes(self, caller: Caller, params: Params) -> Result:
        await self._state.set_attributes(asked(caller, params, "SetQueueAttributes"), params["Attributes"])
        return {}

    async def purge(self, caller: Caller, params: Params) -> Result:
        await self._state.change(asked(caller, params, "PurgeQueue"), queues.purge)
        return {}

    async def delete(self, caller: Caller, params: Params) -> Result:
        await self._state.change(asked(caller, params, "DeleteQueue"), queues.delete)
        return {}


def _limit(params: Params) -> int:
    most = params.get("MaxResults")
    if most is not None and not 1 <= most <= _PAGE:
        raise to_aws(
            invalid("MaxResults", most, "MaxResults must be an integer between 1 and 1000, if provided.")
        )
    return most or _PAGE


def _after(params: Params) -> str:
    token = params.get("NextToken")
    if not token:
        return ""
    try:
        return str(from_token(token))
    except ValueError as error:
        raise AwsError("InvalidParameterValue", "Invalid or expired next token.") from error


def _listed(caller: Caller, found: list[Queue], limit: int, params: Params, member: str) -> Result:
    """Only who asks for pages gets a token."""
    shown = found[:limit]
    answer: Result = {member: [url_of(caller, queue) for queue in shown]} if shown else {}
    if len(found) > limit and params.get("MaxResults") is not None:
        answer["NextToken"] = to_token(shown[-1].name)
    return answer
