"""Message tags given with a call: what SES accepts, word for word (``sesv2/MessageTag``), and the names of auto-tags.

Header tags are not checked here: they are never refused.
"""

import re
from collections.abc import Iterable

from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.limits import AMAZON, MAX_MESSAGE_TAG_TEXT, Limits

CONFIGURATION_SET = "ses:configuration-set"
CALLER_IDENTITY = "ses:caller-identity"
FROM_DOMAIN = "ses:from-domain"
SOURCE_IP = "ses:source-ip"
SOURCE_TLS_VERSION = "ses:source-tls-version"
OPERATION = "ses:operation"
# Of accounts that have the Virtual Deliverability Manager on.
RECIPIENT_ISP = "ses:recipient-isp"
SENDER_IDENTITY = "ses:sender-identity"
# Known after a delivery attempt only.
OUTGOING_IP = "ses:outgoing-ip"
OUTGOING_TLS_VERSION = "ses:outgoing-tls-version"
AUTO = frozenset(
    {
        CONFIGURATION_SET,
        CALLER_IDENTITY,
        FROM_DOMAIN,
        SOURCE_IP,
        SOURCE_TLS_VERSION,
        OPERATION,
        RECIPIENT_ISP,
        SENDER_IDENTITY,
        OUTGOING_IP,
        OUTGOING_TLS_VERSION,
    }
)
"""What only the service says about a message."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")
# The live service takes '.' and '@' in values, which its documentation does not mention.
_VALUE = re.compile(r"[A-Za-z0-9_\-.@]+")
# The only names under the reserved prefix that senders may set; they go into the Feedback-ID header.
_RESERVED_FOR_SENDERS = frozenset({"ses:feedback-id-a", "ses:feedback-id-b"})


def check(tags: Iterable[tuple[str, str]], limits: Limits = AMAZON) -> None:
    """Raises InvalidParameterError for the first fault of the first faulty tag, in SES's order."""
    for number, (name, value) in enumerate(tags, start=1):
        if number > limits.message_tags:
            raise InvalidParameterError(f"Message tag count exceeds {limits.message_tags}.")
        _check(name, value)


def _check(name: str, value: str) -> None:
    if not name:
        raise InvalidParameterError("The tag name must be specified.")
    if not value:
        raise InvalidParameterError("The tag value must be specified.")
    if len(name) > MAX_MESSAGE_TAG_TEXT:
        raise InvalidParameterError(f"Tag name cannot exceed {MAX_MESSAGE_TAG_TEXT} characters.")
    if name not in _RESERVED_FOR_SENDERS and not _NAME.fullmatch(name):
        raise InvalidParameterError(
            f"Invalid tag name <{name}>: only alphanumeric ASCII characters, '_',  '-' are allowed."
        )
    if len(value) > MAX_MESSAGE_TAG_TEXT:
        raise InvalidParameterError(f"Tag value cannot exceed {MAX_MESSAGE_TAG_TEXT} characters.")
    if not _VALUE.fullmatch(value):
        raise InvalidParameterError(
            f"Invalid tag value <{value}>: only alphanumeric ASCII characters, '_',  '-' , '.', '@' are allowed."
        )
