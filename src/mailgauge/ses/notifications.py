"""Feedback notifications of an identity: topics, headers in notifications, forwarding by mail (ses/SetIdentityNotificationTopic).

``forwarding`` obeys the last; topics and headers are kept as set, and nothing is published to topics in this release.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.identities import Identity
from mailgauge.ses.upsert import upsert
from mailgauge.store.transaction import Tx

_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}")


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


def set_topic(tx: Tx, identity: Identity, kind: NotificationType, topic: str | None) -> None:
    """None takes the topic away; bounces and complaints are then forwarded again. Raises InvalidParameterError."""
    if topic is not None:
        found = _TOPIC.fullmatch(topic)
        if found is None or found[1] != identity.scope.region:
            raise InvalidParameterError(f"Invalid SNS topic <{topic}>.")
    headers = of(tx, identity).settings[kind].headers
    _put(tx, identity, kind, Setting(topic, headers))
    if topic is None and kind in _FEEDBACK:
        _put_forwarding(tx, identity, forwarding=True)


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
