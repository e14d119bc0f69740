"""Scales of a graph: where values and times go, which of them are written beside the axes, and how. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_TIME_STEPS: Final = (
    60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 2 * 86400, 3 * 86400, 7 * 86400, 14 * 86400,
    28 * 86400, 56 * 86400, 182 * 86400, 364 * 86400,
)  # fmt: skip
_HUGE: Final = 1e300
_SMALLEST: Final = 1e-200
_PREFIXES: Final = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class Scale:
    """From values ``low`` to ``high`` to places ``start`` to ``end`` (which may run backwards, as a y axis does)."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...] = ()

    def place(self, value: float) -> float:
        part = (value - self.low) / (self.high - self.low)
        # Beyond the axis is beyond the picture; huge numbers are none that a renderer takes.
        return round(self.start + min(max(part, -10.0), 11.0) * (self.end - self.start), 2)


def value_scale(
    values: Sequence[float], start: float, end: float, *, least: float | None, most: float | None
) -> Scale:
    """An axis with round ticks. It begins at 0 where nothing is negative, unless ``least`` says otherwise."""
    found_low, found_high = (_drawable(min(values)), _drawable(max(values))) if values else (0.0, 1.0)
    low = _drawable(least) if least is not None else min(found_low, 0.0)
    high = _drawable(most) if most is not None else max(found_high, low)
    if high - low < _SMALLEST:
        low, high = (
            (low, low + (abs(low) or 1.0))
            if least is not None or most is None
            else (high - (abs(high) or 1.0), high)
        )
    step = _round_up((high - low) / max(int(abs(end - start) // 45), 2))
    if least is None:
        low = math.floor(low / step) * step
    if most is None:
        high = math.ceil(high / step) * step
    first, count = math.ceil(low / step - 1e-9), 0
    ticks = []
    while (tick := (first + count) * step) <= high + step * 1e-9 and count < 100:
        ticks.append(tick)
        count += 1
    return Scale(low, high, start, end, tuple(ticks))


def _drawable(value: float) -> float:
    """Axes end where sums of what is on them would be infinite."""
    return min(max(value, -_HUGE), _HUGE)


def _round_up(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step)) if step > 0 else 1.0
    return next((each * power for each in _STEPS if each * power >= step * (1 - 1e-9)), 10 * power)


def time_ticks(start: int, end: int, zone: timezone, most: int) -> list[tuple[int, str]]:
    """Round local times within the range, at most about ``most``, as they are written."""
    step = next((each for each in _TIME_STEPS if (end - start) / each <= max(most, 1)), _TIME_STEPS[-1])
    offset = int((zone.utcoffset(None) or timedelta()).total_seconds())
    first = -(-(start + offset) // step) * step - offset
    form = (
        "%H:%M" if step < 86400 and end - start <= 2 * 86400 else "%m/%d" if step >= 86400 else "%m/%d %H:%M"
    )
    return [(at, datetime.fromtimestamp(at, zone).strftime(form)) for at in range(first, end + 1, step)]


def shown(value: float) -> str:
    """A number as it stands beside an axis: three digits or so, with a prefix for thousands and more."""
    for size, prefix in _PREFIXES:
        if abs(value) >= size:
            return f"{value / size:.3g}{prefix}" if abs(value) < 1e15 else f"{value:.3g}"
    if value and abs(value) < 0.001:
        return f"{value:.2e}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
