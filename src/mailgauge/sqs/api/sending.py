"""SendMessage and SendMessageBatch. They answer once the messages are kept."""

from collections.abc import Mapping
from typing import Any, Final

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.sqs.api import batches
from mailgauge.sqs.api.addresses import asked
from mailgauge.sqs.attributes import MOST_BYTES
from mailgauge.sqs.errors import InvalidValueError, MissingError
from mailgauge.sqs.message import TRACE_HEADER, Attribute, Draft, Facts, Sent, md5, md5_of_attributes
from mailgauge.sqs.operating import Queues

_ROOT: Final = "root"


def sending_operations(state: Queues) -> dict[str, Handler]:
    async def send(caller: Caller, params: Params) -> Result:
        draft = _draft(caller, params)
        sent = await state.send(asked(caller, params, "SendMessage"), draft)
        return dict(_shown(draft, sent))

    async def send_batch(caller: Caller, params: Params) -> Result:
        given = batches.entries(params, "SendMessageBatchRequestEntry")
        drafts = {entry["Id"]: _draft(caller, entry) for entry in given}
        size = sum(draft.size for draft in drafts.values())
        if size > MOST_BYTES:
            text = f"Batch requests cannot be longer than {MOST_BYTES} bytes. You have sent {size} bytes."
            raise AwsError("BatchRequestTooLong", text)
        outcomes = await state.send_all(asked(caller, params, "SendMessage"), list(drafts.values()))
        return batches.answer(given, outcomes, lambda entry, sent: _shown(drafts[entry["Id"]], sent))

    return {"SendMessage": send, "SendMessageBatch": send_batch}


def _draft(caller: Caller, params: Params) -> Draft:
    facts = Facts(
        sender=caller.scope.account if caller.user == _ROOT else caller.access_key_id,
        attributes=_attributes(params.get("MessageAttributes") or {}),
        trace=_trace(params.get("MessageSystemAttributes") or {}),
        group=params.get("MessageGroupId"),
        deduplication_id=params.get("MessageDeduplicationId"),
    )
    return Draft(params.get("MessageBody") or "", facts, params.get("DelaySeconds"))


def _attributes(given: Mapping[str, Mapping[str, Any]]) -> tuple[Attribute, ...]:
    return tuple(_attribute(name, value) for name, value in given.items())


def _attribute(name: str, value: Mapping[str, Any]) -> Attribute:
    for lists in ("StringListValues", "BinaryListValues"):
        if value.get(lists):
            raise AwsError(
                "UnsupportedOperation", f"Message attribute list values are not supported: {lists}."
            )
    kind = value.get("DataType") or ""
    if kind.startswith("Binary"):
        return Attribute(name, kind, value.get("BinaryValue") or b"")
    return Attribute(name, kind, (value.get("StringValue") or "").encode(errors="surrogatepass"))


def _trace(given: Mapping[str, Mapping[str, Any]]) -> str | None:
    other = next((name for name in given if name != TRACE_HEADER), None)
    if other is not None:
        raise InvalidValueError(
            f"Message system attribute name '{other}' is invalid. The set of supported system attributes is {TRACE_HEADER}."
        )
    if TRACE_HEADER not in given:
        return None
    text = given[TRACE_HEADER].get("StringValue")
    if not text:
        raise MissingError("MessageSystemAttributes")
    return str(text)


def _shown(draft: Draft, sent: Sent) -> Mapping[str, Any]:
    facts = draft.facts
    trace = () if facts.trace is None else (Attribute(TRACE_HEADER, "String", facts.trace.encode()),)
    return {
        "MessageId": sent.message_id,
        "MD5OfMessageBody": md5(draft.body),
        "MD5OfMessageAttributes": md5_of_attributes(facts.attributes),
        "MD5OfMessageSystemAttributes": md5_of_attributes(trace),
        "SequenceNumber": None if sent.sequence is None else sequence_number(sent.sequence),
    }


def sequence_number(number: int) -> str:
    """Twenty digits, as SQS has them."""
    return str(10**19 + number)
