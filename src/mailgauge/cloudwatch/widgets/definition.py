"""A metric widget as JSON says it, read into values (CloudWatch API reference, "Metric Widget: Structure and Syntax"). Pure."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, Final, TypeVar

import orjson

from mailgauge.cloudwatch.widgets.annotations import Annotations, annotations
from mailgauge.cloudwatch.widgets.entries import Entry, entries
from mailgauge.cloudwatch.widgets.faults import WidgetError
from mailgauge.cloudwatch.zone import parse_zone

Choice = TypeVar("Choice", bound=StrEnum)

MOST_BYTES: Final = 100_000
_LARGEST: Final = 2000
_LATEST: Final = 32_503_680_000
_THREE_HOURS: Final = 3 * 3600
_RELATIVE = re.compile(r"(-?)P(?:(\d+)W)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_UNITS: Final = (7 * 86400, 30 * 86400, 86400, 3600, 60, 1)


class View(StrEnum):
    TIME_SERIES = "timeSeries"
    SINGLE_VALUE = "singleValue"
    BAR = "bar"
    PIE = "pie"
    GAUGE = "gauge"
    TABLE = "table"


class Theme(StrEnum):
    LIGHT = "light"
    DARK = "dark"


class Legend(StrEnum):
    BOTTOM = "bottom"
    RIGHT = "right"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Axis:
    label: str = ""
    minimum: float | None = None
    maximum: float | None = None
    shows_units: bool = True


@dataclass(frozen=True, slots=True)
class Widget:
    """``start`` and ``end`` in epoch seconds; ``entries`` are its metrics and expressions in their order."""

    entries: tuple[Entry, ...]
    start: int
    end: int
    title: str = ""
    width: int = 600
    height: int = 400
    view: View = View.TIME_SERIES
    stacked: bool = False
    theme: Theme = Theme.LIGHT
    legend: Legend = Legend.BOTTOM
    left: Axis = field(default_factory=Axis)
    right: Axis = field(default_factory=Axis)
    annotations: Annotations = field(default_factory=Annotations)
    zone: timezone = UTC


def widget(text: str, now: float) -> Widget:
    """Raises WidgetError with everything that is wrong at once where that can be told."""
    if len(text.encode()) > MOST_BYTES:
        raise WidgetError(f"The widget definition is larger than {MOST_BYTES} bytes.")
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise WidgetError("The widget definition is not valid JSON.") from error
    if not isinstance(given, dict):
        raise WidgetError("The widget definition is not a JSON object.")
    start, end = _range(given, now)
    axes = _object(given, "yAxis")
    return Widget(
        entries=entries(given),
        start=start,
        end=end,
        title=_text(given, "title"),
        width=_size(given, "width", 600),
        height=_size(given, "height", 400),
        view=_one_of(given, "view", View, View.TIME_SERIES),
        stacked=_flag(given, "stacked"),
        theme=_one_of(given, "theme", Theme, Theme.LIGHT),
        legend=_one_of(_object(given, "legend"), "position", Legend, Legend.BOTTOM),
        left=_axis(axes, "left"),
        right=_axis(axes, "right"),
        annotations=annotations(_object(given, "annotations")),
        zone=_zone(given),
    )


def _range(given: dict[str, Any], now: float) -> tuple[int, int]:
    end = _moment(given, "end", now, now)
    start = _moment(given, "start", now, now - _THREE_HOURS)
    if start >= end:
        raise WidgetError('The property "start" must be before "end".')
    if start < 0 or end > _LATEST:
        raise WidgetError("The time range must be between the years 1970 and 3000.")
    return int(start), int(end)


def _moment(given: dict[str, Any], name: str, now: float, default: float) -> float:
    value = given.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise WidgetError(f'The property "{name}" must be a time.')
    relative = _RELATIVE.fullmatch(value)
    if relative and value.lstrip("-") not in {"P", "PT"}:
        seconds = sum(
            int(count or 0) * unit for count, unit in zip(relative.groups()[1:], _UNITS, strict=True)
        )
        return now - seconds if relative[1] else now + seconds
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise WidgetError(
            f'The property "{name}" is neither an ISO 8601 time nor one such as -PT3H.'
        ) from error


def _axis(axes: dict[str, Any], name: str) -> Axis:
    given = _object(axes, name)
    least, most = _number(given, "min"), _number(given, "max")
    if least is not None and most is not None and least >= most:
        raise WidgetError(f'The property "yAxis.{name}.min" must be less than "max".')
    shows = given.get("showUnits", True)
    return Axis(_text(given, "label"), least, most, shows is not False)


def _zone(given: dict[str, Any]) -> timezone:
    text = given.get("timezone")
    zone = timezone(timedelta(0)) if text is None else parse_zone(str(text))
    if zone is None:
        raise WidgetError('The property "timezone" must be like +0130.')
    return zone


def _object(given: dict[str, Any], name: str) -> dict[str, Any]:
    value = given.get(name, {})
    if not isinstance(value, dict):
        raise WidgetError(f'The property "{name}" must be an object.')
    return value


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise WidgetError(f'The property "{name}" must be a string.')
    return value


def _flag(given: dict[str, Any], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise WidgetError(f'The property "{name}" must be true or false.')
    return value


def _number(given: dict[str, Any], name: str) -> float | None:
    value = given.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise WidgetError(f'The property "{name}" must be a number.')
    return None if value is None else float(value)


def _size(given: dict[str, Any], name: str, default: int) -> int:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LARGEST:
        raise WidgetError(f'The property "{name}" must be a whole number from 1 to {_LARGEST}.')
    return value


def _one_of(given: dict[str, Any], name: str, kind: type[Choice], default: Choice) -> Choice:
    value = given.get(name, default)
    try:
        return kind(value)
    except ValueError as error:
        names = ", ".join(each.value for each in kind)
        raise WidgetError(f'The property "{name}" must be one of: {names}.') from error
