"""Publishes a message to a topic (``sns/Publish``), in the caller's transaction. Its form was checked before."""

from uuid import uuid4

from mailgauge.sns import spreading, topics
from mailgauge.sns.arns import parse_topic
from mailgauge.sns.errors import UnknownTopicError
from mailgauge.sns.message import Message
from mailgauge.store.transaction import Tx


def publish(tx: Tx, arn: str, message: Message, *, now: float, message_id: str | None = None) -> str:
    """Makes a delivery for each confirmed subscription whose filter policy matches, and returns the message id.

    Raises UnknownTopicError.
    """
    parsed = parse_topic(arn)
    if parsed is None:
        raise UnknownTopicError
    topic = topics.get(tx, *parsed)
    message_id = message_id or str(uuid4())
    spreading.publish(tx, topic, message, message_id, now)
    return message_id
