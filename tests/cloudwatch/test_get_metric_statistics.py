"""GetMetricStatistics: its points, and the words with which it refuses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cloudwatch.metric_bench import HOUR, MetricBench, at

STATISTIC: dict[str, Any] = {"Statistics": ["Sum"]}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[MetricBench]:
    with MetricBench(tmp_path) as bench:
        yield bench


def query(start: float = HOUR, end: float = HOUR + 3600, period: int = 60, **params: Any) -> dict[str, Any]:
    base = {
        "Namespace": "Shop",
        "MetricName": "Orders",
        "StartTime": at(start),
        "EndTime": at(end),
        "Period": period,
    }
    return base | params


async def test_a_metric_that_nobody_put_is_no_error(bench: MetricBench) -> None:
    assert await bench.call("GetMetricStatistics", **query(**STATISTIC)) == {
        "Label": "Orders",
        "Datapoints": [],
    }


async def test_points_have_the_statistics_asked_for_their_unit_and_the_start_of_their_period(
    bench: MetricBench,
) -> None:
    await bench.put({"MetricName": "Orders", "Values": [1, 2], "Unit": "Count", "Timestamp": at(HOUR + 70)})
    answer = await bench.call("GetMetricStatistics", **query(Statistics=["Maximum", "SampleCount"]))
    assert answer["Datapoints"] == [
        {"Timestamp": at(HOUR + 60), "Maximum": 2, "SampleCount": 2, "Unit": "Count"}
    ]


async def test_each_unit_has_a_point_of_its_own(bench: MetricBench) -> None:
    await bench.put(
        {"MetricName": "Orders", "Value": 1, "Unit": "Seconds"},
        {"MetricName": "Orders", "Value": 5, "Unit": "Count"},
        {"MetricName": "Orders", "Value": 10},
    )
    answer = await bench.call("GetMetricStatistics", **query(**STATISTIC))
    assert {(point["Unit"], point["Sum"]) for point in answer["Datapoints"]} == {
        ("None", 10), ("Count", 5), ("Seconds", 1),
    }  # fmt: skip
    answer = await bench.call("GetMetricStatistics", **query(Unit="None", **STATISTIC))
    assert [point["Sum"] for point in answer["Datapoints"]] == [10]


async def test_a_query_without_dimensions_does_not_aggregate(bench: MetricBench) -> None:
    dimensions = [{"Name": "shop", "Value": "a"}, {"Name": "till", "Value": "b"}]
    await bench.put({"MetricName": "Orders", "Value": 1, "Dimensions": dimensions})
    for asked in ([], dimensions[:1]):
        answer = await bench.call("GetMetricStatistics", **query(Dimensions=asked, **STATISTIC))
        assert answer["Datapoints"] == []
    answer = await bench.call("GetMetricStatistics", **query(Dimensions=dimensions[::-1], **STATISTIC))
    assert [point["Sum"] for point in answer["Datapoints"]] == [1]


async def test_percentiles_by_their_names(bench: MetricBench) -> None:
    await bench.put({"MetricName": "Orders", "Values": list(range(1, 101))})
    answer = await bench.call("GetMetricStatistics", **query(ExtendedStatistics=["p50", "p99.9", "tm90"]))
    [point] = answer["Datapoints"]
    assert point["ExtendedStatistics"] == {
        "p50": pytest.approx(50, rel=0.005),
        "p99.9": 100,
        "tm90": pytest.approx(45.5, rel=0.005),
    }
    assert "Sum" not in point


async def test_a_period_with_hidden_values_has_no_percentile_point(bench: MetricBench) -> None:
    statistics = {"SampleCount": 10, "Sum": 55, "Minimum": 1, "Maximum": 10}
    await bench.put({"MetricName": "Orders", "StatisticValues": statistics})
    await bench.put({"MetricName": "Orders", "Value": 3, "Timestamp": at(HOUR)})
    answer = await bench.call("GetMetricStatistics", **query(ExtendedStatistics=["p50"]))
    assert [(p["Timestamp"], p["ExtendedStatistics"]) for p in answer["Datapoints"]] == [
        (at(HOUR), {"p50": 3})
    ]


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        (
            {},
            "InvalidParameterCombination",
            "At least one of the parameters Statistics and ExtendedStatistics must be specified.",
        ),
        (
            {"Statistics": ["Sum"], "ExtendedStatistics": ["p99"]},
            "InvalidParameterCombination",
            (
                "The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified "
                "both."
            ),
        ),
        (
            {"ExtendedStatistics": ["Sum"]},
            "InvalidParameterValue",
            "The value Sum for parameter ExtendedStatistics is not supported.",
        ),
        (
            {"Statistics": ["Sum"], "Period": 45},
            "InvalidParameterValue",
            "The parameter Period must be a multiple of 60.",
        ),
        (
            {"Statistics": ["Sum"], "EndTime": at(HOUR)},
            "InvalidParameterValue",
            "The parameter StartTime must be less than the parameter EndTime.",
        ),
        (
            {"Statistics": ["Sum"], "EndTime": at(HOUR + 0.9), "Period": 1},
            "InvalidParameterValue",
            "The parameter StartTime must be less than the parameter EndTime.",
        ),
        (
            {"Statistics": ["Sum"], "EndTime": at(HOUR + 86400), "Period": 1},
            "InvalidParameterCombination",
            (
                "You have requested up to 86400 datapoints, which exceeds the limit of 1440. You may reduce the "
                "datapoints requested by increasing Period, or decreasing the time range."
            ),
        ),
        (
            {"Statistics": ["Sum"], "MetricName": None},
            "MissingParameter",
            "The parameter MetricName is required.",
        ),
        ({"Statistics": ["Sum"], "Period": None}, "MissingParameter", "The parameter Period is required."),
        (
            {"Statistics": ["Sum", "Mean"]},
            "InvalidParameterValue",
            (
                "The parameter Statistics.member.2 must be a value in the set [ SampleCount, Average, Sum, Minimum, "
                "Maximum ]."
            ),
        ),
        (
            {"ExtendedStatistics": [f"p{n}" for n in range(11)]},
            "InvalidParameterValue",
            "The collection ExtendedStatistics must not have a size greater than 10.",
        ),
    ],
)
async def test_what_is_refused_and_how(
    bench: MetricBench, params: dict[str, Any], code: str, message: str
) -> None:
    error = await bench.refused("GetMetricStatistics", **query() | params)
    assert (error.code, error.message) == (code, message)


async def test_exactly_1440_datapoints_are_allowed(bench: MetricBench) -> None:
    assert await bench.call("GetMetricStatistics", **query(HOUR, HOUR + 86400, 60, **STATISTIC))
