"""Subscriptions of topics (``sns/Subscribe``, Unsubscribe, SetSubscriptionAttributes)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import uuid4

from mailgauge.base.scope import Scope
from mailgauge.sns import (
    access,
    confirmation,
    endpoints,
    subscription_attributes,
    subscription_rows,
    topics,
)
from mailgauge.sns.access import Principal
from mailgauge.sns.arns import parse_subscription, parse_topic
from mailgauge.sns.errors import NotAuthorizedError, NotFoundError, invalid
from mailgauge.sns.model import State, Subscription, Topic
from mailgauge.sns.schema import next_id
from mailgauge.store.transaction import Tx

PENDING: Final = "PendingConfirmation"
"""What lists show in place of the ARN of a subscription that is not confirmed."""


def subscribe(
    tx: Tx,
    who: Principal,
    arn: str,
    protocol: str,
    endpoint: str | None,
    *,
    attributes: Mapping[str, str],
    now: float,
) -> Subscription:
    """The subscription, as it was if there is one of that endpoint. One of the caller's own queues needs no confirmation.

    Raises SnsError.
    """
    topic = access.topic(tx, who, arn, "Subscribe")
    endpoint = endpoints.check(protocol, endpoint, is_fifo=topic.is_fifo)
    settings = subscription_attributes.checked(attributes, topic, protocol)
    found = subscription_rows.of_endpoint(tx, topic.scope, topic.name, protocol, endpoint)
    if found is not None and found.state is not State.UNSUBSCRIBED:
        _check_same(found, settings)
        if found.state is State.PENDING:
            found = replace(found, token_expires=now + confirmation.SECONDS)
            subscription_rows.replace(tx, found)
            confirmation.ask(tx, topic, found, now)
        return found
    if found is not None:
        subscription_rows.delete(tx, found.uid)
    is_own = protocol == "sqs" and endpoint.split(":")[4] == who.scope.account
    made = Subscription(
        id=next_id(tx),
        uid=str(uuid4()),
        scope=topic.scope,
        topic=topic.name,
        owner=who.scope,
        protocol=protocol,
        endpoint=endpoint,
        state=State.CONFIRMED if is_own else State.PENDING,
        settings={
            **settings,
            "SubscriptionPrincipal": who.arn,
            "ConfirmationWasAuthenticated": "true" if is_own else "false",
        },
        token=confirmation.new_token(),
        token_expires=now + confirmation.SECONDS,
    )
    subscription_rows.add(tx, made)
    if not is_own:
        confirmation.ask(tx, topic, made, now)
    return made


def get(tx: Tx, who: Principal, arn: str) -> tuple[Subscription, Topic]:
    """For its owner or the topic's. Raises SnsError."""
    found = find(tx, who, arn)
    if found is None:
        raise NotFoundError("Subscription does not exist")
    return found


def find(tx: Tx, who: Principal, arn: str) -> tuple[Subscription, Topic] | None:
    """The same, None where there is none."""
    scope, uid = _place(arn, who.scope.region)
    found = subscription_rows.find(tx, uid)
    if found is not None and (found.arn != arn or found.state is State.UNSUBSCRIBED):
        found = None
    if who.scope.account not in {scope.account, found and found.owner.account}:
        # Whether another account has a subscription is nobody else's business.
        raise NotAuthorizedError(f"User: {who.arn} is not authorized to use {arn}")
    return None if found is None else (found, topics.get(tx, found.scope, found.topic))


def set_attribute(tx: Tx, who: Principal, arn: str, name: str, value: str) -> None:
    """Raises SnsError."""
    found, topic = get(tx, who, arn)
    own = {key: kept for key, kept in found.settings.items() if key in subscription_attributes.NAMES}
    changed = subscription_attributes.changed(own, name, value, topic=topic, protocol=found.protocol)
    others = {key: kept for key, kept in found.settings.items() if key not in own}
    subscription_rows.replace(tx, replace(found, settings={**changed, **others}))


def unsubscribe(tx: Tx, who: Principal, arn: str) -> None:
    """By somebody who signed the request; what is not there is no error. Raises SnsError."""
    found = find(tx, who, arn)
    if found is not None:
        subscription_rows.delete(tx, found[0].uid)
        topics.count_deleted(tx, found[0].scope, found[0].topic)


def unsubscribe_by_link(tx: Tx, arn: str, now: float) -> None:
    """By whoever has the link of a notification: the endpoint is told, and can take it back. Raises NotAuthorizedError."""
    parsed = parse_subscription(arn)
    found = subscription_rows.find(tx, parsed[1]) if parsed else None
    if found is None or found.arn != arn or found.state is not State.CONFIRMED:
        return
    if found.settings.get("AuthenticateOnUnsubscribe") == "true":
        raise NotAuthorizedError(f"Only signed requests may end the subscription {arn}")
    topic = topics.get(tx, found.scope, found.topic)
    ended = replace(
        found,
        state=State.UNSUBSCRIBED,
        token=confirmation.new_token(),
        token_expires=now + confirmation.SECONDS,
    )
    subscription_rows.replace(tx, ended)
    topics.count_deleted(tx, found.scope, found.topic)
    confirmation.tell_unsubscribed(tx, topic, ended, now)


def shown_arn(subscription: Subscription) -> str:
    """As lists show it."""
    return PENDING if subscription.state is State.PENDING else subscription.arn


def _place(arn: str, region: str) -> tuple[Scope, str]:
    """Whose topic it is of, and its id. Raises InvalidParameterError for what no subscription of this Region can have."""
    count = len(arn.split(":"))
    if count < 6:
        raise invalid(f"SubscriptionArn Reason: An ARN must have at least 6 elements, not {count}")
    if count == 6:  # a topic's
        raise invalid("SubscriptionId")
    parsed = parse_subscription(arn)
    topic = parse_topic(parsed[0]) if parsed else None
    if parsed is None or topic is None or topic[0].region != region:
        raise invalid("SubscriptionArn")
    return topic[0], parsed[1]


def _check_same(found: Subscription, settings: Mapping[str, str]) -> None:
    """What is not named may be as it likes."""
    for name, value in settings.items():
        kept = found.settings.get(name)
        is_default = (name, value) in {
            ("RawMessageDelivery", "false"),
            ("FilterPolicyScope", "MessageAttributes"),
        }
        if kept != value and not (kept is None and is_default):
            raise invalid("Attributes Reason: Subscription already exists with different attributes")
