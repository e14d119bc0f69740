"""The few shapes of SVG that graphs are made of, with everything that came from outside escaped. Pure."""

from collections.abc import Sequence
from html import escape
from typing import Literal

Anchor = Literal["start", "middle", "end"]

_NARROW, _WIDE = frozenset("iljtf.,:;|!'()[] I1/"), frozenset("mwMW@%")


def number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def element(name: str, content: str = "", /, **attributes: str | float) -> str:
    """``stroke_width`` becomes ``stroke-width``; what is in ``content`` is SVG already."""
    written = "".join(
        f' {key.replace("_", "-")}="{escape(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def text(
    words: str,
    x: float,
    y: float,
    *,
    color: str,
    size: float = 11,
    anchor: Anchor = "start",
    bold: bool = False,
) -> str:
    weight: dict[str, str | float] = {"font_weight": "bold"} if bold else {}
    return element(
        "text", escape(printable(words)), x=x, y=y, fill=color, font_size=size, text_anchor=anchor, **weight
    )


Point = tuple[float, float]


def line(start: Point, end: Point, color: str, width: float = 1, dashes: str = "") -> str:
    dashed: dict[str, str | float] = {"stroke_dasharray": dashes} if dashes else {}
    (x1, y1), (x2, y2) = start, end
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=color, stroke_width=width, **dashed)


def rectangle(one: Point, other: Point, color: str, opacity: float = 1) -> str:
    """Between two corners, in any order."""
    (left, right), (top, bottom) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    seen: dict[str, str | float] = {"fill_opacity": opacity} if opacity < 1 else {}
    return element("rect", x=left, y=top, width=right - left, height=bottom - top, fill=color, **seen)


def path(points: Sequence[Point]) -> str:
    """The ``d`` of a line through points."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def printable(words: str) -> str:
    """Without what XML does not take."""
    return "".join(each if each.isprintable() else " " for each in words)


def width_of(words: str, size: float = 11) -> float:
    """About as wide as the words will be."""
    return size * sum(0.36 if each in _NARROW else 0.95 if each in _WIDE else 0.63 for each in words)


def shortened(words: str, width: float, size: float = 11) -> str:
    """As much of them as fits."""
    if width_of(words, size) <= width:
        return words
    room = width - width_of("…", size)
    fits = 0
    for each in words:  # once over them, because they may be many
        room -= width_of(each, size)
        if room < 0:
            break
        fits += 1
    return words[:fits] + "…"
