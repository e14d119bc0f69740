"""Publishes to topics on behalf of SES: to an account's own, and to another's whose policy lets SES or the account in.

FIFO topics take nothing from SES ("Set up an Amazon SNS event destination" in the SES developer guide).
"""

from typing import Final

from mailgauge.base.scope import Scope
from mailgauge.sns import access
from mailgauge.sns.access import Principal
from mailgauge.sns.errors import SnsError, UnknownTopicError
from mailgauge.sns.message import Message
from mailgauge.sns.model import Topic
from mailgauge.sns.publishing import accept
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
    try:
        found = access.topic(tx, Principal(scope, PRINCIPAL), arn, "Publish")
    except SnsError:
        return None
    return None if found.is_fifo else found
