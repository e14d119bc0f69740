"""Time-series graphs: axes, grid, lines, stacked areas, and annotations over them. Pure: values in, SVG out."""

from collections.abc import Iterator, Sequence
from typing import Final

from mailgauge.cloudwatch.widgets import annotated
from mailgauge.cloudwatch.widgets.definition import Axis, Widget
from mailgauge.cloudwatch.widgets.drawn import Drawn, Points
from mailgauge.cloudwatch.widgets.frame import Box, Frame
from mailgauge.cloudwatch.widgets.palette import Palette
from mailgauge.cloudwatch.widgets.scale import Scale, shown, time_ticks, value_scale
from mailgauge.cloudwatch.widgets.shapes import element, line, path, rectangle, text, width_of

_BELOW: Final = 18
_TICK_WIDTH: Final = 80
_EDGE: Final = 8.0


def plot(widget: Widget, several: Sequence[Drawn], box: Box, colors: Palette) -> str:
    """The graph in its part of the picture."""
    layers = [_stacked([each for each in several if each.is_right is right]) for right in (False, True)]
    frame = _frame(widget, several, layers, box)
    inner = frame.box
    parts = [_grid(frame.left, inner, colors), *_times(widget, frame.times, inner, colors)]
    parts += _axis(frame.left, widget.left, inner, colors, right=False)
    if any(each.is_right for each in several):
        parts += _axis(frame.right, widget.right, inner, colors, right=True)
    parts += annotated.shades(widget, frame, colors)
    clipped = [
        _area(each, layer, frame.times, scale) if widget.stacked else _line(each, frame.times, scale)
        for scale, stack in zip((frame.left, frame.right), layers, strict=True)
        for each, layer in stack
    ]
    clipped += annotated.lines(widget, frame, colors)
    if not any(each.points for each in several):
        middle = ((inner.left + inner.right) / 2, (inner.top + inner.bottom) / 2)
        parts.append(
            text("No data in this time range", *middle, color=colors.faint, size=13, anchor="middle")
        )
    clip = rectangle((inner.left, inner.top - 1), (inner.right, inner.bottom + 1), "#000000")
    parts += [
        element("clipPath", clip, id="inner"),
        element("g", "".join(clipped) or " ", clip_path="url(#inner)"),
    ]
    return "".join([*parts, *annotated.names(widget, frame, colors)])


def _frame(
    widget: Widget, several: Sequence[Drawn], layers: "Sequence[Sequence[tuple[Drawn, _Layer]]]", box: Box
) -> Frame:
    """Axes with room for everything, and what is left between them."""
    named = bool(widget.left.label or widget.right.label)
    top, bottom = box.top + 6 + 14 * named, box.bottom - _BELOW
    scales = [
        value_scale(
            _values(several, layers[right], widget, right=bool(right)),
            bottom,
            top,
            least=axis.minimum,
            most=axis.maximum,
        )
        for right, axis in enumerate((widget.left, widget.right))
    ]
    room = _room(scales[1]) if any(each.is_right for each in several) else 0
    inner = Box(box.left + _EDGE + _room(scales[0]), top, box.right - _EDGE - room, bottom)
    return Frame(inner, Scale(widget.start, widget.end, inner.left, inner.right), *scales)


_Layer = list[tuple[int, float, float]]
"""Time, lower and upper edge."""


def _stacked(several: Sequence[Drawn]) -> list[tuple[Drawn, _Layer]]:
    """Each series on top of those before it."""
    below: dict[int, float] = {}
    found = []
    for each in several:
        layer = []
        for time, value in each.points:
            low = below.get(time, 0.0)
            below[time] = low + value
            layer.append((time, low, low + value))
        found.append((each, layer))
    return found


def _values(
    several: Sequence[Drawn], stacked: Sequence[tuple[Drawn, _Layer]], widget: Widget, *, right: bool
) -> list[float]:
    """What an axis has to have room for."""
    found = [mark.at for mark in widget.annotations.horizontal if mark.is_right is right]
    found += [
        mark.until
        for mark in widget.annotations.horizontal
        if mark.is_right is right and mark.until is not None
    ]
    if widget.stacked:
        return found + [edge for _, layer in stacked for _, *edges in layer for edge in edges]
    return found + [value for each in several if each.is_right is right for _, value in each.points]


def _room(scale: Scale) -> float:
    return max((width_of(shown(tick)) for tick in scale.ticks), default=20) + 6


def _grid(scale: Scale, box: Box, colors: Palette) -> str:
    return "".join(
        line((box.left, scale.place(tick)), (box.right, scale.place(tick)), colors.grid)
        for tick in scale.ticks
    )


def _times(widget: Widget, times: Scale, box: Box, colors: Palette) -> Iterator[str]:
    most = int((box.right - box.left) // _TICK_WIDTH)
    for at, label in time_ticks(widget.start, widget.end, widget.zone, most):
        x = times.place(at)
        yield line((x, box.bottom), (x, box.bottom + 4), colors.faint)
        if box.left + 12 <= x <= box.right - 12:
            yield text(label, x, box.bottom + 15, color=colors.faint, anchor="middle")


def _axis(scale: Scale, axis: Axis, box: Box, colors: Palette, *, right: bool) -> Iterator[str]:
    x = box.right + 5 if right else box.left - 5
    for tick in scale.ticks:
        yield text(
            shown(tick), x, scale.place(tick) + 4, color=colors.faint, anchor="start" if right else "end"
        )
    if axis.label:
        yield text(axis.label, x, box.top - 9, color=colors.faint, anchor="end" if right else "start")


def _line(each: Drawn, times: Scale, scale: Scale) -> str:
    parts = []
    for run in each.runs():
        places = _places(run, times, scale)
        if len(places) == 1:
            (x, y), *_ = places
            parts.append(element("circle", cx=x, cy=y, r=2, fill=each.color))
        else:
            parts.append(
                element(
                    "path",
                    d=path(places),
                    fill="none",
                    stroke=each.color,
                    stroke_width=1.8,
                    stroke_linejoin="round",
                )
            )
    return "".join(parts)


def _places(points: Points, times: Scale, scale: Scale) -> list[tuple[float, float]]:
    return [(times.place(time), scale.place(value)) for time, value in points]


def _area(each: Drawn, layer: _Layer, times: Scale, scale: Scale) -> str:
    edges = {time: (low, high) for time, low, high in layer}
    parts = []
    for run in each.runs():
        upper = [(times.place(time), scale.place(edges[time][1])) for time, _ in run]
        lower = [(times.place(time), scale.place(edges[time][0])) for time, _ in reversed(run)]
        parts.append(element("path", d=path([*upper, *lower]) + "Z", fill=each.color, fill_opacity=0.55))
        parts.append(element("path", d=path(upper), fill="none", stroke=each.color, stroke_width=1.2))
    return "".join(parts)
