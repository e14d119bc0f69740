"""A templated message between its acceptance and its rendering: the template's reference and the data as they were given. Pure."""

from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from mailgauge.mail.mime import SimpleMessage
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.template_content import DIGEST_BYTES, TemplateContent


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """What a message is rendered with: a stored template by its name, or ``content`` given with the call; and the data."""

    name: str
    data: str
    content: TemplateContent | None = None


class Templated(msgspec.Struct, frozen=True):
    """What is kept instead of the content: everything of the message but the parts that the template makes.

    The digest of the template's content stands behind it, because only the accepting transaction knows it.
    """

    message: SimpleMessage
    template: str
    data: str
    max_size: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Templated).decode


def encode(templated: Templated) -> bytes:
    return _encode(templated)


def decode(content: bytes) -> tuple[Templated, bytes]:
    """The message, and the digest of its template's content."""
    return _decode(content[:-DIGEST_BYTES]), content[-DIGEST_BYTES:]


def parse_data(data: str) -> dict[str, Any]:
    """Rendering data is a JSON object. Raises InvalidParameterError."""
    try:
        parsed = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidParameterError("Template rendering data is invalid") from error
    if not isinstance(parsed, dict):
        raise InvalidParameterError("Template rendering data is invalid")
    return parsed


def merge_data(default: str, replacement: str | None) -> str:
    """The data of one entry of a bulk call: its own over the default, member by member. Raises InvalidParameterError."""
    if not replacement:
        return default
    own = parse_data(replacement)
    return orjson.dumps(_merged(parse_data(default), own)).decode() if own else default


def _merged(default: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = dict(default)
    for name, value in own.items():
        under = default.get(name)
        is_both = isinstance(under, dict) and isinstance(value, dict)
        merged[name] = _merged(default[name], value) if is_both else value
    return merged
