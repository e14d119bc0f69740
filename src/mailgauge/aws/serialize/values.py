"""Conversions that all protocols share: the models' types to text and numbers. Pure."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

Writer = Callable[[Any], Any]


class ResultError(TypeError):
    """A handler's result is not what the model says. A fault of ours, never the caller's."""


def unknown_member(shape_name: str, member: str) -> ResultError:
    return ResultError(f"{shape_name} has no member {member!r}")


Moment = datetime | int
"""A timestamp of a result; whole seconds since the epoch are quicker where there are a hundred thousand of them."""


def iso8601(moment: Moment) -> str:
    """To the second with ``Z``; milliseconds only where they are not zero."""
    moment = _utc(moment)
    text = moment.isoformat()[:19]
    milliseconds = moment.microsecond // 1000
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


def epoch(moment: Moment) -> float:
    """Seconds since the epoch, always a float: ``1700000000.0``."""
    if isinstance(moment, int):
        return float(moment)
    return round(_utc(moment).timestamp(), 3)


def timestamp_writer(form: str | None) -> Callable[[Moment], str | float]:
    match (form or "").lower():
        case "iso8601":
            return iso8601
        case "rfc822":
            return http_date
        case _:
            return epoch


def http_date(moment: Moment) -> str:
    return format_datetime(_utc(moment), usegmt=True)


def float_text(value: float) -> str:
    value = float(value)
    return repr(value) if math.isfinite(value) else special_float(value)


def special_float(value: float) -> str:
    """NaN and the infinities, which JSON and XML have no number for."""
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def finite_floats(values: list[Any]) -> list[float] | None:
    """All of them as floats, None when one needs a closer look."""
    try:
        return list(map(float, values)) if all(map(math.isfinite, values)) else None
    except TypeError:
        return None


def _utc(moment: Moment) -> datetime:
    if isinstance(moment, int):
        return datetime.fromtimestamp(moment, UTC)
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise ResultError("a timestamp must know its time zone")
    return moment.astimezone(UTC)
