"""Dashboard bodies: those written for AWS are taken, and everything that is wrong in one is told with its place."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from mailgauge.cloudwatch.dashboards import ready
from mailgauge.cloudwatch.dashboards.body import NoBodyError, faults

BODIES = sorted((Path(__file__).parent / "bodies").glob("*.json"))

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


@pytest.mark.parametrize("file", BODIES, ids=lambda file: file.stem)
def test_bodies_written_for_aws_are_taken_without_a_word(file: Path) -> None:
    assert faults(file.read_text()) == []


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
        ({"type": "metric", "properties": []}, "/widgets/0/properties"),
        ({"type": "picture", "properties": {}}, "/widgets/0/type"),
        (METRIC | {"x": 24}, "/widgets/0/x"),
        (METRIC | {"width": 25}, "/widgets/0/width"),
        (METRIC | {"height": 0}, "/widgets/0/height"),
        (METRIC | {"width": "6"}, "/widgets/0/width"),
        ({"type": "text", "x": 1, "properties": {"markdown": ""}}, "/widgets/0"),
        ({"type": "text", "properties": {}}, "/widgets/0/properties"),
        ({"type": "alarm", "properties": {"alarms": []}}, "/widgets/0/properties/alarms"),
        (changed(metrics={}), "/widgets/0/properties/metrics"),
        (changed(metrics=[["A"]]), "/widgets/0/properties/metrics/0"),
        (changed(metrics=[["A", "b"], ["A", "b", "c"]]), "/widgets/0/properties/metrics/1"),
        (
            changed(metrics=[["A", "b", {"id": "x"}], [".", "c", {"id": "x"}]]),
            "/widgets/0/properties/metrics/1",
        ),
        (changed(metrics=[["A", "b", 3]]), "/widgets/0/properties/metrics/0/2"),
        (changed(metrics=[["A", "b"]] * 501), "/widgets/0/properties/metrics"),
        (changed(period="300"), "/widgets/0/properties/period"),
        (changed(legend={"position": "top"}), "/widgets/0/properties/legend/position"),
        (changed(timezone="UTC"), "/widgets/0/properties/timezone"),
        (changed(annotations={"alarms": [ALARM, ALARM]}), "/widgets/0/properties/annotations/alarms"),
        (
            changed(annotations={"horizontal": [{"value": "high"}]}),
            "/widgets/0/properties/annotations/horizontal/0/value",
        ),
        (
            {"type": "alarm", "properties": {"alarms": [ALARM], "sortBy": "name"}},
            "/widgets/0/properties/sortBy",
        ),
        ({"type": "alarm", "properties": {"alarms": [7]}}, "/widgets/0/properties/alarms/0"),
        ({"type": "log", "properties": {}}, "/widgets/0/properties"),
        (
            {"type": "explorer", "properties": {"metrics": [{"stat": "Sum", "metricName": "Send"}]}},
            "/widgets/0/properties/metrics/0",
        ),
        (changed(view="map"), "/widgets/0/properties/view"),
        (changed(view="gauge", yAxis={"left": {"min": 0}}), "/widgets/0/properties/yAxis/left"),
        (changed(region=None), "/widgets/0/properties/region"),
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
        ({"widgets": [], "end": 7, "start": "2026-01-01"}, "/end"),
        ({"widgets": [], "end": "2026-02-01", "start": "-PT3H"}, "/start"),
        ({"widgets": [], "end": "-PT1H", "start": "2026-01-01"}, "/end"),
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
    with pytest.raises(NoBodyError):
        faults(text)


def told(widget: Any) -> list[tuple[str, str]]:
    found = faults(orjson.dumps({"widgets": [widget]}).decode())
    return [(each.path.removeprefix("/widgets/0"), each.text) for each in found]


def test_a_metric_widget_that_shows_nothing_is_told_so_in_the_words_of_aws() -> None:
    assert told({"type": "metric", "properties": {"region": "us-east-1", "view": "timeSeries"}}) == [
        ("/properties", "Should have required property 'metrics'"),
        (
            "/properties",
            "The metric widget should have specified a region and a data source or an alarm annotation",
        ),
        ("/properties", "Should have required property 'annotations'"),
    ]


def test_metrics_that_are_no_arrays_of_strings_are_told_in_the_words_of_aws() -> None:
    assert told(changed(metrics=["AWS/SES", ["AWS/SES", "Send", "campaign", ""]])) == [
        ("/properties/metrics/0", "Should be array"),
        (
            "/properties/metrics/0",
            'Field "metrics" has to be an array of array of strings, with an optional metricRenderer object as last element',
        ),
        ("/properties/metrics/1/3", 'Invalid metric field type, only "String" type is allowed'),
    ]


@pytest.mark.parametrize(
    ("entry", "most"),
    [
        (["AWS/SES", "Send", {"color": "red"}], 2),
        (["AWS/SES", "Send", {"dimensions": {"campaign": "spring"}}], 2),
        (["AWS/SES", "Send", "campaign", "spring", {"stat": "Medium"}], 4),
        (["AWS/SES", "Send", "campaign"], 2),
        ([{"expression": "m1", "id": "E1"}], 0),
    ],
)
def test_options_that_are_wrong_make_an_item_too_much_as_at_aws(entry: list[Any], most: int) -> None:
    [(path, text)] = told(changed(metrics=[entry]))
    assert path == "/properties/metrics/0"
    if most:
        assert text == f"Should NOT have more than {most} items"


def test_every_faulty_metric_is_told() -> None:
    metrics = [["A", "b", {"color": "red"}], ["A", "b"], ["...", {"period": 7}]]
    assert [path for path, _ in told(changed(metrics=metrics))] == [
        "/properties/metrics/0",
        "/properties/metrics/2",
    ]


def test_what_is_only_odd_is_a_warning() -> None:
    widget = {"type": "text", "name": "note", "properties": {"markdown": "Hello"}}
    found = faults(orjson.dumps({"widgets": [widget], "end": "2026-01-01T00:00:00Z"}).decode())
    assert [(each.path, each.is_warning) for each in found] == [("/end", True), ("/widgets/0", True)]
    assert found[1].text == (
        'The "name" property is not expected to be part of a widget definition, will be ignored'
    )


VARIABLE = {"type": "property", "property": "region", "inputType": "select", "id": "region"}


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        ("region", ""),
        (VARIABLE | {"type": "other"}, "/type"),
        (VARIABLE | {"type": "pattern"}, ""),
        (VARIABLE | {"inputType": "slider"}, "/inputType"),
        (VARIABLE | {"id": "a b"}, "/id"),
        (VARIABLE | {"id": "x" * 33}, "/id"),
        (VARIABLE | {"label": "x" * 31}, "/label"),
        (VARIABLE | {"values": []}, "/values"),
        (VARIABLE | {"values": [{"value": "x"}] * 501}, "/values"),
        (VARIABLE | {"values": [{"label": "x"}]}, "/values/0"),
        (VARIABLE | {"search": "{AWS/SES}"}, ""),
        (VARIABLE | {"search": "x" * 2049, "populateFrom": "region"}, "/search"),
        (VARIABLE | {"visible": "yes"}, "/visible"),
    ],
)
def test_what_is_wrong_in_a_variable_has_its_place(variable: Any, place: str) -> None:
    assert places(widgets=[], variables=[variable]) == [f"/variables/0{place}"]


def test_there_are_at_most_25_variables() -> None:
    assert places(widgets=[], variables=[VARIABLE] * 26) == ["/variables"]


KEYS = some.sampled_from(
    [
        "widgets",
        "variables",
        "start",
        "end",
        "type",
        "x",
        "y",
        "properties",
        "metrics",
        "view",
        "region",
        "yAxis",
        "annotations",
        "alarms",
        "horizontal",
        "vertical",
        "value",
        "values",
        "expression",
        "id",
        "legend",
        "table",
        "period",
        "stat",
        "color",
    ]
)
SCALARS = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(-1, 10**7),
    some.floats(allow_nan=False),
    some.sampled_from(["metric", "alarm", "explorer", "gauge", "...", ".", "m1", ""]),
)
ANYTHING = some.recursive(
    SCALARS,
    lambda parts: some.one_of(some.lists(parts, max_size=4), some.dictionaries(KEYS, parts, max_size=5)),
    max_leaves=30,
)


@given(widget=ANYTHING, properties=ANYTHING, variable=ANYTHING)
def test_any_json_is_judged(widget: Any, properties: Any, variable: Any) -> None:
    body = {"widgets": [widget, METRIC | {"properties": properties}], "variables": [variable]}
    for each in faults(orjson.dumps(body).decode()):
        assert each.text
        assert each.path.startswith(("/widgets", "/variables"))
