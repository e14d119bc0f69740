"""Statistics: which names there are, and what they are of known samples."""

import pytest

from mailgauge.cloudwatch.statistics import parse, parse_extended
from mailgauge.tsdb.statset import StatSet

HUNDRED = StatSet.of_values([float(n) for n in range(1, 51)], [2.0] * 50)


def value(name: str, stats: StatSet) -> float | None:
    statistic = parse(name)
    assert statistic is not None
    assert statistic.name == name
    return statistic.of(stats)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("SampleCount", 6), ("Sum", 42), ("Average", 7), ("Minimum", 1), ("Maximum", 10)],
)
def test_the_basic_statistics(name: str, expected: float) -> None:
    assert value(name, StatSet.of_values([1, 10], [2, 4])) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("p0", 1),
        ("p50", 25),
        ("p95", 48),
        ("p99.9", 50),
        ("p95.0123456789", 48),
        ("p100", 50),
        ("p1.", 1),
        ("tc98", 98),
        ("ts98", 2 * sum(range(1, 50))),
        ("tm98", 25),
        ("TM(:98%)", 25),
        ("TM(2%:98%)", 25.5),
        ("TC(2%:98%)", 96),
        ("TC(2%:)", 98),
        ("TC(:10)", 20),
        ("TC(10:)", 80),
        ("TC(10:12)", 4),  # the lower bound is exclusive, the upper one inclusive
        ("TS(10:12)", 46),
        ("TM(10:12)", 11.5),
        ("TM(1e1:1.2E1)", 11.5),
        ("wm98", (2 * sum(range(1, 50)) + 2 * 49) / 100),
        ("WM(2%:98%)", (2 * 1 + 2 * sum(range(2, 50)) + 2 * 49) / 100),
        ("WM(10:12)", (20 * 10 + 46 + 76 * 12) / 100),
        ("PR(:10)", 20),
        ("PR(10:12)", 4),
        ("PR(50:)", 0),
        ("IQM", 25.5),
    ],
)
def test_extended_statistics_of_a_hundred_samples(name: str, expected: float) -> None:
    assert value(name, HUNDRED) == pytest.approx(expected)


@pytest.mark.parametrize(
    "name",
    [
        "", "sum", "Mean", "None", "p", "p101", "p-1", "P99", "p1000", "p99.12345678901", "p100.0", "tm", "TM99",
        "TM(:)", "TM()", "tm(1:2)", "TM(1%:2)", "TM(101%:)", "PR(1%:2%)", "pr(1:2)", "PR(:)", "TM(-1:2)", "o90",
        "u90", "Sum_E", "p99_L", "p９9", "TC(" + "1" * 50 + ":)", "IQM ", "p99\n",
    ],
)  # fmt: skip
def test_what_is_no_statistic(name: str) -> None:
    assert parse(name) is None


def test_basic_statistics_are_not_extended_ones() -> None:
    assert parse_extended("Sum") is None
    assert parse_extended("p99") is not None


@pytest.mark.parametrize("name", ["p50", "tm99", "TC(:5)", "PR(:5)", "wm90", "IQM"])
@pytest.mark.parametrize(
    "stats", [StatSet.of_values([-1, 5, 7]), StatSet.of_statistics(3, 9, 1, 5)], ids=["negative", "hidden"]
)
def test_extended_statistics_are_unavailable_without_values_or_with_negative_ones(
    name: str, stats: StatSet
) -> None:
    assert value(name, stats) is None


def test_a_mean_of_nothing_is_unavailable() -> None:
    assert value("TM(100:200)", HUNDRED) is None
    assert value("TC(100:200)", HUNDRED) == 0
