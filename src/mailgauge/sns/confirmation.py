"""Confirms subscriptions (``sns/ConfirmSubscription``), so that nobody gets notifications whom others signed up.

The token goes to the endpoint alone. It is valid for two days, also for taking back an Unsubscribe by link.
"""

import re
import secrets
from dataclasses import replace
from typing import Final
from uuid import uuid4

from mailgauge.base.scope import Scope
from mailgauge.sns import deliveries, spreading, subscription_rows, topics
from mailgauge.sns.deliveries import Kind
from mailgauge.sns.errors import InvalidParameterError, invalid
from mailgauge.sns.message import Message
from mailgauge.sns.model import State, Subscription, Topic
from mailgauge.store.transaction import Tx

SECONDS: Final = 2 * 86_400.0
_TOKEN = re.compile(r"[0-9a-f]{64,512}")


def new_token() -> str:
    return secrets.token_hex(96)


def ask(tx: Tx, topic: Topic, subscription: Subscription, now: float) -> None:
    """Sends the token to the endpoint."""
    text = (
        f"You have chosen to subscribe to the topic {topic.arn}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    )
    _send(tx, topic, subscription, Kind.SubscriptionConfirmation, text, now)


def tell_unsubscribed(tx: Tx, topic: Topic, subscription: Subscription, now: float) -> None:
    """Tells an endpoint whose subscription somebody ended by the link, with a token that takes it back."""
    text = (
        f"You have chosen to deactivate subscription {subscription.arn}.\n"
        "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
    )
    _send(tx, topic, subscription, Kind.UnsubscribeConfirmation, text, now)


def confirm(
    tx: Tx, scope: Scope, name: str, token: str, now: float, *, is_signed: bool = False, guarded: bool = False
) -> Subscription:
    """Confirms by token, as often as it is asked. ``guarded``: only a signed request may end it (AuthenticateOnUnsubscribe).

    Raises InvalidParameterError for a token that is not one, or is too old.
    """
    if not _TOKEN.fullmatch(token):
        raise InvalidParameterError("Invalid token")
    found = subscription_rows.of_token(tx, scope, name, token) if topics.find(tx, scope, name) else None
    if found is None or (found.state is not State.CONFIRMED and found.token_expires <= now):
        raise invalid("Token")
    if found.state is State.CONFIRMED:
        return found
    settings = {**found.settings, "ConfirmationWasAuthenticated": "true" if is_signed else "false"}
    if guarded:
        settings["AuthenticateOnUnsubscribe"] = "true"
    confirmed = replace(found, state=State.CONFIRMED, settings=settings)
    subscription_rows.replace(tx, confirmed)
    return confirmed


def of_token(tx: Tx, scope: Scope, name: str, token: str) -> Subscription | None:
    """What a token would confirm, for a page that asks first."""
    return subscription_rows.of_token(tx, scope, name, token)


def forget_expired(tx: Tx, now: float, limit: int) -> int:
    """Drops subscriptions that were not confirmed, or not taken back, in time, and says how many."""
    gone = subscription_rows.expired(tx, now, limit)
    for each in gone:
        subscription_rows.delete(tx, each.uid)
    return len(gone)


def _send(tx: Tx, topic: Topic, subscription: Subscription, kind: Kind, text: str, now: float) -> None:  # noqa: PLR0917 - the parts of one message
    publication = spreading.keep(tx, topic, Message(text), str(uuid4()), now=now)
    deliveries.enqueue(tx, publication, subscription, kind, now)
