"""Twelve widgets over made-up mail, whose pictures were looked at and are kept (``reference/``).

``python -m tests.cloudwatch.widgets.pictures`` draws them again; look at each before committing it.
"""

import math
from pathlib import Path
from typing import Any

import orjson

from mailgauge.cloudwatch.widgets.definition import widget
from mailgauge.cloudwatch.widgets.drawn import Drawn
from mailgauge.cloudwatch.widgets.image import png
from mailgauge.cloudwatch.widgets.palette import color
from mailgauge.cloudwatch.widgets.picture import picture

NOW = 1_750_003_200
REFERENCE = Path(__file__).parent / "reference"

_ONE = {"metrics": [["AWS/SES", "Send"]]}
_MARKS = {
    "horizontal": [
        {"value": 120, "label": "limit", "fill": "above"},
        [{"value": 20}, {"value": 40, "label": "quiet"}],
    ],
    "vertical": [{"value": "2025-06-15T15:20:00Z", "label": "campaign begins"}],
}

WIDGETS: dict[str, dict[str, Any]] = {
    "line": {"title": "Mail of a day"},
    "line_dark": {"title": "Mail of a day", "theme": "dark"},
    "both_axes": {
        "yAxis": {"left": {"label": "Messages"}, "right": {"label": "Percent", "min": 0, "max": 10}}
    },
    "annotations": {"annotations": _MARKS},
    "stacked": {"stacked": True},
    "stacked_dark": {"stacked": True, "theme": "dark", "legend": {"position": "right"}},
    "bar": {"view": "bar", "title": "By event"},
    "pie": {"view": "pie", "legend": {"position": "right"}},
    "number": {"view": "singleValue", "height": 160},
    "no_legend": {"legend": {"position": "hidden"}, "width": 300, "height": 120},
    "days": {"start": "-P14D", "timezone": "+0530"},
    "nothing": {"title": "A metric that nobody put"},
}


def drawn(name: str) -> list[Drawn]:
    """Three series with a gap in one; their values are round so that every machine draws the same."""
    if name == "nothing":
        return [Drawn("Send", color(0), [], 300)]
    step = 21600 if name == "days" else 300
    times = range(NOW - 56 * 21600 if name == "days" else NOW - 3 * 3600, NOW, step)
    sends = [(time, float(round(100 + 40 * math.sin(place / 4)))) for place, time in enumerate(times)]
    taken = [(time, value - 20) for place, (time, value) in enumerate(sends) if not 12 < place < 18]
    rate = [(time, 2.0 + place % 3) for place, time in enumerate(times)]
    last = Drawn("Bounce rate of <everybody> & all", color(2), rate, step, is_right=name == "both_axes")
    return [Drawn("Send", color(0), sends, step), Drawn("Delivery", color(1), taken, step), last]


def svg(name: str) -> str:
    wanted = widget(orjson.dumps(_ONE | WIDGETS[name]).decode(), NOW)
    return picture(wanted, drawn(name))


def main() -> None:
    REFERENCE.mkdir(exist_ok=True)
    for name in WIDGETS:
        (REFERENCE / f"{name}.png").write_bytes(png(svg(name)))


if __name__ == "__main__":
    main()
