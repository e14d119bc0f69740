"""Operators of metric math: operand pairs, missing points, precedence, what is true. Each value is worked out by hand."""

from typing import Any

import pytest

from tests.cloudwatch.math.ask import ask
from tests.cloudwatch.math.cases import _, same

A = [4, 8, _, 2, 0]
B = [2, _, 3, 4, 5]
N = [-1, 2.5, -3, 0, _]
EMPTY = [_, _, _, _, _]


def check(expression: str, expected: Any) -> None:
    same(ask(expression, a=A, b=B, n=N, none=EMPTY), expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1+2", 3),
        ("7-10", -3),
        ("6*7", 42),
        ("1/4", 0.25),
        ("2^10", 1024),
        ("2^0.5", 1.4142135623730951),
        ("2^-1", 0.5),
        ("-3", -3),
        ("--3", 3),
        ("---3", -3),
        ("0.1+0.2", 0.3),
        (".5*2", 1),
        ("2.*2", 4),
        ("1e3+1", 1001),
        ("1.5E-1", 0.15),
        ("1/0", float("nan")),
        ("0/0", float("nan")),
        ("-1/0", float("nan")),
        ("(0-8)^(1/3)", float("nan")),
        ("10^400", float("nan")),
        ("1/0+1", float("nan")),
        ("1/0 == 1/0", float("nan")),
        ("0^0", 1),
    ],
)
def test_scalar_with_scalar_is_a_scalar(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # A = 4 8 - 2 0: where the series has no point there is none.
        ("a+1", [5, 9, _, 3, 1]),
        ("1+a", [5, 9, _, 3, 1]),
        ("a-1", [3, 7, _, 1, -1]),
        ("10-a", [6, 2, _, 8, 10]),
        ("a*3", [12, 24, _, 6, 0]),
        ("3*a", [12, 24, _, 6, 0]),
        ("a/2", [2, 4, _, 1, 0]),
        ("8/a", [2, 1, _, 4, _]),
        ("a/0", EMPTY),
        ("0/a", [0, 0, _, 0, _]),
        ("a^2", [16, 64, _, 4, 0]),
        ("2^a", [16, 256, _, 4, 1]),
        ("a^0", [1, 1, _, 1, 1]),
        ("a^-1", [0.25, 0.125, _, 0.5, _]),
        ("a^0.5", [2, 8**0.5, _, 2**0.5, 0]),
        ("n^0.5", [_, 2.5**0.5, _, 0, _]),
        ("n^2", [1, 6.25, 9, 0, _]),
        ("-a", [-4, -8, _, -2, 0]),
        ("-n", [1, -2.5, 3, 0, _]),
        ("none+1", EMPTY),
        ("1-none", EMPTY),
        ("-none", EMPTY),
        ("a*(1/0)", EMPTY),
        ("a+10^400", EMPTY),
        ("a*10^308*10", [_, _, _, _, 0]),
    ],
)
def test_series_with_scalar_is_a_series(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # A = 4 8 - 2 0, B = 2 - 3 4 5: a missing point counts as 0, and where both are missing there is none.
        ("a+b", [6, 8, 3, 6, 5]),
        ("b+a", [6, 8, 3, 6, 5]),
        ("a-b", [2, 8, -3, -2, -5]),
        ("b-a", [-2, -8, 3, 2, 5]),
        ("a*b", [8, 0, 0, 8, 0]),
        ("a/b", [2, _, 0, 0.5, 0]),
        ("b/a", [0.5, 0, _, 2, _]),
        ("a^b", [16, 1, 0, 16, 0]),
        ("b^a", [16, 0, 1, 16, 1]),
        ("a-a", [0, 0, _, 0, 0]),
        ("a/a", [1, 1, _, 1, _]),
        ("a+none", [4, 8, _, 2, 0]),
        ("none-a", [-4, -8, _, -2, 0]),
        ("a*none", [0, 0, _, 0, 0]),
        ("a/none", EMPTY),
        ("none/a", [0, 0, _, 0, _]),
        ("none+none", EMPTY),
        ("n+a", [3, 10.5, -3, 2, 0]),
        ("n*n", [1, 6.25, 9, 0, _]),
        ("100*a/(a+b)", [400 / 6, 100, 0, 200 / 6, 0]),
        ("a-b-n", [3, 5.5, 0, -2, -5]),
    ],
)
def test_series_with_series_joins_all_times(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[a,b]+1", [[5, 9, _, 3, 1], [3, _, 4, 5, 6]]),
        ("1+[a,b]", [[5, 9, _, 3, 1], [3, _, 4, 5, 6]]),
        ("[a,b]-1", [[3, 7, _, 1, -1], [1, _, 2, 3, 4]]),
        ("10-[a,b]", [[6, 2, _, 8, 10], [8, _, 7, 6, 5]]),
        ("[a,b]*2", [[8, 16, _, 4, 0], [4, _, 6, 8, 10]]),
        ("[a,b]/2", [[2, 4, _, 1, 0], [1, _, 1.5, 2, 2.5]]),
        ("120/[a,b]", [[30, 15, _, 60, _], [60, _, 40, 30, 24]]),
        ("[a,b]^2", [[16, 64, _, 4, 0], [4, _, 9, 16, 25]]),
        ("2^[b]", [[4, _, 8, 16, 32]]),
        ("[a,b]+n", [[3, 10.5, -3, 2, 0], [1, 2.5, 0, 4, 5]]),
        ("n+[a,b]", [[3, 10.5, -3, 2, 0], [1, 2.5, 0, 4, 5]]),
        ("[a,b]-b", [[2, 8, -3, -2, -5], [0, _, 0, 0, 0]]),
        ("b-[a,b]", [[-2, -8, 3, 2, 5], [0, _, 0, 0, 0]]),
        ("[a,b]/b", [[2, _, 0, 0.5, 0], [1, _, 1, 1, 1]]),
        ("b/[a,b]", [[0.5, 0, _, 2, _], [1, _, 1, 1, 1]]),
        ("[a,b]*none", [[0, 0, _, 0, 0], [0, _, 0, 0, 0]]),
        ("-[a,b]", [[-4, -8, _, -2, 0], [-2, _, -3, -4, -5]]),
        ("-[none]", [EMPTY]),
        ("METRICS()*100", [[400, 800, _, 200, 0], [200, _, 300, 400, 500], [-100, 250, -300, 0, _], EMPTY]),
        ("[a,b] > 3", [[1, 1, _, 0, 0], [0, _, 0, 1, 1]]),
        ("[a,b] AND a", [[1, 1, _, 1, 0], [1, 0, 0, 1, 0]]),
    ],
)
def test_an_array_is_computed_series_by_series(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 == 1", 1),
        ("1 != 1", 0),
        ("1 < 2", 1),
        ("2 <= 2", 1),
        ("1 > 2", 0),
        ("2 >= 3", 0),
        # Series with scalar: only where there is a point.
        ("a == 4", [1, 0, _, 0, 0]),
        ("a != 4", [0, 1, _, 1, 1]),
        ("a < 4", [0, 0, _, 1, 1]),
        ("a <= 4", [1, 0, _, 1, 1]),
        ("a > 2", [1, 1, _, 0, 0]),
        ("a >= 2", [1, 1, _, 1, 0]),
        ("2 < a", [1, 1, _, 0, 0]),
        ("4 == a", [1, 0, _, 0, 0]),
        ("n < 0", [1, 0, 1, 0, _]),
        ("n >= -1", [1, 1, 0, 1, _]),
        ("none == 0", EMPTY),
        ("a > 1/0", EMPTY),
        # Series with series, A = 4 8 - 2 0 and B = 2 - 3 4 5: a missing point counts as 0.
        ("a == b", [0, 0, 0, 0, 0]),
        ("a != b", [1, 1, 1, 1, 1]),
        ("a < b", [0, 0, 1, 1, 1]),
        ("a <= b", [0, 0, 1, 1, 1]),
        ("a > b", [1, 1, 0, 0, 0]),
        ("a >= b", [1, 1, 0, 0, 0]),
        ("a == a", [1, 1, _, 1, 1]),
        ("n > none", [0, 1, 0, 0, _]),
        ("none >= n", [1, 0, 1, 1, _]),
        ("none == none", EMPTY),
    ],
)
def test_comparisons_give_one_and_zero(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 AND 1", 1),
        ("1 AND 0", 0),
        ("0 OR 0", 0),
        ("0 OR 2", 1),
        ("-1 AND 1", 1),
        ("0.5 && 0.1", 1),
        ("0 || -7", 1),
        # Whatever is not zero is true, negative numbers too.
        ("n AND 1", [1, 1, 1, 0, _]),
        ("n OR 0", [1, 1, 1, 0, _]),
        ("n AND 0", [0, 0, 0, 0, _]),
        ("n OR 1", [1, 1, 1, 1, _]),
        ("a AND b", [1, 0, 0, 1, 0]),
        ("a && b", [1, 0, 0, 1, 0]),
        ("a OR b", [1, 1, 1, 1, 1]),
        ("a || b", [1, 1, 1, 1, 1]),
        ("a OR none", [1, 1, _, 1, 0]),
        ("a AND none", [0, 0, _, 0, 0]),
        ("none AND none", EMPTY),
        ("a AND b AND n", [1, 0, 0, 0, 0]),
        ("a > 3 AND b < 3", [1, 0, 0, 0, 0]),
        ("a > 3 || b > 3", [1, 1, 0, 1, 1]),
    ],
)
def test_logic_takes_what_is_not_zero_for_true(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("2+3*4", 14),
        ("(2+3)*4", 20),
        ("2*3+4", 10),
        ("2-3-4", -5),
        ("2-(3-4)", 3),
        ("100/10/5", 2),
        ("100/(10/5)", 50),
        ("100/10*5", 50),
        ("2*3/4*2", 3),
        ("2^3^2", 512),
        ("(2^3)^2", 64),
        ("2*3^2", 18),
        ("(2*3)^2", 36),
        ("-2^2", 4),
        ("-(2^2)", -4),
        ("0-2^2", -4),
        ("2^-2", 0.25),
        ("2^-1^2", 2),
        ("--2^2", 4),
        ("5--3", 8),
        ("5-3", 2),
        ("5 - -3", 8),
        ("5*-3", -15),
        ("6/-3", -2),
        ("1+2 == 3", 1),
        ("1+2 == 4-1", 1),
        ("2*2 > 3", 1),
        ("1 < 2 AND 2 < 3", 1),
        ("1 < 2 AND 3 < 2", 0),
        ("1 OR 0 AND 0", 1),
        ("(1 OR 0) AND 0", 0),
        ("0 AND 0 OR 1", 1),
        ("0 AND (0 OR 1)", 0),
        ("1 || 0 && 0", 1),
        ("(1 < 2) + 1", 2),
        ("(1 < 2) < 1", 0),
        ("1 AND 2 == 2", 1),
        ("((((7))))", 7),
        ("SUM(a)+1*2", 16),
        ("a*2 > b+1 AND n < 0", [1, 0, 0, 0, 0]),
        ("a+b*2", [8, 8, 6, 10, 10]),
        ("(a+b)*2", [12, 16, 6, 12, 10]),
        ("-a+b", [-2, -8, 3, 2, 5]),
        ("-(a+b)", [-6, -8, -3, -6, -5]),
        ("-a^2", [16, 64, _, 4, 0]),
        ("a-b+b", [4, 8, 0, 2, 0]),
    ],
)
def test_operators_bind_in_their_order(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (" a\t+\n 1 ", [5, 9, _, 3, 1]),
        ("a+1   ", [5, 9, _, 3, 1]),
        ("SUM ( [ a , b ] )", [6, 8, 3, 6, 5]),
        ("a>3AND b>1", [1, 0, 0, 0, 0]),
        ("(a)", A),
        ("[a]", [A]),
        ("[a,[b,[n]]]", [A, B, N]),
        ("[a,METRICS('b')]", [A, B]),
        ("[[a],[b]]", [A, B]),
        ("[a,a]", [A, A]),
        ("[a+1, 2*b]", [[5, 9, _, 3, 1], [4, _, 6, 8, 10]]),
    ],
)
def test_blanks_brackets_and_arrays(expression: str, expected: Any) -> None:
    check(expression, expected)
