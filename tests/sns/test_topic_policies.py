"""Policies that callers write in JSON: whatever they write is taken or refused, and what is taken can be shown and used."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.aws.resource_policy import Request, allows
from mailgauge.sns import retry_policy, subscription_attributes, topic_attributes, topic_policy
from mailgauge.sns.errors import InvalidParameterError
from mailgauge.sns.model import State, Subscription, Topic
from tests.sns.topic_client import HERE, TOPIC

NAMES = st.sampled_from(
    [
        "http", "defaultHealthyRetryPolicy", "defaultThrottlePolicy", "defaultRequestPolicy", "healthyRetryPolicy",
        "throttlePolicy", "requestPolicy", "headerContentType", "maxReceivesPerSecond", "numRetries", "minDelayTarget",
        "maxDelayTarget", "backoffFunction", "numNoDelayRetries", "disableSubscriptionOverrides", "deadLetterTargetArn",
        "Statement", "Effect", "Principal", "Action", "Resource", "Condition", "AWS", "Sid", "StringEquals",
    ]
)  # fmt: skip
VALUES = st.none() | st.booleans() | st.integers(-5, 40) | st.sampled_from(
    ["linear", "geometric", "Allow", "Deny", "*", "SNS:Publish", TOPIC, "x", "arn:aws:sqs:us-east-1:111122223333:dead"]
)  # fmt: skip
JSON: st.SearchStrategy[Any] = st.recursive(
    VALUES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=4),
    max_leaves=12,
)
RETRIES = st.fixed_dictionaries(
    {},
    optional={
        "numRetries": st.integers(0, 100),
        "minDelayTarget": st.integers(1, 3600),
        "maxDelayTarget": st.integers(1, 3600),
        "numNoDelayRetries": st.integers(0, 10),
        "numMinDelayRetries": st.integers(0, 10),
        "backoffFunction": st.sampled_from(["linear", "arithmetic", "geometric", "exponential"]),
    },
)


def texts(values: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return values.map(json.dumps) | st.text(max_size=5)


@given(st.sampled_from(["Policy", "DeliveryPolicy"]), texts(JSON))
def test_topics_take_what_they_can_show_and_decide_on(name: str, text: str) -> None:
    topic = Topic(HERE, "news")
    try:
        settings = topic_attributes.changed(topic, name, text)
    except InvalidParameterError:
        return
    topic = Topic(HERE, "news", settings)
    topic_attributes.shown(topic, {State.PENDING: 1})
    policy = topic_attributes.policy_of(topic)
    allows(policy, Request("999988887777", "arn:aws:iam::999988887777:root", "SNS:Publish", TOPIC))
    retry_policy.effective(settings.get("DeliveryPolicy"), None)


@given(
    st.sampled_from(["DeliveryPolicy", "RedrivePolicy", "FilterPolicy"]),
    st.sampled_from(["https", "sqs"]),
    texts(JSON),
)
def test_subscriptions_take_what_they_can_show(name: str, protocol: str, text: str) -> None:
    topic = Topic(HERE, "news")
    try:
        settings = subscription_attributes.changed({}, name, text, topic=topic, protocol=protocol)
    except InvalidParameterError:
        return
    subscription = Subscription(
        1, "uid", HERE, "news", HERE, protocol, "https://x.example", State.CONFIRMED, settings, "", 0.0
    )
    subscription_attributes.shown(subscription, topic)
    retry_policy.effective(None, settings.get("DeliveryPolicy"))


@given(RETRIES, RETRIES)
def test_what_is_shown_to_be_in_force_is_what_deliveries_follow(of_topic: Any, own: Any) -> None:
    topic = json.dumps({"http": {"defaultHealthyRetryPolicy": of_topic}})
    subscription = json.dumps({"healthyRetryPolicy": own})
    try:
        settings = topic_attributes.changed(Topic(HERE, "news"), "DeliveryPolicy", topic)
        kept = Topic(HERE, "news", settings)
        policy = subscription_attributes.changed(
            {}, "DeliveryPolicy", subscription, topic=kept, protocol="https"
        )
    except InvalidParameterError:
        return
    listener = Subscription(
        1, "uid", HERE, "news", HERE, "https", "https://x.example", State.CONFIRMED, policy, "", 0.0
    )
    shown = json.loads(subscription_attributes.shown(listener, kept)["EffectiveDeliveryPolicy"])
    retries = retry_policy.effective(settings["DeliveryPolicy"], policy["DeliveryPolicy"]).retries
    assert shown["healthyRetryPolicy"] == {
        "minDelayTarget": retries.min_delay,
        "maxDelayTarget": retries.max_delay,
        "numRetries": retries.num_retries,
        "numNoDelayRetries": retries.num_no_delay,
        "numMinDelayRetries": retries.num_min_delay,
        "numMaxDelayRetries": retries.num_max_delay,
        "backoffFunction": retries.backoff_function,
    }


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_services_and_conditions_may_stand_in_a_policy(effect: str) -> None:
    topic_policy.check(
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": effect,
                    "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Action": ["sns:publish", "SNS:Subscribe"],
                    "Resource": TOPIC,
                    "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:*:alarm:*"}},
                },
            }
        )
    )
