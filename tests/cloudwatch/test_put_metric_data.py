"""PutMetricData: what it keeps, and the words with which it refuses."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailgauge.events import journal
from tests.cloudwatch.metric_bench import HOUR, MetricBench, at

STATISTICS = {"SampleCount": 10, "Sum": 55, "Minimum": 1, "Maximum": 10}
UNITS = (
    "Seconds, Microseconds, Milliseconds, Bytes, Kilobytes, Megabytes, Gigabytes, Terabytes, Bits, Kilobits, Megabits, "
    "Gigabits, Terabits, Percent, Count, Bytes/Second, Kilobytes/Second, Megabytes/Second, Gigabytes/Second, "
    "Terabytes/Second, Bits/Second, Kilobits/Second, Megabits/Second, Gigabits/Second, Terabits/Second, Count/Second, None"
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[MetricBench]:
    with MetricBench(tmp_path) as bench:
        yield bench


async def refusal(bench: MetricBench, *datums: dict[str, Any], **params: Any) -> tuple[str, str | None]:
    call: dict[str, Any] = {"Namespace": "Shop", "MetricData": list(datums)} | params
    error = await bench.refused("PutMetricData", **call)
    assert bench.mail.read_now(journal.head) == 0
    return error.code, error.message


async def statistics(bench: MetricBench) -> dict[str, Any]:
    answer = await bench.call(
        "GetMetricStatistics",
        Namespace="Shop",
        MetricName="Orders",
        StartTime=at(HOUR),
        EndTime=at(HOUR + 3600),
        Period=3600,
        Statistics=["SampleCount", "Sum", "Average", "Minimum", "Maximum"],
    )
    [point] = answer["Datapoints"]
    return {name: value for name, value in point.items() if name != "Timestamp"}


async def test_it_is_in_the_journal_when_it_is_answered(bench: MetricBench) -> None:
    assert (
        await bench.call("PutMetricData", Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 1}])
        == {}
    )
    assert bench.mail.read_now(journal.head) == 1


async def test_values_with_counts(bench: MetricBench) -> None:
    await bench.put({"MetricName": "Orders", "Values": [1, 10], "Counts": [2, 4], "Unit": "Count"})
    assert await statistics(bench) == {
        "SampleCount": 6, "Sum": 42, "Average": 7, "Minimum": 1, "Maximum": 10, "Unit": "Count"
    }  # fmt: skip


async def test_values_without_counts_count_once_and_zero_is_a_value(bench: MetricBench) -> None:
    await bench.put({"MetricName": "Orders", "Values": [0, 2, 4, 3.5, 7, 100]})
    assert await statistics(bench) == {
        "SampleCount": 6, "Sum": 116.5, "Average": 19.416666666666668, "Minimum": 0, "Maximum": 100, "Unit": "None"
    }  # fmt: skip


async def test_a_value_and_a_statistic_set_in_the_same_minute(bench: MetricBench) -> None:
    await bench.put(
        {"MetricName": "Orders", "Value": 11, "Timestamp": at(HOUR + 60)},
        {"MetricName": "Orders", "StatisticValues": STATISTICS, "Timestamp": at(HOUR + 60)},
    )
    assert await statistics(bench) == {
        "SampleCount": 11, "Sum": 66, "Average": 6, "Minimum": 1, "Maximum": 11, "Unit": "None"
    }  # fmt: skip


async def test_values_with_a_statistic_set_are_accepted_and_the_values_count(bench: MetricBench) -> None:
    await bench.put(
        {"MetricName": "Orders", "Values": [1, 10], "Counts": [2, 4], "StatisticValues": STATISTICS}
    )
    assert (await statistics(bench))["Sum"] == 42


async def test_a_timestamp_is_kept_and_none_is_the_time_of_the_call(bench: MetricBench) -> None:
    await bench.put(
        {"MetricName": "Orders", "Value": 1},
        {"MetricName": "Orders", "Value": 2, "Timestamp": at(HOUR + 59.9)},
    )
    answer = await bench.call(
        "GetMetricStatistics", Namespace="Shop", MetricName="Orders", Period=60, Statistics=["Sum"],
        StartTime=at(HOUR), EndTime=at(HOUR + 3600),
    )  # fmt: skip
    assert [(p["Timestamp"], p["Sum"]) for p in answer["Datapoints"]] == [(at(HOUR), 2), (at(HOUR + 1800), 1)]


async def test_thirty_dimensions_and_a_thousand_datums(bench: MetricBench) -> None:
    dimensions = [{"Name": f"d{n}", "Value": "v" * 1024} for n in range(30)]
    await bench.put(
        *({"MetricName": f"m{n}", "Value": n} for n in range(999)),
        {"MetricName": "x", "Value": 1, "Dimensions": dimensions},
    )
    answer = await bench.call("ListMetrics", MetricName="x")
    assert len(answer["Metrics"][0]["Dimensions"]) == 30


async def test_datums_of_entities_are_metrics_and_the_entities_are_ignored(bench: MetricBench) -> None:
    data = [{"MetricName": "Orders", "Value": 3}]
    entity = {"KeyAttributes": {"Type": "Service", "Name": "shop"}}
    await bench.call(
        "PutMetricData", Namespace="Shop", EntityMetricData=[{"Entity": entity, "MetricData": data}]
    )
    await bench.publish()
    assert (await statistics(bench))["Sum"] == 3


@pytest.mark.parametrize("namespace", ["AWS/SES", "AWS/", "AWS/Shop"])
async def test_the_namespaces_of_aws_are_not_for_callers(bench: MetricBench, namespace: str) -> None:
    found = await refusal(bench, {"MetricName": "Send", "Value": 1}, Namespace=namespace)
    assert found == ("InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid.")


async def test_a_namespace_may_begin_with_the_same_letters(bench: MetricBench) -> None:
    await bench.put({"MetricName": "Send", "Value": 1}, namespace="AWSLike/Shop")
    await bench.publish()
    [metric] = (await bench.call("ListMetrics", Namespace="AWSLike/Shop"))["Metrics"]
    assert metric["MetricName"] == "Send"


@pytest.mark.parametrize(
    ("datum", "code", "message"),
    [
        (
            {"Value": 1.5, "Values": [1.0, 10.0], "Counts": [2, 4], "Unit": "Count"},
            "InvalidParameterCombination",
            ("The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have "
            "specified both."),
        ),
        (
            {"Value": 1.5, "StatisticValues": STATISTICS},
            "InvalidParameterCombination",
            ("The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues are mutually exclusive and "
            "you have specified both."),
        ),
        (
            {"Values": [1.0, 10.0], "Counts": [2, 4, 5]},
            "InvalidParameterValue",
            "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.",
        ),
        (
            {"Value": math.nan},
            "InvalidParameterValue",
            "The value NaN for parameter MetricData.member.1.Value is invalid.",
        ),
        (
            {"Values": [1, -math.inf]},
            "InvalidParameterValue",
            "The value -Infinity for parameter MetricData.member.1.Values.member.2 is invalid.",
        ),
        (
            {"Value": 2.0**361},
            "InvalidParameterValue",
            f"The value {2.0**361} for parameter MetricData.member.1.Value is invalid.",
        ),
        (
            {"Values": [1], "Counts": [-1]},
            "InvalidParameterValue",
            "The value -1 for parameter MetricData.member.1.Counts.member.1 is invalid.",
        ),
        (
            {"Values": list(range(151))},
            "InvalidParameterValue",
            "The collection MetricData.member.1.Values must not have a size greater than 150.",
        ),
        ({}, "MissingParameter", "The parameter MetricData.member.1.Value is required."),
        (
            {"StatisticValues": {"Sum": 1, "Minimum": 1, "Maximum": 1}},
            "MissingParameter",
            "The parameter MetricData.member.1.StatisticValues.SampleCount is required.",
        ),
        (
            {"StatisticValues": STATISTICS | {"SampleCount": 0}},
            "InvalidParameterValue",
            "The parameter MetricData.member.1.StatisticValues.SampleCount must be greater than 0.",
        ),
        (
            {"StatisticValues": STATISTICS | {"Minimum": 11}},
            "InvalidParameterValue",
            ("The parameter MetricData.member.1.StatisticValues.Maximum must be greater than "
            "MetricData.member.1.StatisticValues.Minimum."),
        ),
        (
            {"Value": 1, "Unit": "Parsecs"},
            "InvalidParameterValue",
            f"The parameter MetricData.member.1.Unit must be a value in the set [ {UNITS} ].",
        ),
        (
            {"Value": 1, "StorageResolution": 30},
            "InvalidParameterValue",
            "The value 30 for parameter MetricData.member.1.StorageResolution is invalid.",
        ),
        (
            {"Value": 1, "Timestamp": at(HOUR + 1800 - 14 * 86400 - 1)},
            "InvalidParameterValue",
            "The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks.",
        ),
        (
            {"Value": 1, "Timestamp": at(HOUR + 1800 + 7201)},
            "InvalidParameterValue",
            "The parameter MetricData.member.1.Timestamp must specify a time no more than two hours in the future.",
        ),
        (
            {"Value": 1, "Dimensions": [{"Name": f"d{n}", "Value": "v"} for n in range(31)]},
            "InvalidParameterValue",
            "The collection MetricData.member.1.Dimensions must not have a size greater than 30.",
        ),
        (
            {"Value": 1, "Dimensions": [{"Name": "d", "Value": ""}]},
            "MissingParameter",
            "The parameter MetricData.member.1.Dimensions.member.1.Value is required.",
        ),
        (
            {"Value": 1, "Dimensions": [{"Name": "d", "Value": "Zürich"}]},
            "InvalidParameterValue",
            "The value for parameter MetricData.member.1.Dimensions.member.1.Value contains non-ASCII characters.",
        ),
        (
            {"Value": 1, "Dimensions": [{"Name": "d", "Value": "a\x00b"}]},
            "InvalidParameterValue",
            "The value for parameter MetricData.member.1.Dimensions.member.1.Value contains non-ASCII characters.",
        ),
        (
            {"Value": 1, "Dimensions": [{"Name": "d", "Value": "v" * 1025}]},
            "InvalidParameterValue",
            "The parameter MetricData.member.1.Dimensions.member.1.Value must be shorter than 1025 characters.",
        ),
        (
            {"Value": 1, "Dimensions": [{"Name": "d", "Value": "a"}, {"Name": "d", "Value": "b"}]},
            "InvalidParameterValue",
            "The value d for parameter MetricData.member.1.Dimensions.member.2.Name is invalid.",
        ),
        (
            {"Value": 1, "Dimensions": [{"Name": ":d", "Value": "a"}]},
            "InvalidParameterValue",
            "The value :d for parameter MetricData.member.1.Dimensions.member.1.Name is invalid.",
        ),
    ],
)  # fmt: skip
async def test_what_is_refused_and_how(
    bench: MetricBench, datum: dict[str, Any], code: str, message: str
) -> None:
    assert await refusal(bench, {"MetricName": "Orders"} | datum) == (code, message)


async def test_the_edges_of_what_is_accepted(bench: MetricBench) -> None:
    now = HOUR + 1800
    await bench.put(
        {"MetricName": "Orders", "Value": 2.0**360, "Timestamp": at(now - 14 * 86400)},
        {"MetricName": "Orders", "Value": -(2.0**360), "Timestamp": at(now + 7200)},
        {"MetricName": "Orders", "Values": list(range(150)), "StorageResolution": 1},
    )
    await bench.publish()
    [metric] = (await bench.call("ListMetrics", Namespace="Shop"))["Metrics"]
    assert metric["MetricName"] == "Orders"


async def test_one_bad_datum_refuses_them_all_and_every_one_is_told(bench: MetricBench) -> None:
    old, good = {"Value": 1, "Timestamp": at(0), "MetricName": "a"}, {"Value": 1, "MetricName": "b"}
    assert await refusal(bench, old, good, old) == (
        "InvalidParameterValue",
        (
            "The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks.\n"
            "The parameter MetricData.member.3.Timestamp must specify a time within the past two weeks."
        ),
    )


async def test_what_is_missing_or_too_much(bench: MetricBench) -> None:
    assert await refusal(bench) == ("MissingParameter", "The parameter MetricData is required.")
    assert await refusal(bench, {"Value": 1}) == (
        "MissingParameter",
        "The parameter MetricData.member.1.MetricName is required.",
    )
    assert await refusal(bench, {"Value": 1, "MetricName": "a"}, Namespace=None) == (
        "MissingParameter",
        "The parameter Namespace is required.",
    )
    assert await refusal(bench, *[{"Value": 1, "MetricName": "a"}] * 1001) == (
        "InvalidParameterValue",
        "The collection MetricData must not have a size greater than 1000.",
    )
