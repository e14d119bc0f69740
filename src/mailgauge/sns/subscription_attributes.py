"""The attributes of subscriptions: what they may be, and how they are shown (``sns/GetSubscriptionAttributes``). Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from mailgauge.sns import delivery_policy
from mailgauge.sns.delivery_policy import DeliveryPolicyError
from mailgauge.sns.errors import InvalidParameterError, invalid
from mailgauge.sns.filtering.faults import FilterPolicyError
from mailgauge.sns.filtering.policy import compiled, is_empty
from mailgauge.sns.model import State, Subscription, Topic

NAMES: Final = frozenset(
    {
        "DeliveryPolicy",
        "FilterPolicy",
        "FilterPolicyScope",
        "RawMessageDelivery",
        "RedrivePolicy",
        "SubscriptionRoleArn",
    }
)
_SCOPES: Final = ("MessageAttributes", "MessageBody")
_BY_HTTP: Final = ("http", "https")


def checked(given: Mapping[str, str], topic: Topic, protocol: str) -> dict[str, str]:
    """Those of a new subscription. Raises InvalidParameterError."""
    settings: dict[str, str] = {}
    try:
        # The scope decides what a filter policy may be.
        for name, value in sorted(given.items(), key=lambda item: item[0] != "FilterPolicyScope"):
            if name not in NAMES:
                raise invalid(f"Unknown attribute {name}")
            settings = changed(settings, name, value, topic=topic, protocol=protocol)
    except InvalidParameterError as error:
        text = str(error).removeprefix("Invalid parameter: ")
        raise invalid(f"Attributes Reason: {text}") from error
    return settings


def changed(
    settings: Mapping[str, str], name: str, value: str, *, topic: Topic, protocol: str
) -> dict[str, str]:
    """The settings with one changed. Raises InvalidParameterError."""
    if name not in NAMES:
        raise invalid("AttributeName")
    new = {**settings, name: value}
    if name == "RawMessageDelivery":
        _check_raw(value, protocol)
        new[name] = value.lower()
    elif name == "FilterPolicyScope":
        if value not in _SCOPES:
            raise invalid(
                f"FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes"
            )
        _check_filter(new)
    elif name == "FilterPolicy":
        return _with_filter(new)
    elif name == "RedrivePolicy":
        if not value or _redrive_target(value, topic, protocol) is None:
            del new[name]
    elif name == "DeliveryPolicy":
        if not value or value == "{}":
            del new[name]
        else:
            _check_delivery_policy(value, protocol)
    return new


def shown(subscription: Subscription, topic: Topic) -> dict[str, str]:
    """All attributes, as the API shows them."""
    own = {
        name: value for name, value in subscription.settings.items() if name != "AuthenticateOnUnsubscribe"
    }
    if "FilterPolicy" in own:
        own.setdefault("FilterPolicyScope", _SCOPES[0])
    else:
        own.pop("FilterPolicyScope", None)
    if subscription.protocol in _BY_HTTP:
        effective = delivery_policy.effective_of_subscription(
            own.get("DeliveryPolicy"), topic.settings.get("DeliveryPolicy")
        )
        own["EffectiveDeliveryPolicy"] = msgspec.json.encode(effective).decode()
    if "DeliveryPolicy" in own:
        policy = delivery_policy.shown_of_subscription(own["DeliveryPolicy"])
        own["DeliveryPolicy"] = msgspec.json.encode(policy).decode()
    is_pending = subscription.state is State.PENDING
    return {
        "SubscriptionArn": subscription.arn,
        "TopicArn": subscription.topic_arn,
        "Owner": subscription.owner.account,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.shown_endpoint,
        "PendingConfirmation": "true" if is_pending else "false",
        "ConfirmationWasAuthenticated": "false",
        "RawMessageDelivery": "false",
        **own,
    }


def _check_raw(value: str, protocol: str) -> None:
    if value.lower() not in {"true", "false"}:
        raise invalid(f"RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
    if value.lower() == "true" and protocol not in {"sqs", *_BY_HTTP}:
        raise invalid(f"Delivery protocol [{protocol}] does not support raw message delivery.")


def _with_filter(new: dict[str, str]) -> dict[str, str]:
    try:
        if is_empty(new["FilterPolicy"]):
            return {name: value for name, value in new.items() if name != "FilterPolicy"}
    except FilterPolicyError as error:
        raise invalid(str(error)) from error
    _check_filter(new)
    return new


def _check_filter(settings: Mapping[str, str]) -> None:
    policy = settings.get("FilterPolicy")
    if policy is None:
        return
    try:
        compiled(policy, on_body=settings.get("FilterPolicyScope") == "MessageBody")
    except FilterPolicyError as error:
        raise invalid(str(error)) from error


def _redrive_target(value: str, topic: Topic, protocol: str) -> str | None:
    """The queue for what can't be delivered; None where there is to be none."""
    try:
        policy = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise invalid("RedrivePolicy: failed to parse JSON.") from None
    if policy == {}:
        return None
    target = policy.get("deadLetterTargetArn") if isinstance(policy, dict) else None
    if not isinstance(target, str) or not is_queue(target):
        raise invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn")
    if target.split(":")[3] != topic.scope.region:
        raise invalid("RedrivePolicy: deadLetterTargetArn must be in the same region as the subscription")
    if topic.is_fifo and not target.endswith(".fifo"):
        raise invalid("RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.")
    return target


def is_queue(arn: str) -> bool:
    parts = arn.split(":")
    return len(parts) == 6 and parts[0] == "arn" and parts[2] == "sqs" and all(parts)


def _check_delivery_policy(value: str, protocol: str) -> None:
    if protocol not in _BY_HTTP:
        raise invalid(f"DeliveryPolicy: Delivery protocol [{protocol}] does not support delivery policies.")
    try:
        delivery_policy.of_subscription(value)
    except DeliveryPolicyError as error:
        raise invalid(f"DeliveryPolicy: {error}") from error
