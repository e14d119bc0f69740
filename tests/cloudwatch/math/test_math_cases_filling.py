"""FILL in each mode and IF in each shape. Each value is worked out by hand."""

from typing import Any

import pytest

from tests.cloudwatch.math.ask import Points, ask, ask_of
from tests.cloudwatch.math.cases import _, same

GAPS = [_, 2, _, _, 8, _]
A = [1, _, 3, _, _, 6]
FULL = [10, 20, 30, 40, 50, 60]
EMPTY = [_, _, _, _, _, _]


def check(expression: str, expected: Any) -> None:
    given: dict[str, Points] = {"gaps": GAPS, "a": A, "full": FULL, "none": EMPTY}
    same(ask_of(expression, given, minutes=6), expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # A constant: for every period of the range.
        ("FILL(gaps, 0)", [0, 2, 0, 0, 8, 0]),
        ("FILL(gaps, -1)", [-1, 2, -1, -1, 8, -1]),
        ("FILL(gaps, 0.5)", [0.5, 2, 0.5, 0.5, 8, 0.5]),
        ("FILL(full, 0)", FULL),
        ("FILL(none, 0)", [0, 0, 0, 0, 0, 0]),
        ("FILL(gaps, MAX(gaps))", [8, 2, 8, 8, 8, 8]),
        ("FILL(gaps, AVG(none))", GAPS),
        ("FILL(gaps, 1/0)", GAPS),
        # REPEAT: the value before the gap; before the first point there is none.
        ("FILL(gaps, REPEAT)", [_, 2, 2, 2, 8, 8]),
        ("FILL(a, REPEAT)", [1, 1, 3, 3, 3, 6]),
        ("FILL(full, REPEAT)", FULL),
        ("FILL(none, REPEAT)", EMPTY),
        ("FILL(FILL(gaps, REPEAT), 0)", [0, 2, 2, 2, 8, 8]),
        # LINEAR: a line between the ends of the gap; outside the points there is none.
        ("FILL(gaps, LINEAR)", [_, 2, 4, 6, 8, _]),
        ("FILL(a, LINEAR)", [1, 2, 3, 4, 5, 6]),
        ("FILL(-a, LINEAR)", [-1, -2, -3, -4, -5, -6]),
        ("FILL(full, LINEAR)", FULL),
        ("FILL(none, LINEAR)", EMPTY),
        ("FILL(FILL(gaps, LINEAR), REPEAT)", [_, 2, 4, 6, 8, 8]),
        ("FILL(gaps/gaps, LINEAR)", [_, 1, 1, 1, 1, _]),
        # Arrays: each series by itself.
        ("FILL([gaps, a], 0)", [[0, 2, 0, 0, 8, 0], [1, 0, 3, 0, 0, 6]]),
        ("FILL([gaps, a], REPEAT)", [[_, 2, 2, 2, 8, 8], [1, 1, 3, 3, 3, 6]]),
        ("FILL([gaps, a], LINEAR)", [[_, 2, 4, 6, 8, _], [1, 2, 3, 4, 5, 6]]),
        ("FILL([], 0)", []),
        ("FILL([none], 3)", [[3, 3, 3, 3, 3, 3]]),
        # A series as the filler: its value at that time, if it has one.
        ("FILL([gaps], full)", [[10, 2, 30, 40, 8, 60]]),
        ("FILL([gaps, none], a)", [[1, 2, 3, _, 8, 6], A]),
        ("FILL([gaps], none)", [GAPS]),
        ("FILL([gaps, a], FILL(a, 0))", [[1, 2, 3, 0, 8, 6], [1, 0, 3, 0, 0, 6]]),
        # What follows from a dense series.
        ("SUM(FILL(gaps, 1))", 14),
        ("AVG(FILL(gaps, 0))", 10 / 6),
        ("DATAPOINT_COUNT(FILL(gaps, 0))", 6),
        ("a / FILL(gaps, 1)", [1, 0, 3, 0, 0, 6]),
        ("DIFF(FILL(gaps, 0))", [_, 2, -2, 0, 8, -8]),
        ("FILL(gaps > 5, 0)", [0, 0, 0, 0, 1, 0]),
    ],
)
def test_fill_in_each_mode(expression: str, expected: Any) -> None:
    check(expression, expected)


COND = [1, 0, -2, _, 0, _]
THEN = [5, 6, _, 8, _, _]
ELSE = [_, 60, 70, 80, _, 95]


def check_if(expression: str, expected: Any) -> None:
    given: dict[str, Points] = {"c": COND, "t": THEN, "e": ELSE, "none": EMPTY}
    same(ask_of(expression, given, minutes=6), expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # A plain series: true but no point of the first gives 0; false but no point of the second gives none.
        ("IF(c, t, e)", [5, 60, 0, _, _, _]),
        ("IF(c, t)", [5, _, 0, _, _, _]),
        ("IF(c, 1, e)", [1, 60, 1, _, _, _]),
        ("IF(c, 1)", [1, _, 1, _, _, _]),
        ("IF(c, t, 9)", [5, 9, 0, _, 9, _]),
        ("IF(c, 1, 2)", [1, 2, 1, _, 2, _]),
        ("IF(c, 0, 0)", [0, 0, 0, _, 0, _]),
        ("IF(c, -1, -2)", [-1, -2, -1, _, -2, _]),
        ("IF(c, none, e)", [0, 60, 0, _, _, _]),
        ("IF(c, t, none)", [5, _, 0, _, _, _]),
        ("IF(c, c)", [1, _, -2, _, _, _]),
        ("IF(none, t, e)", EMPTY),
        ("IF(none, 1, 2)", EMPTY),
        ("IF(c, 1/0, 2)", [_, 2, _, _, 2, _]),
        # A comparison of a series and a number: the times are those of the series.
        ("IF(t > 5, t, e)", [_, 6, _, 8, _, _]),
        ("IF(t > 5, t)", [_, 6, _, 8, _, _]),
        ("IF(t >= 5, 1, 0)", [1, 1, _, 1, _, _]),
        ("IF(e > 65, t, 0)", [_, 0, 0, 8, _, 0]),
        ("IF(e > 65, 1)", [_, _, 1, 1, _, 1]),
        ("IF(5 < t, 1, e)", [_, 1, _, 1, _, _]),
        ("IF(c == 0, t, e)", [_, 6, 70, _, 0, _]),
        ("IF(c != 0, t, e)", [5, 60, 0, _, _, _]),
        # A comparison of two series: the times of both.
        ("IF(t < e, t, e)", [_, 6, 0, 8, _, 0]),
        ("IF(t > e, t, 1)", [5, 1, 1, 1, _, 1]),
        # With AND and OR.
        ("IF(t > 5 AND e > 65, 1, 0)", [0, 0, 0, 1, _, 0]),
        ("IF(c OR t, 1, 0)", [1, 1, 1, 1, 0, _]),
        ("IF(c AND t, 1, 0)", [1, 0, 0, 0, 0, _]),
        # One number decides for all: the one series whole, the other, or nothing.
        ("IF(1, t, e)", THEN),
        ("IF(0, t, e)", ELSE),
        ("IF(-3, t, e)", THEN),
        ("IF(1, t)", THEN),
        ("IF(0, t)", EMPTY),
        ("IF(SUM(t) > 10, t, e)", THEN),
        ("IF(SUM(t) > 100, t, e)", ELSE),
        ("IF(AVG(none), t, e)", ELSE),
        ("IF(1 == 1, t)", THEN),
        # One in another, and what is made of it.
        ("IF(c, IF(t, 1, 2), IF(e, 3, 4))", [1, 3, 0, _, _, _]),
        ("SUM(IF(c, t, e))", 65),
        ("FILL(IF(c, t), 0)", [5, 0, 0, 0, 0, 0]),
        ("IF(FILL(c, 0), t, e)", [5, 60, 0, 80, _, 95]),
        ("IF(c, t, e) + 1", [6, 61, 1, _, _, _]),
        ("ABS(IF(c, c, e))", [1, 60, 2, _, _, _]),
    ],
)
def test_if_in_each_shape(expression: str, expected: Any) -> None:
    check_if(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("RATE(FILL(m, REPEAT))", [_, 0, 0, 0, 0]),
        ("IF(m > 0, m)", [_, _, _, _, _]),
        ("FILL(m, 0) - 5", [-5, -5, -5, -5, -5]),
    ],
)
def test_a_single_point_of_zero(expression: str, expected: Any) -> None:
    same(ask(expression, m=[0, _, _, _, _]), expected)
