"""What a dashboard's body must be (CloudWatch API reference, "Dashboard Body Structure and Syntax"). Pure.

Everything that is wrong is told at once, each with its place in the body. What is not known here is left alone.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import orjson

from mailgauge.cloudwatch.dashboards.faults import Fault
from mailgauge.cloudwatch.dashboards.variables import check_variables
from mailgauge.cloudwatch.widgets.annotations import annotations
from mailgauge.cloudwatch.widgets.entries import entries
from mailgauge.cloudwatch.widgets.faults import WidgetError

MOST_WIDGETS: Final = 500
_MOST_METRICS: Final = 500
_MOST_OF_ALL: Final = 2500
_COLUMNS: Final = 24
_TALLEST: Final = 1000
_RELATIVE = re.compile(r"-P(T\d{1,5}[MH]|\d{1,4}[DWM])")
_VIEWS: Final = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")


def faults(text: str) -> list[Fault]:
    """All that keeps a body from being a dashboard."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return [Fault("", f"The body is not valid JSON: {error}")]
    if not isinstance(body, dict):
        return [Fault("", "Should be object")]
    return [*_top(body), *_widgets(body), *check_variables(body.get("variables", []))]


def _top(body: Mapping[str, Any]) -> Iterator[Fault]:
    start, end = body.get("start"), body.get("end")
    if body.get("periodOverride", "auto") not in {"auto", "inherit"}:
        yield Fault("/periodOverride", "Should be one of: auto, inherit")
    if end is not None and start is None:
        yield Fault("/end", 'Needs "start"')
    if start is not None and not isinstance(start, str):
        yield Fault("/start", "Should be string")
    elif start is not None and end is None and not _RELATIVE.fullmatch(start) and not start[:1].isdigit():
        yield Fault("/start", "Should be relative, such as -PT3H, or an ISO 8601 time")


def _widgets(body: Mapping[str, Any]) -> Iterator[Fault]:
    widgets = body.get("widgets")
    if widgets is None:
        yield Fault("", 'Should have property "widgets"')
    elif not isinstance(widgets, list):
        yield Fault("/widgets", "Should be array")
    elif len(widgets) > MOST_WIDGETS:
        yield Fault("/widgets", f"Should have at most {MOST_WIDGETS} widgets")
    else:
        for number, each in enumerate(widgets):
            yield from _widget(each, f"/widgets/{number}")
        shown = [each.get("properties") for each in widgets if isinstance(each, dict)]
        metrics = [each.get("metrics") for each in shown if isinstance(each, dict)]
        if sum(len(each) for each in metrics if isinstance(each, list)) > _MOST_OF_ALL:
            yield Fault("/widgets", f"Should have at most {_MOST_OF_ALL} metrics in all")


def _widget(widget: object, path: str) -> Iterator[Fault]:
    if not isinstance(widget, dict):
        yield Fault(path, "Should be object")
        return
    yield from _place(widget, path)
    kind = widget.get("type")
    if not isinstance(kind, str):
        yield Fault(path, 'Should have property "type"')
        return
    properties = widget.get("properties")
    if not isinstance(properties, dict):
        yield Fault(path, 'Should have property "properties"')
        return
    check = _KINDS.get(kind)
    if check is None:
        yield Fault(f"{path}/type", f"Should be one of: {', '.join(_KINDS)}")
    else:
        yield from check(properties, f"{path}/properties")


def _place(widget: Mapping[str, Any], path: str) -> Iterator[Fault]:
    bounds = {"x": (0, _COLUMNS - 1), "y": (0, 10**6), "width": (1, _COLUMNS), "height": (1, _TALLEST)}
    for name, (least, most) in bounds.items():
        value = widget.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int):
            yield Fault(f"{path}/{name}", "Should be integer")
        elif not least <= value <= most:
            yield Fault(f"{path}/{name}", f"Should be {least} to {most}")
    if ("x" in widget) != ("y" in widget):
        yield Fault(path, 'Should have both "x" and "y", or neither')


def _metric(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    marks = properties.get("annotations")
    if not isinstance(properties.get("region"), str):
        yield Fault(path, 'Should have property "region"')
    if properties.get("view", "timeSeries") not in _VIEWS:
        yield Fault(f"{path}/view", f"Should be one of: {', '.join(_VIEWS)}")
    if marks is not None and not isinstance(marks, dict):
        yield Fault(f"{path}/annotations", "Should be object")
        marks = None
    elif marks:
        yield from _of_widget(lambda: annotations(marks), path)
    if "metrics" in properties:
        yield from _metrics(properties, path)
    elif not marks:
        yield Fault(path, 'Should have property "metrics"')
    if properties.get("view") == "gauge":
        left = (
            properties.get("yAxis", {}).get("left", {}) if isinstance(properties.get("yAxis"), dict) else {}
        )
        if not (isinstance(left, dict) and {"min", "max"} <= left.keys()):
            yield Fault(f"{path}/yAxis/left", 'Should have properties "min" and "max"')


def _metrics(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    metrics = properties["metrics"]
    if not isinstance(metrics, list):
        yield Fault(f"{path}/metrics", "Should be array")
    elif len(metrics) > _MOST_METRICS:
        yield Fault(f"{path}/metrics", f"Should have at most {_MOST_METRICS} metrics")
    elif any(not isinstance(each, list) for each in metrics):
        text = 'Field "metrics" has to be an array of array of strings, with an optional metricRenderer object as last element'
        for number, each in enumerate(metrics):
            if not isinstance(each, list):
                yield Fault(f"{path}/metrics/{number}", text)
    elif metrics:
        yield from _of_widget(lambda: entries(properties, _MOST_METRICS), path)


def _of_widget(read: Callable[[], object], path: str) -> Iterator[Fault]:
    """The same rules as for a widget of its own, which name a property as ``metrics[0].color``."""
    try:
        read()
    except WidgetError as error:
        named = re.search(r'"([^"]+)"', str(error))
        place = re.sub(r"[\[.]", "/", named[1]).replace("]", "") if named else ""
        yield Fault(f"{path}/{place}", str(error))


def _text(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    if not isinstance(properties.get("markdown"), str):
        yield Fault(path, 'Should have property "markdown"')
    if properties.get("background", "solid") not in {"solid", "transparent"}:
        yield Fault(f"{path}/background", "Should be one of: solid, transparent")


def _alarm(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    alarms = properties.get("alarms")
    if not isinstance(alarms, list) or not 1 <= len(alarms) <= 100:
        yield Fault(f"{path}/alarms", "Should be array of 1 to 100 alarm ARNs")


def _log(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    if not isinstance(properties.get("query"), str):
        yield Fault(path, 'Should have property "query"')


def _anything(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    return iter(())


_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any], str], Iterator[Fault]]]] = {
    "metric": _metric,
    "text": _text,
    "log": _log,
    "alarm": _alarm,
    "explorer": _anything,
    "custom": _anything,
}
