"""METRICS, METRIC_COUNT, FIRST, LAST, SLICE, SORT and REMOVE_EMPTY. Each value is worked out by hand."""

from typing import Any

import pytest

from tests.cloudwatch.math.ask import ask
from tests.cloudwatch.math.cases import _, same

SEND = [10, 20, _, 40, _]
"""Sum 70, average 23.3, minimum 10, maximum 40."""
BOUNCE = [1, _, _, 3, 50]
"""Sum 54, average 18, minimum 1, maximum 50."""
SPAM = [-5, 5, 30, _, _]
"""Sum 30, average 10, minimum -5, maximum 30."""
EMPTY = [_, _, _, _, _]


def check(expression: str, expected: Any) -> None:
    same(ask(expression, send1=SEND, bounce=BOUNCE, send2=SPAM, empty=EMPTY), expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("METRICS()", [SEND, BOUNCE, SPAM, EMPTY]),
        ('METRICS("send")', [SEND, SPAM]),
        ("METRICS('send')", [SEND, SPAM]),
        ("METRICS('send1')", [SEND]),
        ("METRICS('1')", [SEND]),
        ("METRICS('n')", [SEND, BOUNCE, SPAM]),
        ("METRICS('Send')", []),
        ("METRICS('')", [SEND, BOUNCE, SPAM, EMPTY]),
        ("METRICS('nothing')", []),
        ("[bounce, METRICS('send')]", [BOUNCE, SEND, SPAM]),
        ("[METRICS('empty'), METRICS('send2')]", [EMPTY, SPAM]),
        ("METRIC_COUNT(METRICS())", 4),
        ("METRIC_COUNT(METRICS('send'))", 2),
        ("METRIC_COUNT(METRICS('nothing'))", 0),
        ("METRIC_COUNT([empty])", 1),
        ("METRIC_COUNT([])", 0),
        ("METRIC_COUNT(REMOVE_EMPTY(METRICS()))", 3),
        ("SUM(METRICS('send')) / METRIC_COUNT(METRICS('send'))", [2.5, 12.5, 15, 20, _]),
    ],
)
def test_metrics_takes_those_whose_id_contains_a_text(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("FIRST(METRICS())", SEND),
        ("LAST(METRICS())", EMPTY),
        ("FIRST([bounce])", BOUNCE),
        ("LAST([bounce])", BOUNCE),
        ("FIRST(METRICS('nothing'))", EMPTY),
        ("LAST([])", EMPTY),
        ("LAST([send1, bounce]) - FIRST([send1, bounce])", [-9, -20, _, -37, 50]),
        ("FIRST(SORT(METRICS(), MAX, DESC))", BOUNCE),
        ("LAST(SORT(REMOVE_EMPTY(METRICS()), MIN, ASC))", SEND),
        ("SUM(FIRST(METRICS('send')))", 70),
    ],
)
def test_first_and_last_are_series(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SLICE(METRICS(), 0)", [SEND, BOUNCE, SPAM, EMPTY]),
        ("SLICE(METRICS(), 1)", [BOUNCE, SPAM, EMPTY]),
        ("SLICE(METRICS(), 3)", [EMPTY]),
        ("SLICE(METRICS(), 4)", []),
        ("SLICE(METRICS(), 400)", []),
        ("SLICE(METRICS(), 0, 1)", [SEND]),
        ("SLICE(METRICS(), 0, 2)", [SEND, BOUNCE]),
        ("SLICE(METRICS(), 1, 3)", [BOUNCE, SPAM]),
        ("SLICE(METRICS(), 2, 100)", [SPAM, EMPTY]),
        ("SLICE(METRICS(), 1, 1)", []),
        ("SLICE(METRICS(), 3, 1)", []),
        ("SLICE(METRICS(), 0, 0)", []),
        ("SLICE([], 0, 5)", []),
        ("SLICE(METRICS(), METRIC_COUNT(METRICS())-1)", [EMPTY]),
        ("SLICE(METRICS(), 10^30)", []),
        ("SLICE(SORT(METRICS(), SUM, DESC), 0, 2)", [SEND, BOUNCE]),
        ("SUM(SLICE(METRICS(), 0, 2))", [11, 20, _, 43, 50]),
        ("SLICE(SLICE(METRICS(), 1), 1)", [SPAM, EMPTY]),
    ],
)
def test_slice_counts_from_zero_and_ends_before_its_end(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SORT(METRICS(), SUM, ASC)", [SPAM, BOUNCE, SEND, EMPTY]),
        ("SORT(METRICS(), SUM, DESC)", [SEND, BOUNCE, SPAM, EMPTY]),
        ("SORT(METRICS(), AVG, ASC)", [SPAM, BOUNCE, SEND, EMPTY]),
        ("SORT(METRICS(), AVG, DESC)", [SEND, BOUNCE, SPAM, EMPTY]),
        ("SORT(METRICS(), MIN, ASC)", [SPAM, BOUNCE, SEND, EMPTY]),
        ("SORT(METRICS(), MIN, DESC)", [SEND, BOUNCE, SPAM, EMPTY]),
        ("SORT(METRICS(), MAX, ASC)", [SPAM, SEND, BOUNCE, EMPTY]),
        ("SORT(METRICS(), MAX, DESC)", [BOUNCE, SEND, SPAM, EMPTY]),
        ("SORT(METRICS(), MAX, DESC, 1)", [BOUNCE]),
        ("SORT(METRICS(), MAX, ASC, 2)", [SPAM, SEND]),
        ("SORT(METRICS(), MAX, ASC, 0)", []),
        ("SORT(METRICS(), MAX, ASC, 50)", [SPAM, SEND, BOUNCE, EMPTY]),
        ("SORT([], SUM, ASC)", []),
        ("SORT([empty, empty], SUM, DESC)", [EMPTY, EMPTY]),
        ("SORT([send1], AVG, ASC)", [SEND]),
        # Equal ones stay as they were.
        ("SORT([bounce, send1*0, bounce*0], MIN, DESC)", [BOUNCE, [0, 0, _, 0, _], [0, _, _, 0, 0]]),
        ("SORT([send1*0, bounce, bounce*0], MIN, ASC)", [[0, 0, _, 0, _], [0, _, _, 0, 0], BOUNCE]),
        ("SORT(-METRICS(), SUM, ASC, 1)", [[-10, -20, _, -40, _]]),
        ("SORT(SORT(METRICS(), MAX, DESC, 2), MIN, DESC)", [SEND, BOUNCE]),
    ],
)
def test_sort_orders_by_a_statistic_of_each_series(expression: str, expected: Any) -> None:
    check(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("REMOVE_EMPTY(METRICS())", [SEND, BOUNCE, SPAM]),
        ("REMOVE_EMPTY([empty])", []),
        ("REMOVE_EMPTY([])", []),
        ("REMOVE_EMPTY([send1/0, bounce])", [BOUNCE]),
        ("REMOVE_EMPTY([send1*0])", [[0, 0, _, 0, _]]),
        ("AVG(REMOVE_EMPTY([send1, empty]))", SEND),
        ("REMOVE_EMPTY(METRICS())*0+1", [[1, 1, _, 1, _], [1, _, _, 1, 1], [1, 1, 1, _, _]]),
        ("REMOVE_EMPTY(FILL(METRICS('empty'), 0))", [[0, 0, 0, 0, 0]]),
        ("REMOVE_EMPTY(DIFF([TIME_SERIES(1), LAST([])]))", [[_, 0, 0, 0, 0]]),
    ],
)
def test_remove_empty_drops_series_without_points(expression: str, expected: Any) -> None:
    check(expression, expected)
