"""Subscriptions by the API: who is confirmed at once, confirmation by token, attributes, lists, ends."""

import json
from typing import Any

import pytest

from mailgauge.base.scope import Scope
from mailgauge.sns import confirmation
from mailgauge.sns.deliveries import Kind
from tests.sns.topic_client import ANONYMOUS, HERE, NOW, QUEUE, TOPIC, Client

STRANGER = Scope("999988887777", HERE.region)
URL = "https://listener.example/in"
DAY = 86_400.0


async def test_a_queue_of_ones_own_is_confirmed_at_once(client: Client) -> None:
    await client.topic()
    arn = await client.subscribe()
    assert arn.startswith(f"{TOPIC}:")
    assert await client.settings(arn) == {
        "SubscriptionArn": arn,
        "TopicArn": TOPIC,
        "Owner": HERE.account,
        "Protocol": "sqs",
        "Endpoint": QUEUE,
        "PendingConfirmation": "false",
        "ConfirmationWasAuthenticated": "true",
        "RawMessageDelivery": "false",
        "SubscriptionPrincipal": f"arn:aws:iam::{HERE.account}:root",
    }
    assert await client.leased() == []


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [
        ("http", "http://listener.example/in"),
        ("https", URL),
        ("email", "reader@example.net"),
        ("email-json", "reader@example.net"),
        ("sqs", "arn:aws:sqs:us-east-1:999988887777:readers"),
    ],
)
async def test_everybody_else_is_asked_first(client: Client, protocol: str, endpoint: str) -> None:
    await client.topic()
    answer = await client.call("Subscribe", TopicArn=TOPIC, Protocol=protocol, Endpoint=endpoint)
    assert answer["SubscriptionArn"] == "pending confirmation"
    await client.call("Publish", TopicArn=TOPIC, Message="not for who did not confirm")
    [asked] = await client.leased()
    assert (asked.kind, asked.protocol, asked.endpoint) == (Kind.SubscriptionConfirmation, protocol, endpoint)
    assert asked.body.startswith(f"You have chosen to subscribe to the topic {TOPIC}.\n")
    [listed] = (await client.call("ListSubscriptionsByTopic", TopicArn=TOPIC))["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"

    confirmed = await client.call("ConfirmSubscription", TopicArn=TOPIC, Token=asked.token)
    again = await client.call("ConfirmSubscription", TopicArn=TOPIC, Token=asked.token)
    assert confirmed == again
    await client.call("Publish", TopicArn=TOPIC, Message="hello")
    assert await client.notified() == ["hello"]
    assert (await client.attributes())["SubscriptionsConfirmed"] == "1"


async def test_the_link_in_a_message_confirms_without_a_signature(client: Client) -> None:
    await client.topic()
    arn = await client.subscribe(protocol="https", endpoint=URL)
    token = await client.token()
    nobody = client.by(ANONYMOUS)
    code, _ = await nobody.refusal(
        "ConfirmSubscription", TopicArn=TOPIC, Token=token, AuthenticateOnUnsubscribe="true"
    )
    assert code == "AuthorizationError"
    assert await nobody.call("ConfirmSubscription", TopicArn=TOPIC, Token=token) == {"SubscriptionArn": arn}
    assert (await client.settings(arn))["ConfirmationWasAuthenticated"] == "false"


async def test_a_token_is_good_for_two_days(client: Client) -> None:
    await client.topic()
    await client.subscribe(protocol="https", endpoint=URL)
    token = await client.token()
    late = client.by(now=NOW + 2 * DAY)
    refused = await late.refusal("ConfirmSubscription", TopicArn=TOPIC, Token=token)
    assert refused == ("InvalidParameter", "Invalid parameter: Token")
    await client.by(now=NOW + 2 * DAY - 1).call("ConfirmSubscription", TopicArn=TOPIC, Token=token)


@pytest.mark.parametrize(
    ("token", "text"), [("guessed", "Invalid token"), ("ab" * 96, "Invalid parameter: Token")]
)
async def test_tokens_that_are_none(client: Client, token: str, text: str) -> None:
    await client.topic()
    await client.subscribe(protocol="https", endpoint=URL)
    refused = await client.refusal("ConfirmSubscription", TopicArn=TOPIC, Token=token)
    assert refused == ("InvalidParameter", text)


async def test_a_token_is_for_its_own_topic(client: Client) -> None:
    await client.topic()
    other = await client.topic("other")
    await client.subscribe(protocol="https", endpoint=URL)
    refused = await client.refusal("ConfirmSubscription", TopicArn=other, Token=await client.token())
    assert refused == ("InvalidParameter", "Invalid parameter: Token")


async def test_who_subscribes_again_before_confirming_is_asked_again(client: Client) -> None:
    await client.topic()
    arn = await client.subscribe(protocol="https", endpoint=URL)
    assert await client.by(now=NOW + DAY).subscribe(protocol="https", endpoint=URL) == arn
    later = client.by(now=NOW + 2 * DAY + 1)
    asked = await later.leased()
    assert len(asked) == 2
    await later.call("ConfirmSubscription", TopicArn=TOPIC, Token=asked[0].token)


async def test_what_nobody_confirms_is_dropped(client: Client) -> None:
    await client.topic()
    await client.subscribe(protocol="https", endpoint=URL)
    await client.subscribe()
    dropped = await client.store.write(lambda tx: confirmation.forget_expired(tx, NOW + 2 * DAY, 100))
    assert dropped == 1
    assert len((await client.call("ListSubscriptions"))["Subscriptions"]) == 1


async def test_subscribing_again_gives_the_same_subscription(client: Client) -> None:
    await client.topic()
    arn = await client.subscribe(RawMessageDelivery="true")
    assert await client.subscribe() == arn
    assert await client.subscribe(RawMessageDelivery="true") == arn
    refused = await client.refusal(
        "Subscribe",
        TopicArn=TOPIC,
        Protocol="sqs",
        Endpoint=QUEUE,
        Attributes={"FilterPolicy": '{"a":["b"]}'},
    )
    assert refused == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    )


@pytest.mark.parametrize(
    ("protocol", "endpoint", "text"),
    [
        ("telegraph", "x", "Amazon SNS does not support this protocol string: telegraph"),
        ("sms", "+15555550100", "Protocol Reason: sms is not supported by this service. Use one of http, https, email, email-json, sqs"),
        ("lambda", "arn:aws:lambda:us-east-1:111122223333:function:f", "Protocol Reason: lambda is not supported by this service. Use one of http, https, email, email-json, sqs"),
        ("sqs", "https://queue.example/readers", "SQS endpoint ARN"),
        ("sqs", "", "Endpoint"),
        ("sqs", f"{QUEUE}.fifo", "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"),
        ("https", "http://listener.example", "Endpoint must match the specified protocol"),
        ("http", "https://listener.example", "Endpoint must match the specified protocol"),
        ("http", "http://", "Endpoint Reason: not a URL"),
        ("http", "http://listener.example:port/", "Endpoint Reason: not a URL"),
        ("http", "http://listener.example/\r\nHost: other", "Endpoint Reason: not a URL"),
        ("email", "nobody", "Email address"),
    ],
)  # fmt: skip
async def test_endpoints_that_are_refused(client: Client, protocol: str, endpoint: str, text: str) -> None:
    await client.topic()
    refused = await client.refusal("Subscribe", TopicArn=TOPIC, Protocol=protocol, Endpoint=endpoint)
    assert refused == ("InvalidParameter", f"Invalid parameter: {text}")


DLQ = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:111122223333:dead"})


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("RawMessageDelivery", "TRUE", "true"),
        ("FilterPolicy", '{"a": ["b"]}', '{"a": ["b"]}'),
        ("FilterPolicy", "{}", None),
        ("FilterPolicyScope", "MessageBody", None),
        ("RedrivePolicy", DLQ, DLQ),
        ("RedrivePolicy", "{}", None),
        ("SubscriptionRoleArn", "arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:role/r"),
    ],
)
async def test_attributes_are_kept_and_shown(
    client: Client, name: str, value: str, shown: str | None
) -> None:
    await client.topic()
    arn = await client.subscribe()
    await client.call(
        "SetSubscriptionAttributes", SubscriptionArn=arn, AttributeName=name, AttributeValue=value
    )
    assert (await client.settings(arn)).get(name) == shown


FAULTS = [
    ("RawMessageDelivery", "test-ValUe", "RawMessageDelivery: Invalid value [test-ValUe]. Must be true or false."),
    ("RawMessageDelivery", "", "RawMessageDelivery: Invalid value []. Must be true or false."),
    ("FilterPolicy", '{"a":[]}', "FilterPolicy: Empty arrays are not allowed"),
    ("FilterPolicy", '{"a":{"b":["c"]}}', "Filter policy scope MessageAttributes does not support nested filter policy"),
    ("FilterPolicyScope", "Random", "FilterPolicyScope: Invalid value [Random]. Please use either MessageBody or MessageAttributes"),
    ("RedrivePolicy", "{bad", "RedrivePolicy: failed to parse JSON."),
    ("RedrivePolicy", '{"deadLetterTargetArn":"fake"}', "RedrivePolicy: deadLetterTargetArn is an invalid arn"),
    ("DeliveryPolicy", '{"healthyRetryPolicy":{}}', "DeliveryPolicy: Delivery protocol [sqs] does not support delivery policies."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "text"), FAULTS)
async def test_attributes_that_are_refused(client: Client, name: str, value: str, text: str) -> None:
    await client.topic()
    arn = await client.subscribe()
    refused = await client.refusal(
        "SetSubscriptionAttributes", SubscriptionArn=arn, AttributeName=name, AttributeValue=value
    )
    assert refused == ("InvalidParameter", f"Invalid parameter: {text}")
    refused = await client.refusal(
        "Subscribe",
        TopicArn=TOPIC,
        Protocol="sqs",
        Endpoint=f"{QUEUE}-2",
        Attributes={name: value},
    )
    assert refused == ("InvalidParameter", f"Invalid parameter: Attributes Reason: {text}")


async def test_an_attribute_that_there_is_not(client: Client) -> None:
    await client.topic()
    refused = await client.refusal(
        "SetSubscriptionAttributes", SubscriptionArn=await client.subscribe(), AttributeName="Colour"
    )
    assert refused == ("InvalidParameter", "Invalid parameter: AttributeName")


async def test_only_some_protocols_deliver_raw(client: Client) -> None:
    await client.topic()
    refused = await client.refusal(
        "Subscribe",
        TopicArn=TOPIC,
        Protocol="email",
        Endpoint="reader@example.net",
        Attributes={"RawMessageDelivery": "true"},
    )
    text = "Delivery protocol [email] does not support raw message delivery."
    assert refused == ("InvalidParameter", f"Invalid parameter: Attributes Reason: {text}")


async def test_passwords_in_endpoints_are_not_shown(client: Client) -> None:
    await client.topic()
    given = "https://reader:s3cret@x@listener.example/in?a=b@c"
    arn = await client.subscribe(protocol="https", endpoint=given)
    shown = "https://reader:****@listener.example/in?a=b@c"
    assert (await client.settings(arn))["Endpoint"] == shown
    assert await listed(client, "ListSubscriptions") == [shown]
    [asked] = await client.leased()
    assert asked.endpoint == given


async def test_what_is_in_force_for_a_subscriber_by_http(client: Client) -> None:
    await client.topic(DeliveryPolicy='{"http":{"defaultHealthyRetryPolicy":{"numRetries":5}}}')
    arn = await client.subscribe(protocol="https", endpoint=URL)
    effective = json.loads((await client.settings(arn))["EffectiveDeliveryPolicy"])
    assert effective["healthyRetryPolicy"]["numRetries"] == 5
    await client.call(
        "SetSubscriptionAttributes",
        SubscriptionArn=arn,
        AttributeName="DeliveryPolicy",
        AttributeValue='{"healthyRetryPolicy":{"numRetries":9}}',
    )
    settings = await client.settings(arn)
    assert json.loads(settings["EffectiveDeliveryPolicy"])["healthyRetryPolicy"]["numRetries"] == 9
    assert json.loads(settings["DeliveryPolicy"]) == {
        "healthyRetryPolicy": {"numRetries": 9},
        "sicklyRetryPolicy": None,
        "throttlePolicy": None,
        "requestPolicy": None,
        "guaranteed": False,
    }


async def test_a_topic_is_no_subscription(client: Client) -> None:
    await client.topic()
    for operation in ("Unsubscribe", "GetSubscriptionAttributes"):
        refused = await client.refusal(operation, SubscriptionArn=TOPIC)
        assert refused == ("InvalidParameter", "Invalid parameter: SubscriptionId")


async def listed(client: Client, operation: str, **params: Any) -> list[str]:
    found: list[str] = []
    answer: dict[str, Any] = {"NextToken": ""}
    while "NextToken" in answer:
        if answer["NextToken"]:
            params["NextToken"] = answer["NextToken"]
        answer = await client.call(operation, **params)
        assert len(answer["Subscriptions"]) <= 100
        found += [each["Endpoint"] for each in answer["Subscriptions"]]
    return found


async def test_subscriptions_are_listed_a_hundred_at_a_time(client: Client) -> None:
    await client.topic()
    queues = [f"{QUEUE}-{number}" for number in range(150)]
    for queue in queues:
        await client.subscribe(endpoint=queue)
    assert await listed(client, "ListSubscriptions") == queues
    assert await listed(client, "ListSubscriptionsByTopic", TopicArn=TOPIC) == queues
    refused = await client.refusal("ListSubscriptions", NextToken="what?")
    assert refused == ("InvalidParameter", "Invalid parameter: NextToken")


async def test_the_owner_ends_a_subscription(client: Client) -> None:
    await client.topic()
    arn = await client.subscribe()
    await client.call("Publish", TopicArn=TOPIC, Message="on its way")
    code, _ = await client.by(STRANGER).refusal("Unsubscribe", SubscriptionArn=arn)
    assert code == "AuthorizationError"
    await client.call("Unsubscribe", SubscriptionArn=arn)
    await client.call("Unsubscribe", SubscriptionArn=arn)
    assert await client.leased() == []
    assert (await client.attributes())["SubscriptionsDeleted"] == "1"
    refused = await client.refusal("GetSubscriptionAttributes", SubscriptionArn=arn)
    assert refused == ("NotFound", "Subscription does not exist")


async def confirmed(client: Client, **params: str) -> str:
    await client.topic()
    arn = await client.subscribe(protocol="https", endpoint=URL)
    [asked] = await client.leased()
    await client.call("ConfirmSubscription", TopicArn=TOPIC, Token=asked.token, **params)
    return arn


async def test_who_ends_it_by_the_link_is_told_and_can_take_it_back(client: Client) -> None:
    arn = await confirmed(client)
    nobody = client.by(ANONYMOUS)
    await nobody.call("Unsubscribe", SubscriptionArn=arn)
    await client.call("Publish", TopicArn=TOPIC, Message="unread")
    [told] = await client.leased()
    assert told.kind is Kind.UnsubscribeConfirmation
    assert (await client.call("ListSubscriptions"))["Subscriptions"] == []
    await nobody.call("ConfirmSubscription", TopicArn=TOPIC, Token=told.token)
    await client.call("Publish", TopicArn=TOPIC, Message="read again")
    assert await client.notified() == ["read again"]


async def test_who_asked_for_signed_requests_is_not_ended_by_the_link(client: Client) -> None:
    arn = await confirmed(client, AuthenticateOnUnsubscribe="true")
    code, _ = await client.by(ANONYMOUS).refusal("Unsubscribe", SubscriptionArn=arn)
    assert code == "AuthorizationError"
    await client.call("Publish", TopicArn=TOPIC, Message="still there")
    assert await client.notified() == ["still there"]
    await client.call("Unsubscribe", SubscriptionArn=arn)


async def test_who_ended_it_by_the_link_may_subscribe_anew(client: Client) -> None:
    arn = await confirmed(client)
    await client.by(ANONYMOUS).call("Unsubscribe", SubscriptionArn=arn)
    assert await client.subscribe(protocol="https", endpoint=URL) != arn
