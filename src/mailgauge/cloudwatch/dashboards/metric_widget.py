"""The metric widgets of a dashboard: what their properties must be. Pure.

An alarm annotation takes the place of metrics and Region. How metrics and annotations are read is ``widgets``' matter.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mailgauge.cloudwatch.dashboards.faults import (
    Fault,
    choices,
    is_a,
    not_allowed,
    required,
    should_be,
    sizes,
    too_many,
    types,
)
from mailgauge.cloudwatch.periods import is_legal
from mailgauge.cloudwatch.statistics import parse
from mailgauge.cloudwatch.widgets.annotations import annotations
from mailgauge.cloudwatch.widgets.entries import each_entry
from mailgauge.cloudwatch.widgets.faults import WidgetError
from mailgauge.cloudwatch.zone import parse_zone

MOST_METRICS: Final = 500
_VIEWS: Final = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
_NO_SOURCE: Final = (
    "The metric widget should have specified a region and a data source or an alarm annotation"
)
_NOT_ARRAY: Final = 'Field "metrics" has to be an array of array of strings, with an optional metricRenderer object as last element'
_NOT_STRING: Final = 'Invalid metric field type, only "String" type is allowed'
_MARK = re.compile(r'"annotations\.([\w\[\].]+)"')
_SEPARATOR = re.compile(r"[.\[]")
_ENTRY = re.compile(r'"metrics\[\d+\](\.\w+)?"(?P<rest>.*)')


def metric_widget(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    marks = properties.get("annotations")
    if not (isinstance(marks, dict) and marks.get("alarms")):
        yield from _source(properties, path)
    if "annotations" in properties:
        yield from _annotations(marks, f"{path}/annotations")
    if "metrics" in properties:
        yield from _metrics(properties, f"{path}/metrics")
    yield from _defaults(properties, path)
    yield from types(
        properties,
        path,
        title="string",
        region="string",
        stacked="boolean",
        liveData="boolean",
        sparkline="boolean",
        legend="object",
        table="object",
        yAxis="object",
    )
    yield from choices(properties, path, view=_VIEWS)
    legend, zone = properties.get("legend"), properties.get("timezone")
    if isinstance(legend, dict):
        yield from choices(legend, f"{path}/legend", position=("right", "bottom", "hidden"))
    if zone is not None and parse_zone(str(zone)) is None:
        yield Fault(f"{path}/timezone", 'Should match pattern "^[+-][0-9]{4}$"')
    if properties.get("view") == "gauge":
        yield from _gauge(properties, path)


def _source(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """Told as AWS tells it: what one form lacks, that neither is there, and what the other form lacks."""
    lacking = [name for name in ("metrics", "region") if name not in properties]
    if lacking == ["metrics"] and properties.get("annotations"):
        return
    for name in lacking:
        yield required(name, path)
    if lacking:
        yield Fault(path, _NO_SOURCE)
        if "annotations" not in properties:
            yield required("annotations", path)


def _annotations(marks: object, path: str) -> Iterator[Fault]:
    if not isinstance(marks, dict):
        yield should_be("object", path)
        return
    yield from types(marks, path, alarms="array", horizontal="array", vertical="array")
    if isinstance(alarms := marks.get("alarms"), list):
        yield from sizes(alarms, 0, 1, f"{path}/alarms")
        for number, each in enumerate(alarms):
            if not is_a("string", each):
                yield should_be("string", f"{path}/alarms/{number}")
    if is_a("array", marks.get("horizontal", [])) and is_a("array", marks.get("vertical", [])):
        try:
            annotations(marks)
        except WidgetError as error:
            named = _MARK.search(str(error))
            place = named[1] if named is not None else ""
            yield Fault(f"{path}/{_SEPARATOR.sub('/', place.replace(']', ''))}", str(error))


def _metrics(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    metrics = properties["metrics"]
    if not isinstance(metrics, list):
        yield should_be("array", path)
        return
    yield from sizes(metrics, 0, MOST_METRICS, path)
    shown = metrics[:MOST_METRICS]
    for number, each in enumerate(shown):
        yield from _form(each, f"{path}/{number}")
    entries = [None if any(_form(each, "")) else each for each in shown]
    for number, found in each_entry({} if any(_defaults(properties, "")) else properties, entries):
        if isinstance(found, WidgetError):
            yield _told(found, metrics[number], f"{path}/{number}")


def _form(entry: object, path: str) -> Iterator[Fault]:
    if not isinstance(entry, list):
        yield should_be("array", path)
        yield Fault(path, _NOT_ARRAY)
        return
    last = len(entry) - 1
    for number, each in enumerate(entry):
        if not (isinstance(each, str) and each) and not (number == last and isinstance(each, dict)):
            yield Fault(f"{path}/{number}", _NOT_STRING)
    if (
        entry
        and isinstance(entry[-1], dict)
        and any(isinstance(each, dict | list) for each in entry[-1].values())
    ):
        yield too_many(last, path)


def _defaults(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """Statistic and period of the metrics that have none of their own."""
    yield from types(properties, path, stat="string", period="integer")
    stat, period = properties.get("stat"), properties.get("period")
    if isinstance(stat, str) and parse(stat) is None:
        yield not_allowed(f"{path}/stat")
    if isinstance(period, int) and not is_legal(period):
        yield Fault(f"{path}/period", "Should be multiple of 60")


def _told(error: WidgetError, entry: list[Any], path: str) -> Fault:
    """AWS has one sentence for options that are wrong and for dimensions without a value: the last item is too much."""
    named = _ENTRY.search(str(error))
    is_last = named is not None and (
        named[1] is not None or "names and values of dimensions" in named["rest"]
    )
    return too_many(len(entry) - 1, path) if is_last and len(entry) > 1 else Fault(path, str(error))


def _gauge(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    axis = properties.get("yAxis")
    left = axis.get("left") if isinstance(axis, dict) else None
    for name in ("min", "max"):
        if not (isinstance(left, dict) and name in left):
            yield required(name, f"{path}/yAxis/left")
