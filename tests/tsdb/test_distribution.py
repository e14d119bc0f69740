"""Distributions: exact while there are few values, within 0.5 % beyond, and the same whatever the order."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgauge.tsdb.distribution import MOST_VALUES, Distribution

positive = st.floats(min_value=1e-100, max_value=2.0**360)
samples = st.lists(st.one_of(st.just(0.0), positive, st.integers(0, 50).map(float)), min_size=1, max_size=300)
signed = st.lists(st.one_of(positive, positive.map(lambda v: -v), st.just(0.0)), min_size=1, max_size=200)
percents = st.one_of(st.integers(0, 100), st.sampled_from([99.9, 99.99, 0.1, 2.5]))


def distribution(values: list[float]) -> Distribution:
    built = Distribution()
    for value in values:
        built.add(value)
    return built


@given(samples, percents)
def test_a_percentile_is_the_nearest_rank_within_half_a_percent(values: list[float], percent: float) -> None:
    rank = max(1, math.ceil(Fraction(str(percent)) * len(values) / 100))
    expected = sorted(values)[rank - 1]
    found = distribution(values).percentile(percent)
    assert found == pytest.approx(expected, rel=0 if len(set(values)) <= MOST_VALUES else 0.005)


@pytest.mark.parametrize("percent", [0, 1, 25, 50, 75, 90, 95, 99, 100])
def test_percentiles_of_latencies_agree_with_numpy(percent: int) -> None:
    values = np.random.default_rng(7).lognormal(4, 2, 20_000)
    found = distribution(values.tolist()).percentile(percent)
    assert found == pytest.approx(float(np.percentile(values, percent, method="inverted_cdf")), rel=0.005)


@settings(max_examples=60)
@given(signed, st.integers(1, 7), st.randoms(use_true_random=False))
def test_the_same_samples_give_the_same_bytes_in_any_order_of_merging(
    values: list[float], parts: int, random: object
) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    merged = Distribution()
    for part in range(parts):
        merged.merge(distribution(shuffled[part::parts]))
    assert merged.encode() == distribution(values).encode()


@given(signed)
def test_what_is_encoded_comes_back(values: list[float]) -> None:
    before = distribution(values)
    after = Distribution.decode(before.encode())
    assert after == before
    assert after.count == len(values)
    assert after.exact == before.exact


def test_counts_need_not_be_whole() -> None:
    before = Distribution({1.5: 0.25, 2: 3})
    assert Distribution.decode(before.encode()) == before


def test_a_counter_of_ones_takes_a_few_bytes() -> None:
    assert len(Distribution({1: 1_000_000}).encode()) <= 5


def test_percentiles_are_unavailable_when_any_value_is_negative() -> None:
    few = Distribution({-1: 1, 5: 99})
    many = distribution([-1.0, *map(float, range(1, 200))])
    assert few.percentile(99) is None
    assert many.percentile(99) is None
    assert not many.exact


def test_zeros_have_their_rank() -> None:
    many = distribution([0.0] * 100 + [float(n) for n in range(1, 101)])
    assert many.percentile(50) == 0
    assert many.percentile(0) == 0
    assert many.percentile(75) == pytest.approx(50, rel=0.005)


def test_no_samples_have_no_percentile() -> None:
    assert Distribution().percentile(50) is None


def test_a_copy_is_independent() -> None:
    first = Distribution({1: 1})
    second = first.copy()
    second.add(2)
    assert first == Distribution({1: 1})


def test_bytes_of_a_later_version_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown version"):
        Distribution.decode(b"\x20\x01\x01")
