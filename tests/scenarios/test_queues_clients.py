"""Queues with three unmodified clients, each of which checks the digests that it gets; and what topics put into them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.clients import client_of
from tests.scenarios.raw import Wire
from tests.scenarios.service import Service, wait_until

ATTRIBUTES = {
    "count": {"DataType": "Number", "StringValue": "7"},
    "greeting": {"DataType": "String", "StringValue": "Grüße ✉"},
}


@pytest.mark.parametrize("name", ["boto3", "awscli", "js"])
def test_messages_are_sent_received_and_deleted(name: str, service: Service, tmp_path: Path) -> None:
    with client_of(name, service, tmp_path) as client:
        made = client.call("sqs", "CreateQueue", QueueName="orders", Attributes={"VisibilityTimeout": "60"})
        url = made["QueueUrl"]
        assert url == f"{service.http}/000000000000/orders"
        sent = client.call(
            "sqs", "SendMessage", QueueUrl=url, MessageBody="Hello, Welt ✉", MessageAttributes=ATTRIBUTES
        )
        answer = client.call(
            "sqs",
            "ReceiveMessage",
            QueueUrl=url,
            WaitTimeSeconds=5,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        [found] = answer["Messages"]
        assert (found["Body"], found["MessageId"]) == ("Hello, Welt ✉", sent["MessageId"])
        assert found["MessageAttributes"] == ATTRIBUTES
        assert found["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
        assert found["Attributes"]["ApproximateReceiveCount"] == "1"
        client.call("sqs", "DeleteMessage", QueueUrl=url, ReceiptHandle=found["ReceiptHandle"])
        shown = client.call("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert shown["ApproximateNumberOfMessages"] == shown["ApproximateNumberOfMessagesNotVisible"] == "0"


def received(service: Service, url: str) -> list[dict[str, Any]]:
    answer = service.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20, MessageAttributeNames=["All"]
    )
    return list(answer.get("Messages", []))


def queue(service: Service, name: str) -> tuple[str, str]:
    """Its URL and ARN."""
    sqs = service.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, shown["Attributes"]["QueueArn"]


def test_what_is_published_to_a_topic_comes_out_of_the_queues_that_listen(service: Service) -> None:
    sns = service.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    (plain, plain_arn), (raw, raw_arn) = queue(service, "plain"), queue(service, "raw")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=plain_arn)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=raw_arn, Attributes={"RawMessageDelivery": "true"})
    sent = sns.publish(TopicArn=topic, Message="Hello.", Subject="About", MessageAttributes=ATTRIBUTES)
    [document] = [json.loads(each["Body"]) for each in wait_until(lambda: received(service, plain))]
    assert document["Type"] == "Notification"
    assert (document["MessageId"], document["TopicArn"]) == (sent["MessageId"], topic)
    assert (document["Message"], document["Subject"]) == ("Hello.", "About")
    assert document["MessageAttributes"]["count"] == {"Type": "Number", "Value": "7"}
    [bare] = wait_until(lambda: received(service, raw))
    assert (bare["Body"], bare["MessageAttributes"]) == ("Hello.", ATTRIBUTES)


def test_what_a_missing_queue_can_not_get_goes_to_the_dead_letter_queue(service: Service) -> None:
    sns, sqs = service.client("sns"), service.client("sqs")
    topic = sns.create_topic(Name="news")["TopicArn"]
    (gone, gone_arn), (dead, dead_arn) = queue(service, "gone"), queue(service, "dead")
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=gone_arn,
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn})},
    )
    sqs.delete_queue(QueueUrl=gone)
    sns.publish(TopicArn=topic, Message="Hello.")
    [letter] = wait_until(lambda: received(service, dead))
    assert json.loads(letter["Body"])["Message"] == "Hello."


def test_consumers_that_went_away_while_they_waited_take_no_messages_along(service: Service) -> None:
    url, _ = queue(service, "orders")
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
    headers = {"X-Amz-Target": "AmazonSQS.ReceiveMessage", "Content-Type": "application/x-amz-json-1.0"}
    for _ in range(20):
        wire = Wire(service.http)
        wire.connection.request("POST", "/", body, headers)
        wire.close()
    # One or the other may still be on its way out; if they stayed, they would take all of these.
    entries = [{"Id": str(number), "MessageBody": "Hello."} for number in range(10)]
    service.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    assert received(service, url)


def test_what_was_published_is_there_at_once_for_programs_under_test(service: Service) -> None:
    sqs, sns = service.client("sqs"), service.client("sns")
    url, arn = queue(service, "at-once")
    topic = sns.create_topic(Name="at-once")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    for number in range(10):
        sns.publish(TopicArn=topic, Message=f"number {number}")
        [found] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)["Messages"]
        assert json.loads(found["Body"])["Message"] == f"number {number}"
        sqs.delete_message(QueueUrl=url, ReceiptHandle=found["ReceiptHandle"])
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)
