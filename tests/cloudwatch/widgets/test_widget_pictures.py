"""Pictures of widgets: well-formed, the same as those that were looked at, and unmoved by what hostile labels say."""

import xml.etree.ElementTree as ET
from time import process_time

import pytest

from mailgauge.cloudwatch.widgets.definition import widget
from mailgauge.cloudwatch.widgets.drawn import Drawn
from mailgauge.cloudwatch.widgets.image import png
from mailgauge.cloudwatch.widgets.picture import picture
from tests.cloudwatch.widgets.pictures import NOW, REFERENCE, WIDGETS, drawn, svg


@pytest.mark.parametrize("name", WIDGETS)
def test_the_picture_is_the_one_that_was_looked_at(name: str) -> None:
    assert png(svg(name)) == (REFERENCE / f"{name}.png").read_bytes()


def test_labels_and_titles_are_text_whatever_they_hold() -> None:
    hostile = '"><image href="/etc/passwd"/><script>\x00&\u202e'
    given = widget('{"metrics": [["A", "b"]], "title": "<image href=\\"/etc/passwd\\"/>"}', NOW)
    tree = ET.fromstring(picture(given, [Drawn(hostile, "#1f77b4", [(NOW - 60, 1.0)], 60)]))
    assert {element.tag.rpartition("}")[2] for element in tree.iter()} <= {
        "svg", "rect", "text", "line", "path", "circle", "g", "clipPath",
    }  # fmt: skip


@pytest.mark.parametrize("value", [1e308, -1e308, 5e-324, 0.0, -0.0, 1e15])
@pytest.mark.parametrize("view", ["timeSeries", "bar", "pie", "singleValue"])
@pytest.mark.parametrize("stacked", ["true", "false"])
def test_any_number_can_be_drawn(value: float, view: str, stacked: str) -> None:
    given = widget(f'{{"metrics": [["A", "b"]], "view": "{view}", "stacked": {stacked}}}', NOW)
    points = [(NOW - 120, value), (NOW - 60, -value)]
    text = picture(given, [Drawn("a", "#1f77b4", points, 60), Drawn("b", "#ff7f0e", points, 60)])
    ET.fromstring(text)
    assert "nan" not in text
    assert "inf" not in text


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2000, 1), (1, 2000), (60, 60), (2000, 2000)])
def test_any_size_can_be_drawn(width: int, height: int) -> None:
    given = widget(f'{{"metrics": [["A", "b"]], "width": {width}, "height": {height}}}', NOW)
    image = png(picture(given, drawn("line")))
    assert image.startswith(b"\x89PNG")
    assert int.from_bytes(image[16:20]) == width
    assert int.from_bytes(image[20:24]) == height


def test_a_hundred_series_find_their_place() -> None:
    given = widget('{"metrics": [["A", "b"]]}', NOW)
    several = [Drawn(f"series number {n}", "#1f77b4", [(NOW - 60, float(n))], 60) for n in range(100)]
    assert "+" in picture(given, several)


def test_a_title_of_any_length_is_cut_off_at_once() -> None:
    given = widget(f'{{"metrics": [["A", "b"]], "title": "{"m" * 90_000}"}}', NOW)
    began = process_time()
    text = picture(given, [Drawn("m" * 90_000, "#1f77b4", [(NOW - 60, 1.0)], 60)])
    assert process_time() - began < 1
    assert len(text) < 10_000


def test_an_axis_may_reach_as_far_as_numbers_do() -> None:
    given = widget('{"metrics": [["A", "b"]], "yAxis": {"left": {"min": -1.7e308, "max": 1.7e308}}}', NOW)
    text = picture(given, [Drawn("a", "#1f77b4", [(NOW - 60, 1.0)], 60)])
    ET.fromstring(text)
    assert "inf" not in text
