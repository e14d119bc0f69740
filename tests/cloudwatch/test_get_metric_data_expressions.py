"""GetMetricData with expressions: metric math, SEARCH and Metrics Insights over what was really put."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cloudwatch.metric_bench import HOUR, MetricBench, at


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[MetricBench]:
    with MetricBench(tmp_path) as bench:
        yield bench


def metric(query_id: str, name: str, *, stat: str = "Sum", **params: Any) -> dict[str, Any]:
    measure = {"Metric": {"Namespace": "Shop", "MetricName": name}, "Period": 60, "Stat": stat}
    return {"Id": query_id, "MetricStat": measure, "ReturnData": False} | params


def expression(text: str, query_id: str = "e", **params: Any) -> dict[str, Any]:
    return {"Id": query_id, "Expression": text} | params


def call(*queries: dict[str, Any], minutes: int = 4, **params: Any) -> dict[str, Any]:
    window = {"StartTime": at(HOUR), "EndTime": at(HOUR + 60 * minutes), "ScanBy": "TimestampAscending"}
    return {"MetricDataQueries": list(queries)} | window | params


async def put(bench: MetricBench, name: str, *values: float | None, **dimensions: str) -> None:
    """One value a minute from the whole hour on."""
    given = [{"Name": each, "Value": value} for each, value in dimensions.items()]
    await bench.put(
        *(
            {"MetricName": name, "Value": value, "Timestamp": at(HOUR + 60 * minute), "Dimensions": given}
            for minute, value in enumerate(values)
            if value is not None
        )
    )


async def answer(
    bench: MetricBench, *queries: dict[str, Any], **params: Any
) -> list[tuple[str, list[float]]]:
    found = await bench.call("GetMetricData", **call(*queries, **params))
    return [(each["Label"], each["Values"]) for each in found["MetricDataResults"]]


async def refusal(bench: MetricBench, *queries: dict[str, Any]) -> str:
    error = await bench.refused("GetMetricData", **call(*queries))
    assert error.code == "ValidationError"
    return str(error.message)


async def test_a_rate_is_computed_of_two_metrics_and_goes_by_its_id(bench: MetricBench) -> None:
    await put(bench, "Bounce", 1, None, 3, 5)
    await put(bench, "Send", 10, 20, 30, None)
    found = await answer(bench, metric("b", "Bounce"), metric("s", "Send"), expression("100*b/s"))
    assert found == [("e", [10, 0, 10])]


async def test_expressions_stand_on_one_another_in_any_order(bench: MetricBench) -> None:
    await put(bench, "Send", 1, 2)
    queries = [expression("d*10"), expression("s+1", "d", ReturnData=False), metric("s", "Send")]
    assert await answer(bench, *queries) == [("e", [20, 30])]


async def test_an_array_gives_one_result_a_series_with_its_label_behind_that_of_the_expression(
    bench: MetricBench,
) -> None:
    await put(bench, "Send", 1)
    await put(bench, "Bounce", 2)
    metrics = [metric("s", "Send"), metric("b", "Bounce", Label="Bounced")]
    assert await answer(bench, *metrics, expression("METRICS()*2")) == [("Send", [2]), ("Bounced", [4])]
    labelled = await answer(bench, *metrics, expression("METRICS()", Label="all"))
    assert [label for label, _ in labelled] == ["all Send", "all Bounced"]


async def test_dynamic_labels_are_of_each_series_of_an_array(bench: MetricBench) -> None:
    await put(bench, "Send", 1, 5)
    found = await answer(bench, metric("s", "Send"), expression("[s]", Label="${PROP('MetricName')}: ${MAX}"))
    assert found == [("Send: 5", [1, 5])]


async def test_search_finds_series_by_schema_and_terms(bench: MetricBench) -> None:
    await put(bench, "Send", 1, campaign="spring")
    await put(bench, "Send", 2, campaign="summer")
    await put(bench, "Send", 4, campaign="spring", genre="news")
    await put(bench, "Bounce", 8, campaign="spring")
    text = "SORT(SEARCH('{Shop,campaign} MetricName=\"Send\"', 'Sum', 60), SUM, DESC)"
    assert await answer(bench, expression(text)) == [("summer", [2]), ("spring", [1])]
    total = "SUM(SEARCH('Namespace=\"Shop\" spring', 'Sum', 60))"
    assert await answer(bench, expression(total)) == [("e", [13])]


async def test_insights_sums_over_a_dimension_whatever_others_there_are(bench: MetricBench) -> None:
    await put(bench, "Send", 1, campaign="spring", genre="news")
    await put(bench, "Send", 2, campaign="spring", genre="offers")
    await put(bench, "Send", 4, campaign="summer", genre="news")
    await put(bench, "Send", 8)
    by_campaign = 'SELECT SUM(Send) FROM "Shop" GROUP BY campaign ORDER BY SUM() DESC'
    found = await answer(bench, expression(by_campaign, Period=60))
    assert found == [("Other", [8]), ("summer", [4]), ("spring", [3])]
    spring = (
        "SELECT SUM(Send) FROM SCHEMA(Shop, campaign, genre) WHERE campaign = 'spring' AND genre != 'news'"
    )
    assert await answer(bench, expression(spring, Period=60)) == [("e", [2])]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("NOPE(s)", "Function 'NOPE' not found"),
        ("s+", "The expression ends where a number, an id or a function is expected at position 3"),
        ("x*2", "There is no query with the id 'x' at position 1"),
        ("e+1", "'e' refers to itself at position 1"),
        ("SUM(s)", "The result is a number, and has to be a series or an array of series"),
        ("SEARCH('Send', 'Most')", "'Most' is not a valid statistic"),
        ("ANOMALY_DETECTION_BAND(s)", "Function 'ANOMALY_DETECTION_BAND' is not supported by Mailgauge at position 1"),
        ("SELECT SUM(Send)", "The query ends where FROM is expected at position 17"),
    ],
)  # fmt: skip
async def test_a_faulty_expression_is_refused_with_its_id_and_place(
    bench: MetricBench, text: str, fault: str
) -> None:
    assert await refusal(bench, metric("s", "Send"), expression(text)) == f"Error in expression 'e': {fault}"


async def test_another_accounts_metrics_are_refused_clearly(bench: MetricBench) -> None:
    text = await refusal(bench, metric("s", "Send", ReturnData=True, AccountId="123456789012"))
    assert "AccountId" in text


async def test_five_hundred_expressions_in_a_row_are_evaluated(bench: MetricBench) -> None:
    await put(bench, "Send", 1)
    chain = [expression(f"e{n}+1", f"e{n + 1}", ReturnData=n == 497) for n in range(498)]
    found = await answer(bench, metric("s", "Send"), expression("s", "e0", ReturnData=False), *chain)
    assert found == [("e498", [499])]
