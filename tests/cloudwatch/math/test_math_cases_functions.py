"""Functions of one series or of an array: of each point, over time, across the series. Each value is worked out by hand."""

from typing import Any

import pytest

from tests.cloudwatch.math.ask import ask
from tests.cloudwatch.math.cases import _, same

A = [4, 8, _, 2, 0]
B = [2, _, 3, 4, 5]
N = [-1, 2.5, -3, 0, _]
ONE = [_, _, 7, _, _]
EMPTY = [_, _, _, _, _]
NAN = float("nan")


def check(expression: str, expected: Any) -> None:
    same(ask(expression, a=A, b=B, n=N, one=ONE, none=EMPTY), expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ABS(n)", [1, 2.5, 3, 0, _]),
        ("ABS(a)", A),
        ("ABS(none)", EMPTY),
        ("ABS([n,a])", [[1, 2.5, 3, 0, _], A]),
        ("ABS([])", []),
        ("CEIL(n)", [-1, 3, -3, 0, _]),
        ("CEIL(n/2)", [0, 2, -1, 0, _]),
        ("CEIL(none)", EMPTY),
        ("CEIL([a/3,b])", [[2, 3, _, 1, 0], B]),
        ("FLOOR(n)", [-1, 2, -3, 0, _]),
        ("FLOOR(n/2)", [-1, 1, -2, 0, _]),
        ("FLOOR(none)", EMPTY),
        ("FLOOR([a/3,b])", [[1, 2, _, 0, 0], B]),
        # Zero and below have no logarithm.
        ("LOG10(a*25)", [2, 2.301029995663981, _, 1.6989700043360187, _]),
        ("LOG10(n)", [_, 0.3979400086720376, _, _, _]),
        ("LOG10(none)", EMPTY),
        ("LOG10([10^b])", [B]),
        ("LOG(a)", [1.3862943611198906, 2.0794415416798357, _, 0.6931471805599453, _]),
        ("LOG(n)", [_, 0.9162907318741551, _, _, _]),
        ("LOG(2.718281828459045^b)", B),
        ("LOG([a,none])", [[1.3862943611198906, 2.0794415416798357, _, 0.6931471805599453, _], EMPTY]),
    ],
)
def test_functions_of_each_point(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # A = 4 8 - 2 0: the point before a gap is the previous one.
        ("DIFF(a)", [_, 4, _, -6, -2]),
        ("DIFF(b)", [_, _, 1, 1, 1]),
        ("DIFF(n)", [_, 3.5, -5.5, 3, _]),
        ("DIFF(one)", EMPTY),
        ("DIFF(none)", EMPTY),
        ("DIFF([a,b])", [[_, 4, _, -6, -2], [_, _, 1, 1, 1]]),
        ("DIFF(DIFF(a))", [_, _, _, -10, 4]),
        ("DIFF_TIME(a)", [_, 60, _, 120, 60]),
        ("DIFF_TIME(b)", [_, _, 120, 60, 60]),
        ("DIFF_TIME(one)", EMPTY),
        ("DIFF_TIME(none)", EMPTY),
        ("DIFF_TIME([a,n])", [[_, 60, _, 120, 60], [_, 60, 60, 60, _]]),
        ("RATE(a)", [_, 4 / 60, _, -6 / 120, -2 / 60]),
        ("RATE(b)", [_, _, 1 / 120, 1 / 60, 1 / 60]),
        ("RATE(a*60)", [_, 4, _, -3, -2]),
        ("RATE(one)", EMPTY),
        ("RATE(none)", EMPTY),
        ("RATE([a*60,b*120])", [[_, 4, _, -3, -2], [_, _, 1, 2, 2]]),
        ("DIFF(a)/DIFF_TIME(a)*60", [_, 4, _, -3, -2]),
        ("RUNNING_SUM(a)", [4, 12, _, 14, 14]),
        ("RUNNING_SUM(n)", [-1, 1.5, -1.5, -1.5, _]),
        ("RUNNING_SUM(one)", ONE),
        ("RUNNING_SUM(none)", EMPTY),
        ("RUNNING_SUM([a,b])", [[4, 12, _, 14, 14], [2, _, 5, 9, 14]]),
        ("DIFF(RUNNING_SUM(a))", [_, 8, _, 2, 0]),
        ("RUNNING_SUM(RUNNING_SUM(b))", [2, _, 7, 16, 30]),
    ],
)
def test_functions_of_a_point_and_those_before_it(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # Over time only the points there are count: A has 4, B has 4, N has 4.
        ("AVG(a)", 3.5),
        ("AVG(b)", 3.5),
        ("AVG(n)", -0.375),
        ("AVG(one)", 7),
        ("AVG(none)", NAN),
        ("SUM(a)", 14),
        ("SUM(n)", -1.5),
        ("SUM(one)", 7),
        ("SUM(none)", 0),
        ("MIN(a)", 0),
        ("MIN(n)", -3),
        ("MIN(one)", 7),
        ("MIN(none)", NAN),
        ("MAX(a)", 8),
        ("MAX(n)", 2.5),
        ("MAX(none)", NAN),
        ("DATAPOINT_COUNT(a)", 4),
        ("DATAPOINT_COUNT(one)", 1),
        ("DATAPOINT_COUNT(none)", 0),
        ("DATAPOINT_COUNT(a+b)", 5),
        # A: mean 3.5, squares 0.25 + 20.25 + 2.25 + 12.25 = 35, over 4.
        ("STDDEV(a)", 8.75**0.5),
        # B: mean 3.5, squares 2.25 + 0.25 + 0.25 + 2.25 = 5, over 4.
        ("STDDEV(b)", 1.25**0.5),
        ("STDDEV(one)", 0),
        ("STDDEV(none)", NAN),
        ("SUM(a)/DATAPOINT_COUNT(a)", 3.5),
        ("MAX(a)-MIN(a)", 8),
        ("SUM(a > 3)", 2),
        ("SUM(RUNNING_SUM(a))", 44),
        ("AVG(ABS(n))", 1.625),
        ("a - AVG(a)", [0.5, 4.5, _, -1.5, -3.5]),
        ("a / SUM(a)", [4 / 14, 8 / 14, _, 2 / 14, 0]),
        ("a / SUM(none)", EMPTY),
        ("a + MAX(none)", EMPTY),
        ("a > AVG(a)", [1, 1, _, 0, 0]),
        ("(a-AVG(a))/STDDEV(a)", [0.5 / 8.75**0.5, 4.5 / 8.75**0.5, _, -1.5 / 8.75**0.5, -3.5 / 8.75**0.5]),
    ],
)
def test_a_series_is_reduced_to_a_number(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # A = 4 8 - 2 0, B = 2 - 3 4 5. AVG counts a missing point as 0 and divides by the number of series.
        ("AVG([a,b])", [3, 4, 1.5, 3, 2.5]),
        ("AVG([a,b,none])", [2, 8 / 3, 1, 2, 5 / 3]),
        ("AVG([a])", A),
        ("AVG([none])", EMPTY),
        ("AVG([none,none])", EMPTY),
        ("AVG([])", EMPTY),
        ("AVG([one,none])", [_, _, 3.5, _, _]),
        ("SUM([a,b])", [6, 8, 3, 6, 5]),
        ("SUM([a,n])", [3, 10.5, -3, 2, 0]),
        ("SUM([a,none])", A),
        ("SUM([none])", EMPTY),
        ("SUM([])", EMPTY),
        ("SUM(METRICS())", [5, 10.5, 7, 6, 5]),
        # The others leave missing points out.
        ("MIN([a,b])", [2, 8, 3, 2, 0]),
        ("MIN([a,n])", [-1, 2.5, -3, 0, 0]),
        ("MIN([none,one])", ONE),
        ("MIN([])", EMPTY),
        ("MAX([a,b])", [4, 8, 3, 4, 5]),
        ("MAX([-a,-b])", [-2, -8, -3, -2, 0]),
        ("MAX([none])", EMPTY),
        ("MAX([])", EMPTY),
        ("DATAPOINT_COUNT([a,b])", [2, 1, 1, 2, 2]),
        ("DATAPOINT_COUNT([a,b,n,one,none])", [3, 2, 3, 3, 2]),
        ("DATAPOINT_COUNT([none])", EMPTY),
        ("DATAPOINT_COUNT([])", EMPTY),
        ("STDDEV([a,b])", [1, 0, 0, 1, 2.5]),
        ("STDDEV([a,a])", [0, 0, _, 0, 0]),
        ("STDDEV([none])", EMPTY),
        ("STDDEV([])", EMPTY),
        ("SUM([a,b]) / DATAPOINT_COUNT([a,b])", [3, 8, 3, 3, 2.5]),
        ("MAX([a,b]) - MIN([a,b])", [2, 0, 0, 2, 5]),
        ("SUM(SUM([a,b]))", 28),
        ("AVG(AVG([a,b]))", 2.8),
        ("SUM([a,b] / SUM([a,b]) * 30)", [30, 30, 30, 30, 30]),
        ("[a,b] / SUM([a,b]) * 30", [[20, 30, 0, 10, 0], [10, 0, 30, 20, 30]]),
    ],
)
def test_an_array_is_reduced_to_a_series(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("TIME_SERIES(7)", [7, 7, 7, 7, 7]),
        ("TIME_SERIES(-0.5)", [-0.5] * 5),
        ("TIME_SERIES(0)", [0] * 5),
        ("TIME_SERIES(SUM(a))", [14] * 5),
        ("TIME_SERIES(AVG(none))", EMPTY),
        ("TIME_SERIES(1/0)", EMPTY),
        ("TIME_SERIES(METRIC_COUNT(METRICS()))", [5] * 5),
        ("a + TIME_SERIES(1)", [5, 9, 1, 3, 1]),
        ("TIME_SERIES(1)/a", [0.25, 0.125, _, 0.5, _]),
        ("PERIOD(a)", 60),
        ("PERIOD(none)", 60),
        ("a/PERIOD(a)", [4 / 60, 8 / 60, _, 2 / 60, 0]),
        ("SUM(a)/(PERIOD(a)*5)", 14 / 300),
        ("TIME_SERIES(PERIOD(b))", [60] * 5),
    ],
)
def test_constant_series_and_the_period(expression: str, expected: Any) -> None:
    check(expression, expected)
