"""Makes topics (``sns/CreateTopic``): the same call twice makes one, another one of the same name is refused."""

import re
from collections.abc import Mapping
from typing import Final

from mailgauge.base.scope import Scope
from mailgauge.sns import tags as topic_tags
from mailgauge.sns import topic_attributes, topics
from mailgauge.sns.errors import TopicLimitError, invalid
from mailgauge.sns.model import Tags, Topic
from mailgauge.store.transaction import Tx

MOST_TOPICS: Final = 100_000
"""Of an account in a Region."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO_NAME = re.compile(r"(?=.{1,256}$)[A-Za-z0-9_-]+\.fifo")


def create(tx: Tx, scope: Scope, name: str, attributes: Mapping[str, str], tags: Tags) -> Topic:
    """Raises InvalidParameterError, TopicLimitError, TagLimitError."""
    is_fifo = attributes.get("FifoTopic") == "true"
    _check_name(name, is_fifo=is_fifo)
    settings = topic_attributes.checked(attributes, is_fifo=is_fifo)
    topic_tags.check(tags)
    found = topics.find(tx, scope, name)
    if found is not None:
        _check_same(found, settings, tags)
        return found
    if topics.count(tx, scope) >= MOST_TOPICS:
        raise TopicLimitError("Topic limit exceeded")
    topic = Topic(scope, name, settings, tags)
    topics.add(tx, topic)
    return topic


def _check_name(name: str, *, is_fifo: bool) -> None:
    if is_fifo and not _FIFO_NAME.fullmatch(name):
        raise invalid(
            "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, "
            "numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
        )
    if not is_fifo and not _NAME.fullmatch(name):
        raise invalid("Topic Name")


def _check_same(found: Topic, settings: Mapping[str, str], tags: Tags) -> None:
    """What is not named may be as it likes."""
    for name, value in settings.items():
        kept = found.settings.get(name)
        if kept != value and not (kept is None and topic_attributes.is_default(name, value)):
            raise invalid("Attributes Reason: Topic already exists with different attributes")
    if tags and dict(tags) != dict(found.tags):
        raise invalid("Tags Reason: Topic already exists with different tags")
