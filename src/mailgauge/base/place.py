"""Places in lists as callers hold them between pages (NextToken): JSON in base64, opaque to them."""

from typing import Any

import orjson

from mailgauge.base.base64url import from_text, to_text


def to_token(place: Any) -> str:
    """Of anything JSON can hold."""
    return to_text(orjson.dumps(place))


def from_token(token: str) -> Any:
    """What the token was given. Raises ValueError for a token that is none of ours."""
    return orjson.loads(from_text(token))
