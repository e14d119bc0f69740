"""How every operation of SQS is called over the wire, and how it fails."""

import hashlib
from collections.abc import Callable
from typing import Any

from tests.server.wire import Call, Fails, Operation, Step, Table, Works, World

_ORDERS = {"QueueUrl": "http://localhost/(account)/orders"}
_ARN = "arn:aws:sqs:us-east-1:(account):orders"
_MADE = Call("sqs.CreateQueue", {"QueueName": "orders"})
_HELLO = {**_ORDERS, "MessageBody": "Hello."}
_MD5 = hashlib.md5(b"Hello.").hexdigest()
_SENT = Call("sqs.SendMessage", _HELLO)
_COUNT = "ApproximateNumberOfMessages"
_HANDLE = {"ReceiptHandle": "(handle)"}
_REDRIVE = '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:(account):dead", "maxReceiveCount": 3}'
_DEAD = {"QueueUrl": "http://localhost/(account)/dead"}
_FRIENDS = {"Label": "friends", "AWSAccountIds": ["999999999999"], "Actions": ["SendMessage"]}
_ELEVEN = [str(number) for number in range(11)]
_NO_KIND = "Standard queues and FIFO queues take it."


def _received(world: World) -> None:
    """Takes the message in hand."""
    answer = world.call(Call("sqs.ReceiveMessage", _ORDERS))
    world.known["handle"] = answer["Messages"][0]["ReceiptHandle"]


_HELD: list[Step] = [_MADE, _SENT, _received]


def _shows(**attributes: Any) -> tuple[Call, Any]:
    return Call("sqs.GetQueueAttributes", {**_ORDERS, "AttributeNames": ["All"]}), {"Attributes": attributes}


def _counts(waiting: int, in_flight: int = 0) -> tuple[Call, Any]:
    return _shows(**{_COUNT: str(waiting), f"{_COUNT}NotVisible": str(in_flight)})


def _of_queue(parameters: dict[str, Any] | None = None) -> dict[str, Fails | str]:
    """What meets every operation on one queue."""
    given = parameters or {}
    return {
        "QueueDoesNotExist": Fails({**given, **_ORDERS}, text="The specified queue does not exist."),
        "InvalidAddress": Fails({**given, "QueueUrl": "no address"}, text="is not valid for this endpoint"),
        "UnsupportedOperation": _NO_KIND,
    }


def _batch(entry: Callable[[str], dict[str, Any]]) -> dict[str, Fails | str]:
    """What meets every operation on several messages. ``entry`` makes one of its id."""

    def fails(text: str, *ids: str) -> Fails:
        return Fails({**_ORDERS, "Entries": [entry(each) for each in ids]}, [_MADE], text)

    return {
        **_of_queue({"Entries": [entry("1")]}),
        "TooManyEntriesInBatchRequest": fails("You have sent 11.", *_ELEVEN),
        "EmptyBatchRequest": fails("at least one"),
        "BatchEntryIdsNotDistinct": fails("Id 1 repeated.", "1", "1"),
        "InvalidBatchEntryId": fails("at most 80 letters", "no id"),
    }


_QUEUES: Table = {
    "sqs.CreateQueue": Operation(
        Works(
            {"QueueName": "orders", "Attributes": {"DelaySeconds": "1"}, "tags": {"team": "shop"}},
            {"QueueUrl": lambda url: url.startswith("http://127.0.0.1:") and url.endswith("/orders")},
            then=[
                _shows(QueueArn=_ARN, DelaySeconds="1"),
                (Call("sqs.ListQueueTags", _ORDERS), {"Tags": {"team": "shop"}}),
            ],
        ),
        Works({"QueueName": "orders"}, given=[_MADE]),
        Works({"QueueName": "orders.fifo", "Attributes": {"FifoQueue": "true"}}),
        QueueDeletedRecently="The name of a deleted queue is free at once.",
        QueueNameExists=Fails(
            {"QueueName": "orders", "Attributes": {"DelaySeconds": "1"}}, [_MADE], "attribute DelaySeconds"
        ),
        InvalidAddress="It names no queue by an address.",
        InvalidAttributeName=Fails({"QueueName": "orders", "Attributes": {"Colour": "red"}}, unchecked=True),
        InvalidAttributeValue=Fails({"QueueName": "orders", "Attributes": {"DelaySeconds": "901"}}),
        UnsupportedOperation=_NO_KIND,
    ),
    "sqs.GetQueueUrl": Operation(
        Works(
            {"QueueName": "orders"},
            {"QueueUrl": lambda url: url.startswith("http://127.0.0.1:") and url.endswith("/orders")},
            [_MADE],
        ),
        QueueDoesNotExist=Fails({"QueueName": "orders"}),
        InvalidAddress="It names no queue by an address.",
        UnsupportedOperation=_NO_KIND,
    ),
    "sqs.ListQueues": Operation(
        Works({"QueueNamePrefix": "or"}, {"QueueUrls": [lambda url: url.endswith("/orders")]}, [_MADE]),
        InvalidAddress="It names no queue by an address.",
        UnsupportedOperation=_NO_KIND,
    ),
    "sqs.GetQueueAttributes": Operation(
        Works({**_ORDERS, "AttributeNames": ["All"]}, {"Attributes": {"QueueArn": _ARN}}, [_MADE]),
        InvalidAttributeName=Fails({**_ORDERS, "AttributeNames": ["Colour"]}, [_MADE], unchecked=True),
        **_of_queue(),
    ),
    "sqs.SetQueueAttributes": Operation(
        Works(
            {**_ORDERS, "Attributes": {"VisibilityTimeout": "5"}},
            given=[_MADE],
            then=[_shows(VisibilityTimeout="5")],
        ),
        InvalidAttributeName=Fails({**_ORDERS, "Attributes": {"QueueArn": "x"}}, [_MADE]),
        InvalidAttributeValue=Fails({**_ORDERS, "Attributes": {"VisibilityTimeout": "x"}}, [_MADE]),
        OverLimit="Nothing that it sets has such a limit.",
        **_of_queue({"Attributes": {"VisibilityTimeout": "5"}}),
    ),
    "sqs.PurgeQueue": Operation(
        Works(_ORDERS, given=[*_HELD, _SENT], then=[_counts(0)]),
        PurgeQueueInProgress="A queue is empty at once.",
        **_of_queue(),
    ),
    "sqs.DeleteQueue": Operation(
        Works(_ORDERS, given=[_MADE], then=[(Call("sqs.ListQueues"), lambda answer: not answer)]),
        **_of_queue(),
    ),
    "sqs.ListDeadLetterSourceQueues": Operation(
        Works(
            _DEAD,
            {"queueUrls": [lambda url: url.endswith("/orders")]},
            [
                Call("sqs.CreateQueue", {"QueueName": "dead"}),
                Call("sqs.CreateQueue", {"QueueName": "orders", "Attributes": {"RedrivePolicy": _REDRIVE}}),
            ],
        ),
        **_of_queue(),
    ),
    "sqs.TagQueue": Operation(
        Works(
            {**_ORDERS, "Tags": {"team": "shop"}},
            given=[_MADE],
            then=[(Call("sqs.ListQueueTags", _ORDERS), {"Tags": {"team": "shop"}})],
        ),
        **_of_queue({"Tags": {"team": "shop"}}),
    ),
    "sqs.UntagQueue": Operation(
        Works(
            {**_ORDERS, "TagKeys": ["team"]},
            given=[_MADE, Call("sqs.TagQueue", {**_ORDERS, "Tags": {"team": "shop"}})],
            then=[(Call("sqs.ListQueueTags", _ORDERS), {"Tags": lambda tags: not tags})],
        ),
        **_of_queue({"TagKeys": ["team"]}),
    ),
    "sqs.ListQueueTags": Operation(
        Works(_ORDERS, {"Tags": {"a": "b"}}, [_MADE, Call("sqs.TagQueue", {**_ORDERS, "Tags": {"a": "b"}})]),
        **_of_queue(),
    ),
    "sqs.AddPermission": Operation(
        Works(
            {**_ORDERS, **_FRIENDS},
            given=[_MADE],
            then=[_shows(Policy=lambda text: "999999999999" in text and "SQS:SendMessage" in text)],
        ),
        OverLimit=Fails(
            {**_ORDERS, **_FRIENDS, "Actions": ["SendMessage"] * 8}, [_MADE], "8 Actions were found"
        ),
        **_of_queue(_FRIENDS),
    ),
    "sqs.RemovePermission": Operation(
        Works(
            {**_ORDERS, "Label": "friends"},
            given=[_MADE, Call("sqs.AddPermission", {**_ORDERS, **_FRIENDS})],
            then=[(_shows()[0], {"Attributes": lambda found: "Policy" not in found})],
        ),
        **_of_queue({"Label": "friends"}),
    ),
}

_MESSAGES: Table = {
    "sqs.SendMessage": Operation(
        Works(_HELLO, {"MessageId": str, "MD5OfMessageBody": _MD5}, [_MADE], [_counts(1)]),
        InvalidMessageContents=Fails({**_ORDERS, "MessageBody": "\x07"}, [_MADE], "Invalid characters found"),
        **_of_queue({"MessageBody": "Hello."}),
    ),
    "sqs.SendMessageBatch": Operation(
        Works(
            {
                **_ORDERS,
                "Entries": [{"Id": "a", "MessageBody": "Hello."}, {"Id": "b", "MessageBody": "\x07"}],
            },
            {
                "Successful": [{"Id": "a", "MD5OfMessageBody": _MD5}],
                "Failed": [{"Id": "b", "Code": "InvalidMessageContents", "SenderFault": True}],
            },
            [_MADE],
            [_counts(1)],
        ),
        BatchRequestTooLong=Fails(
            {
                **_ORDERS,
                "Entries": [{"Id": each, "MessageBody": "x" * 600_000} for each in "ab"],
            },
            [_MADE],
            "You have sent 1200000 bytes.",
        ),
        **_batch(lambda each: {"Id": each, "MessageBody": "Hello."}),
    ),
    "sqs.ReceiveMessage": Operation(
        Works(
            {**_ORDERS, "MessageSystemAttributeNames": ["All"]},
            {
                "Messages": [
                    {
                        "Body": "Hello.",
                        "MD5OfBody": _MD5,
                        "ReceiptHandle": str,
                        "Attributes": {"SenderId": "(account)", "ApproximateReceiveCount": "1"},
                    }
                ]
            },
            [_MADE, _SENT],
            [_counts(0, 1)],
        ),
        Works(_ORDERS, given=[_MADE]),
        OverLimit="There is no limit on messages in flight.",
        **_of_queue(),
    ),
    "sqs.DeleteMessage": Operation(
        Works({**_ORDERS, **_HANDLE}, given=_HELD, then=[_counts(0)]),
        InvalidIdFormat="What is no handle at all is told as one that is not valid.",
        ReceiptHandleIsInvalid=Fails({**_ORDERS, "ReceiptHandle": "none"}, [_MADE], 'handle "none"'),
        **_of_queue({"ReceiptHandle": "none"}),
    ),
    "sqs.DeleteMessageBatch": Operation(
        Works(
            {**_ORDERS, "Entries": [{"Id": "1", **_HANDLE}, {"Id": "2", "ReceiptHandle": "none"}]},
            {"Successful": [{"Id": "1"}], "Failed": [{"Id": "2", "Code": "ReceiptHandleIsInvalid"}]},
            _HELD,
            [_counts(0)],
        ),
        **_batch(lambda each: {"Id": each, "ReceiptHandle": "none"}),
    ),
    "sqs.ChangeMessageVisibility": Operation(
        Works({**_ORDERS, **_HANDLE, "VisibilityTimeout": 0}, given=_HELD, then=[_counts(1)]),
        MessageNotInflight="A message that is no longer hidden is hidden again; of one that is gone the handle is told.",
        ReceiptHandleIsInvalid=Fails({**_ORDERS, "ReceiptHandle": "none", "VisibilityTimeout": 0}, [_MADE]),
        **_of_queue({"ReceiptHandle": "none", "VisibilityTimeout": 0}),
    ),
    "sqs.ChangeMessageVisibilityBatch": Operation(
        Works(
            {**_ORDERS, "Entries": [{"Id": "1", **_HANDLE, "VisibilityTimeout": 0}]},
            {"Successful": [{"Id": "1"}]},
            _HELD,
            [_counts(1)],
        ),
        **_batch(lambda each: {"Id": each, "ReceiptHandle": "none", "VisibilityTimeout": 0}),
    ),
}

SQS: Table = {**_QUEUES, **_MESSAGES}
