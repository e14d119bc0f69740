"""ReceiveMessage, and what is done with what was received: deleted, or hidden for another while."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.sqs.api import batches
from mailgauge.sqs.api.addresses import asked
from mailgauge.sqs.api.sending import sequence_number
from mailgauge.sqs.attributes import check_names
from mailgauge.sqs.errors import SqsError
from mailgauge.sqs.message import TRACE_HEADER, Attribute, Received, md5, md5_of_attributes
from mailgauge.sqs.message_checks import invalid
from mailgauge.sqs.messages import hidden_too_long
from mailgauge.sqs.operating import Queues

_MOST: Final = 10
_LONGEST_WAIT: Final = 20
_SYSTEM: Final = frozenset(
    {
        "All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp", "SequenceNumber",
        "MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn",
    }
)  # fmt: skip


def receiving_operations(state: Queues) -> dict[str, Handler]:
    operations = _Operations(state)
    return {
        "ReceiveMessage": operations.receive,
        "DeleteMessage": operations.delete,
        "DeleteMessageBatch": operations.delete_batch,
        "ChangeMessageVisibility": operations.change_visibility,
        "ChangeMessageVisibilityBatch": operations.change_visibility_batch,
    }


class _Operations:
    def __init__(self, state: Queues) -> None:
        self._state = state

    async def receive(self, caller: Caller, params: Params) -> Result:
        most, hidden, wait = _numbers(params)
        asked_for = [
            *(params.get("AttributeNames") or ()),
            *(params.get("MessageSystemAttributeNames") or ()),
        ]
        check_names(asked_for, _SYSTEM)
        system = set(asked_for)
        names = params.get("MessageAttributeNames") or []
        queue = asked(caller, params, "ReceiveMessage")
        found = await self._state.receive(queue, most, hidden, wait, caller.gone)
        return {"Messages": [_shown(each, system, names) for each in found]} if found else {}

    async def delete(self, caller: Caller, params: Params) -> Result:
        outcomes = await self._state.delete(asked(caller, params, "DeleteMessage"), [params["ReceiptHandle"]])
        return _only(outcomes)

    async def delete_batch(self, caller: Caller, params: Params) -> Result:
        given = batches.entries(params, "DeleteMessageBatchRequestEntry")
        handles = [entry["ReceiptHandle"] for entry in given]
        outcomes = await self._state.delete(asked(caller, params, "DeleteMessage"), handles)
        return batches.answer(given, outcomes)

    async def change_visibility(self, caller: Caller, params: Params) -> Result:
        hidden = [(params["ReceiptHandle"], params["VisibilityTimeout"])]
        outcomes = await self._state.change_visibility(
            asked(caller, params, "ChangeMessageVisibility"), hidden
        )
        return _only(outcomes)

    async def change_visibility_batch(self, caller: Caller, params: Params) -> Result:
        given = batches.entries(params, "ChangeMessageVisibilityBatchRequestEntry")
        hidden = [(entry["ReceiptHandle"], entry.get("VisibilityTimeout") or 0) for entry in given]
        outcomes = await self._state.change_visibility(
            asked(caller, params, "ChangeMessageVisibility"), hidden
        )
        return batches.answer(given, outcomes)


def _numbers(params: Params) -> tuple[int, int | None, int | None]:
    most, hidden, wait = (
        params.get(name) for name in ("MaxNumberOfMessages", "VisibilityTimeout", "WaitTimeSeconds")
    )
    if most is not None and not 1 <= most <= _MOST:
        raise invalid("MaxNumberOfMessages", most, f"Must be between 1 and {_MOST}, if provided.")
    if hidden is not None and not 0 <= hidden <= 43_200:
        raise hidden_too_long(hidden)
    if wait is not None and not 0 <= wait <= _LONGEST_WAIT:
        raise invalid("WaitTimeSeconds", wait, f"Must be >= 0 and <= {_LONGEST_WAIT}, if provided.")
    return most or 1, hidden, wait


def _only(outcomes: Sequence[object]) -> Result:
    [outcome] = outcomes
    if isinstance(outcome, SqsError):
        raise outcome
    return {}


def _shown(message: Received, system: set[str], names: Sequence[str]) -> dict[str, Any]:
    there = _system_attributes(message)
    wanted = there if "All" in system else {name: value for name, value in there.items() if name in system}
    attributes = [each for each in message.facts.attributes if _is_asked_for(each.name, names)]
    shown: dict[str, Any] = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.handle,
        "MD5OfBody": md5(message.body),
        "Body": message.body,
    }
    if wanted:
        shown["Attributes"] = wanted
    if attributes:
        shown["MD5OfMessageAttributes"] = md5_of_attributes(attributes)
        shown["MessageAttributes"] = {each.name: _value(each) for each in attributes}
    return shown


def _system_attributes(message: Received) -> dict[str, str]:
    facts = message.facts
    there = {
        "SenderId": facts.sender or None,
        "SentTimestamp": str(message.sent),
        "ApproximateReceiveCount": str(message.receives),
        "ApproximateFirstReceiveTimestamp": str(message.first_received),
        "MessageGroupId": facts.group,
        "MessageDeduplicationId": facts.deduplication_id,
        "SequenceNumber": None if message.sequence is None else sequence_number(message.sequence),
        TRACE_HEADER: facts.trace,
        "DeadLetterQueueSourceArn": facts.came_from,
    }
    return {name: value for name, value in there.items() if value is not None}


def _is_asked_for(name: str, names: Iterable[str]) -> bool:
    """``All`` or ``*``, a name, or the beginning of names before ``.*``."""
    return any(
        asked in {"All", "*", name} or (asked.endswith(".*") and name.startswith(asked[:-2]))
        for asked in names
    )


def _value(attribute: Attribute) -> dict[str, Any]:
    value = {"BinaryValue": attribute.value} if attribute.is_binary else {"StringValue": attribute.text}
    return {**value, "DataType": attribute.type}
