"""The widgets of a dashboard that are no metric widgets: what their properties must be. Pure.

Of those that this service has nothing to show for, logs and functions, only the form is looked at.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mailgauge.cloudwatch.dashboards.faults import Fault, choices, is_a, required, should_be, sizes, types

_STATES: Final = ("ALARM", "OK", "INSUFFICIENT_DATA")
_FUNCTIONS: Final = ("AVG", "MIN", "MAX", "STDDEV", "SUM")


def text_widget(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    if "markdown" not in properties:
        yield required("markdown", path)
    yield from types(properties, path, markdown="string")
    yield from choices(properties, path, background=("solid", "transparent"))


def alarm_widget(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    alarms = properties.get("alarms")
    if "alarms" not in properties:
        yield required("alarms", path)
    elif not isinstance(alarms, list):
        yield should_be("array", f"{path}/alarms")
    else:
        yield from sizes(alarms, 1, 100, f"{path}/alarms")
        yield from _all("string", alarms, f"{path}/alarms")
    yield from types(properties, path, title="string", states="array")
    yield from choices(properties, path, sortBy=("default", "stateUpdatedTimestamp", "timestamp"))
    if isinstance(states := properties.get("states"), list):
        for number, each in enumerate(states):
            yield from choices({"state": each}, f"{path}/states/{number}", state=_STATES)


def log_widget(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    if "query" not in properties:
        yield required("query", path)
    yield from types(properties, path, query="string", region="string", title="string", stacked="boolean")
    yield from choices(properties, path, view=("table", "timeSeries", "bar", "pie"))


def explorer_widget(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    if "metrics" not in properties:
        yield required("metrics", path)
    yield from types(
        properties,
        path,
        metrics="array",
        labels="array",
        aggregateBy="object",
        splitBy="string",
        period="integer",
        title="string",
        widgetOptions="object",
    )
    if isinstance(metrics := properties.get("metrics"), list):
        yield from _all("object", metrics, f"{path}/metrics")
        for number, each in enumerate(metrics):
            if isinstance(each, dict):
                for name in ("metricName", "resourceType", "stat"):
                    if name not in each:
                        yield required(name, f"{path}/metrics/{number}")
    if isinstance(labels := properties.get("labels"), list):
        yield from _all("object", labels, f"{path}/labels")
    if isinstance(together := properties.get("aggregateBy"), dict):
        yield from choices(together, f"{path}/aggregateBy", func=_FUNCTIONS)


def custom_widget(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """Of a function of the reader's own, which is not run here."""
    yield from types(properties, path, endpoint="string", title="string")


def chart_widget(properties: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """Of queries in PromQL, which are not run here."""
    yield from types(properties, path, data="object", title="string")


def _all(kind: str, values: list[Any], path: str) -> Iterator[Fault]:
    for number, each in enumerate(values):
        if not is_a(kind, each):
            yield should_be(kind, f"{path}/{number}")
