"""Topics with unmodified clients, from making one to what its subscribers read."""

import json
from pathlib import Path

import pytest

from tests.scenarios.clients import Client, client_of
from tests.scenarios.service import Service, wait_until

POLICY = json.dumps({"colour": ["red", {"prefix": "dark"}], "size": [{"numeric": [">=", 1, "<", 10]}]})


@pytest.mark.parametrize("name", ["boto3", "awscli", "js"])
def test_what_matches_a_filter_policy_is_read_from_the_queue(
    name: str, service: Service, tmp_path: Path
) -> None:
    with client_of(name, service, tmp_path) as client:
        use(client)


def use(client: Client) -> None:
    tags = [{"Key": "team", "Value": "shop"}]
    topic = client.call("sns", "CreateTopic", Name="news", Attributes={"DisplayName": "News"}, Tags=tags)[
        "TopicArn"
    ]
    queue = client.call("sqs", "CreateQueue", QueueName="readers")["QueueUrl"]
    arn = topic.replace(":sns:", ":sqs:").replace(":news", ":readers")
    subscription = client.call(
        "sns",
        "Subscribe",
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"FilterPolicy": POLICY},
    )["SubscriptionArn"]
    for colour, size in (("green", "5"), ("red", "10"), ("dark red", "9.5")):
        published = client.call(
            "sns",
            "Publish",
            TopicArn=topic,
            Message=f"{colour}, {size}: ✉",
            Subject="A colour",
            MessageAttributes={
                "colour": {"DataType": "String", "StringValue": colour},
                "size": {"DataType": "Number", "StringValue": size},
            },
        )
    [message] = (
        wait_until(
            lambda: client.call("sqs", "ReceiveMessage", QueueUrl=queue, WaitTimeSeconds=20).get("Messages")
        )
        or []
    )
    body = json.loads(message["Body"])
    assert (body["Message"], body["Subject"]) == ("dark red, 9.5: ✉", "A colour")
    assert (body["MessageId"], body["TopicArn"]) == (published["MessageId"], topic)
    assert body["MessageAttributes"]["size"] == {"Type": "Number", "Value": "9.5"}

    shown = client.call("sns", "GetSubscriptionAttributes", SubscriptionArn=subscription)["Attributes"]
    assert json.loads(shown["FilterPolicy"]) == json.loads(POLICY)
    [listed] = client.call("sns", "ListSubscriptionsByTopic", TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == subscription
    assert client.call("sns", "ListTagsForResource", ResourceArn=topic)["Tags"] == tags
    client.call("sns", "Unsubscribe", SubscriptionArn=subscription)
    client.call("sns", "DeleteTopic", TopicArn=topic)
    assert client.call("sns", "ListTopics")["Topics"] == []
