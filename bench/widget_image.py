"""[image.widget]: a graph of four series of 288 points, from its definition to the PNG, each time anew."""

import math
import statistics
import time

import orjson

from bench.result import Result
from mailgauge.base.clock import SystemClock
from mailgauge.cloudwatch.widgets.definition import widget
from mailgauge.cloudwatch.widgets.drawn import Drawn
from mailgauge.cloudwatch.widgets.image import png
from mailgauge.cloudwatch.widgets.palette import color
from mailgauge.cloudwatch.widgets.picture import picture

ROUNDS = 15


def measure() -> list[Result]:
    now = int(SystemClock().now())
    several = [
        Drawn(
            f"Campaign {number}",
            color(number),
            [(now - 86400 + 300 * place, 100 + 50 * math.sin(place / 20 + number)) for place in range(288)],
            300,
        )
        for number in range(4)
    ]
    text = orjson.dumps(
        {"metrics": [["AWS/SES", "Send"]], "title": "A day of mail", "start": "-P1D"}
    ).decode()
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        png(picture(widget(text, now), several))
        seconds.append(time.perf_counter() - began)
    return [Result("image.widget", statistics.median(seconds) * 1000, "ms", "lower")]
