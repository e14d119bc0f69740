"""Messages: kept until they are deleted, one consumer at a time, and back again when a consumer says nothing."""

import asyncio
import hashlib
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from tests.sqs.queue_bench import Bench

ATTRIBUTES: dict[str, Any] = {
    "count": {"DataType": "Number.int", "StringValue": "7"},
    "name": {"DataType": "String", "StringValue": "Grüße"},
    "picture": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
}


async def test_a_message_comes_as_it_was_sent(bench: Bench) -> None:
    url = await bench.queue("orders")
    sent = await bench.send(url, "Grüße ✉", MessageAttributes=ATTRIBUTES)
    [found] = await bench.receive(url, MessageAttributeNames=["All"])
    assert found["Body"] == "Grüße ✉"
    assert found["MessageAttributes"] == ATTRIBUTES
    assert found["MessageId"] == sent["MessageId"]
    assert found["MD5OfBody"] == sent["MD5OfMessageBody"] == hashlib.md5("Grüße ✉".encode()).hexdigest()
    assert found["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]


async def test_only_attributes_that_are_asked_for_come(bench: Bench) -> None:
    url = await bench.queue("orders", VisibilityTimeout="0")
    await bench.send(url, "x", MessageAttributes=ATTRIBUTES)
    [bare] = await bench.receive(url)
    assert not bare.keys() & {"MessageAttributes", "MD5OfMessageAttributes", "Attributes"}
    [some] = await bench.receive(url, MessageAttributeNames=["na.*", "missing"])
    assert some["MessageAttributes"].keys() == {"name"}
    [system] = await bench.receive(url, MessageSystemAttributeNames=["ApproximateReceiveCount"])
    assert system["Attributes"] == {"ApproximateReceiveCount": "3"}


async def test_system_attributes_tell_who_sent_it_and_when(bench: Bench) -> None:
    url = await bench.queue("orders")
    sent = str(round(bench.clock.now() * 1000))
    await bench.send(
        url, "x", MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}}
    )
    bench.clock.step(5)
    [found] = await bench.receive(url, AttributeNames=["All"])
    assert found["Attributes"] == {
        "SenderId": "111122223333",
        "SentTimestamp": sent,
        "ApproximateReceiveCount": "1",
        "ApproximateFirstReceiveTimestamp": str(int(sent) + 5000),
        "AWSTraceHeader": "Root=1",
    }


async def test_a_received_message_is_hidden_until_its_visibility_timeout_ends(bench: Bench) -> None:
    url = await bench.queue("orders", VisibilityTimeout="30")
    await bench.send(url, "x")
    assert await bench.bodies(url) == ["x"]
    bench.clock.step(29.9)
    assert await bench.bodies(url) == []
    assert await bench.counts(url) == (0, 1, 0)
    bench.clock.step(0.1)
    assert await bench.bodies(url, VisibilityTimeout=5) == ["x"]
    bench.clock.step(5)
    assert await bench.counts(url) == (1, 0, 0)


async def test_a_deleted_message_never_comes_back(bench: Bench) -> None:
    url = await bench.queue("orders")
    await bench.send(url, "x")
    [found] = await bench.receive(url)
    await bench.delete(url, found)
    await bench.delete(url, found)
    bench.clock.step(3600)
    assert await bench.bodies(url) == []
    assert await bench.rows("sqs_body") == 0


async def test_older_handles_count_too(bench: Bench) -> None:
    url = await bench.queue("orders", VisibilityTimeout="1")
    await bench.send(url, "x")
    [first] = await bench.receive(url)
    bench.clock.step(1)
    [second] = await bench.receive(url, VisibilityTimeout=60)
    assert first["ReceiptHandle"] != second["ReceiptHandle"]
    await bench.call(
        "ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0
    )
    assert await bench.bodies(url) == ["x"]
    await bench.delete(url, first)
    assert await bench.counts(url) == (0, 0, 0)
    await bench.delete(url, second)


async def test_the_oldest_message_comes_first_also_when_it_was_received_before(bench: Bench) -> None:
    url = await bench.queue("orders", VisibilityTimeout="3")
    await bench.send(url, "first")
    assert await bench.bodies(url) == ["first"]
    bench.clock.step(1)
    await bench.send(url, "second")
    assert await bench.counts(url) == (1, 1, 0)
    bench.clock.step(3)
    assert await bench.bodies(url, 1) == ["first"]
    assert await bench.bodies(url, 1) == ["second"]


async def test_a_handle_fits_no_other_queue_and_no_guess_fits(bench: Bench) -> None:
    url, other = await bench.queue("orders"), await bench.queue("others")
    await bench.send(url, "x")
    [found] = await bench.receive(url)
    altered = found["ReceiptHandle"][:-6] + "AAAAAA"
    for handle in ("garbage", "", "A" * 54, found["ReceiptHandle"][:-1], altered):
        with pytest.raises(AwsError, match="is not a valid receipt handle") as refused:
            await bench.delete(url, {"ReceiptHandle": handle})
        assert refused.value.code == "ReceiptHandleIsInvalid"
    with pytest.raises(AwsError, match="is not a valid receipt handle"):
        await bench.delete(other, found)
    assert await bench.counts(url) == (0, 1, 0)


async def test_delayed_messages_wait(bench: Bench) -> None:
    url = await bench.queue("orders", DelaySeconds="10")
    await bench.send(url, "by the queue")
    await bench.send(url, "at once", DelaySeconds=0)
    await bench.send(url, "later", DelaySeconds=20)
    assert await bench.counts(url) == (1, 0, 2)
    assert await bench.bodies(url) == ["at once"]
    bench.clock.step(10)
    assert await bench.bodies(url) == ["by the queue"]
    bench.clock.step(10)
    assert await bench.bodies(url) == ["later"]


async def test_visibility_is_changed_and_given_back(bench: Bench) -> None:
    url = await bench.queue("orders", VisibilityTimeout="30")
    await bench.send(url, "x")
    [found] = await bench.receive(url)
    handle = found["ReceiptHandle"]
    await bench.call("ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=600)
    bench.clock.step(599)
    assert await bench.bodies(url) == []
    await bench.call("ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    assert await bench.bodies(url) == ["x"]
    with pytest.raises(AwsError, match="Must be between 0 and 43200"):
        await bench.call(
            "ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=43_201
        )
    await bench.delete(url, found)
    with pytest.raises(AwsError, match="Message does not exist or is not available") as refused:
        await bench.call("ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=100)
    assert refused.value.code == "InvalidParameterValue"


async def test_nobody_hides_a_message_for_more_than_twelve_hours(bench: Bench) -> None:
    url = await bench.queue("orders")
    await bench.send(url, "x")
    [found] = await bench.receive(url, VisibilityTimeout=43_200)
    bench.clock.step(60)
    with pytest.raises(AwsError, match="beyond the limit"):
        await bench.call(
            "ChangeMessageVisibility",
            QueueUrl=url,
            ReceiptHandle=found["ReceiptHandle"],
            VisibilityTimeout=43_200,
        )


async def test_messages_expire(bench: Bench) -> None:
    url = await bench.queue("orders", MessageRetentionPeriod="60")
    await bench.send(url, "old")
    bench.clock.step(30)
    await bench.send(url, "new")
    bench.clock.step(30)
    assert await bench.bodies(url, VisibilityTimeout=0) == ["new"]
    bench.clock.step(60)
    await bench.sweep()
    assert await bench.rows("sqs_message") == await bench.rows("sqs_body") == 0


async def test_a_shorter_retention_counts_for_messages_that_are_there(bench: Bench) -> None:
    url = await bench.queue("orders")
    await bench.send(url, "x")
    bench.clock.step(100)
    await bench.call("SetQueueAttributes", QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    await bench.sweep()
    assert await bench.counts(url) == (0, 0, 0)


async def test_a_purge_takes_everything_and_nothing_that_comes_after(bench: Bench) -> None:
    url = await bench.queue("orders", VisibilityTimeout="0")
    for number in range(250):
        await bench.send(url, str(number), DelaySeconds=number % 3)
    [held] = await bench.receive(url, 1)
    await bench.call("PurgeQueue", QueueUrl=url)
    await bench.send(url, "after")
    assert await bench.counts(url) == (1, 0, 0)
    await bench.delete(url, held)
    await bench.sweep()
    assert await bench.rows("sqs_body") == 1
    assert await bench.rows("sqs_heap") == 1
    assert await bench.bodies(url) == ["after"]


async def test_a_batch_tells_of_each_entry(bench: Bench) -> None:
    url = await bench.queue("orders", MaximumMessageSize="1024")
    entries = [
        {"Id": "good", "MessageBody": "x"},
        {"Id": "bad", "MessageBody": "\x07"},
        {"Id": "long", "MessageBody": "y" * 1025},
        {"Id": "late", "MessageBody": "z", "DelaySeconds": 901},
    ]
    answer = await bench.call("SendMessageBatch", QueueUrl=url, Entries=entries)
    assert [each["Id"] for each in answer["Successful"]] == ["good"]
    failed = {each["Id"]: (each["Code"], each["SenderFault"]) for each in answer["Failed"]}
    assert failed == {
        "bad": ("InvalidMessageContents", True),
        "long": ("InvalidParameterValue", True),
        "late": ("InvalidParameterValue", True),
    }
    [found] = await bench.receive(url)
    gone = [{"Id": "1", "ReceiptHandle": found["ReceiptHandle"]}, {"Id": "2", "ReceiptHandle": "none"}]
    answer = await bench.call("DeleteMessageBatch", QueueUrl=url, Entries=gone)
    assert answer["Successful"] == [{"Id": "1"}]
    assert [each["Code"] for each in answer["Failed"]] == ["ReceiptHandleIsInvalid"]


@pytest.mark.parametrize(
    ("entries", "code", "text"),
    [
        ([], "EmptyBatchRequest", "at least one SendMessageBatchRequestEntry"),
        ([("a", "x")] * 11, "TooManyEntriesInBatchRequest", "You have sent 11"),
        ([("a b", "x")], "InvalidBatchEntryId", "at most 80"),
        ([("a", "x"), ("a", "y")], "BatchEntryIdsNotDistinct", "Id a repeated"),
        (
            [("a", "x" * 600_000), ("b", "y" * 600_000)],
            "BatchRequestTooLong",
            "longer than 1048576 bytes. You have sent 1200000",
        ),
    ],
)
async def test_a_batch_that_is_wrong_as_a_whole_is_refused(
    bench: Bench, entries: list[tuple[str, str]], code: str, text: str
) -> None:
    url = await bench.queue("orders")
    made = [{"Id": name, "MessageBody": body} for name, body in entries]
    with pytest.raises(AwsError, match=text) as refused:
        await bench.call("SendMessageBatch", QueueUrl=url, Entries=made)
    assert refused.value.code == code
    assert await bench.counts(url) == (0, 0, 0)


async def test_many_consumers_share_the_messages(bench: Bench) -> None:
    url = await bench.queue("orders")
    for at in range(20):
        entries = [{"Id": str(number), "MessageBody": f"{at}-{number}"} for number in range(10)]
        await bench.call("SendMessageBatch", QueueUrl=url, Entries=entries)
    found = await asyncio.gather(*(bench.bodies(url, 7) for _ in range(40)))
    bodies = [body for each in found for body in each]
    assert len(bodies) == len(set(bodies)) == 200


async def test_messages_outlive_the_process(bench: Bench) -> None:
    url = await bench.queue("orders", VisibilityTimeout="30")
    await bench.send(url, "received")
    await bench.receive(url)
    await bench.send(url, "waiting")
    again = Bench.open(bench.store._path.parent)
    try:
        again.clock.step(29)
        assert await again.bodies(url) == ["waiting"]
        again.clock.step(1)
        assert await again.bodies(url) == ["received", "waiting"] or await again.counts(url) == (0, 2, 0)
    finally:
        again.store.close()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("a b", {"DataType": "String", "StringValue": "x"}, "Attribute name can contain"),
        ("AWS.x", {"DataType": "String", "StringValue": "x"}, "can not start with AWS. or Amazon."),
        (".x", {"DataType": "String", "StringValue": "x"}, "Attribute name can contain"),
        ("x", {"DataType": "", "StringValue": "x"}, "non-empty message attribute type"),
        ("x", {"DataType": "Text", "StringValue": "x"}, "supported type prefixes"),
        ("x", {"DataType": "String", "StringValue": ""}, "must contain a non-empty value of type 'String'"),
        ("x", {"DataType": "Binary", "BinaryValue": b""}, "must contain a non-empty value of type 'Binary'"),
        ("x", {"DataType": "Number", "StringValue": "ten"}, "to a number"),
        ("x", {"DataType": "String", "StringValue": "\x08"}, "Invalid binary character '#x8'"),
    ],
)
async def test_what_is_no_attribute_is_refused(
    bench: Bench, name: str, value: dict[str, Any], text: str
) -> None:
    url = await bench.queue("orders")
    with pytest.raises(AwsError) as refused:
        await bench.send(url, "x", MessageAttributes={name: value})
    assert refused.value.code == "InvalidParameterValue"
    assert text in (refused.value.message or "")
    await bench.send(url, "x", MessageAttributes={"attr.1øßä": {"DataType": "String", "StringValue": "x"}})
