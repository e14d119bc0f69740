"""A widget's picture as SVG: title, legend, and the view between them. Pure: values in, text out."""

from collections.abc import Sequence
from typing import Final

from mailgauge.cloudwatch.widgets import views
from mailgauge.cloudwatch.widgets.definition import Legend, View, Widget
from mailgauge.cloudwatch.widgets.drawn import Drawn
from mailgauge.cloudwatch.widgets.frame import Box
from mailgauge.cloudwatch.widgets.palette import Palette, palette
from mailgauge.cloudwatch.widgets.plot import plot
from mailgauge.cloudwatch.widgets.shapes import element, rectangle, shortened, text, width_of

FONT: Final = "DejaVu Sans"
_ROW: Final = 16.0
_WARNING: Final = "#ff9900"


def picture(widget: Widget, several: Sequence[Drawn], *, is_whole: bool = True) -> str:
    """``is_whole`` False marks that some data could not be had."""
    colors = palette(widget.theme)
    parts = [rectangle((0, 0), (widget.width, widget.height), colors.paper)]
    top = 8.0
    if widget.title:
        title = shortened(widget.title, widget.width - 16, 14)
        parts.append(text(title, 8, 22, color=colors.ink, size=14, bold=True))
        top = 30.0
    box = Box(4, top, widget.width - 4, widget.height - 6)
    if widget.view is not View.SINGLE_VALUE:
        box, legend = _legend(widget, several, box, colors)
        parts += legend
    if not is_whole:
        corner = f"M{widget.width - 22} 20L{widget.width - 8} 20L{widget.width - 15} 7Z"
        parts.append(element("path", d=corner, fill=_WARNING))
    parts.append(_view(widget, several, box, colors))
    return element(
        "svg",
        "".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        width=widget.width,
        height=widget.height,
        viewBox=f"0 0 {widget.width} {widget.height}",
        font_family=f"{FONT}, sans-serif",
    )


def _view(widget: Widget, several: Sequence[Drawn], box: Box, colors: Palette) -> str:
    if box.right - box.left < 20 or box.bottom - box.top < 30:
        return ""
    match widget.view:
        case View.SINGLE_VALUE | View.GAUGE | View.TABLE:
            return views.numbers(several, box, colors)
        case View.BAR:
            return views.bars(widget, several, box, colors)
        case View.PIE:
            return views.pie(several, box, colors)
    return plot(widget, several, box, colors)


def _legend(widget: Widget, several: Sequence[Drawn], box: Box, colors: Palette) -> tuple[Box, list[str]]:
    """What is left of the box, and the legend beside or below it; what has no room there is counted."""
    if widget.legend is Legend.HIDDEN or not several:
        return box, []
    if widget.legend is Legend.RIGHT:
        width = min(max(width_of(each.label) for each in several) + 26, (box.right - box.left) * 0.4)
        most = max(int((box.bottom - box.top) // _ROW), 1)
        x = box.right - width
        rows = [(x, box.top + 12 + place * _ROW, each) for place, each in enumerate(several[:most])]
        parts = [_entry(each, x, y, width - 20, colors) for x, y, each in rows]
        return Box(box.left, box.top, x - 6, box.bottom), parts
    return _below(several, box, colors)


def _below(several: Sequence[Drawn], box: Box, colors: Palette) -> tuple[Box, list[str]]:
    most = max(int((box.bottom - box.top) * 0.3 // _ROW), 1)
    rows: list[list[tuple[float, Drawn]]] = [[]]
    x = box.left + 6
    for each in several:
        width = min(width_of(each.label) + 30, box.right - box.left - 12)
        if rows[-1] and x + width > box.right:
            rows.append([])
            x = box.left + 6
        rows[-1].append((x, each))
        x += width
    shown, hidden = rows[:most], sum(map(len, rows[most:]))
    top = box.bottom - len(shown) * _ROW
    room = box.right - box.left - 36
    parts = [
        _entry(each, x, top + 11 + row * _ROW, room, colors)
        for row, entries in enumerate(shown)
        for x, each in entries
    ]
    if hidden:
        parts.append(text(f"+{hidden}", box.right - 4, box.bottom - 4, color=colors.faint, anchor="end"))
    return Box(box.left, box.top, box.right, top - 4), parts


def _entry(each: Drawn, x: float, y: float, room: float, colors: Palette) -> str:
    swatch = rectangle((x, y - 8), (x + 10, y + 1), each.color)
    return swatch + text(shortened(each.label, room), x + 15, y, color=colors.ink)
