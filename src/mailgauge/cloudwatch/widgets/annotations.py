"""Lines and bands that a widget draws over its graph: at values (horizontal) and at times (vertical). Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mailgauge.cloudwatch.widgets.faults import WidgetError

_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_FILLS: Final = {"horizontal": ("none", "above", "below"), "vertical": ("none", "before", "after")}


@dataclass(frozen=True, slots=True)
class Mark:
    """``at`` is a value or epoch seconds; ``until`` is the other end of a band. ``fill`` is the side that is shaded."""

    at: float
    until: float | None = None
    label: str = ""
    color: str | None = None
    fill: str = "none"
    is_right: bool = False


@dataclass(frozen=True, slots=True)
class Annotations:
    horizontal: tuple[Mark, ...] = ()
    vertical: tuple[Mark, ...] = ()


def annotations(given: dict[str, Any]) -> Annotations:
    """Those that are visible. Raises WidgetError."""
    return Annotations(_marks(given, "horizontal"), _marks(given, "vertical"))


def _marks(given: dict[str, Any], side: str) -> tuple[Mark, ...]:
    listed = given.get(side, [])
    if not isinstance(listed, list):
        raise WidgetError(f'The property "annotations.{side}" must be an array.')
    found = []
    for number, each in enumerate(listed):
        where = f"annotations.{side}[{number}]"
        pair = each if isinstance(each, list) else [each]
        if not 1 <= len(pair) <= 2 or not all(isinstance(one, dict) for one in pair):
            raise WidgetError(f'The property "{where}" must be an annotation, or an array of two.')
        if all(one.get("visible", True) is not False for one in pair):
            found.append(_mark(pair, side, where))
    return tuple(found)


def _mark(pair: list[dict[str, Any]], side: str, where: str) -> Mark:
    first, last = pair[0], pair[-1]
    color = first.get("color")
    if color is not None and not (isinstance(color, str) and _COLOR.fullmatch(color)):
        raise WidgetError(f'The property "{where}.color" must be like #1f77b4.')
    fill = first.get("fill", "none") if len(pair) == 1 else "none"
    if fill not in _FILLS[side]:
        raise WidgetError(f'The property "{where}.fill" must be one of: {", ".join(_FILLS[side])}.')
    label = first.get("label") or last.get("label") or ""
    if not isinstance(label, str):
        raise WidgetError(f'The property "{where}.label" must be a string.')
    until = _at(last, side, where) if len(pair) == 2 else None
    return Mark(_at(first, side, where), until, label, color, fill, first.get("yAxis") == "right")


def _at(one: dict[str, Any], side: str, where: str) -> float:
    value = one.get("value")
    if side == "horizontal" and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        if side == "vertical" and isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        pass
    kind = "a number" if side == "horizontal" else "an ISO 8601 time"
    raise WidgetError(f'The property "{where}.value" must be {kind}.')
