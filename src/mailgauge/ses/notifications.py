"""Feedback notifications of an identity: topics, headers in notifications, forwarding by mail (ses/SetIdentityNotificationTopic).

The settings and their rules; ``identity_notices`` makes what goes to the topics, ``forwarding`` the mail.
"""

from dataclasses import dataclass
from enum import StrEnum

import orjson

from mailgauge.destinations import topics
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.ses import arns, identities
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.identities import Identity
from mailgauge.ses.upsert import upsert
from mailgauge.sns.errors import UnknownTopicError
from mailgauge.sns.message import Message
from mailgauge.store.transaction import Tx


class NotificationType(StrEnum):
    """In v1's spelling; v2 has no such settings."""

    BOUNCE = "Bounce"
    COMPLAINT = "Complaint"
    DELIVERY = "Delivery"


_FEEDBACK = (NotificationType.BOUNCE, NotificationType.COMPLAINT)


@dataclass(frozen=True, slots=True)
class Setting:
    topic: str | None = None
    headers: bool = False


@dataclass(frozen=True, slots=True)
class Notifications:
    """``settings`` has each type; ``forwarding`` is on unless both feedback topics are there and it was switched off."""

    forwarding: bool
    settings: dict[NotificationType, Setting]


def of(tx: Tx, identity: Identity) -> Notifications:
    at = (identity.scope.key, identity.name)
    rows = tx.run("SELECT type, topic, headers FROM identity_notification WHERE scope = ? AND name = ?", at)
    known = {NotificationType(kind): Setting(topic, bool(headers)) for kind, topic, headers in rows}
    forwarding = tx.run("SELECT forwarding FROM identity_feedback WHERE scope = ? AND name = ?", at)
    settings = {kind: known.get(kind, Setting()) for kind in NotificationType}
    return Notifications(not forwarding or bool(forwarding[0][0]), settings)


def of_message(tx: Tx, entry: Entry, facts: Facts) -> Identity | None:
    """The identity whose settings count: the one that was sent from, which may be another account's."""
    parsed = arns.parse(facts.source_arn or "")
    if parsed is not None:
        scope, _, name = parsed
        return identities.find(tx, scope, name)
    return identities.find_verified(tx, entry.scope, facts.source)


def set_topic(tx: Tx, identity: Identity, kind: NotificationType, topic: str | None, now: float) -> None:
    """A topic is told at once. None takes it away; bounces and complaints are then forwarded again. Raises
    InvalidParameterError.
    """
    if topic is not None:
        _greet(tx, identity, kind, topic, now)
    headers = of(tx, identity).settings[kind].headers
    _put(tx, identity, kind, Setting(topic, headers))
    if topic is None and kind in _FEEDBACK:
        _put_forwarding(tx, identity, forwarding=True)


def topic_is_gone(tx: Tx, identity: Identity, kind: NotificationType, topic: str) -> None:
    """Nothing can be published to it any more. Only the topic for deliveries stays set then."""
    if kind in _FEEDBACK and of(tx, identity).settings[kind].topic == topic:
        set_topic(tx, identity, kind, None, 0)


def wanted_types(tx: Tx) -> frozenset[NotificationType]:
    """Those that some identity has a topic for."""
    rows = tx.run("SELECT DISTINCT type FROM identity_notification WHERE topic IS NOT NULL")
    return frozenset(NotificationType(kind) for (kind,) in rows)


def set_headers(tx: Tx, identity: Identity, kind: NotificationType, *, enabled: bool) -> None:
    topic = of(tx, identity).settings[kind].topic
    _put(tx, identity, kind, Setting(topic, enabled))


def set_forwarding(tx: Tx, identity: Identity, *, enabled: bool) -> None:
    """Raises InvalidParameterError where bounces or complaints would then be told to nobody."""
    settings = of(tx, identity).settings
    if not enabled and any(settings[kind].topic is None for kind in _FEEDBACK):
        raise InvalidParameterError(
            f"Feedback forwarding of <{identity.name}> can't be disabled: set a bounce topic and a complaint topic first."
        )
    _put_forwarding(tx, identity, forwarding=enabled)


def switch_forwarding(tx: Tx, identity: Identity, *, enabled: bool) -> None:
    """As v2 does it, where event destinations are another way to be told."""
    _put_forwarding(tx, identity, forwarding=enabled)


def _greet(tx: Tx, identity: Identity, kind: NotificationType, topic: str, now: float) -> None:
    text = (
        f"You have successfully subscribed your Amazon SNS topic '{topic}' to receive '{kind}' notifications "
        f"from Amazon SES for identity '{identity.name}'."
    )
    greeting = {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": text}
    try:
        topics.publish(tx, identity.scope, topic, Message(orjson.dumps(greeting).decode()), now)
    except UnknownTopicError as error:
        raise InvalidParameterError(f"Invalid SNS topic <{topic}>.") from error


def _put(tx: Tx, identity: Identity, kind: NotificationType, setting: Setting) -> None:
    tx.run(
        upsert("identity_notification", "scope, name, type", "topic, headers"),
        (identity.scope.key, identity.name, kind, setting.topic, int(setting.headers)),
    )


def _put_forwarding(tx: Tx, identity: Identity, *, forwarding: bool) -> None:
    tx.run(
        upsert("identity_feedback", "scope, name", "forwarding"),
        (identity.scope.key, identity.name, int(forwarding)),
    )
