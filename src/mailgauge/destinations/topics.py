"""Publishes to topics on behalf of SES. A topic has to be of the account and Region that publishes: whether another
account's policy would let it in is not asked, and to others such a topic does not exist.
"""

from mailgauge.base.scope import Scope
from mailgauge.sns import topics
from mailgauge.sns.arns import parse_topic
from mailgauge.sns.errors import UnknownTopicError
from mailgauge.sns.message import Message
from mailgauge.sns.publishing import publish as publish_to
from mailgauge.store.transaction import Tx


def publish(tx: Tx, scope: Scope, arn: str, message: Message, now: float) -> None:
    """Raises UnknownTopicError."""
    if not exists(tx, scope, arn):
        raise UnknownTopicError
    publish_to(tx, arn, message, now=now)


def exists(tx: Tx, scope: Scope, arn: str) -> bool:
    """Whether a scope can publish to a topic."""
    parsed = parse_topic(arn)
    return parsed is not None and parsed[0] == scope and topics.find(tx, *parsed) is not None
