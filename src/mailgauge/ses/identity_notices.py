"""What identities publish to their own topics: bounces, complaints and deliveries (ses/SetIdentityNotificationTopic).

No configuration set is needed for it, and what one publishes comes on top. The dispatcher asks, and publishes.
"""

import logging
from collections.abc import Iterator

import orjson

from mailgauge.base.json_text import json_text
from mailgauge.destinations.notices import Notice, Outcome, Recipient
from mailgauge.events.document import notification
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.ses import identities, notifications
from mailgauge.ses.identities import Identity
from mailgauge.ses.notifications import NotificationType, Setting
from mailgauge.sns.message import Message
from mailgauge.store.transaction import Tx

log = logging.getLogger(__name__)

_TYPES = {
    Kind.BOUNCE: NotificationType.BOUNCE,
    Kind.COMPLAINT: NotificationType.COMPLAINT,
    Kind.DELIVERY: NotificationType.DELIVERY,
}
_KINDS = {name: kind for kind, name in _TYPES.items()}


class IdentityNotices:
    """The dispatcher's ``Others``: it keeps nothing."""

    def kinds(self, tx: Tx) -> frozenset[Kind]:
        return frozenset(_KINDS[each] for each in notifications.wanted_types(tx))

    def notices(self, tx: Tx, entry: Entry, facts: Facts) -> Iterator[Notice]:
        """At most one, for the identity that was sent from."""
        kind = _TYPES.get(entry.kind)
        identity = notifications.of_message(tx, entry, facts) if kind is not None else None
        if kind is None or identity is None:
            return
        setting = notifications.of(tx, identity).settings[kind]
        if setting.topic is not None:
            yield _notice(entry, facts, _recipient(identity, kind), setting, setting.topic)

    def lost(self, tx: Tx, notice: Notice) -> None:
        """The topic is gone: it is taken off the identity, and bounces and complaints are told by mail again."""
        if notice.recipient.version:
            return
        name, _, kind = notice.recipient.name.rpartition(" ")
        identity = identities.find(tx, notice.recipient.scope, name)
        if identity is not None:
            notifications.topic_is_gone(tx, identity, NotificationType(kind), notice.topic)


def _recipient(identity: Identity, kind: NotificationType) -> Recipient:
    return Recipient(identity.scope, 0, f"{identity.name} {kind}")


def _notice(entry: Entry, facts: Facts, who: Recipient, setting: Setting, topic: str) -> Notice:
    try:
        body = json_text(orjson.dumps(notification(entry, facts, headers=setting.headers)))
    except Exception:  # what can't be told must not hold up what follows in the journal
        log.exception("a notification can't be made", extra={"message_id": entry.message_id})
        return Notice(who, topic, None, Outcome.NO_DOCUMENT)
    return Notice(who, topic, Message(body))
