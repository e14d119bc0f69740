"""From what a receiving server said to SES's words: bounceType and bounceSubType, and delayType of a delivery that is tried again.

The tables are observations and change as wordings are seen: one line each, first match wins. It decides nothing about retrying.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from mailgauge.mail.status import Reply


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


@dataclass(frozen=True, slots=True)
class _Rule:
    """What it asks for must all hold; ``status`` is matched without its first digit."""

    result: BounceClass
    code: int | None = None
    status: str | None = None
    text: str | None = None

    def matches(self, reply: Reply) -> bool:
        return (
            (self.code is None or reply.code == self.code)
            and (self.status is None or reply.status.partition(".")[2] == self.status)
            and (self.text is None or re.search(self.text, reply.text, re.IGNORECASE) is not None)
        )


_BOUNCES = (
    # An account that is over quota comes back; RFC 3463 section 3.3.
    _Rule(MAILBOX_FULL, status="2.2"),
    _Rule(
        MAILBOX_FULL,
        text=r"(mailbox|inbox|account).{0,30}(full|over ?quota|quota exceeded)|quota exceeded|over quota",
    ),
    # 5.3.4 is the receiving system's limit, 5.2.3 the mailbox's.
    _Rule(MESSAGE_TOO_LARGE, status="3.4"),
    _Rule(MESSAGE_TOO_LARGE, status="2.3"),
    _Rule(MESSAGE_TOO_LARGE, text=r"(message|size).{0,40}(too (big|large)|exceed)"),
    _Rule(ATTACHMENT_REJECTED, text=r"attachment|file type|executable content"),
    # A bare 552 is "exceeded storage allocation" in RFC 5321, so the mailbox.
    _Rule(MAILBOX_FULL, code=552),
    # An unknown user stays General: SES's own sample for 5.1.1 says so.
    _Rule(PERMANENT_GENERAL, status="1.1"),
    _Rule(
        PERMANENT_GENERAL, text=r"user unknown|unknown user|no such (user|recipient|mailbox)|does not exist"
    ),
    # Conversion and media, RFC 3463 section 3.7.
    _Rule(CONTENT_REJECTED, status="6.0"),
    _Rule(CONTENT_REJECTED, status="6.1"),
    _Rule(CONTENT_REJECTED, status="6.2"),
    _Rule(CONTENT_REJECTED, status="6.3"),
    _Rule(CONTENT_REJECTED, status="6.5"),
    _Rule(CONTENT_REJECTED, status="6.6"),
    # 5.7.1 is used for policy of every kind: only where the text names the content.
    _Rule(
        CONTENT_REJECTED,
        text=r"\bspam\b|content (rejected|refused|denied)|message content|virus|malware|phish",
    ),
)


def bounce_class(reply: Reply) -> BounceClass:
    """What a final refusal means. A temporary reply here is one whose retries have ended."""
    for rule in _BOUNCES:
        if rule.matches(reply):
            return rule.result
    return PERMANENT_GENERAL if reply.is_permanent else TRANSIENT_GENERAL


def bounce_class_of_status(status: str | None, diagnostic: str = "") -> BounceClass:
    """The same for a delivery status notification, which may hold a status code, a diagnostic text, both or neither."""
    if status is None:
        return UNDETERMINED
    return bounce_class(Reply(int(status[0]) * 100 + 50, status, diagnostic))


_DELAYS: tuple[tuple[DelayType, int | None, str | None, str | None], ...] = (
    # delayType, code, status without first digit, text
    (DelayType.MAILBOX_FULL, None, "2.2", None),
    (DelayType.MAILBOX_FULL, 452, None, r"quota|full|storage"),
    (DelayType.SPAM_DETECTED, None, None, r"\bspam\b|unsolicited|junk"),
    # Throttled or listed addresses speak of policy with 4.7.x.
    (
        DelayType.IP_FAILURE,
        None,
        None,
        r"rate limit|too many (connections|messages)|throttl|blocked|block ?list|reputation",
    ),
    (DelayType.IP_FAILURE, 421, "7.0", None),
    (DelayType.IP_FAILURE, 421, "7.1", None),
    (DelayType.IP_FAILURE, 421, "7.28", None),
    # RFC 3463 x.4.x: the network on the way.
    (DelayType.TRANSIENT_COMMUNICATION_FAILURE, None, "4.1", None),
    (DelayType.TRANSIENT_COMMUNICATION_FAILURE, None, "4.2", None),
    (DelayType.RECIPIENT_SERVER_ERROR, 450, None, None),
    (DelayType.RECIPIENT_SERVER_ERROR, 451, None, None),
    (DelayType.MAILBOX_FULL, 452, None, None),
)


def delay_type(reply: Reply | None) -> DelayType:
    """Why a delivery waits; without a reply the connection failed."""
    if reply is None:
        return DelayType.TRANSIENT_COMMUNICATION_FAILURE
    for result, code, status, text in _DELAYS:
        if (
            (code is None or reply.code == code)
            and (status is None or reply.status.partition(".")[2] == status)
            and (text is None or re.search(text, reply.text, re.IGNORECASE))
        ):
            return result
    return DelayType.GENERAL
