"""Tags of topics (``sns/TagResource``)."""

from collections.abc import Iterable
from typing import Final

from mailgauge.sns.errors import TagLimitError, invalid
from mailgauge.sns.model import Tags, Topic

MOST: Final = 50


def check(tags: Tags) -> None:
    """Raises InvalidParameterError, TagLimitError."""
    if len({key for key, _ in tags}) < len(tags):
        raise invalid("Duplicated keys are not allowed.")
    for key, value in tags:
        if not 1 <= len(key) <= 128 or key.lower().startswith("aws:"):
            raise invalid(f"Tags Reason: The tag key {key} is not valid")
        if len(value) > 256:
            raise invalid(f"Tags Reason: The tag value of {key} is not valid")
    if len(tags) > MOST:
        raise TagLimitError


def with_more(topic: Topic, more: Tags) -> Tags:
    """The topic's and these, of which each replaces one with its key. Raises SnsError."""
    check(more)
    tags = tuple((dict(topic.tags) | dict(more)).items())
    if len(tags) > MOST:
        raise TagLimitError
    return tags


def without(topic: Topic, keys: Iterable[str]) -> Tags:
    gone = set(keys)
    return tuple(tag for tag in topic.tags if tag[0] not in gone)
