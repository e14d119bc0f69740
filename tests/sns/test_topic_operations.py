"""Topics by the API: making, listing, attributes, tags, and who else may use them."""

import json
from typing import Any

import pytest

from mailgauge.base.scope import Scope
from tests.sns.topic_client import HERE, TOPIC, Client

STRANGER = Scope("999988887777", HERE.region)
DEFAULT_RETRIES = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}


async def test_a_new_topic_has_the_attributes_that_sns_gives_it(client: Client) -> None:
    assert await client.topic() == TOPIC
    found = await client.attributes()
    policy, effective = json.loads(found.pop("Policy")), json.loads(found.pop("EffectiveDeliveryPolicy"))
    assert found == {
        "TopicArn": TOPIC,
        "Owner": HERE.account,
        "DisplayName": "",
        "SubscriptionsConfirmed": "0",
        "SubscriptionsPending": "0",
        "SubscriptionsDeleted": "0",
    }
    assert policy["Id"] == "__default_policy_ID"
    assert policy["Statement"][0]["Condition"] == {"StringEquals": {"AWS:SourceOwner": HERE.account}}
    assert effective["http"]["defaultHealthyRetryPolicy"] == DEFAULT_RETRIES


async def test_making_a_topic_again_gives_the_same_one(client: Client) -> None:
    await client.topic(DisplayName="News")
    assert await client.topic() == TOPIC
    assert await client.topic(DisplayName="News") == TOPIC
    assert await client.topic(SignatureVersion="1") == TOPIC
    refused = await client.refusal("CreateTopic", Name="news", Attributes={"DisplayName": "Other"})
    assert refused == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    )
    refused = await client.refusal("CreateTopic", Name="news", Tags=[{"Key": "a", "Value": "b"}])
    assert refused == (
        "InvalidParameter",
        "Invalid parameter: Tags Reason: Topic already exists with different tags",
    )


@pytest.mark.parametrize("name", ["", "two words", "news.fifo", "ö", "x" * 257])
async def test_names_of_topics(client: Client, name: str) -> None:
    assert await client.refusal("CreateTopic", Name=name) == (
        "InvalidParameter",
        "Invalid parameter: Topic Name",
    )


@pytest.mark.parametrize("name", ["news", ".fifo", "two words.fifo", f"{'x' * 252}.fifo"])
async def test_names_of_fifo_topics(client: Client, name: str) -> None:
    code, text = await client.refusal("CreateTopic", Name=name, Attributes={"FifoTopic": "true"})
    assert code == "InvalidParameter"
    assert text.startswith("Invalid parameter: Fifo Topic names must end with .fifo")


async def test_topics_are_listed_a_hundred_at_a_time(client: Client) -> None:
    names = sorted(f"topic-{number}" for number in range(150))
    for name in names:
        await client.topic(name)
    first = await client.call("ListTopics")
    second = await client.call("ListTopics", NextToken=first["NextToken"])
    assert "NextToken" not in second
    found = [each["TopicArn"].rpartition(":")[2] for each in [*first["Topics"], *second["Topics"]]]
    assert (len(first["Topics"]), found) == (100, names)


async def test_a_topic_that_is_gone_is_gone_with_its_subscriptions(client: Client) -> None:
    await client.topic()
    await client.subscribe()
    await client.call("Publish", TopicArn=TOPIC, Message="never read")
    await client.call("DeleteTopic", TopicArn=TOPIC)
    await client.call("DeleteTopic", TopicArn=TOPIC)
    assert (await client.call("ListSubscriptions"))["Subscriptions"] == []
    await client.topic()
    assert await client.notified() == []
    assert (await client.attributes())["SubscriptionsConfirmed"] == "0"


@pytest.mark.parametrize(
    ("arn", "code", "text"),
    [
        (f"{TOPIC}x", "NotFound", "Topic does not exist"),
        ("news", "InvalidParameter", "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"),
        ("arn:aws:sqs:us-east-1:111122223333:news", "InvalidParameter", "Invalid parameter: TopicArn"),
        ("arn:aws:sns:eu-west-1:111122223333:news", "InvalidParameter", "Invalid parameter: TopicArn"),
    ],
)  # fmt: skip
async def test_topics_that_are_not_there(client: Client, arn: str, code: str, text: str) -> None:
    assert await client.refusal("GetTopicAttributes", TopicArn=arn) == (code, text)
    assert await client.refusal("Publish", TopicArn=arn, Message="x") == (code, text)
    assert await client.refusal("Subscribe", TopicArn=arn, Protocol="sqs") == (code, text)


async def set_attribute(client: Client, name: str, value: str) -> None:
    await client.call("SetTopicAttributes", TopicArn=TOPIC, AttributeName=name, AttributeValue=value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DisplayName", "News"),
        ("SignatureVersion", "2"),
        ("TracingConfig", "Active"),
        ("KmsMasterKeyId", "alias/aws/sns"),
        ("HTTPSuccessFeedbackSampleRate", "50"),
    ],
)
async def test_attributes_are_kept_and_shown(client: Client, name: str, value: str) -> None:
    await client.topic()
    await set_attribute(client, name, value)
    assert (await client.attributes())[name] == value


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (
            '{"http":{"defaultHealthyRetryPolicy":{"numRetries":5}}}',
            '{"http":{"defaultHealthyRetryPolicy":{"numRetries":5},"disableSubscriptionOverrides":false}}',
        ),
        (
            '{"http":{"defaultHealthyRetryPolicy":null}}',
            '{"http":{"disableSubscriptionOverrides":false}}',
        ),
        ('{"http":null}', None),
    ],
)
async def test_a_delivery_policy_is_shown_with_what_it_says_and_nothing_else(
    client: Client, given: str, shown: str | None
) -> None:
    await client.topic()
    await set_attribute(client, "DeliveryPolicy", given)
    assert (await client.attributes()).get("DeliveryPolicy") == shown


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Colour", "red", "AttributeName"),
        ("FifoTopic", "true", "AttributeName"),
        ("ContentBasedDeduplication", "true", "ContentBasedDeduplication"),
        ("SignatureVersion", "3", "SignatureVersion"),
        ("TracingConfig", "On", "TracingConfig"),
        ("DisplayName", "x" * 101, "DisplayName Reason: must be at most 100 characters long"),
        ("Policy", "", "Policy failed to parse JSON."),
        ("Policy", '{"Statement":{"Effect":"Allow","Principal":"*","Action":"sns:*"}}', "Policy statement action out of service scope!"),
        ("DeliveryPolicy", "{", "DeliveryPolicy: failed to parse JSON."),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"numRetries":101}}}', "DeliveryPolicy: numRetries must be between 0 and 100"),
        ("DeliveryPolicy", '{"http":{"defaultRequestPolicy":{"headerContentType":"text/plain\\r\\nX: y"}}}', "DeliveryPolicy: headerContentType must be a media type"),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"maxDelayTarget":5}}}', "DeliveryPolicy: maxDelayTarget must be greater than or equal to minDelayTarget"),
    ],
)  # fmt: skip
async def test_attributes_that_are_refused(client: Client, name: str, value: str, text: str) -> None:
    await client.topic()
    refused = await client.refusal(
        "SetTopicAttributes", TopicArn=TOPIC, AttributeName=name, AttributeValue=value
    )
    assert refused == ("InvalidParameter", f"Invalid parameter: {text}")


async def test_a_delivery_policy_is_in_force_over_the_defaults(client: Client) -> None:
    await client.topic()
    retries = {"numRetries": 7, "maxDelayTarget": 60}
    await set_attribute(
        client, "DeliveryPolicy", json.dumps({"http": {"defaultHealthyRetryPolicy": retries}})
    )
    effective = json.loads((await client.attributes())["EffectiveDeliveryPolicy"])
    assert effective["http"]["defaultHealthyRetryPolicy"] == {**DEFAULT_RETRIES, **retries}
    await set_attribute(client, "DeliveryPolicy", "")
    assert "DeliveryPolicy" not in await client.attributes()


async def tags(client: Client) -> Any:
    return (await client.call("ListTagsForResource", ResourceArn=TOPIC))["Tags"]


async def test_tags(client: Client) -> None:
    one, two = {"Key": "one", "Value": "1"}, {"Key": "two", "Value": "2"}
    await client.call("CreateTopic", Name="news", Tags=[one, two])
    assert await tags(client) == [one, two]
    await client.call("UntagResource", ResourceArn=TOPIC, TagKeys=["one", "none"])
    assert await tags(client) == [two]
    await client.call("TagResource", ResourceArn=TOPIC, Tags=[{"Key": "two", "Value": "3"}])
    assert await tags(client) == [{"Key": "two", "Value": "3"}]
    refused = await client.refusal("TagResource", ResourceArn=TOPIC, Tags=[one, one])
    assert refused == ("InvalidParameter", "Invalid parameter: Duplicated keys are not allowed.")
    many = [{"Key": str(number), "Value": ""} for number in range(50)]
    assert (await client.refusal("TagResource", ResourceArn=TOPIC, Tags=many))[0] == "TagLimitExceeded"
    refused = await client.refusal("TagResource", ResourceArn=f"{TOPIC}x", Tags=[one])
    assert refused == ("ResourceNotFound", "Resource does not exist")


async def allow(client: Client, *actions: str, label: str = "friends") -> None:
    await client.call(
        "AddPermission",
        TopicArn=TOPIC,
        Label=label,
        AWSAccountId=[STRANGER.account],
        ActionName=list(actions),
    )


async def test_other_accounts_get_in_by_permission_and_out_without(client: Client) -> None:
    stranger = client.by(STRANGER)
    await client.topic()
    assert (await stranger.refusal("Publish", TopicArn=TOPIC, Message="x"))[0] == "AuthorizationError"
    await allow(client, "Publish")
    await stranger.call("Publish", TopicArn=TOPIC, Message="x")
    assert (await stranger.refusal("GetTopicAttributes", TopicArn=TOPIC))[0] == "AuthorizationError"
    await client.call("RemovePermission", TopicArn=TOPIC, Label="friends")
    code, text = await stranger.refusal("Publish", TopicArn=TOPIC, Message="x")
    assert code == "AuthorizationError"
    assert text.endswith("because no resource-based policy allows the SNS:Publish action")


async def test_whether_another_account_has_a_topic_is_not_told(client: Client) -> None:
    stranger = client.by(STRANGER)
    before = await stranger.refusal("GetTopicAttributes", TopicArn=TOPIC)
    await client.topic()
    assert await stranger.refusal("GetTopicAttributes", TopicArn=TOPIC) == before


async def test_permissions_are_statements_of_the_policy(client: Client) -> None:
    await client.topic()
    await allow(client, "Publish")
    statement = json.loads((await client.attributes())["Policy"])["Statement"][-1]
    assert statement == {
        "Sid": "friends",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{STRANGER.account}:root"},
        "Action": "SNS:Publish",
        "Resource": TOPIC,
    }
    given: dict[str, Any] = {"TopicArn": TOPIC, "AWSAccountId": [STRANGER.account]}
    again = await client.refusal("AddPermission", Label="friends", ActionName=["Publish"], **given)
    assert again == ("InvalidParameter", "Invalid parameter: Statement already exists")
    beyond = await client.refusal("AddPermission", Label="others", ActionName=["Unsubscribe"], **given)
    assert beyond == ("InvalidParameter", "Invalid parameter: Policy statement action out of service scope!")
    await client.call("RemovePermission", TopicArn=TOPIC, Label="nobody")
