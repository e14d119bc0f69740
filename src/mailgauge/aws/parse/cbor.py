"""CBOR bodies (smithy-rpc-v2-cbor), read by the model's shapes. The only tag is 1, a timestamp.

Other tags are refused before they are decoded: they would let a caller build cycles, decimals that take hours to
convert, and compiled expressions.
"""

from datetime import datetime
from typing import Any, NoReturn

from mailgauge.aws.parse.json import JsonReaders
from mailgauge.aws.parse.values import MalformedError, Reader, timestamp_from_number


def _refuse(value: Any, _immutable: bool) -> NoReturn:
    raise ValueError("a tag that no model has")


def _timestamp_tag(value: Any, _immutable: bool) -> datetime:
    if type(value) is int or type(value) is float:
        return timestamp_from_number(value)
    raise ValueError("tag 1 holds seconds")


_DEEPEST = 200
# Every tag that cbor2 would decode by itself.
_DECODERS = {
    **dict.fromkeys(
        (0, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 1004, 43000, 55799), _refuse
    ),
    1: _timestamp_tag,
}


def load(body: bytes) -> Any:
    """The document; an empty body is an empty map."""
    if not body:
        return {}
    import cbor2

    try:
        return cbor2.loads(
            body,
            semantic_decoders=_DECODERS,
            tag_hook=_refuse,
            max_depth=_DEEPEST,
            strict_hashable_types=True,
        )
    except (cbor2.CBORError, ValueError, OverflowError, MemoryError) as error:
        raise MalformedError("The body is not valid CBOR") from error


class CborReaders(JsonReaders):
    """As JSON, but blobs are byte strings and timestamps are tagged."""

    def scalar(self, kind: str) -> Reader:
        if kind == "blob":
            return _blob
        if kind == "timestamp":
            return _timestamp
        return super().scalar(kind)


def _blob(value: Any) -> bytes:
    if type(value) is bytes:
        return value
    raise MalformedError("Unexpected value where a byte string is expected")


def _timestamp(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    raise MalformedError("Unexpected value where a timestamp (tag 1) is expected")
