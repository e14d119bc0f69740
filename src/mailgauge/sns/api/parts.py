"""What the operations of SNS share: who calls, and pages of a hundred."""

from mailgauge.aws.request import Caller
from mailgauge.base.place import from_token, to_token
from mailgauge.sns.access import Principal
from mailgauge.sns.errors import invalid

PAGE = 100


def principal(caller: Caller) -> Principal:
    is_secure = caller.is_secure or caller.tls_version is not None
    return Principal(caller.scope, caller.arn, caller.source_ip, is_secure)


def token(place: str) -> str:
    """Where the next page begins."""
    return to_token(place)


def place(given: str | None) -> str:
    """What ``token`` was made of; empty for the first page. Raises InvalidParameterError."""
    try:
        found = from_token(given) if given else ""
    except ValueError:
        raise invalid("NextToken") from None
    if not isinstance(found, str):
        raise invalid("NextToken")
    return found


def number(given: str | None) -> int:
    """The same for places that are numbers."""
    found = place(given)
    if found and not (found.isascii() and found.isdecimal() and len(found) < 19):
        raise invalid("NextToken")
    return int(found or 0)
