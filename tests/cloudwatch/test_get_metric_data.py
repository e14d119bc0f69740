"""GetMetricData: results, labels, units, pages, and the words with which it refuses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cloudwatch.metric_bench import HOUR, MetricBench, at


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[MetricBench]:
    with MetricBench(tmp_path) as bench:
        yield bench


def query(name: str = "Orders", query_id: str = "q", *, stat: str = "Sum", period: int = 60, unit: str | None = None,
          shop: str | None = None, **params: Any) -> dict[str, Any]:  # fmt: skip
    dimensions = [] if shop is None else [{"Name": "shop", "Value": shop}]
    metric = {"Namespace": "Shop", "MetricName": name, "Dimensions": dimensions}
    measure = {"Metric": metric, "Period": period, "Stat": stat} | ({} if unit is None else {"Unit": unit})
    return {"Id": query_id, "MetricStat": measure} | params


def call(*queries: dict[str, Any], **params: Any) -> dict[str, Any]:
    return {"MetricDataQueries": list(queries), "StartTime": at(HOUR), "EndTime": at(HOUR + 3600)} | params


async def results(bench: MetricBench, *queries: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    answer = await bench.call("GetMetricData", **call(*queries, **params))
    assert answer["Messages"] == []
    return list(answer["MetricDataResults"])


async def put_minutes(bench: MetricBench, count: int, name: str = "Orders") -> None:
    await bench.put(*({"MetricName": name, "Value": n, "Timestamp": at(HOUR + 60 * n)} for n in range(count)))


async def test_the_newest_point_comes_first_unless_asked_otherwise(bench: MetricBench) -> None:
    await put_minutes(bench, 3)
    [newest_first] = await results(bench, query())
    assert newest_first == {
        "Id": "q",
        "Label": "Orders",
        "Timestamps": [at(HOUR + 120), at(HOUR + 60), at(HOUR)],
        "Values": [2, 1, 0],
        "StatusCode": "Complete",
    }
    [oldest_first] = await results(bench, query(), ScanBy="TimestampAscending")
    assert oldest_first["Values"] == [0, 1, 2]
    assert oldest_first["Timestamps"] == newest_first["Timestamps"][::-1]


async def test_a_metric_that_nobody_put_is_complete_and_empty(bench: MetricBench) -> None:
    assert await results(bench, query()) == [
        {"Id": "q", "Label": "Orders", "Timestamps": [], "Values": [], "StatusCode": "Complete"}
    ]


@pytest.mark.parametrize(
    ("stat", "value"),
    [("Sum", 116.5), ("SampleCount", 6), ("Average", 19.416666666666668), ("Minimum", 0), ("Maximum", 100)],
)
async def test_zero_counts_in_every_statistic(bench: MetricBench, stat: str, value: float) -> None:
    await bench.put({"MetricName": "Orders", "Values": [0, 2, 4, 3.5, 7, 100]})
    [result] = await results(bench, query(stat=stat))
    assert result["Values"] == [value]


async def test_results_come_in_the_order_of_the_queries_and_hidden_ones_do_not_come(
    bench: MetricBench,
) -> None:
    await bench.put({"MetricName": "a", "Value": 1}, {"MetricName": "b", "Value": 2})
    found = await results(bench, query("b", "two"), query("a", "hidden", ReturnData=False), query("a", "one"))
    assert [(each["Id"], each["Values"]) for each in found] == [("two", [2]), ("one", [1])]


async def test_the_start_is_rounded_down_and_the_end_is_exclusive(bench: MetricBench) -> None:
    await put_minutes(bench, 4)
    [result] = await results(bench, query(), StartTime=at(HOUR + 95), EndTime=at(HOUR + 180))
    assert result["Values"] == [2, 1]


class TestUnits:
    DATUMS = (
        {"MetricName": "Orders", "Value": 60, "Unit": "Seconds"},
        {"MetricName": "Orders", "Value": 60000, "Unit": "Milliseconds"},
    )

    @pytest.fixture(autouse=True)
    async def put(self, bench: MetricBench) -> None:
        await bench.put(*self.DATUMS)

    async def test_one_of_several_units_answers_and_a_message_names_all(self, bench: MetricBench) -> None:
        [result] = await results(bench, query())
        assert result["Values"] == [60000]
        assert result["StatusCode"] == "Complete"
        assert result["Messages"] == [
            {"Code": "MultipleUnits", "Value": "Multiple units returned: '[Milliseconds, Seconds]'"}
        ]
        await bench.put(*self.DATUMS)
        [result] = await results(bench, query())
        assert result["Values"] == [120000]

    async def test_a_count_goes_before_times(self, bench: MetricBench) -> None:
        await bench.put({"MetricName": "Orders", "Value": 5, "Unit": "Count"})
        [result] = await results(bench, query())
        assert result["Values"] == [5]
        assert result["Messages"][0]["Value"] == "Multiple units returned: '[Count, Milliseconds, Seconds]'"

    async def test_a_unit_asked_for_is_a_filter(self, bench: MetricBench) -> None:
        seconds, counts = await results(
            bench, query(query_id="a", unit="Seconds"), query(query_id="b", unit="Count")
        )
        assert (seconds["Values"], counts["Values"], counts["StatusCode"]) == ([60], [], "Complete")
        assert "Messages" not in seconds


class TestLabels:
    @pytest.mark.parametrize(
        ("queries", "expected"),
        [
            ([{"stat": "Sum"}, {"stat": "Minimum", "period": 30}], ["Orders Sum 60", "Orders Minimum 30"]),
            ([{"stat": "Sum"}, {"stat": "Minimum"}], ["Orders Sum", "Orders Minimum"]),
            ([{"period": 60}, {"period": 30}], ["Orders 60", "Orders 30"]),
            ([{"unit": "Count"}, {"unit": "Seconds"}], ["Orders", "Orders"]),
            ([{}, {"name": "Returns"}], ["Orders", "Returns"]),
            ([{"shop": "a"}, {"shop": "b"}], ["Orders a", "Orders b"]),
            ([{"shop": "a"}, {"name": "Returns", "shop": "b"}], ["Orders", "Returns"]),
        ],
    )
    async def test_default_labels_tell_what_differs(
        self, bench: MetricBench, queries: list[dict[str, Any]], expected: list[str]
    ) -> None:
        found = await results(bench, *(query(query_id=f"q{n}", **each) for n, each in enumerate(queries)))
        assert [each["Label"] for each in found] == expected

    async def test_a_hidden_query_counts_in_what_differs(self, bench: MetricBench) -> None:
        [shown] = await results(bench, query(), query(query_id="h", stat="Average", ReturnData=False))
        assert shown["Label"] == "Orders Sum"

    async def test_a_label_is_used_as_given_and_its_dynamic_parts_are_filled_in(
        self, bench: MetricBench
    ) -> None:
        await put_minutes(bench, 4)
        plain, dynamic = await results(
            bench,
            query(query_id="a", Label="my label"),
            query(query_id="b", Label="${LABEL}: ${MAX} at ${MAX_TIME}"),
            LabelOptions={"Timezone": "+0200"},
        )
        assert (plain["Label"], dynamic["Label"]) == ("my label", "Orders: 3 at 2025-06-15 18:03:00")

    async def test_a_time_zone_has_four_digits(self, bench: MetricBench) -> None:
        error = await bench.refused("GetMetricData", **call(query(), LabelOptions={"Timezone": "CET"}))
        assert error.code == "ValidationError"


class TestPages:
    async def pages(
        self, bench: MetricBench, *queries: dict[str, Any], **params: Any
    ) -> list[dict[str, Any]]:
        pages = [await bench.call("GetMetricData", **call(*queries, **params))]
        while token := pages[-1].get("NextToken"):
            pages.append(await bench.call("GetMetricData", **call(*queries, NextToken=token, **params)))
        return pages

    async def test_the_first_page_holds_as_many_points_as_asked_for(self, bench: MetricBench) -> None:
        await put_minutes(bench, 20)
        first, second = await self.pages(bench, query(), MaxDatapoints=10)
        assert first["MetricDataResults"][0]["Values"] == list(range(19, 9, -1))
        assert first["MetricDataResults"][0]["StatusCode"] == "PartialData"
        assert second["MetricDataResults"][0]["Values"] == list(range(9, -1, -1))
        assert second["MetricDataResults"][0]["StatusCode"] == "Complete"

    @pytest.mark.parametrize("order", ["TimestampDescending", "TimestampAscending"])
    @pytest.mark.parametrize("most", [1, 2, 3, 5, 7, 8, 100])
    async def test_pages_together_are_the_whole_answer(
        self, bench: MetricBench, most: int, order: str
    ) -> None:
        await put_minutes(bench, 5, "a")
        await put_minutes(bench, 3, "c")
        queries = [query("a", "a"), query("b", "b"), query("c", "c"), query("d", "d")]
        whole = await results(bench, *queries, ScanBy=order)
        joined: dict[str, list[float]] = {}
        for page in await self.pages(bench, *queries, ScanBy=order, MaxDatapoints=most):
            assert sum(len(each["Values"]) for each in page["MetricDataResults"]) <= most
            for each in page["MetricDataResults"]:
                joined.setdefault(each["Id"], []).extend(each["Values"])
        assert joined == {each["Id"]: each["Values"] for each in whole}

    async def test_points_that_arrive_between_pages_disturb_nothing(self, bench: MetricBench) -> None:
        await put_minutes(bench, 4)
        first = await bench.call("GetMetricData", **call(query(), MaxDatapoints=2))
        await bench.put({"MetricName": "Orders", "Value": 99, "Timestamp": at(HOUR + 600)})
        second = await bench.call(
            "GetMetricData", **call(query(), MaxDatapoints=2, NextToken=first["NextToken"])
        )
        assert second["MetricDataResults"][0]["Values"] == [1, 0]

    @pytest.mark.parametrize("token", ["nonsense", "W10", "WzEsOTksbnVsbF0", "WzEsMCwiYSJd"])
    async def test_a_token_of_somebody_else_is_refused(self, bench: MetricBench, token: str) -> None:
        error = await bench.refused("GetMetricData", **call(query(), NextToken=token))
        assert error.code == "InvalidNextToken"


def without(params: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name not in names}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            call(query(query_id="5xx_a")),
            (
                "The value 5xx_a for parameter MetricDataQueries.member.1.Id is not matching the expected pattern "
                "^[a-z][a-zA-Z0-9_]*$."
            ),
        ),
        (
            call(query(query_id="Upper"), query(), query(query_id="q-1", stat="None")),
            (
                "The value Upper for parameter MetricDataQueries.member.1.Id is not matching the expected pattern "
                "^[a-z][a-zA-Z0-9_]*$.\n"
                "The value q-1 for parameter MetricDataQueries.member.3.Id is not matching the expected pattern "
                "^[a-z][a-zA-Z0-9_]*$.\n"
                "The value None for parameter MetricDataQueries.member.3.MetricStat.Stat is not a valid statistic."
            ),
        ),
        (call(query(), query()), "The values for parameter id in MetricDataQueries are not unique."),
        (
            call({"Id": "a"}),
            "The parameter MetricDataQueries.member.1.MetricStat is required.\n",
        ),
        (
            call(query(Expression="1")),
            (
                "The parameters MetricDataQueries.member.1.MetricStat and MetricDataQueries.member.1.Expression "
                "are mutually exclusive and you have specified both."
            ),
        ),
        (
            call(query(period=45)),
            "The parameter MetricDataQueries.member.1.MetricStat.Period must be a multiple of 60.",
        ),
        (call(query(ReturnData=False)), "At least one element of MetricDataQueries must return data."),
        (call(), "The parameter MetricDataQueries is required."),
        (
            call(*(query(query_id=f"q{n}") for n in range(501))),
            "The collection MetricDataQueries must not have a size greater than 500.",
        ),
        (call(query(), EndTime=at(HOUR)), "The parameter StartTime must not equal parameter EndTime."),
        (call(query(), EndTime=at(HOUR - 60)), "The parameter EndTime must be greater than StartTime."),
        (without(call(query()), "EndTime"), "The parameter EndTime is required."),
        (call(query(), MaxDatapoints=0), "The parameter MaxDatapoints must be between 1 and 100800."),
        (
            call(query(unit="Parsecs")),
            "The value Parsecs for parameter MetricDataQueries.member.1.MetricStat.Unit is invalid.",
        ),
    ],
)
async def test_what_is_refused_and_how(bench: MetricBench, params: dict[str, Any], message: str) -> None:
    error = await bench.refused("GetMetricData", **params)
    assert (error.code, error.message) == ("ValidationError", message)
