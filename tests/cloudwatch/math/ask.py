"""Expressions asked the way a reader writes them: series are lists with one value a minute, None where there is no point."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mailgauge.cloudwatch.math.evaluate import evaluate
from mailgauge.cloudwatch.math.ground import Budget, Ground
from mailgauge.cloudwatch.math.plan import plan
from mailgauge.cloudwatch.math.values import TimeSeries, Value, series

START = 1_750_000_020
"""2025-06-15 15:07 UTC, a Sunday."""
PERIOD = 60

Points = Sequence[float | None]


def ask(expression: str, **metrics: Points) -> Any:
    """The value of an expression over five minutes: a number, a list, or a list of lists for an array."""
    return ask_of(expression, metrics)


def ask_of(expression: str, metrics: Mapping[str, Points], minutes: int = 5, points: int = 1_000_000) -> Any:
    """The same over so many minutes, with so many points to compute at most."""
    given: dict[str, Value] = {name: of(values, name) for name, values in metrics.items()}
    planned = plan({"asked": expression}, list(metrics))
    ground = Ground(
        timeline=lambda period: START + np.arange(-(-minutes * 60 // period), dtype=np.int64) * period,
        values=given,
        metrics=list(metrics),
        searches={},
        period=PERIOD,
        budget=Budget(points),
    )
    tree = planned.expressions["asked"]
    return shown(evaluate(tree, ground), minutes)  # type: ignore[arg-type]  # none of these is a SELECT


def of(values: Points, label: str = "") -> TimeSeries:
    there = [(START + PERIOD * place, value) for place, value in enumerate(values) if value is not None]
    return series([time for time, _ in there], [value for _, value in there], PERIOD, label)


def shown(value: Value, minutes: int) -> Any:
    if isinstance(value, TimeSeries):
        found: list[float | None] = [None] * minutes
        for time, number in zip(value.times.tolist(), value.values.tolist(), strict=True):
            found[(time - START) // PERIOD] = number
        return found
    return [shown(each, minutes) for each in value] if isinstance(value, tuple) else value
