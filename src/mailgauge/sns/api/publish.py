"""`sns/Publish` and PublishBatch: answered once the message and the work to deliver it are on disk."""

import re
from collections.abc import Mapping
from typing import Any, Final

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.tasks import Wake
from mailgauge.sns import access, message_checks, publishing
from mailgauge.sns.api import faults
from mailgauge.sns.api.parts import principal
from mailgauge.sns.errors import InvalidParameterError, invalid
from mailgauge.sns.message import Message
from mailgauge.sns.message_checks import Draft, Given
from mailgauge.sns.publishing import Published
from mailgauge.store.transaction import Store, Tx

_MOST_ENTRIES: Final = 10
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


def operations(mail: Store, deliver: Wake) -> dict[str, Handler]:
    api = _Publishing(mail, deliver)
    return {"Publish": api.publish, "PublishBatch": api.publish_batch}


class _Publishing:
    def __init__(self, mail: Store, deliver: Wake) -> None:
        self._mail = mail
        self._deliver = deliver

    async def publish(self, caller: Caller, params: Params) -> Result:
        arn, name = _target(params)
        access.place(arn, caller.scope.region, name)
        message = message_checks.message(_draft(params))

        def publish(tx: Tx) -> Published:
            topic = access.topic(tx, principal(caller), arn, "Publish", name)
            return publishing.accept(tx, topic, message, caller.now)

        published = await self._mail.write(publish)
        self._deliver.set()
        return _result(published)

    async def publish_batch(self, caller: Caller, params: Params) -> Result:
        """Faults of form turn away all of it; an entry that says nothing, or has a wrong subject, fails alone."""
        arn, entries = params["TopicArn"], params["PublishBatchRequestEntries"]
        access.place(arn, caller.scope.region)
        drafts = {entry["Id"]: _draft(entry) for entry in entries}
        _check_batch(entries, drafts)
        good: dict[str, Message] = {}
        failed: list[Result] = []
        for entry_id, draft in drafts.items():
            try:
                message_checks.check_body(draft)
            except InvalidParameterError as error:
                failed.append(
                    {"Id": entry_id, "Code": faults.code(error), "Message": str(error), "SenderFault": True}
                )
            else:
                good[entry_id] = message_checks.message(draft)

        def publish(tx: Tx) -> dict[str, Published]:
            topic = access.topic(tx, principal(caller), arn, "Publish")
            return {each: publishing.accept(tx, topic, message, caller.now) for each, message in good.items()}

        published = await self._mail.write(publish)
        self._deliver.set()
        successful = [{"Id": entry_id, **_result(each)} for entry_id, each in published.items()]
        return {"Successful": successful, "Failed": failed}


def _target(params: Params) -> tuple[str, str]:
    """The ARN, and the parameter it came in."""
    if params.get("PhoneNumber"):
        raise invalid("PhoneNumber Reason: text messages are not supported by this service")
    given = [name for name in ("TopicArn", "TargetArn") if params.get(name) is not None]
    if not given:
        raise invalid("TopicArn or TargetArn Reason: no value for required parameter")
    if len(given) > 1:
        raise invalid("TopicArn Reason: Both TopicArn and TargetArn were given")
    arn = params[given[0]]
    if given[0] == "TargetArn" and ":endpoint/" in arn:
        raise invalid("TargetArn Reason: No endpoint found for the target arn specified")
    return arn, given[0]


def _check_batch(entries: list[Params], drafts: Mapping[str, Draft]) -> None:
    if not entries:
        raise AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > _MOST_ENTRIES:
        text = "The batch request contains more entries than permissible."
        raise AwsError("TooManyEntriesInBatchRequest", text)
    if any(not _ID.fullmatch(entry["Id"]) for entry in entries):
        text = "The Id of a batch entry in a batch request doesn't abide by the specification."
        raise AwsError("InvalidBatchEntryId", text)
    if len(drafts) < len(entries):
        text = "Two or more batch entries in the request have the same Id."
        raise AwsError("BatchEntryIdsNotDistinct", text)
    if sum(map(message_checks.size, drafts.values())) > message_checks.MOST_BYTES:
        text = "The length of all the messages put together is more than the limit."
        raise AwsError("BatchRequestTooLong", text)


def _draft(params: Params) -> Draft:
    return Draft(
        body=params["Message"],
        subject=params.get("Subject"),
        structure=params.get("MessageStructure"),
        attributes=_attributes(params.get("MessageAttributes") or {}),
        group=params.get("MessageGroupId"),
        deduplication=params.get("MessageDeduplicationId"),
    )


def _attributes(given: Mapping[str, Any]) -> tuple[Given, ...]:
    return tuple(
        Given(name, each["DataType"], each.get("StringValue"), each.get("BinaryValue"))
        for name, each in given.items()
    )


def _result(published: Published) -> Result:
    answer = {"MessageId": published.message_id}
    if published.sequence is not None:
        answer["SequenceNumber"] = published.sequence
    return answer
