"""ListMetrics: which metrics it lists, and in which pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailgauge.aws.request import Caller
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.api.data import data_operations
from mailgauge.cloudwatch.ingest import journal_append
from tests.cloudwatch.metric_bench import HOUR, SCOPE, MetricBench, at


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[MetricBench]:
    with MetricBench(tmp_path) as bench:
        yield bench


def datum(name: str, **dimensions: str) -> dict[str, Any]:
    return {
        "MetricName": name,
        "Value": 1,
        "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions.items()],
    }


def named(answer: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    return [
        (each["MetricName"], {d["Name"]: d["Value"] for d in each["Dimensions"]})
        for each in answer["Metrics"]
    ]


async def test_a_metric_is_listed_once_whatever_was_put(bench: MetricBench) -> None:
    await bench.put(datum("Orders"), datum("Orders"), datum("Orders") | {"Unit": "Count"})
    await bench.put(datum("Orders") | {"StorageResolution": 1})
    assert await bench.call("ListMetrics") == {
        "Metrics": [{"Namespace": "Shop", "MetricName": "Orders", "Dimensions": []}]
    }


async def test_dimensions_come_by_name(bench: MetricBench) -> None:
    await bench.put(datum("Orders", zone="z", area="a"))
    [metric] = (await bench.call("ListMetrics"))["Metrics"]
    assert metric["Dimensions"] == [{"Name": "area", "Value": "a"}, {"Name": "zone", "Value": "z"}]


async def test_filters_all_match_and_further_dimensions_do_no_harm(bench: MetricBench) -> None:
    await bench.put(datum("a"), datum("b", shop="1"), datum("c", shop="2"), datum("d", shop="1", till="x"))

    async def matching(*filters: dict[str, str], **params: Any) -> list[str]:
        answer = await bench.call("ListMetrics", Dimensions=list(filters), **params)
        return [name for name, _ in named(answer)]

    assert await matching({"Name": "shop"}) == ["b", "c", "d"]
    assert await matching({"Name": "shop", "Value": "1"}) == ["b", "d"]
    assert await matching({"Name": "shop", "Value": "1"}, {"Name": "till"}) == ["d"]
    assert await matching({"Name": "shop", "Value": "1"}, MetricName="b", Namespace="Shop") == ["b"]
    assert await matching({"Name": "shop", "Value": "1"}, Namespace="Other") == []
    assert await matching(MetricName="a") == ["a"]


async def test_another_account_or_region_sees_nothing_of_it(bench: MetricBench) -> None:
    await bench.put(datum("Orders"))
    for scope in (Scope("111111111111", "us-east-1"), Scope("000000000000", "eu-west-1")):
        assert await bench.call("ListMetrics", scope=scope) == {"Metrics": []}


async def test_pages_hold_five_hundred_each_and_every_metric_once(bench: MetricBench) -> None:
    for first in (0, 600):
        await bench.put(*(datum("Orders", shop=str(first + n)) for n in range(600)))
    sizes, seen, token = [], set(), None
    while True:
        answer = await bench.call("ListMetrics", Namespace="Shop", NextToken=token)
        sizes.append(len(answer["Metrics"]))
        seen |= {dimensions["shop"] for _, dimensions in named(answer)}
        token = answer.get("NextToken")
        if token is None:
            break
    assert sizes == [500, 500, 200]
    assert seen == {str(n) for n in range(1200)}


@pytest.mark.parametrize("token", ["nonsense", "!!", "Zm9v", "IjAwIg"])
async def test_a_token_of_somebody_else_is_refused(bench: MetricBench, token: str) -> None:
    error = await bench.refused("ListMetrics", NextToken=token)
    assert (error.code, error.message) == ("InvalidParameterValue", "Request parameter NextToken is invalid")


async def test_a_metric_is_listed_for_two_weeks_after_its_last_sample(bench: MetricBench) -> None:
    await bench.put(datum("Old"))
    bench.clock.step(14 * 86400)
    assert named(await bench.call("ListMetrics")) == [("Old", {})]
    bench.clock.step(600)
    assert named(await bench.call("ListMetrics")) == []
    answer = await bench.call(
        "GetMetricStatistics", Namespace="Shop", MetricName="Old", Statistics=["Sum"], Period=3600,
        StartTime=at(HOUR), EndTime=at(HOUR + 3600),
    )  # fmt: skip
    assert len(answer["Datapoints"]) == 1


async def test_recently_active_metrics_had_a_sample_in_three_hours(bench: MetricBench) -> None:
    await bench.put(datum("Early"), datum("Both"))
    bench.clock.step(4 * 3600)
    await bench.put(datum("Both"), datum("Late") | {"Timestamp": at(HOUR - 86400)})
    answer = await bench.call("ListMetrics", RecentlyActive="PT3H")
    assert [name for name, _ in named(answer)] == ["Both", "Late"]
    error = await bench.refused("ListMetrics", RecentlyActive="PT1H")
    assert error.message == "The parameter RecentlyActive must be a value in the set [ PT3H ]."


async def test_owning_accounts_come_with_linked_accounts_only(bench: MetricBench) -> None:
    await bench.put(datum("a"), datum("b"))
    answer = await bench.call("ListMetrics", IncludeLinkedAccounts=True)
    assert answer["OwningAccounts"] == ["000000000000"] * 2
    assert await bench.call("ListMetrics", IncludeLinkedAccounts=True, OwningAccount="222222222222") == {
        "Metrics": [],
        "OwningAccounts": [],
    }


async def test_ten_filters_are_the_most(bench: MetricBench) -> None:
    error = await bench.refused("ListMetrics", Dimensions=[{"Name": f"d{n}"} for n in range(11)])
    assert (error.code, error.message) == (
        "InvalidParameterValue",
        "The collection Dimensions must not have a size greater than 10.",
    )


async def test_a_read_that_settles_shows_what_was_just_put(bench: MetricBench) -> None:
    settling = data_operations(
        bench.metrics, bench.engine, journal_append(bench.mail, bench.clock), bench.publish
    )
    caller = Caller(SCOPE, "root", "AKIA", "127.0.0.1", None, "request", bench.clock.now())
    await settling["PutMetricData"](caller, {"Namespace": "Shop", "MetricData": [datum("Orders")]})
    assert named(await settling["ListMetrics"](caller, {})) == [("Orders", {})]
