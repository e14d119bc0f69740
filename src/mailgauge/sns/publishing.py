"""Publishes messages to topics (``sns/Publish``), in the caller's transaction. Their form was checked before."""

import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import msgspec

from mailgauge.sns import message_checks, schema, spreading
from mailgauge.sns.errors import invalid
from mailgauge.sns.message import Message
from mailgauge.sns.model import Topic
from mailgauge.store.transaction import Tx

DEDUPLICATED: Final = 300.0
"""Seconds in which a FIFO topic takes a message once."""
_FIRST_SEQUENCE: Final = 10**19
_MOST_FORGOTTEN: Final = 100


@dataclass(frozen=True, slots=True)
class Published:
    """``sequence`` is of FIFO topics."""

    message_id: str
    sequence: str | None = None


def accept(tx: Tx, topic: Topic, message: Message, now: float, message_id: str | None = None) -> Published:
    """Makes a delivery for each confirmed subscription whose filter policy matches. It asks nobody's permission.

    Raises InvalidParameterError for what the topic's kind does not take.
    """
    message_id = message_id or str(uuid4())
    if not topic.is_fifo:
        _check_standard(message)
        spreading.publish(tx, topic, message, message_id, now)
        return Published(message_id)
    key = _deduplication(topic, message)
    repeated = _repeated(tx, topic, _scoped(topic, message, key), now)
    if repeated is not None:
        return repeated
    sequence = str(_FIRST_SEQUENCE + schema.next_id(tx))
    tx.run(
        "INSERT INTO topic_deduplication (scope, topic, key, message_id, sequence, time) VALUES (?, ?, ?, ?, ?, ?)",
        (
            topic.scope.key,
            topic.name,
            _scoped(topic, message, key),
            message_id,
            sequence,
            round(now * 1000),
        ),
    )
    message = msgspec.structs.replace(message, deduplication=key, sequence=sequence)
    spreading.publish(tx, topic, message, message_id, now)
    return Published(message_id, sequence)


def _repeated(tx: Tx, topic: Topic, key: str, now: float) -> Published | None:
    """What the same message was published as before, if that is not too long ago."""
    long_ago = round((now - DEDUPLICATED) * 1000)
    tx.run(
        "DELETE FROM topic_deduplication WHERE (scope, topic, key) IN"
        " (SELECT scope, topic, key FROM topic_deduplication WHERE time <= ? LIMIT ?)",
        (long_ago, _MOST_FORGOTTEN),
    )
    place = (topic.scope.key, topic.name, key)
    rows = tx.run(
        "SELECT message_id, sequence, time FROM topic_deduplication WHERE scope = ? AND topic = ? AND key = ?",
        place,
    )
    for message_id, sequence, time in rows:
        if time > long_ago:
            return Published(message_id, sequence)
        tx.run("DELETE FROM topic_deduplication WHERE scope = ? AND topic = ? AND key = ?", place)
    return None


def _check_standard(message: Message) -> None:
    if message.deduplication is not None:
        raise invalid(
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this "
            "topic type"
        )
    if message.group is not None:
        message_checks.check_token("MessageGroupId", message.group)


def _deduplication(topic: Topic, message: Message) -> str:
    """What makes a message the same as one before."""
    if message.group is None:
        raise invalid("The MessageGroupId parameter is required for FIFO topics")
    message_checks.check_token("MessageGroupId", message.group)
    if message.deduplication is not None:
        message_checks.check_token("MessageDeduplicationId", message.deduplication)
        return message.deduplication
    if topic.settings.get("ContentBasedDeduplication") != "true":
        raise invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
        )
    return hashlib.sha256(message.body.encode(errors="surrogatepass")).hexdigest()


def _scoped(topic: Topic, message: Message, key: str) -> str:
    """Where throughput is by message group, so is what counts as repeated."""
    by_group = topic.settings.get("FifoThroughputScope") == "MessageGroup"
    return f"{message.group}\n{key}" if by_group else key
