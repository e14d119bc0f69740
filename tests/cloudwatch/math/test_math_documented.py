"""The examples that CloudWatch's user guide gives for metric math."""

import pytest

from tests.cloudwatch.math.ask import ask, ask_of

_: None = None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("metric1<metric2", [0, 0, 1, 0]),
        ("metric1>=30", [1, 0, 0, 0]),
        ("metric1>15 AND metric2>15", [1, 0, 0, 0]),
        ("metric1>15 && metric2>15", [1, 0, 0, 0]),
    ],
)
def test_comparisons_count_missing_points_as_zero(expression: str, expected: list[float | None]) -> None:
    found = ask_of(expression, {"metric1": [30, 20, 0, 0], "metric2": [20, _, 20, _]}, 4)
    assert found == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("IF(metric1, metric2, metric3)", [30, 0, 20, _, _]),
        ("IF(metric1, 5, metric3)", [5, 5, 20, _, _]),
        ("IF(metric1, metric2, 5)", [30, 0, 5, 5, _]),
    ],
)
def test_if_takes_its_points_from_the_chosen_side(expression: str, expected: list[float | None]) -> None:
    found = ask(expression, metric1=[1, 1, 0, 0, _], metric2=[30, _, 0, 0, 30], metric3=[0, 0, 20, _, 20])
    assert found == expected
