"""From what a receiving server said to SES's words: bounceType and bounceSubType, and delayType of a delivery that is tried again.

The rules are observations and change as wordings are seen, so they are data (``replies.toml``). It decides nothing about
retrying.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Generic, NamedTuple, TypeVar

from mailgauge.mail.status import Reply

_MOST_TEXT = 2000
"""Characters of a reply that are read: what it says stands in front."""


class BounceType(StrEnum):
    UNDETERMINED = "Undetermined"
    PERMANENT = "Permanent"
    TRANSIENT = "Transient"


class BounceClass(NamedTuple):
    bounce_type: BounceType
    sub_type: str


UNDETERMINED = BounceClass(BounceType.UNDETERMINED, "Undetermined")
PERMANENT_GENERAL = BounceClass(BounceType.PERMANENT, "General")
TRANSIENT_GENERAL = BounceClass(BounceType.TRANSIENT, "General")
MAILBOX_FULL = BounceClass(BounceType.TRANSIENT, "MailboxFull")
MESSAGE_TOO_LARGE = BounceClass(BounceType.TRANSIENT, "MessageTooLarge")
CONTENT_REJECTED = BounceClass(BounceType.TRANSIENT, "ContentRejected")
ATTACHMENT_REJECTED = BounceClass(BounceType.TRANSIENT, "AttachmentRejected")
TIMEOUT_EXCEEDED = BounceClass(BounceType.TRANSIENT, "CustomTimeoutExceeded")
SUPPRESSED = BounceClass(BounceType.PERMANENT, "Suppressed")
ON_ACCOUNT_SUPPRESSION_LIST = BounceClass(BounceType.PERMANENT, "OnAccountSuppressionList")
UNSUBSCRIBED_RECIPIENT = BounceClass(BounceType.PERMANENT, "UnsubscribedRecipient")


class DelayType(StrEnum):
    INTERNAL_FAILURE = "InternalFailure"
    GENERAL = "General"
    MAILBOX_FULL = "MailboxFull"
    SPAM_DETECTED = "SpamDetected"
    RECIPIENT_SERVER_ERROR = "RecipientServerError"
    IP_FAILURE = "IPFailure"
    TRANSIENT_COMMUNICATION_FAILURE = "TransientCommunicationFailure"
    UNDETERMINED = "Undetermined"
    SENDING_DEFERRAL = "SendingDeferral"


Result = TypeVar("Result", BounceClass, DelayType)


@dataclass(frozen=True, slots=True)
class _Rule(Generic[Result]):
    """What it asks for must all hold; ``status`` is matched without its first digit, and alone stands for all below it."""

    result: Result
    code: int | None
    status: str | None
    text: re.Pattern[str] | None

    def matches(self, reply: Reply, status: str, text: str) -> bool:
        return (
            (self.code is None or reply.code == self.code)
            and (self.status is None or status == self.status or status.startswith(f"{self.status}."))
            and (self.text is None or self.text.search(text) is not None)
        )


class _Rules(NamedTuple):
    bounces: tuple[_Rule[BounceClass], ...]
    delays: tuple[_Rule[DelayType], ...]


@cache
def _rules() -> _Rules:
    """Read and compiled once: it is asked for every recipient that was refused."""
    data = tomllib.loads(files("mailgauge.mail").joinpath("replies.toml").read_text("utf-8"))
    return _Rules(
        tuple(_rule(_class_named(each["is"]), each) for each in data["bounces"]),
        tuple(_rule(DelayType(each["is"]), each) for each in data["delays"]),
    )


def _rule(result: Result, line: Mapping[str, Any]) -> _Rule[Result]:
    text = line.get("text")
    return _Rule(
        result,
        line.get("code"),
        line.get("status"),
        None if text is None else re.compile(text, re.IGNORECASE),
    )


def _class_named(name: str) -> BounceClass:
    kind, _, sub_type = name.partition("/")
    return BounceClass(BounceType(kind), sub_type)


def _first(rules: Iterable[_Rule[Result]], reply: Reply) -> Result | None:
    status, text = reply.status.partition(".")[2], reply.text[:_MOST_TEXT]
    return next((rule.result for rule in rules if rule.matches(reply, status, text)), None)


def bounce_class(reply: Reply) -> BounceClass:
    """What a final refusal means. A temporary reply here is one whose retries have ended."""
    default = PERMANENT_GENERAL if reply.is_permanent else TRANSIENT_GENERAL
    return _first(_rules().bounces, reply) or default


def bounce_class_of_status(status: str | None, diagnostic: str = "") -> BounceClass:
    """The same for a delivery status notification, which may hold a status code, a diagnostic text, both or neither."""
    if status is not None:
        return bounce_class(Reply(int(status[0]) * 100 + 50, status, diagnostic))
    return _first(_rules().bounces, Reply(550, None, diagnostic)) or UNDETERMINED


def delay_type(reply: Reply | None) -> DelayType:
    """Why a delivery waits; without a reply the connection failed."""
    if reply is None:
        return DelayType.TRANSIENT_COMMUNICATION_FAILURE
    return _first(_rules().delays, reply) or DelayType.GENERAL
