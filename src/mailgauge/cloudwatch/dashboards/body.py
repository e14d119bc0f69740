"""What a dashboard's body must be (CloudWatch API reference, "Dashboard Body Structure and Syntax"). Pure.

Everything that is wrong is told at once, each with its place in the body. What is not known here is left alone.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import orjson

from mailgauge.cloudwatch.dashboards.faults import (
    Fault,
    choices,
    ignored,
    not_allowed,
    required,
    should_be,
    sizes,
    too_many,
    within,
)
from mailgauge.cloudwatch.dashboards.metric_widget import metric_widget
from mailgauge.cloudwatch.dashboards.other_widgets import (
    alarm_widget,
    chart_widget,
    custom_widget,
    explorer_widget,
    log_widget,
    text_widget,
)
from mailgauge.cloudwatch.dashboards.variables import check_variables

MOST_WIDGETS: Final = 500
_MOST_OF_ALL: Final = 2500
_COLUMNS: Final = 24
_TALLEST: Final = 1000
_LOWEST: Final = 10**6
_RELATIVE = re.compile(r"-P(?:\d{1,5}[DWM]|T\d{1,6}[MH]|\d{1,5}DT\d{1,6}[MH])")
_ABSOLUTE = re.compile(r"\d{4}-\d\d-\d\d.*")
_KNOWN: Final = frozenset({"type", "x", "y", "width", "height", "properties"})


class NoBodyError(ValueError):
    """It is no JSON object at all."""


def faults(text: str) -> list[Fault]:
    """All that keeps a body from being a dashboard, and all that is only odd. Raises NoBodyError."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise NoBodyError from error
    if not isinstance(body, dict):
        raise NoBodyError
    return [*_top(body), *_widgets(body), *check_variables(body.get("variables", []))]


def _top(body: Mapping[str, Any]) -> Iterator[Fault]:
    start, end = body.get("start"), body.get("end")
    yield from choices(body, "", periodOverride=("auto", "inherit"))
    if end is not None and start is None:
        yield Fault(
            "/end", 'The "end" property is not expected without "start", will be ignored', is_warning=True
        )
    for name, value in (("start", start), ("end", end)):
        if value is not None and not isinstance(value, str):
            yield should_be("string", f"/{name}")
    if isinstance(start, str) and not (
        _ABSOLUTE.fullmatch(start) or (end is None and _RELATIVE.fullmatch(start))
    ):
        yield Fault("/start", "Should be relative, such as -PT3H, or an ISO 8601 time")
    if start is not None and isinstance(end, str) and not _ABSOLUTE.fullmatch(end):
        yield Fault("/end", "Should be an ISO 8601 time")


def _widgets(body: Mapping[str, Any]) -> Iterator[Fault]:
    widgets = body.get("widgets")
    if "widgets" not in body:
        yield required("widgets", "")
    elif not isinstance(widgets, list):
        yield should_be("array", "/widgets")
    elif len(widgets) > MOST_WIDGETS:
        yield from sizes(widgets, 0, MOST_WIDGETS, "/widgets")
    else:
        for number, each in enumerate(widgets):
            yield from _widget(each, f"/widgets/{number}")
        shown = [each.get("properties") for each in widgets if isinstance(each, dict)]
        metrics = [each.get("metrics") for each in shown if isinstance(each, dict)]
        if sum(len(each) for each in metrics if isinstance(each, list)) > _MOST_OF_ALL:
            yield too_many(_MOST_OF_ALL, "/widgets")


def _widget(widget: object, path: str) -> Iterator[Fault]:
    if not isinstance(widget, dict):
        yield should_be("object", path)
        return
    yield from _place(widget, path)
    for name in widget:
        if name not in _KNOWN:
            yield ignored(name, path)
    for name in ("type", "properties"):
        if name not in widget:
            yield required(name, path)
    kind, properties = widget.get("type"), widget.get("properties")
    check = _KINDS.get(kind) if isinstance(kind, str) else None
    if "type" in widget and check is None:
        yield not_allowed(f"{path}/type")
    if "properties" in widget and not isinstance(properties, dict):
        yield should_be("object", f"{path}/properties")
    elif check is not None and isinstance(properties, dict):
        yield from check(properties, f"{path}/properties")


def _place(widget: Mapping[str, Any], path: str) -> Iterator[Fault]:
    bounds = {"x": (0, _COLUMNS - 1), "y": (0, _LOWEST), "width": (1, _COLUMNS), "height": (1, _TALLEST)}
    for name, (least, most) in bounds.items():
        if name in widget:
            yield from within(widget[name], least, most, f"{path}/{name}")
    if ("x" in widget) != ("y" in widget):
        yield required("y" if "x" in widget else "x", path)


_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any], str], Iterator[Fault]]]] = {
    "metric": metric_widget,
    "text": text_widget,
    "alarm": alarm_widget,
    "log": log_widget,
    "explorer": explorer_widget,
    "custom": custom_widget,
    "chart": chart_widget,
}
