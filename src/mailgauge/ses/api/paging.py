"""Pages of lists that are ordered by name: NextToken is the last name, opaque to callers."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from mailgauge.base.base64url import from_text, to_text
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.limits import MAX_PAGE

T = TypeVar("T")
_PREFIX = "after:"


def after(token: str | None) -> str:
    """The name behind which a page begins. Raises InvalidParameterError for a token that is none of ours."""
    if not token:
        return ""
    try:
        place = from_text(token).decode()
    except ValueError as error:
        raise InvalidParameterError("The NextToken is not valid.") from error
    if not place.startswith(_PREFIX):
        raise InvalidParameterError("The NextToken is not valid.")
    return place.removeprefix(_PREFIX)


def size(asked: int | None) -> int:
    """How many fit on a page: what was asked for, within SES's bounds."""
    return min(asked, MAX_PAGE) if asked and asked > 0 else MAX_PAGE


def page(found: Sequence[T], limit: int, name: Callable[[T], str]) -> tuple[Sequence[T], dict[str, str]]:
    """One page out of up to ``limit + 1`` items, and the NextToken member where there are more."""
    if len(found) <= limit:
        return found, {}
    shown = found[:limit]
    place = f"{_PREFIX}{name(shown[-1])}".encode()
    return shown, {"NextToken": to_text(place)}
