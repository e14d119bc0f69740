"""Whatever expression is made, the vectorised evaluator gives what the slow and obvious one gives."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mailgauge.cloudwatch.math.syntax import parse
from tests.cloudwatch.math.ask import PERIOD, START, Points, ask_of
from tests.cloudwatch.math.slow import Line, Slow, SlowMath

MINUTES = 6

_NUMBERS = st.sampled_from(["0", "1", "2", "3.5", "10", "100"])
_METRICS = st.sampled_from(["m1", "m2", "m3"])
_CALCULATIONS = st.sampled_from(["+", "-", "*", "/", "^"])
_COMPARISONS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
_LOGIC = st.sampled_from(["AND", "OR", "&&", "||"])
_EACH = st.sampled_from(["ABS", "CEIL", "FLOOR", "LOG", "LOG10", "DIFF", "DIFF_TIME", "RATE", "RUNNING_SUM"])
_REDUCED = st.sampled_from(["AVG", "SUM", "MAX", "MIN", "STDDEV", "DATAPOINT_COUNT"])
_CALENDAR = st.sampled_from(["MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"])


def form(text: str, *parts: SearchStrategy[str]) -> SearchStrategy[str]:
    return st.tuples(*parts).map(lambda found: text.format(*found))


# Rounding may fall to either side of a comparison, so only what is exact is compared.
_EXACT = st.one_of(_METRICS, form("({} + {})", _METRICS, _METRICS), form("SUM([{}, {}])", _METRICS, _METRICS))
_CONDITIONS = st.one_of(
    form("({} {} {})", _EXACT, _COMPARISONS, st.one_of(_EXACT, _NUMBERS)),
    form("({0} > 5 {1} {2} < 20)", _EXACT, _LOGIC, _EXACT),
    _METRICS,
)


def scalars(depth: int) -> SearchStrategy[str]:
    if depth == 0:
        return _NUMBERS
    return st.one_of(
        _NUMBERS,
        form("{}({})", _REDUCED, lines(depth - 1)),
        form("METRIC_COUNT({})", arrays(depth - 1)),
        form("({} {} {})", scalars(depth - 1), st.sampled_from(["+", "-", "*", "/"]), scalars(depth - 1)),
        st.just("PERIOD(m1)"),
    )


def lines(depth: int) -> SearchStrategy[str]:
    if depth == 0:
        return _METRICS
    below, number = lines(depth - 1), scalars(depth - 1)
    return st.one_of(
        _METRICS,
        _CONDITIONS,
        form("({} {} {})", below, _CALCULATIONS, below),
        form("({} {} {})", below, _CALCULATIONS, number),
        form("({} {} {})", number, _CALCULATIONS, below),
        form("-{}", below),
        form("{}({})", _EACH, below),
        form("{}({})", _REDUCED, arrays(depth - 1)),
        form("{}({})", _CALENDAR, below),
        form("FILL({}, {})", below, st.one_of(_NUMBERS, st.sampled_from(["REPEAT", "LINEAR"]))),
        form("IF({}, {})", _CONDITIONS, st.one_of(below, number)),
        form("IF({}, {}, {})", _CONDITIONS, st.one_of(below, number), st.one_of(below, number)),
        form("IF({}, {}, {})", st.sampled_from(["0", "1"]), below, below),
        form("{}({})", st.sampled_from(["FIRST", "LAST"]), arrays(depth - 1)),
        form("TIME_SERIES({})", number),
    )


def arrays(depth: int) -> SearchStrategy[str]:
    if depth == 0:
        return st.sampled_from(["METRICS()", "METRICS('2')", "[m1, m2]", "[]"])
    below, line = arrays(depth - 1), lines(depth - 1)
    return st.one_of(
        st.sampled_from(["METRICS()", "[m3, m1]"]),
        form("[{}, {}]", line, below),
        form("({} {} {})", below, _CALCULATIONS, st.one_of(line, _NUMBERS)),
        form("({} {} {})", line, _CALCULATIONS, below),
        form("{}({})", _EACH, below),
        form("FILL({}, {})", below, st.one_of(line, _NUMBERS, st.just("REPEAT"))),
        form("REMOVE_EMPTY({})", below),
        form("SLICE({}, {})", below, st.sampled_from(["0", "1", "1, 2", "0, 5"])),
        form("SORT({}, {}, {})", st.just("METRICS()"), st.sampled_from(["MAX", "MIN", "SUM"]), st.sampled_from(["ASC", "DESC", "ASC, 1"])),
    )  # fmt: skip


_POINTS = st.lists(st.one_of(st.none(), st.integers(-5, 50).map(float)), min_size=MINUTES, max_size=MINUTES)


@given(text=st.one_of(scalars(3), lines(3), arrays(2)), m1=_POINTS, m2=_POINTS, m3=_POINTS)
@pytest.mark.hypothesis
def test_the_quick_evaluator_gives_what_the_slow_one_gives(
    text: str, m1: list[float | None], m2: list[float | None], m3: list[float | None]
) -> None:
    metrics: dict[str, Points] = {"m1": m1, "m2": m2, "m3": m3}
    times = [START + PERIOD * minute for minute in range(MINUTES)]
    lines = {name: _line(points) for name, points in metrics.items()}
    expected = _shown(SlowMath(lines, times, PERIOD).value(parse(text)))
    found = ask_of(text, metrics, MINUTES)
    assert _flat(found) == pytest.approx(_flat(expected), rel=1e-7, abs=1e-7, nan_ok=True)


def _line(points: Points) -> Line:
    return {START + PERIOD * place: value for place, value in enumerate(points) if value is not None}


def _shown(value: Slow) -> Any:
    if isinstance(value, dict):
        return [value.get(START + PERIOD * minute) for minute in range(MINUTES)]
    return [_shown(each) for each in value] if isinstance(value, list) else value


def _flat(value: Any) -> list[float]:
    """All numbers in a row, with one that no expression gives for a missing point and for where an array begins."""
    if isinstance(value, list):
        return [1e99, *(number for each in value for number in _flat(each))]
    return [-1e98] if value is None else [value]
