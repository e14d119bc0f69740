"""Publishes to topics on behalf of SES: to an account's own, and to another's whose policy lets SES in for that account.

FIFO topics take nothing from SES ("Set up an Amazon SNS event destination" in the SES developer guide).
"""

from typing import Final

from mailgauge.aws.resource_policy import Request, allows
from mailgauge.base.scope import Scope
from mailgauge.sns import topics
from mailgauge.sns.arns import parse_topic
from mailgauge.sns.errors import UnknownTopicError
from mailgauge.sns.message import Message
from mailgauge.sns.model import Topic
from mailgauge.sns.publishing import accept
from mailgauge.sns.topic_attributes import policy_of
from mailgauge.store.transaction import Tx

PRINCIPAL: Final = "ses.amazonaws.com"
"""As policies of topics name SES."""


def publish(tx: Tx, scope: Scope, arn: str, message: Message, now: float) -> None:
    """Raises UnknownTopicError, also for a topic that ``scope`` may not publish to."""
    topic = find(tx, scope, arn)
    if topic is None:
        raise UnknownTopicError
    accept(tx, topic, message, now)


def find(tx: Tx, scope: Scope, arn: str) -> Topic | None:
    """A topic that SES can publish to for ``scope``."""
    place = parse_topic(arn)
    if place is None or place[0].region != scope.region:
        return None
    topic = topics.find(tx, *place)
    if topic is None or topic.is_fifo:
        return None
    return topic if topic.scope == scope or _lets_in(topic, scope) else None


def _lets_in(topic: Topic, scope: Scope) -> bool:
    source = (scope.account,)
    keys = {"aws:sourceaccount": source, "aws:sourceowner": source}
    request = Request(scope.account, "", "SNS:Publish", topic.arn, keys, PRINCIPAL)
    return allows(policy_of(topic), request)
