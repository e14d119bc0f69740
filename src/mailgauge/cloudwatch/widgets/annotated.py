"""Annotations drawn over a graph: shaded sides and bands, lines, and what they are called. Pure."""

from collections.abc import Iterator

from mailgauge.cloudwatch.widgets.annotations import Mark
from mailgauge.cloudwatch.widgets.definition import Widget
from mailgauge.cloudwatch.widgets.frame import Frame
from mailgauge.cloudwatch.widgets.palette import Palette
from mailgauge.cloudwatch.widgets.shapes import line, rectangle, shortened, text

_SHADE = 0.12


def shades(widget: Widget, frame: Frame, colors: Palette) -> Iterator[str]:
    """To be drawn behind the series."""
    box = frame.box
    for mark in widget.annotations.horizontal:
        scale = frame.values(right=mark.is_right)
        other = {"above": scale.high, "below": scale.low}.get(mark.fill, mark.until)
        if other is not None:
            one, two = (_within(scale.place(each), box.top, box.bottom) for each in (mark.at, other))
            yield rectangle((box.left, one), (box.right, two), mark.color or colors.mark, _SHADE)
    for mark in widget.annotations.vertical:
        other = {"before": widget.start, "after": widget.end}.get(mark.fill, mark.until)
        if other is not None:
            one, two = (_within(frame.times.place(each), box.left, box.right) for each in (mark.at, other))
            yield rectangle((one, box.top), (two, box.bottom), mark.color or colors.mark, _SHADE)


def lines(widget: Widget, frame: Frame, colors: Palette) -> Iterator[str]:
    box = frame.box
    for mark in widget.annotations.horizontal:
        for at in _ends(mark):
            y = frame.values(right=mark.is_right).place(at)
            yield line((box.left, y), (box.right, y), mark.color or colors.mark, 1.2)
    for mark in widget.annotations.vertical:
        for at in _ends(mark):
            x = frame.times.place(at)
            yield line((x, box.top), (x, box.bottom), mark.color or colors.mark, 1.2, "4 3")


def names(widget: Widget, frame: Frame, colors: Palette) -> Iterator[str]:
    """To be drawn over everything else."""
    box = frame.box
    for mark in widget.annotations.horizontal:
        y = frame.values(right=mark.is_right).place(mark.at)
        if mark.label and box.top <= y <= box.bottom:
            words = shortened(mark.label, (box.right - box.left) / 2, 10)
            yield text(
                words, box.left + 4, max(y - 4, box.top + 10), color=mark.color or colors.mark, size=10
            )
    for mark in widget.annotations.vertical:
        x = frame.times.place(mark.at)
        if mark.label and box.left <= x <= box.right:
            words = shortened(mark.label, box.right - x - 6, 10)
            yield text(words, x + 4, box.top + 10, color=mark.color or colors.mark, size=10)


def _ends(mark: Mark) -> list[float]:
    return [mark.at] if mark.until is None else [mark.at, mark.until]


def _within(place: float, low: float, high: float) -> float:
    return min(max(place, low), high)
