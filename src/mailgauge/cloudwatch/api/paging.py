"""NextToken: the place where a page ended, opaque to callers."""

import base64
import binascii
from typing import Any

import orjson

from mailgauge.aws.errors import AwsError


def token(place: Any) -> str:
    """Of anything JSON can hold."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def place(token: str) -> Any:
    """What ``token`` was given. Raises InvalidNextToken for a token that is none of ours."""
    try:
        return orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError) as error:
        raise invalid() from error


def invalid() -> AwsError:
    return AwsError("InvalidNextToken", "The next token specified is invalid.")
