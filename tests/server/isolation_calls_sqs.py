"""How the operations of SQS read or write, for the test of isolation."""

from typing import Any

from mailgauge.sqs.receipts import Receipt, made
from tests.server.room import HERE, Room

Call = tuple[str, str, dict[str, Any]]

#: The first queue of all, so that its number is known, with messages in somebody's hands.
HELD: dict[str, Any] = {"QueueUrl": f"http://localhost/{HERE.account}/held"}
OWNED: dict[str, Any] = {"QueueUrl": f"http://localhost/{HERE.account}/owned"}
REDRIVE = f'{{"deadLetterTargetArn":"arn:aws:sqs:{HERE.region}:{HERE.account}:held","maxReceiveCount":9}}'
SECRET = b"known to the test"
#: Nobody's of those whom the test knows.
FRIEND = "444455556666"


def _receipt(number: int) -> Receipt:
    # The heap is numbered first, then its queue, then what it holds.
    return made(2, 2 + number, 1, SECRET)


def _handle(number: int) -> dict[str, Any]:
    return {"ReceiptHandle": _receipt(number).handle}


async def held(room: Room) -> None:
    """Makes that queue and its four messages, whose handles everybody knows."""
    await room.call("sqs", "CreateQueue", QueueName="held")
    for _ in range(4):
        await room.call("sqs", "SendMessage", **HELD, MessageBody="x")
    await room.call("sqs", "ReceiveMessage", **HELD, MaxNumberOfMessages=10)
    await room.storage.mail.write(
        lambda tx: tx.many(
            "UPDATE sqs_message SET secret = ? WHERE id = ?",
            [(SECRET, _receipt(number).message) for number in range(1, 5)],
        )
    )


MAKE: list[Call] = [
    ("sqs", "CreateQueue", {"QueueName": "owned", "tags": {"team": "owner"}}),
    ("sqs", "SendMessage", {**OWNED, "MessageBody": "Hello."}),
    ("sqs", "SendMessageBatch", {**OWNED, "Entries": [{"Id": "1", "MessageBody": "Hello."}]}),
    ("sqs", "SetQueueAttributes", {**OWNED, "Attributes": {"RedrivePolicy": REDRIVE}}),
]

CHANGE: list[Call] = [
    ("sqs", "SendMessage", {**OWNED, "MessageBody": "Hello again."}),
    ("sqs", "ReceiveMessage", OWNED),
    ("sqs", "DeleteMessage", {**HELD, **_handle(1)}),
    ("sqs", "DeleteMessageBatch", {**HELD, "Entries": [{"Id": "1", **_handle(2)}]}),
    ("sqs", "ChangeMessageVisibility", {**HELD, **_handle(3), "VisibilityTimeout": 0}),
    (
        "sqs",
        "ChangeMessageVisibilityBatch",
        {**HELD, "Entries": [{"Id": "1", **_handle(4), "VisibilityTimeout": 0}]},
    ),
    ("sqs", "SetQueueAttributes", {**OWNED, "Attributes": {"DelaySeconds": "9"}}),
    (
        "sqs",
        "AddPermission",
        {**OWNED, "Label": "friends", "AWSAccountIds": [FRIEND], "Actions": ["SendMessage"]},
    ),
    ("sqs", "RemovePermission", {**OWNED, "Label": "friends"}),
    ("sqs", "TagQueue", {**OWNED, "Tags": {"more": "x"}}),
    ("sqs", "UntagQueue", {**OWNED, "TagKeys": ["team"]}),
    ("sqs", "PurgeQueue", OWNED),
    ("sqs", "DeleteQueue", OWNED),
]

READS: list[Call] = [
    ("sqs", "ListQueues", {}),
    ("sqs", "GetQueueUrl", {"QueueName": "owned"}),
    ("sqs", "GetQueueAttributes", {**OWNED, "AttributeNames": ["All"]}),
    ("sqs", "GetQueueAttributes", {**HELD, "AttributeNames": ["All"]}),
    ("sqs", "ListQueueTags", OWNED),
    ("sqs", "ListDeadLetterSourceQueues", HELD),
]
