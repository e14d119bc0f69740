"""The views of a widget that have no time axis: numbers, bars and pies, of each series' value over the whole time. Pure.

That value is the last one for a number and the sum for a bar or a pie's slice (docs/quirks.md).
"""

import math
from collections.abc import Sequence
from typing import Final

from mailgauge.cloudwatch.widgets.definition import Widget
from mailgauge.cloudwatch.widgets.drawn import Drawn
from mailgauge.cloudwatch.widgets.frame import Box
from mailgauge.cloudwatch.widgets.palette import Palette
from mailgauge.cloudwatch.widgets.scale import shown, value_scale
from mailgauge.cloudwatch.widgets.shapes import (
    Point,
    element,
    line,
    number,
    path,
    rectangle,
    shortened,
    text,
    width_of,
)

_LARGEST: Final = 46.0
_NOTHING: Final = "--"


def numbers(several: Sequence[Drawn], box: Box, colors: Palette) -> str:
    """Each series' newest value, in a grid of cells."""
    width, height = box.right - box.left, box.bottom - box.top
    columns = max(1, min(len(several), int(width // 130) or 1))
    rows = math.ceil(len(several) / columns)
    parts = []
    for place, each in enumerate(several):
        row, column = divmod(place, columns)
        cell = width / columns
        x, y = box.left + (column + 0.5) * cell, box.top + (row + 0.5) * height / rows
        value = shown(each.points[-1][1]) if each.points else _NOTHING
        size = max(min(_LARGEST, height / rows * 0.4, cell / max(width_of(value, 1), 1) * 0.9), 8.0)
        parts.append(text(value, x, y + size * 0.2, color=each.color, size=size, anchor="middle"))
        label = shortened(each.label, cell - 10)
        parts.append(text(label, x, y + size * 0.2 + 18, color=colors.faint, anchor="middle"))
    return "".join(parts)


def bars(widget: Widget, several: Sequence[Drawn], box: Box, colors: Palette) -> str:
    """One bar for each series, from the left."""
    sums = [sum(value for _, value in each.points) for each in several]
    right = box.right - 14
    scale = value_scale(sums, box.left + 10, right, least=widget.left.minimum, most=widget.left.maximum)
    bottom = box.bottom - 18
    parts = []
    for tick in scale.ticks:
        x = scale.place(tick)
        parts.append(line((x, box.top), (x, bottom), colors.grid))
        parts.append(text(shown(tick), x, bottom + 14, color=colors.faint, anchor="middle"))
    room = (bottom - box.top) / max(len(several), 1)
    zero = scale.place(max(scale.low, min(0.0, scale.high)))
    for place, (each, value) in enumerate(zip(several, sums, strict=True)):
        x, y = scale.place(value), box.top + (place + 0.18) * room
        parts.append(rectangle((zero, y), (x, y + room * 0.64), each.color))
        if room >= 14:
            parts.append(text(shown(value), min(zero, x) + 5, y + room * 0.32 + 4, color=colors.ink))
    return "".join(parts)


def pie(several: Sequence[Drawn], box: Box, colors: Palette) -> str:
    """Slices of what is positive."""
    sums = [max(sum(value for _, value in each.points), 0.0) for each in several]
    total = sum(sums)
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    radius = max(min(box.right - box.left, box.bottom - box.top) / 2 - 8, 4)
    if not total or not math.isfinite(total):
        return text(_NOTHING, x, y, color=colors.faint, size=18, anchor="middle")
    parts, angle = [], -math.pi / 2
    for each, value in zip(several, sums, strict=True):
        part = value / total
        parts.append(_slice((x, y), radius, angle, part, each.color))
        middle = angle + part * math.pi
        if part > 0.05:
            place = _around((x, y), radius * 0.7, middle)
            parts.append(text(f"{part * 100:.0f}%", place[0], place[1] + 4, color="#ffffff", anchor="middle"))
        angle += part * 2 * math.pi
    return element("g", "".join(parts), stroke=colors.paper, stroke_width=0.6)


def _slice(center: Point, radius: float, angle: float, part: float, color: str) -> str:
    if part <= 0:
        return ""
    if part >= 0.9999:
        return element("circle", cx=center[0], cy=center[1], r=radius, fill=color)
    first, last = _around(center, radius, angle), _around(center, radius, angle + part * 2 * math.pi)
    arc = f"A{number(radius)} {number(radius)} 0 {int(part > 0.5)} 1 {number(last[0])} {number(last[1])}"
    return element("path", d=f"{path([center, first])}{arc}Z", fill=color)


def _around(center: Point, radius: float, angle: float) -> Point:
    return center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle)
