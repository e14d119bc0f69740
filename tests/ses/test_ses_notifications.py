"""Feedback settings of identities, through both APIs."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.ses.control_client import Client

TOPIC = "arn:aws:sns:us-east-1:000000000000:bounces"
ARN = "arn:aws:ses:us-east-1:000000000000:identity/shop.example"


@pytest.fixture
async def shop(client: Client, make_topic: Callable[[str], Awaitable[str]]) -> Client:
    assert await make_topic("bounces") == TOPIC
    await client.v1("VerifyDomainIdentity", Domain="shop.example")
    return client


async def attributes(client: Client, name: str = "shop.example") -> dict[str, Any]:
    found = await client.v1("GetIdentityNotificationAttributes", Identities=[name, "unknown.example"])
    assert set(found["NotificationAttributes"]) == {name}
    result: dict[str, Any] = found["NotificationAttributes"][name]
    return result


async def topic(client: Client, kind: str, arn: str | None = TOPIC) -> None:
    given = {} if arn is None else {"SnsTopic": arn}
    await client.v1("SetIdentityNotificationTopic", Identity="shop.example", NotificationType=kind, **given)


async def test_an_identity_forwards_feedback_and_has_no_topics_at_first(shop: Client) -> None:
    assert await attributes(shop) == {
        "ForwardingEnabled": True,
        "HeadersInBounceNotificationsEnabled": False,
        "HeadersInComplaintNotificationsEnabled": False,
        "HeadersInDeliveryNotificationsEnabled": False,
    }


async def test_topics_and_headers_are_set_by_name_or_arn(shop: Client) -> None:
    await shop.v1("SetIdentityNotificationTopic", Identity=ARN, NotificationType="Delivery", SnsTopic=TOPIC)
    await shop.v1(
        "SetIdentityHeadersInNotificationsEnabled",
        Identity=ARN,
        NotificationType="Delivery",
        Enabled=True,
    )
    found = await attributes(shop, ARN)
    assert (found["DeliveryTopic"], found["HeadersInDeliveryNotificationsEnabled"]) == (TOPIC, True)
    await topic(shop, "Delivery", None)
    found = await attributes(shop)
    assert (found.get("DeliveryTopic"), found["HeadersInDeliveryNotificationsEnabled"]) == (None, True)


async def test_forwarding_ends_only_where_both_topics_tell_of_feedback(shop: Client) -> None:
    off = {"Identity": "shop.example", "ForwardingEnabled": False}
    error = await shop.refusal_v1("SetIdentityFeedbackForwardingEnabled", **off)
    assert error.code == "InvalidParameterValue"
    await topic(shop, "Bounce")
    await shop.refusal_v1("SetIdentityFeedbackForwardingEnabled", **off)
    await topic(shop, "Complaint")
    await shop.v1("SetIdentityFeedbackForwardingEnabled", **off)
    described = await shop.v2("GetEmailIdentity", EmailIdentity="shop.example")
    assert described["FeedbackForwardingStatus"] is False
    await topic(shop, "Bounce", None)
    assert (await attributes(shop))["ForwardingEnabled"] is True


async def test_v2_switches_forwarding(shop: Client) -> None:
    await shop.v2("PutEmailIdentityFeedbackAttributes", EmailIdentity="shop.example")
    assert (await attributes(shop))["ForwardingEnabled"] is False
    await shop.v2(
        "PutEmailIdentityFeedbackAttributes", EmailIdentity="shop.example", EmailForwardingEnabled=True
    )
    assert (await attributes(shop))["ForwardingEnabled"] is True


@pytest.mark.parametrize(
    "arn",
    [
        "bounces",
        "arn:aws:sns:eu-west-1:000000000000:bounces",
        "arn:aws:sns:us-east-1:111122223333:bounces",
        f"{TOPIC}-gone",
    ],
)
async def test_a_topic_is_one_that_is_there_and_of_this_account_and_region(shop: Client, arn: str) -> None:
    error = await shop.refusal_v1(
        "SetIdentityNotificationTopic", Identity="shop.example", NotificationType="Bounce", SnsTopic=arn
    )
    assert (error.code, error.message) == ("InvalidParameterValue", f"Invalid SNS topic <{arn}>.")


@pytest.mark.parametrize(
    "name", ["unknown.example", "arn:aws:ses:eu-west-1:000000000000:identity/shop.example", "arn:x"]
)
async def test_nothing_is_set_on_what_is_not_there(shop: Client, name: str) -> None:
    error = await shop.refusal_v1(
        "SetIdentityFeedbackForwardingEnabled", Identity=name, ForwardingEnabled=True
    )
    assert error.code == "InvalidParameterValue"
    assert error.message == f"Identity {name} is invalid. Must be a verified email address or domain."
    if "arn" not in name:
        refused = await shop.refusal_v2("PutEmailIdentityFeedbackAttributes", EmailIdentity=name)
        assert refused.code == "NotFoundException"
