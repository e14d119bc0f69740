"""Dashboard bodies: those written for AWS are taken, and everything that is wrong in one is told with its place."""

from typing import Any

import orjson
import pytest

from mailgauge.cloudwatch.dashboards import ready
from mailgauge.cloudwatch.dashboards.body import faults

METRIC: dict[str, Any] = {
    "type": "metric",
    "x": 0,
    "y": 0,
    "width": 12,
    "height": 6,
    "properties": {
        "metrics": [
            ["AWS/SES", "Send", {"stat": "Sum"}],
            [".", "Bounce"],
            [{"expression": "m1/m2", "id": "e1"}],
        ],
        "view": "timeSeries",
        "stacked": False,
        "region": "us-east-1",
        "setPeriodToTimeRange": True,
        "annotations": {"horizontal": [{"label": "limit", "value": 5}]},
    },
}
ALARM = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:complaints"


def places(**body: Any) -> list[str]:
    return [each.path for each in faults(orjson.dumps(body).decode())]


def places_of(widget: Any) -> list[str]:
    return places(widgets=[widget])


@pytest.mark.parametrize(
    "widget",
    [
        METRIC,
        {"type": "text", "properties": {"markdown": "# Hello", "background": "transparent"}},
        {"type": "alarm", "properties": {"alarms": [ALARM], "title": "Alarms"}},
        {"type": "log", "properties": {"query": "SOURCE 'group' | fields @message", "region": "us-east-1"}},
        {"type": "metric", "properties": {"region": "us-east-1", "annotations": {"alarms": [ALARM]}}},
        {"type": "custom", "properties": {"endpoint": "arn:aws:lambda:us-east-1:000000000000:function:draw"}},
    ],
)
def test_what_aws_takes_is_taken(widget: dict[str, Any]) -> None:
    assert places_of(widget) == []
    variable = {
        "type": "property",
        "property": "region",
        "inputType": "select",
        "id": "region",
        "values": [{"value": "x"}],
    }
    assert places(widgets=[widget], start="-PT3H", periodOverride="inherit", variables=[variable]) == []


def test_the_ready_dashboard_is_one() -> None:
    assert faults(ready.sending("eu-west-1")) == []


def changed(**properties: Any) -> dict[str, Any]:
    return METRIC | {"properties": METRIC["properties"] | properties}


@pytest.mark.parametrize(
    ("widget", "place"),
    [
        ("no widget", "/widgets/0"),
        ({"properties": {}}, "/widgets/0"),
        ({"type": "metric"}, "/widgets/0"),
        ({"type": "picture", "properties": {}}, "/widgets/0/type"),
        (METRIC | {"x": 24}, "/widgets/0/x"),
        (METRIC | {"width": 25}, "/widgets/0/width"),
        (METRIC | {"height": 0}, "/widgets/0/height"),
        (METRIC | {"width": "6"}, "/widgets/0/width"),
        ({"type": "text", "x": 1, "properties": {"markdown": ""}}, "/widgets/0"),
        ({"type": "text", "properties": {}}, "/widgets/0/properties"),
        ({"type": "alarm", "properties": {"alarms": []}}, "/widgets/0/properties/alarms"),
        (changed(metrics={}), "/widgets/0/properties/metrics"),
        (changed(metrics=[["A", "b"], "c"]), "/widgets/0/properties/metrics/1"),
        (changed(metrics=[["A"]]), "/widgets/0/properties/metrics/0"),
        (changed(metrics=[["A", "b", {"color": "red"}]]), "/widgets/0/properties/metrics/0/color"),
        (changed(view="map"), "/widgets/0/properties/view"),
        (changed(view="gauge"), "/widgets/0/properties/yAxis/left"),
        (changed(region=None), "/widgets/0/properties"),
        ({"type": "metric", "properties": {"region": "us-east-1"}}, "/widgets/0/properties"),
    ],
)
def test_what_is_wrong_in_a_widget_has_its_place(widget: Any, place: str) -> None:
    assert places_of(widget) == [place]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, ""),
        ({"widgets": {}}, "/widgets"),
        ({"widgets": [METRIC] * 501}, "/widgets"),
        ({"widgets": [], "periodOverride": "off"}, "/periodOverride"),
        ({"widgets": [], "end": "2026-01-01T00:00:00Z"}, "/end"),
        ({"widgets": [], "start": "yesterday"}, "/start"),
        ({"widgets": [], "variables": {}}, "/variables"),
    ],
)
def test_what_is_wrong_at_the_top_has_its_place(body: dict[str, Any], place: str) -> None:
    assert places(**body) == [place]


def test_everything_is_told_at_once() -> None:
    assert (
        len(places(widgets=[{"type": "text", "properties": {}}, changed(view="map"), METRIC | {"x": 99}]))
        == 3
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '"body"'])
def test_what_is_no_json_object_is_no_body(text: str) -> None:
    assert [each.path for each in faults(text)] == [""]
