"""Pages of lists that are ordered by name: NextToken is the last name, opaque to callers."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from mailgauge.base.place import from_token, to_token
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.limits import MAX_PAGE

T = TypeVar("T")


def after(token: str | None) -> str:
    """The name behind which a page begins. Raises InvalidParameterError for a token that is none of ours."""
    if not token:
        return ""
    try:
        place = from_token(token)
    except ValueError as error:
        raise InvalidParameterError("The NextToken is not valid.") from error
    if not isinstance(place, str):
        raise InvalidParameterError("The NextToken is not valid.")
    return place


def size(asked: int | None) -> int:
    """How many fit on a page: what was asked for, within SES's bounds."""
    return min(asked, MAX_PAGE) if asked and asked > 0 else MAX_PAGE


def page(found: Sequence[T], limit: int, name: Callable[[T], str]) -> tuple[Sequence[T], dict[str, str]]:
    """One page out of up to ``limit + 1`` items, and the NextToken member where there are more."""
    if len(found) <= limit:
        return found, {}
    shown = found[:limit]
    return shown, {"NextToken": to_token(name(shown[-1]))}
