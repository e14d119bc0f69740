"""What the operations of SNS share: who calls, and pages of a hundred."""

import base64
import binascii

from mailgauge.aws.request import Caller
from mailgauge.sns.access import Principal
from mailgauge.sns.errors import invalid

PAGE = 100


def principal(caller: Caller) -> Principal:
    is_secure = caller.is_secure or caller.tls_version is not None
    return Principal(caller.scope, caller.arn, caller.source_ip, is_secure)


def token(place: str) -> str:
    """Where the next page begins."""
    return base64.urlsafe_b64encode(place.encode()).decode()


def place(given: str | None) -> str:
    """What ``token`` was made of; empty for the first page. Raises InvalidParameterError."""
    if not given:
        return ""
    try:
        return base64.b64decode(given, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid("NextToken") from None


def number(given: str | None) -> int:
    """The same for places that are numbers."""
    found = place(given)
    if found and not (found.isascii() and found.isdecimal() and len(found) < 19):
        raise invalid("NextToken")
    return int(found or 0)
