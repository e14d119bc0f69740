"""Topics and subscriptions as values. Their settings are the API's attributes that were set, under the API's names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from mailgauge.base.scope import Scope
from mailgauge.sns.arns import topic_arn

Tags = tuple[tuple[str, str], ...]

_PASSWORD = re.compile(r"^(https?://[^/?#:@]*:)[^/?#]*@", re.IGNORECASE)

COLUMNS: Final = "id, uid, scope, topic, owner, protocol, endpoint, state, settings, token, token_expires"
"""Of a subscription."""


@dataclass(frozen=True, slots=True)
class Topic:
    """``deleted`` counts the subscriptions that ended."""

    scope: Scope
    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    tags: Tags = ()
    deleted: int = 0

    @property
    def arn(self) -> str:
        return topic_arn(self.scope, self.name)

    @property
    def is_fifo(self) -> bool:
        return self.settings.get("FifoTopic") == "true"


class State(IntEnum):
    PENDING = 0
    CONFIRMED = 1
    UNSUBSCRIBED = 2
    """By the link in a message: its token takes it back for as long as it is valid."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """``scope`` is the topic's; ``owner`` that of whoever subscribed. ``token_expires`` in seconds."""

    id: int
    uid: str
    scope: Scope
    topic: str
    owner: Scope
    protocol: str
    endpoint: str
    state: State
    settings: Mapping[str, str]
    token: str
    token_expires: float

    @property
    def topic_arn(self) -> str:
        return topic_arn(self.scope, self.topic)

    @property
    def arn(self) -> str:
        return f"{self.topic_arn}:{self.uid}"

    @property
    def shown_endpoint(self) -> str:
        """With a password in an address of the web left out, as SNS does."""
        return (
            _PASSWORD.sub(r"\1****@", self.endpoint) if self.protocol in {"http", "https"} else self.endpoint
        )

    @property
    def is_raw(self) -> bool:
        return self.settings.get("RawMessageDelivery") == "true"
