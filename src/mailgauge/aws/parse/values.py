"""Conversions that all protocols share: text and numbers to the types of botocore's models. Pure.

What does not convert raises ``MalformedError``; each protocol gives that its own error code.
"""

import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

Reader = Callable[[Any], Any]

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SPECIAL_FLOATS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_LONGEST_TIMESTAMP = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LIMITS = {"integer": 2**31, "long": 2**63}
_BOOLEANS = {"true": True, "false": False}


class MalformedError(ValueError):
    """A request body that is not what its protocol or the model says. The text goes to the caller."""


def integer_from(kind: str) -> Callable[[int], int]:
    """A check that a number fits ``integer`` (32 bits) or ``long`` (64)."""
    limit = _LIMITS[kind]

    def check(value: int) -> int:
        if -limit <= value < limit:
            return value
        raise MalformedError(f"Number {str(value)[:40]} is out of range for {kind.capitalize()}")

    return check


def integer_from_text(kind: str) -> Callable[[str], int]:
    check = integer_from(kind)

    def read(text: str) -> int:
        if _INTEGER.fullmatch(text):
            return check(int(text))
        raise MalformedError(f"'{text[:40]}' can not be converted to {kind.capitalize()}")

    return read


def float_from_text(text: str) -> float:
    if _NUMBER.fullmatch(text):
        return float(text)
    special = _SPECIAL_FLOATS.get(text)
    if special is None:
        raise MalformedError(f"'{text[:40]}' can not be converted to Double")
    return special


def boolean_from_text(text: str) -> bool:
    found = _BOOLEANS.get(text) if text in _BOOLEANS else _BOOLEANS.get(text.lower())
    if found is None:
        raise MalformedError(f"'{text[:40]}' can not be converted to Boolean")
    return found


def blob_from_text(text: str) -> bytes:
    """Base64; line breaks in it are accepted, as encoders for mail put them there."""
    try:
        try:
            return binascii.a2b_base64(text, strict_mode=True)
        except binascii.Error:
            return binascii.a2b_base64("".join(text.split()), strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError("Invalid base64 in a blob") from error


def timestamp_from_number(value: float) -> datetime:
    """Seconds since the epoch."""
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    try:
        return _EPOCH + timedelta(seconds=value)
    except (ValueError, OverflowError) as error:
        raise MalformedError("Timestamp is out of range") from error


def timestamp_from_text(text: str) -> datetime:
    """ISO 8601, epoch seconds as text, or the HTTP date; without an offset it is UTC."""
    if len(text) > _LONGEST_TIMESTAMP:
        raise MalformedError("timestamp must follow ISO8601")
    try:
        if text[4:5] == "-":
            return _utc(datetime.fromisoformat(text))
        if _NUMBER.fullmatch(text):
            return timestamp_from_number(float(text))
        return _utc(parsedate_to_datetime(text))
    except MalformedError:
        raise
    except (ValueError, TypeError, OverflowError, IndexError) as error:
        raise MalformedError("timestamp must follow ISO8601") from error


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def text_reader(type_name: str) -> Callable[[str], Any]:
    """How a scalar is read from text (form fields, query strings, headers, labels)."""
    match type_name:
        case "integer" | "long":
            return integer_from_text(type_name)
        case "float" | "double":
            return float_from_text
        case "boolean":
            return boolean_from_text
        case "timestamp":
            return timestamp_from_text
        case "blob":
            return blob_from_text
        case _:
            return _itself


def _itself(text: str) -> str:
    return text
