"""Numbers, times and JSON as CloudWatch prints them: doubles the way Java does, times in UTC. Pure."""

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

_quoted: Final = json.encoder.encode_basestring


def double(value: float) -> str:
    """``Double.toString``: 21.5, 0.0, 1.0E7, 1.0E-4."""
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = repr(value)
        # Python turns to exponents below 1e-4 and from 1e16 on, so here it never does.
        return text if "." in text else f"{text}.0"
    digits, _, exponent = _scientific(value).partition("e")
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"


def _scientific(value: float) -> str:
    """The shortest digits that read back as ``value``, in scientific form."""
    for precision in range(17):
        text = f"{value:.{precision}e}"
        if float(text) == value:
            return text
    return f"{value:.16e}"


def day_time(seconds: float) -> str:
    """``26/02/26 10:13:00``, in reasons."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%d/%m/%y %H:%M:%S")


def stamp(milliseconds: int) -> str:
    """``2026-02-26T10:13:00.000+0000``, in JSON."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}+0000"


class Json(str):
    """A text that is JSON already, printed as it is."""

    __slots__ = ()


def dumps(value: Any) -> str:
    """Compact JSON with Java's doubles."""
    # Every change of state prints several of these: the most frequent kinds come first.
    if isinstance(value, str):
        return str(value) if isinstance(value, Json) else _quoted(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{_quoted(str(key))}:{dumps(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, float):
        return double(value) if math.isfinite(value) else f'"{double(value)}"'
    if isinstance(value, Sequence):
        return "[" + ",".join([dumps(item) for item in value]) + "]"
    return json.dumps(value)
