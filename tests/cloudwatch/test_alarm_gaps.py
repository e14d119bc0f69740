"""The rules for gaps, all of them: every window of five datapoints against the rules as the user guide tells them."""

import itertools

import pytest

from mailgauge.cloudwatch.alarms.alarm import Comparison, Configuration, MissingData, StateValue
from mailgauge.cloudwatch.alarms.evaluation import Point, evaluate
from mailgauge.cloudwatch.alarms.schedule import window

OK, ALARM, INSUFFICIENT = StateValue.OK, StateValue.ALARM, StateValue.INSUFFICIENT_DATA
END = 1_750_000_020
PERIODS = 3


def told(marks: str, needed: int, treatment: MissingData, current: StateValue) -> StateValue:
    """What the guide says of ``marks``, oldest first: X breaches, 0 does not, - is missing."""
    real = marks.replace("-", "")
    if not real:
        return {
            MissingData.BREACHING: ALARM,
            MissingData.NOT_BREACHING: OK,
            MissingData.IGNORE: current,
            MissingData.MISSING: INSUFFICIENT,
        }[treatment]
    if len(real) >= PERIODS:
        return ALARM if real[-PERIODS:].count("X") >= needed else OK
    breaching = real.count("X")
    if treatment is MissingData.BREACHING:
        return ALARM if breaching + PERIODS - len(real) >= needed else OK
    if breaching >= needed:
        return ALARM
    if treatment is MissingData.NOT_BREACHING or "0" in real:
        return OK
    if treatment is MissingData.IGNORE:
        return current
    if len(marks) - marks.index("X") >= needed:
        return ALARM
    return OK if current is INSUFFICIENT else current


@pytest.mark.parametrize("treatment", list(MissingData))
@pytest.mark.parametrize("needed", [1, 2, 3])
def test_every_window_is_evaluated_as_the_rules_say(needed: int, treatment: MissingData) -> None:
    configuration = Configuration(
        name="bounces",
        namespace="AWS/SES",
        metric_name="Bounce",
        statistic="Sum",
        period=60,
        evaluation_periods=PERIODS,
        threshold=5.0,
        comparison=Comparison.GREATER,
        datapoints_to_alarm=needed,
        treat_missing_data=treatment,
    )
    starts = window(60, PERIODS, END)
    for marks in map("".join, itertools.product("X0-", repeat=len(starts))):
        points = {
            start: Point(start, 9.0 if mark == "X" else 0.0, 1.0)
            for start, mark in zip(starts, marks, strict=True)
            if mark != "-"
        }
        for current in StateValue:
            found = evaluate(configuration, starts, points, current).value
            assert found is told(marks, needed, treatment, current), (marks, current)
