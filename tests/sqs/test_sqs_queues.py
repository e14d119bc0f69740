"""Queues: made once, found by name and address, with attributes that are checked, and let in whom their owner lets in."""

import json
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.base.scope import Scope
from tests.sqs.queue_bench import HERE, HOST, Bench

STRANGER = Scope("999988887777", HERE.region)
ARN = f"arn:aws:sqs:{HERE.region}:{HERE.account}:"


def redrive(name: str = "dead", most: object = 3) -> str:
    return json.dumps({"deadLetterTargetArn": f"{ARN}{name}", "maxReceiveCount": most})


async def attributes(bench: Bench, url: str, *names: str) -> dict[str, str]:
    found = await bench.call("GetQueueAttributes", QueueUrl=url, AttributeNames=list(names))
    return dict(found.get("Attributes", {}))


async def test_the_address_is_that_of_the_host_that_was_asked(bench: Bench) -> None:
    url = await bench.queue("orders")
    assert url == f"http://{HOST}/{HERE.account}/orders"
    assert (await bench.call("GetQueueUrl", QueueName="orders"))["QueueUrl"] == url
    for other in (
        f"https://elsewhere.example/queue/{HERE.account}/orders/",
        f"/{HERE.account}/orders",
        "orders",
    ):
        assert (await attributes(bench, other, "QueueArn"))["QueueArn"] == f"{ARN}orders"


async def test_what_is_no_address_of_a_queue_is_refused(bench: Bench) -> None:
    for url in ("a b", "http://[", f"/{HERE.account}"):
        with pytest.raises(AwsError, match="is not valid for this endpoint") as refused:
            await attributes(bench, url, "All")
        assert refused.value.code == "InvalidAddress"
    for url in ("http://elsewhere", f"https://elsewhere/{HERE.account}", "http://x/1/orders"):
        with pytest.raises(AwsError, match="The specified queue does not exist"):
            await attributes(bench, url, "All")


async def test_a_new_queue_has_what_counts_where_nothing_is_set(bench: Bench) -> None:
    url = await bench.queue("orders")
    now = str(int(bench.clock.now()))
    assert await attributes(bench, url, "All") == {
        "QueueArn": f"{ARN}orders",
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "CreatedTimestamp": now,
        "LastModifiedTimestamp": now,
        "VisibilityTimeout": "30",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
    }
    assert await attributes(bench, url, "DelaySeconds", "Policy") == {"DelaySeconds": "0"}
    assert await attributes(bench, url) == {}


async def test_the_same_queue_is_made_twice_and_a_different_one_is_refused(bench: Bench) -> None:
    url = await bench.queue("orders", DelaySeconds="5")
    assert await bench.queue("orders") == url
    assert await bench.queue("orders", DelaySeconds="5", VisibilityTimeout="30") == url
    with pytest.raises(AwsError, match="a different value for attribute VisibilityTimeout") as refused:
        await bench.queue("orders", VisibilityTimeout="31")
    assert refused.value.code == "QueueNameExists"


@pytest.mark.parametrize(
    ("name", "given", "code", "text"),
    [
        ("a b", {}, "InvalidParameterValue", "Can only include alphanumeric"),
        ("x" * 81, {}, "InvalidParameterValue", "1 to 80 in length"),
        ("orders.fifo", {}, "InvalidParameterValue", "Can only include alphanumeric"),
        ("orders", {"FifoQueue": "true"}, "InvalidParameterValue", "must end with .fifo suffix"),
        ("orders", {"FifoQueue": "false"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
        ("orders", {"QueueArn": "x"}, "InvalidAttributeName", "Unknown Attribute QueueArn."),
        ("orders", {"VisibilityTimeout": "43201"}, "InvalidAttributeValue", "parameter VisibilityTimeout."),
        ("orders", {"DelaySeconds": "-1"}, "InvalidAttributeValue", "parameter DelaySeconds."),
        ("orders", {"DelaySeconds": "٣"}, "InvalidAttributeValue", "parameter DelaySeconds."),
        ("orders", {"MaximumMessageSize": "1023"}, "InvalidAttributeValue", "parameter MaximumMessageSize."),
        ("orders", {"Policy": "[]"}, "InvalidAttributeValue", "parameter Policy."),
        ("orders", {"Policy": '{"Statement": [[]]}'}, "InvalidAttributeValue", "parameter Policy."),
        ("orders", {"SqsManagedSseEnabled": "yes"}, "InvalidAttributeValue", "SqsManagedSseEnabled"),
        (
            "orders",
            {"SqsManagedSseEnabled": "true", "KmsMasterKeyId": "k"},
            "InvalidAttributeName",
            "one type of server-side encryption",
        ),
        ("orders", {"RedrivePolicy": "{"}, "InvalidParameterValue", "not a valid JSON map"),
        (
            "orders",
            {"RedrivePolicy": '{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}'},
            "InvalidParameterValue",
            "Reason: Invalid value for deadLetterTargetArn.",
        ),
        ("orders", {"RedrivePolicy": redrive()}, "InvalidParameterValue", "target does not exist"),
        ("orders", {"RedrivePolicy": redrive(most=0)}, "InvalidParameterValue", "from 1 to 1000"),
        ("orders", {"RedriveAllowPolicy": '{"redrivePermission":"x"}'}, "InvalidParameterValue", "format"),
    ],
)
async def test_what_no_queue_can_be_is_refused(
    bench: Bench, name: str, given: dict[str, str], code: str, text: str
) -> None:
    with pytest.raises(AwsError) as refused:
        await bench.queue(name, **given)
    assert refused.value.code == code
    assert text in (refused.value.message or "")
    assert await bench.rows("sqs_queue") == await bench.rows("sqs_heap") == 0


async def test_attributes_are_changed_and_documents_taken_away(bench: Bench) -> None:
    url = await bench.queue("orders", Policy='{"Statement": []}')
    bench.clock.step(60)
    given = {"DelaySeconds": "007", "Policy": "", "KmsMasterKeyId": "alias/mine"}
    await bench.call("SetQueueAttributes", QueueUrl=url, Attributes=given)
    found = await attributes(bench, url, "All")
    assert found["DelaySeconds"] == "7"
    assert "Policy" not in found
    assert (found["SqsManagedSseEnabled"], found["KmsDataKeyReusePeriodSeconds"]) == ("false", "300")
    assert int(found["LastModifiedTimestamp"]) - int(found["CreatedTimestamp"]) == 60


async def test_a_fifo_queue_stays_one(bench: Bench) -> None:
    url = await bench.queue("orders.fifo", FifoQueue="true")
    await bench.call("SetQueueAttributes", QueueUrl=url, Attributes={"FifoQueue": "true"})
    with pytest.raises(AwsError, match="Modifying queue type is not supported"):
        await bench.call("SetQueueAttributes", QueueUrl=url, Attributes={"FifoQueue": "false"})
    found = await attributes(bench, url, "All")
    assert (found["FifoQueue"], found["DeduplicationScope"], found["FifoThroughputLimit"]) == (
        "true",
        "queue",
        "perQueue",
    )


async def test_queues_are_listed_by_prefix_and_in_pages(bench: Bench) -> None:
    assert await bench.call("ListQueues") == {}
    for name in ("b-1", "a-2", "a-1", "a-3"):
        await bench.queue(name)
    await bench.call("CreateQueue", Scope(HERE.account, "eu-west-1"), QueueName="a-4")
    found = await bench.call("ListQueues", QueueNamePrefix="a-")
    assert [url.rpartition("/")[2] for url in found["QueueUrls"]] == ["a-1", "a-2", "a-3"]
    first = await bench.call("ListQueues", MaxResults=3)
    rest = await bench.call("ListQueues", MaxResults=3, NextToken=first["NextToken"])
    assert [url.rpartition("/")[2] for url in rest["QueueUrls"]] == ["b-1"]
    assert "NextToken" not in rest
    with pytest.raises(AwsError, match="next token"):
        await bench.call("ListQueues", NextToken="nonsense!")
    with pytest.raises(AwsError, match="between 1 and 1000"):
        await bench.call("ListQueues", MaxResults=1001)


async def test_a_deleted_queue_leaves_its_name_and_nothing_else(bench: Bench) -> None:
    url = await bench.queue("orders", VisibilityTimeout="1")
    await bench.send(url, "x")
    [held] = await bench.receive(url)
    await bench.call("DeleteQueue", QueueUrl=url)
    with pytest.raises(AwsError, match="The specified queue does not exist"):
        await bench.bodies(url)
    assert await bench.queue("orders", DelaySeconds="1") == url
    assert await bench.bodies(url) == []
    with pytest.raises(AwsError, match="is not a valid receipt handle"):
        await bench.delete(url, held)
    await bench.sweep()
    assert await bench.rows("sqs_message") == 0


async def test_dead_letters_go_to_their_queue(bench: Bench) -> None:
    dead = await bench.queue("dead")
    url = await bench.queue("orders", RedrivePolicy=redrive(most="2"), VisibilityTimeout="10")
    sent = await bench.send(url, "x", MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}})
    for _ in range(2):
        assert await bench.bodies(url) == ["x"]
        bench.clock.step(10)
    assert await bench.bodies(url) == []
    [letter] = await bench.receive(dead, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert letter["MessageId"] == sent["MessageId"]
    assert letter["MessageAttributes"]["a"]["StringValue"] == "b"
    assert letter["Attributes"]["DeadLetterQueueSourceArn"] == f"{ARN}orders"
    assert letter["Attributes"]["ApproximateReceiveCount"] == "1"
    assert int(letter["Attributes"]["SentTimestamp"]) == round(bench.clock.now() * 1000) - 20_000
    sources = await bench.call("ListDeadLetterSourceQueues", QueueUrl=dead)
    assert sources == {"queueUrls": [url]}
    assert await bench.call("ListDeadLetterSourceQueues", QueueUrl=url) == {"queueUrls": []}


async def test_messages_stay_where_their_dead_letter_queue_is_gone(bench: Bench) -> None:
    dead = await bench.queue("dead")
    url = await bench.queue("orders", RedrivePolicy=redrive(most=1), VisibilityTimeout="0")
    await bench.send(url, "x")
    await bench.call("DeleteQueue", QueueUrl=dead)
    for _ in range(3):
        assert await bench.bodies(url) == ["x"]


async def test_a_dead_letter_queue_says_whose_letters_it_takes(bench: Bench) -> None:
    await bench.queue("dead", RedriveAllowPolicy='{"redrivePermission":"denyAll"}')
    with pytest.raises(AwsError, match="does not allow this queue"):
        await bench.queue("orders", RedrivePolicy=redrive())
    sources = json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [f"{ARN}orders"]})
    await bench.call(
        "SetQueueAttributes",
        QueueUrl=f"/{HERE.account}/dead",
        Attributes={"RedriveAllowPolicy": sources},
    )
    await bench.queue("orders", RedrivePolicy=redrive())
    with pytest.raises(AwsError, match="does not allow this queue"):
        await bench.queue("others", RedrivePolicy=redrive())
    with pytest.raises(AwsError, match="must be same type"):
        await bench.queue("others.fifo", FifoQueue="true", RedrivePolicy=redrive())


async def test_how_often_is_a_number_however_it_was_given(bench: Bench) -> None:
    await bench.queue("dead")
    url = await bench.queue("orders", RedrivePolicy=redrive(most="3"))
    shown = json.loads((await attributes(bench, url, "RedrivePolicy"))["RedrivePolicy"])
    assert shown == json.loads(redrive())


async def test_tags_are_kept_changed_and_limited(bench: Bench) -> None:
    answer = await bench.call("CreateQueue", QueueName="orders", tags={"team": "shop"})
    url = answer["QueueUrl"]
    await bench.call("TagQueue", QueueUrl=url, Tags={"team": "mail", "empty": ""})
    assert (await bench.call("ListQueueTags", QueueUrl=url))["Tags"] == {"team": "mail", "empty": ""}
    await bench.call("UntagQueue", QueueUrl=url, TagKeys=["team", "unknown"])
    assert (await bench.call("ListQueueTags", QueueUrl=url))["Tags"] == {"empty": ""}
    with pytest.raises(AwsError, match="Too many tags"):
        await bench.call("TagQueue", QueueUrl=url, Tags={str(number): "" for number in range(51)})
    with pytest.raises(AwsError, match="must contain the parameter Tags"):
        await bench.call("TagQueue", QueueUrl=url, Tags={})
    with pytest.raises(AwsError, match="between 1 and 128 characters"):
        await bench.call("UntagQueue", QueueUrl=url, TagKeys=[])


async def test_permissions_are_statements_of_the_policy(bench: Bench) -> None:
    url = await bench.queue("orders")
    given: dict[str, Any] = {"QueueUrl": url, "Label": "others", "AWSAccountIds": [STRANGER.account]}
    await bench.call("AddPermission", **given, Actions=["SendMessage", "GetQueueUrl"])
    policy = json.loads((await attributes(bench, url, "Policy"))["Policy"])
    assert policy == {
        "Version": "2008-10-17",
        "Id": f"{ARN}orders/SQSDefaultPolicy",
        "Statement": [
            {
                "Sid": "others",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{STRANGER.account}:root"},
                "Action": ["SQS:SendMessage", "SQS:GetQueueUrl"],
                "Resource": f"{ARN}orders",
            }
        ],
    }
    with pytest.raises(AwsError, match="must contain the parameter Actions"):
        await bench.call("AddPermission", **given, Actions=[])
    with pytest.raises(AwsError, match="Unable to verify"):
        await bench.call("AddPermission", QueueUrl=url, Label="x", AWSAccountIds=[], Actions=["*"])
    with pytest.raises(AwsError, match="Already exists"):
        await bench.call("AddPermission", **given, Actions=["*"])
    with pytest.raises(AwsError, match="Only the queue owner"):
        await bench.call("AddPermission", **{**given, "Label": "x"}, Actions=["DeleteQueue"])
    await bench.call("RemovePermission", QueueUrl=url, Label="others")
    assert await attributes(bench, url, "Policy") == {}
    with pytest.raises(AwsError, match="can't find label"):
        await bench.call("RemovePermission", QueueUrl=url, Label="others")


async def test_strangers_get_in_only_where_the_policy_lets_them(bench: Bench) -> None:
    url = await bench.queue("orders")

    async def refused(operation: str, **parameters: Any) -> None:
        with pytest.raises(AwsError, match="is denied") as denied:
            await bench.call(operation, STRANGER, **parameters)
        assert (denied.value.code, denied.value.status) == ("AccessDenied", 403)

    await refused("SendMessage", QueueUrl=url, MessageBody="x")
    await refused("SendMessage", QueueUrl=f"/{HERE.account}/not-there", MessageBody="x")
    await bench.call(
        "AddPermission",
        QueueUrl=url,
        Label="others",
        AWSAccountIds=[STRANGER.account],
        Actions=["SendMessage", "GetQueueUrl"],
    )
    await bench.call("SendMessage", STRANGER, QueueUrl=url, MessageBody="x")
    found = await bench.call("GetQueueUrl", STRANGER, QueueName="orders", QueueOwnerAWSAccountId=HERE.account)
    assert found["QueueUrl"] == url
    await refused("ReceiveMessage", QueueUrl=url)
    everything = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    await bench.call(
        "SetQueueAttributes", QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": everything})}
    )
    await bench.call("ReceiveMessage", STRANGER, QueueUrl=url)
    await refused("DeleteQueue", QueueUrl=url)
    await refused("SetQueueAttributes", QueueUrl=url, Attributes={"DelaySeconds": "1"})
