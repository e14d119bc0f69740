"""Feedback forwarding: senders hear of bounces and complaints by mail, unless they are told in another way.

Source: "Receiving Amazon SES notifications by email" in the SES developer guide. Which events are forwarded to whom is
worked out in a reader; ``reactions`` queues the mail in the transaction of its position, so that each event is told once.
"""

import logging
from dataclasses import dataclass

from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.destinations import topics, versions
from mailgauge.destinations.definitions import CloudWatchTarget, SnsTarget, Target
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.ses import feedback_mail, notifications, system_mail
from mailgauge.ses.notifications import NotificationType
from mailgauge.store.transaction import Tx

log = logging.getLogger(__name__)

_TYPES = {Kind.BOUNCE: NotificationType.BOUNCE, Kind.COMPLAINT: NotificationType.COMPLAINT}
_FROM = "MAILER-DAEMON@{domain}"


@dataclass(frozen=True, slots=True)
class Forward:
    """A mail that is ready to be queued."""

    facts: Facts
    content: bytes


@dataclass(frozen=True, slots=True)
class Forwarding:
    """``domain`` is the service's: the mail comes from there."""

    domain: str

    def of(self, tx: Tx, entry: Entry, facts: Facts, now: float) -> Forward | None:
        """The mail that tells of a Bounce or Complaint; None where nobody is to be told so."""
        to = facts.return_path or facts.source
        if not to or not _is_wanted(tx, entry, facts):
            return None
        message_id = new_message_id(facts.region, now)
        about = system_mail.facts(message_id, entry.scope, _FROM.format(domain=self.domain), to, now)
        try:
            content = feedback_mail.build(entry, facts, to=to, message_id=message_id, domain=self.domain)
        except Exception:  # what can't be told must not hold up what follows in the journal
            log.exception("feedback can't be forwarded", extra={"message_id": facts.message_id})
            return None
        return Forward(about, content)


def put(tx: Tx, forward: Forward, now: float) -> None:
    """Queues it, to be prepared like all mail."""
    system_mail.put(tx, forward.facts, forward.content, now)


def _is_wanted(tx: Tx, entry: Entry, facts: Facts) -> bool:
    """Where forwarding is switched off, but no other way is set up, SES forwards all the same."""
    identity = notifications.of_message(tx, entry, facts)
    if identity is None:
        return True
    found = notifications.of(tx, identity)
    if found.forwarding:
        return True
    # A topic that is gone tells nobody, also before the dispatcher has found that out.
    topic = found.settings[_TYPES[entry.kind]].topic
    has_topic = topic is not None and topics.find(tx, identity.scope, topic) is not None
    return not has_topic and not _has_destination(tx, entry)


def _has_destination(tx: Tx, entry: Entry) -> bool:
    if entry.version is None:
        return False
    found = versions.load(tx, [entry.version]).get(entry.version)
    wanting = [each.target for each in found.destinations if each.wants(entry.kind)] if found else []
    return any(_reaches(tx, entry.scope, each) for each in wanting)


def _reaches(tx: Tx, scope: Scope, target: Target) -> bool:
    """Whether somebody is told there: what is kept but leads nowhere in this service tells nobody."""
    match target:
        case SnsTarget(topic_arn=arn):
            return topics.find(tx, scope, arn) is not None
        case CloudWatchTarget():
            return True
        case _:
            return False
