"""Widget definitions: shorthands, options, ranges, and the words in which a wrong one is refused."""

from typing import Any

import orjson
import pytest

from mailgauge.cloudwatch.widgets.definition import Widget, widget
from mailgauge.cloudwatch.widgets.entries import MetricName
from mailgauge.cloudwatch.widgets.faults import WidgetError

NOW = 1_750_003_200


def read(metrics: Any = (("AWS/SES", "Send"),), **properties: Any) -> Widget:
    return widget(orjson.dumps({"metrics": metrics} | properties).decode(), NOW)


def names(*metrics: Any) -> list[MetricName | None]:
    return [entry.metric for entry in read(metrics).entries]


def test_a_dot_repeats_what_stood_at_its_place() -> None:
    found = names(["AWS/SES", "Send", "campaign", "a"], [".", "Bounce", ".", "b"])
    assert found[1] == MetricName("AWS/SES", "Bounce", (("campaign", "b"),))


def test_three_dots_repeat_everything_up_to_what_follows() -> None:
    found = names(["AWS/SES", "Send", "campaign", "a"], ["...", "b"], ["...", {"stat": "Sum"}])
    assert found[1] == MetricName("AWS/SES", "Send", (("campaign", "b"),))
    assert found[2] == found[1]


def test_options_of_an_entry_win_over_those_of_the_widget() -> None:
    found = read(
        [["A", "b", {"stat": "p99", "yAxis": "right", "visible": False}], ["A", "c"]], stat="Sum", period=60
    )
    first, second = found.entries
    assert (first.statistic, first.period, first.is_right, first.is_visible) == ("p99", 60, True, False)
    assert (second.statistic, second.is_right, second.is_visible) == ("Sum", False, True)


def test_expressions_stand_among_the_metrics() -> None:
    found = read([["A", "b", {"id": "m1"}], [{"expression": "m1*2", "id": "e1", "label": "twice"}]])
    assert (found.entries[1].expression, found.entries[1].label) == ("m1*2", "twice")


@pytest.mark.parametrize(
    ("properties", "start", "end"),
    [
        ({}, NOW - 10800, NOW),
        ({"start": "-PT1H"}, NOW - 3600, NOW),
        ({"start": "-PT3H", "end": "P0D"}, NOW - 10800, NOW),
        ({"start": "-P1W", "end": "-PT30M"}, NOW - 604800, NOW - 1800),
        ({"start": "2025-06-15T15:00:00Z", "end": "2025-06-15T16:00:00+00:00"}, NOW - 3600, NOW),
    ],
)
def test_times_are_absolute_or_relative_to_now(properties: dict[str, str], start: int, end: int) -> None:
    found = read(**properties)
    assert (found.start, found.end) == (start, end)


@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ({"metrics": []}, "metrics"),
        ({"metrics": [["A"]]}, "metrics[0]"),
        ({"metrics": [["A", "b", "c"]]}, "metrics[0]"),
        ({"metrics": [["...", "b"]]}, "metrics[0]"),
        ({"metrics": [[".", "b"]]}, "metrics[0]"),
        ({"metrics": [["A", 7]]}, "metrics[0]"),
        ({"metrics": [[{}]]}, "metrics[0]"),
        ({"metrics": [["A", "b", {"stat": "Most"}]]}, "metrics[0].stat"),
        ({"metrics": [["A", "b", {"color": "red"}]]}, "metrics[0].color"),
        ({"metrics": [["A", "b", {"id": "X"}]]}, "metrics[0].id"),
        ({"metrics": [["A", "b", {"period": 61}]]}, "metrics[0].period"),
        ({"metrics": [["A", "b"]] * 101}, "metrics"),
        ({"width": 0}, "width"),
        ({"height": 2001}, "height"),
        ({"view": "map"}, "view"),
        ({"theme": "grey"}, "theme"),
        ({"stacked": "yes"}, "stacked"),
        ({"start": "yesterday"}, "start"),
        ({"start": "-PT1H", "end": "-PT2H"}, "start"),
        ({"timezone": "CET"}, "timezone"),
        ({"yAxis": {"left": {"min": 2, "max": 1}}}, "yAxis.left.min"),
        ({"annotations": {"horizontal": [{"value": "x"}]}}, "annotations.horizontal[0].value"),
        ({"annotations": {"vertical": [{"value": 3}]}}, "annotations.vertical[0].value"),
        ({"annotations": {"vertical": [{"value": "2025-06-15T15:00:00Z", "fill": "above"}]}}, "annotations.vertical[0].fill"),
    ],
)  # fmt: skip
def test_a_wrong_property_is_named(properties: dict[str, Any], named: str) -> None:
    with pytest.raises(
        WidgetError, match=r'property "' + named.replace("[", r"\[").replace("]", r"\]") + '"'
    ):
        read(**properties)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "x" * 100_001])
def test_what_is_no_definition_is_refused(text: str) -> None:
    with pytest.raises(WidgetError):
        widget(text, NOW)


@pytest.mark.parametrize(
    "times", [{"start": "-P999999999999999W"}, {"end": "P99999W"}, {"start": "0001-01-02"}]
)
def test_times_that_no_clock_shows_are_refused(times: dict[str, str]) -> None:
    with pytest.raises(WidgetError, match="between the years"):
        read(**times)
