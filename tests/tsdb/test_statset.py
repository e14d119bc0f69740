"""Statistic sets merge exactly, and tell percentiles only where all values are known."""

import pytest

from mailgauge.tsdb.statset import StatSet, total


def test_values_with_counts_are_as_many_samples() -> None:
    stats = StatSet.of_values([1, 10], [2, 4])
    assert (stats.count, stats.sum, stats.min, stats.max) == (6, 42, 1, 10)
    assert stats.percentile(100) == 10
    assert stats.percentile(0) == 1


def test_zero_is_a_sample() -> None:
    stats = StatSet.of_values([0, 2, 4, 3.5, 7, 100])
    assert stats.average == 19.416666666666668
    assert (stats.sum, stats.min, stats.max) == (116.5, 0, 100)


def test_a_value_and_a_statistic_set_add_up() -> None:
    stats = StatSet.of(11)
    stats.merge(StatSet.of_statistics(10, 55, 1, 10))
    assert (stats.sum, stats.count, stats.min, stats.max, stats.average) == (66, 11, 1, 11, 6)


@pytest.mark.parametrize(
    ("count", "summed", "least", "most", "told"),
    [
        (1, 5, 5, 5, True),
        (4, 20, 5, 5, True),
        (4, 21, 5, 5, False),
        (2, 10, 4, 6, False),
        (1, 5, 4, 5, False),
    ],
)
def test_a_statistic_set_gives_percentiles_only_when_all_its_values_are_equal(
    count: float, summed: float, least: float, most: float, told: bool
) -> None:
    assert (StatSet.of_statistics(count, summed, least, most).percentile(50) is not None) == told


def test_one_set_without_values_hides_the_percentiles_of_the_whole() -> None:
    stats = StatSet.of(11)
    stats.merge(StatSet.of_statistics(10, 55, 1, 10))
    stats.merge(StatSet.of(3))
    assert stats.percentile(50) is None


def test_a_percentile_never_leaves_the_range_of_the_samples() -> None:
    stats = StatSet.of_values([float(n) for n in range(1, 1001)])
    assert stats.percentile(0) == stats.percentile(0.1) == 1
    assert stats.percentile(100) == stats.percentile(99.99) == 1000
    assert stats.percentile(99.9) == pytest.approx(999, rel=0.005)


def test_a_total_leaves_its_parts_alone() -> None:
    first, second = StatSet.of(1), StatSet.of(2)
    merged = total([first, second])
    assert merged is not None
    assert (merged.count, merged.percentile(100)) == (2, 2)
    assert first == StatSet.of(1)
    assert total([]) is None
