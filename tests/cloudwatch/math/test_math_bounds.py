"""However an expression is made, it is evaluated within its bounds or refused with a text: nothing overflows or goes on."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.cloudwatch.math.evaluate import evaluate
from mailgauge.cloudwatch.math.faults import MathError
from mailgauge.cloudwatch.math.ground import Budget, Ground
from mailgauge.cloudwatch.math.plan import ExpressionError, plan
from mailgauge.cloudwatch.math.values import Value
from tests.cloudwatch.math.ask import PERIOD, ask, ask_of, of

TOO_MANY = "The expressions compute too many datapoints"
TOO_DEEP = "The expression is nested more than 50 levels deep at position"


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("(", ")"), ("-(", ")"), ("ABS(", ")"), ("1+(", ")"), ("IF(1,", ")"), ("FILL(", ",0)"), ("2^(", ")"), ("(m AND ", ")")],
)  # fmt: skip
def test_fifty_levels_are_evaluated_and_more_are_refused(opening: str, closing: str) -> None:
    assert len(ask(opening * 50 + "m" + closing * 50, m=[0, 1])) == 5
    for depth in (51, 600):
        text = opening * depth + "m" + closing * depth
        if len(text) <= 2048:
            with pytest.raises(ExpressionError, match=TOO_DEEP):
                ask(text, m=[1])


def test_arrays_and_unclosed_brackets_are_bounded_in_depth_too() -> None:
    assert ask("[" * 50 + "m" + "]" * 50, m=[1]) == [[1, None, None, None, None]]
    for text in ("[" * 2048, "(" * 2048, "SUM(" * 512, "-(" * 1024):
        with pytest.raises(ExpressionError, match=TOO_DEEP):
            ask(text, m=[1])


def test_an_expression_has_two_thousand_and_forty_eight_characters_at_most() -> None:
    longest = "m" + "+1" * 1023 + " "
    assert len(longest) == 2048
    assert ask(longest, m=[1])[0] == 1024
    with pytest.raises(ExpressionError, match="The expression is longer than 2048 characters"):
        ask(longest + " ", m=[1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1" + "+1" * 1000, 1001),
        ("1" + "*1" * 1000, 1),
        ("1" + "^1" * 1000, 1),
        ("-" * 2000 + "1", 1),
        ("-" * 2001 + "1", -1),
        ("1" + "-1" * 1000, -999),
        ("0" + "||0" * 600 + "||1", 1),
        ("1" + "&&1" * 600, 1),
        ("SUM(m" + "+m" * 1000 + ")", 1001),
        ("METRIC_COUNT([m" + ",m" * 1000 + "])", 1001),
        ("1" + "/2" * 1000, pytest.approx(2.0**-1000)),
    ],
)
def test_a_thousand_operators_in_a_row_are_no_deeper_than_one(text: str, expected: float) -> None:
    assert ask(text, m=[1]) == expected


@pytest.mark.parametrize("number", ["9" * 2048, "1e" + "9" * 2000, "0." + "0" * 2040 + "1"])
def test_numbers_of_any_length_are_no_points(number: str) -> None:
    assert ask(f"{number}"[:2048] if len(number) > 2048 else number, m=[1]) is not None
    found = ask(f"m*{number[:2000]}", m=[1])
    assert found[0] in {None, 0.0}


@pytest.mark.parametrize(
    ("text", "points"),
    [("m", 0), ("m+1", 505), ("m+1+1", 1010), ("[m,m,m]", 1515), ("-m", 505), ("FILL(m, 0)", 505), ("TIME_SERIES(1)", 505)],
)  # fmt: skip
def test_a_series_costs_its_points_and_five_hundred_more(text: str, points: int) -> None:
    ask_of(text, {"m": [1, 2, 3, 4, 5]}, points=points)
    if points:
        with pytest.raises(MathError, match=TOO_MANY):
            ask_of(text, {"m": [1, 2, 3, 4, 5]}, points=points - 1)


def test_long_ranges_cost_their_points() -> None:
    minutes = 14 * 24 * 60
    text = "SUM(" + "+".join(["TIME_SERIES(1)"] * 100) + ")"
    with pytest.raises(MathError, match=TOO_MANY):
        ask_of(text, {}, minutes, points=1_000_000)
    assert ask_of("SUM(TIME_SERIES(1)+TIME_SERIES(1))", {}, minutes, points=1_000_000) == 2 * minutes


def evaluated(expressions: dict[str, str], points: int = 1_000_000) -> dict[str, Value]:
    """All expressions of a call, one after another, within one budget."""
    import numpy as np

    values: dict[str, Value] = {"m": of([1.0])}
    budget = Budget(points)
    planned = plan(expressions, ["m"])
    for query_id, tree in planned.expressions.items():
        ground = Ground(lambda _: np.arange(5), values, ["m"], {}, PERIOD, budget)
        values[query_id] = evaluate(tree, ground)  # type: ignore[arg-type]  # none of these is a SELECT
    return values


def test_arrays_that_multiply_from_query_to_query_are_refused_before_they_are_made() -> None:
    """Six hundred times as many series with every query: the fourth would have more than there are bytes of memory."""
    expressions = {"e0": "[m]"} | {f"e{n + 1}": f"[{','.join([f'e{n}'] * 600)}]" for n in range(8)}
    with pytest.raises(MathError, match=TOO_MANY):
        evaluated(expressions, points=50_000_000)


def test_doubling_with_every_query_is_refused() -> None:
    expressions = {"e0": "[m]"} | {f"e{n + 1}": f"[e{n},e{n}]" for n in range(498)}
    with pytest.raises(MathError, match=TOO_MANY):
        evaluated(expressions, points=50_000_000)


def test_five_hundred_queries_may_refer_to_one_another_in_either_direction() -> None:
    forward = {f"e{n}": f"e{n - 1}+1" if n else "m" for n in range(499)}
    backward = dict(reversed(forward.items()))
    for expressions in (forward, backward):
        found = evaluated(expressions)["e498"]
        assert list(found.values) == [499]  # type: ignore[union-attr]  # a series


def test_five_hundred_queries_may_all_refer_to_all_before_them() -> None:
    expressions = {"e0": "m"} | {
        f"e{n}": "+".join(f"e{other}" for other in range(max(0, n - 300), n)) for n in range(1, 400)
    }
    found = plan(expressions, ["m"])
    assert list(found.expressions) == [f"e{n}" for n in range(400)]


def test_a_ring_of_five_hundred_queries_is_refused() -> None:
    expressions = {f"e{n}": f"e{(n + 1) % 500}" for n in range(500)}
    with pytest.raises(ExpressionError, match="'e0' refers to itself at position 1"):
        plan(expressions, [])


def test_a_call_makes_a_hundred_searches_at_most() -> None:
    search = "SEARCH('{Shop} Send', 'Sum', 60)"
    expressions = {f"e{n}": f"[{','.join([search] * 20)}]" for n in range(5)}
    plan(expressions, [])
    with pytest.raises(ExpressionError, match="There are more than 100 searches in one call"):
        plan(expressions | {"more": search}, [])


_PIECES = st.sampled_from(
    ["m", "n", "1", "0", "1e308", "-", "+", "*", "/", "^", "(", ")", "[", "]", ",", "<", "==", "AND", "OR", " ",
     "SUM(", "FILL(", "IF(", "SORT(", "SLICE(", "METRICS()", "'m'", '"', "REPEAT", "LINEAR", "ASC", "MAX", "TIME_SERIES(",
     "RATE(", "\\", "\x00", "é", "٣"]
)  # fmt: skip


@given(text=st.lists(_PIECES, max_size=40).map("".join))
@pytest.mark.hypothesis
def test_any_text_is_evaluated_or_refused(text: str) -> None:
    found: Any = "refused"
    with suppress(ExpressionError, MathError):
        found = ask_of(text, {"m": [1, None, -2], "n": [None, 0, 5]}, points=100_000)
    assert found is not None
