"""What a journal entry gives topics to publish: pure, and the same for the dispatcher and for the audit that checks it.

It does not read the journal and publishes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import orjson

from mailgauge.base.json_text import json_text
from mailgauge.base.scope import Scope
from mailgauge.destinations.definitions import SnsTarget
from mailgauge.destinations.versions import Version
from mailgauge.events.document import document
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.sns.message import Message

SUBJECT = "Amazon SES Email Event Notification"
VALIDATED = "Successfully validated SNS topic for Amazon SES event publishing."
"""What SES publishes to the topic of a new event destination."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who publishes. ``name`` is that of an event destination of a configuration set's ``version``; version 0 stands for
    what an identity publishes by itself, and ``name`` says which identity and what kind of notification.
    """

    scope: Scope
    version: int
    name: str


class Outcome(StrEnum):
    """What became of a notice, as it is kept; none is ever tried twice."""

    PUBLISHED = "published"
    NO_TOPIC = "no topic"
    MESSAGE_UNKNOWN = "message unknown"
    TOO_LONG = "too long"
    NO_DOCUMENT = "no document"


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for a topic, or, without one, the reason why there is none."""

    recipient: Recipient
    topic: str
    message: Message | None
    why_not: Outcome | None = None


def wanted(entry: Entry, version: Version | None) -> Iterator[tuple[Recipient, str]]:
    """The destinations whose topics get this entry, and the topics."""
    for destination in version.destinations if version is not None else ():
        target = destination.target
        if destination.wants(entry.kind) and isinstance(target, SnsTarget):
            yield Recipient(entry.scope, entry.version or 0, destination.name), target.topic_arn


def of_destinations(entry: Entry, facts: Facts | None, version: Version | None) -> list[Notice]:
    """The notices of an entry, all with one document."""
    asking = list(wanted(entry, version))
    if not asking:
        return []
    if facts is None:  # what comes behind must go on
        return [Notice(who, topic, None, Outcome.MESSAGE_UNKNOWN) for who, topic in asking]
    message = Message(json_text(orjson.dumps(document(entry, facts))), SUBJECT)
    return [Notice(who, topic, message) for who, topic in asking]


def undocumented(entry: Entry, version: Version | None) -> list[Notice]:
    """In place of notices that could not be made."""
    return [Notice(who, topic, None, Outcome.NO_DOCUMENT) for who, topic in wanted(entry, version)]
