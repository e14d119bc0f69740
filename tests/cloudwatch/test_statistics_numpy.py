"""Percentiles and the trimmed family are what numpy makes of the samples: exactly while there are few values, within 0.5 % beyond."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mailgauge.cloudwatch.statistics import parse
from mailgauge.tsdb.statset import StatSet

Values = np.ndarray[Any, np.dtype[np.float64]]

FEW = st.lists(st.integers(0, 63).map(lambda number: number / 4), min_size=1, max_size=200)
"""Never more than 64 distinct values."""
MANY = st.lists(st.floats(1e-3, 1e6), min_size=65, max_size=300, unique=True)
# Of these every product with a count is exact, so that numpy takes no rank too many.
PERCENTS = st.sampled_from([0, 12.5, 25, 37.5, 50, 62.5, 75, 87.5, 100])
RANGES = st.tuples(PERCENTS, PERCENTS).filter(lambda both: both[0] < both[1])
NAN: Final = float("nan")
OFTEN_ASKED: Final = (1, 5, 10, 90, 95, 99, 99.9)


def statistic(name: str, values: Sequence[float]) -> float:
    parsed = parse(name)
    assert parsed is not None
    found = parsed.of(StatSet.of_values(list(values), [1.0] * len(values)))
    return NAN if found is None else found


def percentile(values: Values, percent: float) -> float:
    return float(np.percentile(values, percent, method="inverted_cdf"))


def between(values: Values, low: float, high: float) -> Values:
    """What is left when no more than a share of the samples is dropped from each end."""
    first, last = int(np.floor(len(values) * low / 100)), int(np.ceil(len(values) * high / 100))
    return np.sort(values)[first:last]


def mean(values: Values) -> float:
    """NaN stands for a statistic that is unavailable."""
    return float(values.mean()) if len(values) else NAN


def clipped(values: Values, low: float, high: float) -> Values:
    return np.clip(values, percentile(values, low), percentile(values, high))


BY_PERCENT: Final[dict[str, Callable[[Values, float, float], float]]] = {
    "TM": lambda values, low, high: mean(between(values, low, high)),
    "TC": lambda values, low, high: float(len(between(values, low, high))),
    "TS": lambda values, low, high: float(between(values, low, high).sum()),
    "WM": lambda values, low, high: mean(clipped(values, low, high)),
}
BY_VALUE: Final[dict[str, Callable[[Values, float, float], float]]] = {
    "TM": lambda values, low, high: mean(values[(values > low) & (values <= high)]),
    "TC": lambda values, low, high: float(((values > low) & (values <= high)).sum()),
    "TS": lambda values, low, high: float(values[(values > low) & (values <= high)].sum()),
    "WM": lambda values, low, high: mean(np.clip(values, low, high)),
    "PR": lambda values, low, high: 100 * float(((values > low) & (values <= high)).mean()),
}


@given(FEW, PERCENTS)
def test_percentiles_of_few_values_are_numpys(values: list[float], percent: float) -> None:
    assert statistic(f"p{percent:g}", values) == percentile(np.array(values), percent)


@given(FEW, st.sampled_from(OFTEN_ASKED))
def test_percentiles_that_are_often_asked_for_are_numpys(values: list[float], percent: float) -> None:
    assume(len(values) * percent * 10 % 1000)  # there numpy's own product may be past the rank
    assert statistic(f"p{percent:g}", values) == percentile(np.array(values), percent)


@given(MANY, PERCENTS)
def test_percentiles_of_many_values_are_within_half_a_percent(values: list[float], percent: float) -> None:
    assert statistic(f"p{percent:g}", values) == pytest.approx(
        percentile(np.array(values), percent), rel=0.005
    )


@pytest.mark.parametrize("kind", BY_PERCENT)
@given(values=FEW, percents=RANGES)
def test_trimming_few_values_by_percent_is_exact(
    kind: str, values: list[float], percents: tuple[float, float]
) -> None:
    low, high = percents
    expected = BY_PERCENT[kind](np.array(values), low, high)
    assert statistic(f"{kind}({low:g}%:{high:g}%)", values) == pytest.approx(expected, rel=1e-12, nan_ok=True)
    if low == 0:
        assert statistic(f"{kind}(:{high:g}%)", values) == pytest.approx(expected, rel=1e-12, nan_ok=True)
        assert statistic(f"{kind.lower()}{high:g}", values) == pytest.approx(expected, rel=1e-12, nan_ok=True)
    if high == 100:
        assert statistic(f"{kind}({low:g}%:)", values) == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("kind", BY_PERCENT)
@settings(max_examples=20)
@given(values=MANY, percents=RANGES)
def test_trimming_many_values_by_percent_is_within_half_a_percent(
    kind: str, values: list[float], percents: tuple[float, float]
) -> None:
    low, high = percents
    expected = BY_PERCENT[kind](np.array(values), low, high)
    tolerance = 0 if kind == "TC" else 0.005
    assert statistic(f"{kind}({low:g}%:{high:g}%)", values) == pytest.approx(
        expected, rel=tolerance, nan_ok=True
    )


@given(FEW)
def test_the_interquartile_mean_is_the_mean_of_the_middle(values: list[float]) -> None:
    expected = mean(between(np.array(values), 25, 75))
    assert statistic("IQM", values) == pytest.approx(expected, rel=1e-12, nan_ok=True)
    assert statistic("TM(25%:75%)", values) == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("kind", BY_VALUE)
@given(values=FEW, bounds=st.tuples(st.integers(0, 16), st.integers(1, 8)))
def test_trimming_few_values_by_value_is_exact(
    kind: str, values: list[float], bounds: tuple[int, int]
) -> None:
    low, high = bounds[0], bounds[0] + bounds[1]
    array = np.array(values)
    for text, lowest, highest in (
        (f"{low}:{high}", low, high),
        (f":{high}", -np.inf, high),
        (f"{low}:", low, np.inf),
    ):
        expected = BY_VALUE[kind](array, lowest, highest)
        assert statistic(f"{kind}({text})", values) == pytest.approx(expected, rel=1e-12, nan_ok=True)


@given(values=MANY, bounds=st.tuples(st.integers(1, 10_000), st.integers(1, 500_000)))
def test_trimming_many_values_by_value_is_off_by_the_samples_at_its_bounds(
    values: list[float], bounds: tuple[int, int]
) -> None:
    low, high = bounds[0], bounds[0] + bounds[1]
    array = np.array(values)
    sure = array[(array > low * 1.01) & (array <= high / 1.01)]
    possible = array[(array > low / 1.01) & (array <= high * 1.01)]
    count, total = statistic(f"TC({low}:{high})", values), statistic(f"TS({low}:{high})", values)
    assert len(sure) <= count <= len(possible)
    assert sure.sum() * 0.995 <= total <= possible.sum() * 1.005
    assert statistic(f"PR({low}:{high})", values) == pytest.approx(100 * count / len(values))
    assert statistic(f"WM({low}:{high})", values) == pytest.approx(
        np.clip(array, low, high).mean(), rel=0.005
    )


@given(
    st.lists(st.tuples(st.integers(0, 60).map(float), st.integers(1, 1000)), min_size=1, max_size=60),
    PERCENTS,
)
def test_counts_are_so_many_samples(pairs: list[tuple[float, int]], percent: float) -> None:
    stats = StatSet.of_values([value for value, _ in pairs], [float(count) for _, count in pairs])
    array = np.repeat([value for value, _ in pairs], [count for _, count in pairs])
    parsed = parse(f"p{percent:g}")
    assert parsed is not None
    assert parsed.of(stats) == percentile(array, percent)
    assert (stats.count, stats.sum, stats.min, stats.max) == (
        len(array),
        array.sum(),
        array.min(),
        array.max(),
    )
    assert stats.average == pytest.approx(array.mean())
