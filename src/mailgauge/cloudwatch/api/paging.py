"""NextToken: the place where a page ended, opaque to callers."""

from typing import Any

import orjson

from mailgauge.aws.errors import AwsError
from mailgauge.base.base64url import from_text, to_text


def token(place: Any) -> str:
    """Of anything JSON can hold."""
    return to_text(orjson.dumps(place))


def place(token: str) -> Any:
    """What ``token`` was given. Raises InvalidNextToken for a token that is none of ours."""
    try:
        return orjson.loads(from_text(token))
    except ValueError as error:
        raise invalid() from error


def invalid() -> AwsError:
    return AwsError("InvalidNextToken", "The next token specified is invalid.")
