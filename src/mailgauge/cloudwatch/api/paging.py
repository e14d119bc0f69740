"""NextToken: the place where a page ended, opaque to callers."""

from typing import Any

from mailgauge.aws.errors import AwsError
from mailgauge.base.place import from_token, to_token


def token(place: Any) -> str:
    """Of anything JSON can hold."""
    return to_token(place)


def place(token: str) -> Any:
    """What ``token`` was given. Raises InvalidNextToken for a token that is none of ours."""
    try:
        return from_token(token)
    except ValueError as error:
        raise invalid() from error


def invalid() -> AwsError:
    return AwsError("InvalidNextToken", "The next token specified is invalid.")
