"""The query protocol of older SDKs: forms to the endpoint or to a queue's own address, XML as they read it."""

import hashlib

import pytest

from tests.sqs.queue_bench import HERE, Bench, Query, elements

PATH = f"/{HERE.account}/orders"


@pytest.fixture
async def query(bench: Bench) -> Query:
    await bench.queue("orders")
    return Query(bench)


async def test_a_message_goes_through_a_queues_own_address(query: Query) -> None:
    sent = await query.post(
        PATH,
        Action="SendMessage",
        MessageBody="a & b",
        MessageAttribute__1__Name="count",
        MessageAttribute__1__Value__DataType="Number",
        MessageAttribute__1__Value__StringValue="7",
    )
    assert sent.status == 200
    assert elements(sent, "MD5OfMessageBody") == [hashlib.md5(b"a & b").hexdigest()]
    found = await query.post(
        PATH, Action="ReceiveMessage", AttributeName__1="All", MessageAttributeName__1="All"
    )
    assert elements(found, "Body") == ["a &amp; b"]
    assert elements(found, "MessageId") == elements(sent, "MessageId")
    assert elements(found, "Name") == [
        *("SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp", "count")
    ]
    [handle] = elements(found, "ReceiptHandle")
    gone = await query.post(
        "/",
        Action="DeleteMessageBatch",
        QueueUrl=f"http://elsewhere{PATH}",
        DeleteMessageBatchRequestEntry__1__Id="one",
        DeleteMessageBatchRequestEntry__1__ReceiptHandle=handle,
        DeleteMessageBatchRequestEntry__2__Id="two",
        DeleteMessageBatchRequestEntry__2__ReceiptHandle="none",
    )
    assert b"<DeleteMessageBatchResultEntry><Id>one</Id></DeleteMessageBatchResultEntry>" in gone.body
    assert b"<BatchResultErrorEntry><Id>two</Id><SenderFault>true</SenderFault>" in gone.body
    assert elements(gone, "Code") == ["ReceiptHandleIsInvalid"]


async def test_attributes_of_messages_are_asked_for_one_by_one_by_the_old_name_too(query: Query) -> None:
    await query.post(PATH, Action="SendMessage", MessageBody="x")
    found = await query.post(PATH, Action="ReceiveMessage", AttributeName__1="ApproximateReceiveCount")
    assert (elements(found, "Name"), elements(found, "Value")) == (["ApproximateReceiveCount"], ["1"])


@pytest.mark.parametrize("action", ["ReceiveMessage", "GetQueueAttributes"])
async def test_an_unknown_attribute_is_told_by_its_name(query: Query, action: str) -> None:
    known = "All" if action == "ReceiveMessage" else "QueueArn"
    answer = await query.post(PATH, Action=action, AttributeName__1=known, AttributeName__2="Colour")
    assert elements(answer, "Message") == ["Unknown Attribute Colour."]
    assert elements(answer, "Code") == ["InvalidAttributeName"]


async def test_batches_are_sent_and_their_entries_named_by_type(query: Query) -> None:
    answer = await query.post(
        PATH,
        Action="SendMessageBatch",
        SendMessageBatchRequestEntry__1__Id="a",
        SendMessageBatchRequestEntry__1__MessageBody="x",
        SendMessageBatchRequestEntry__2__Id="b",
        SendMessageBatchRequestEntry__2__MessageBody="y",
    )
    assert elements(answer, "Id") == ["a", "b"]
    assert answer.body.count(b"<SendMessageBatchResultEntry>") == 2


async def test_queues_are_made_with_attributes_and_tags(query: Query) -> None:
    made = await query.post(
        "/",
        Action="CreateQueue",
        QueueName="more",
        Attribute__1__Name="DelaySeconds",
        Attribute__1__Value="5",
        Tag__1__Key="team",
        Tag__1__Value="shop",
    )
    [url] = elements(made, "QueueUrl")
    assert url == f"http://queues.example:4566/{HERE.account}/more"
    shown = await query.post(
        f"/{HERE.account}/more", Action="GetQueueAttributes", AttributeName__1="DelaySeconds"
    )
    assert b"<Attribute><Name>DelaySeconds</Name><Value>5</Value></Attribute>" in shown.body
    tags = await query.post(f"/{HERE.account}/more", Action="ListQueueTags")
    assert b"<Tag><Key>team</Key><Value>shop</Value></Tag>" in tags.body
    listed = await query.post("/", Action="ListQueues")
    assert len(elements(listed, "QueueUrl")) == 2


async def test_an_operation_without_a_result_has_none(query: Query) -> None:
    answer = await query.post(PATH, Action="PurgeQueue")
    assert answer.status == 200
    assert b"PurgeQueueResult" not in answer.body
    assert answer.body.startswith(b'<PurgeQueueResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">')


@pytest.mark.parametrize(
    ("path", "fields", "status", "code"),
    [
        (
            f"/{HERE.account}/none",
            {"Action": "ReceiveMessage"},
            400,
            "AWS.SimpleQueueService.NonExistentQueue",
        ),
        (PATH, {"Action": "SendMessage"}, 400, "MissingParameter"),
        (PATH, {"Action": "DeleteMessage", "ReceiptHandle": "none"}, 404, "ReceiptHandleIsInvalid"),
        (PATH, {"Action": "SendMessageBatch"}, 400, "AWS.SimpleQueueService.EmptyBatchRequest"),
        (PATH, {"Action": "GetQueueAttributes", "AttributeName.1": "Colour"}, 400, "InvalidAttributeName"),
        (PATH, {"Action": "Nothing"}, 400, "InvalidAction"),
        (PATH, {}, 400, "MissingAction"),
        ("/", {"Action": "StartMessageMoveTask", "SourceArn": "x"}, 400, "InvalidAction"),
        ("/999988887777/orders", {"Action": "ReceiveMessage"}, 403, "AccessDenied"),
    ],
)
async def test_errors_have_the_codes_that_clients_know(
    query: Query, path: str, fields: dict[str, str], status: int, code: str
) -> None:
    answer = await query.post(path, **{name.replace(".", "__"): value for name, value in fields.items()})
    assert (answer.status, elements(answer, "Code")) == (status, [code])
