"""Whatever a call of GetMetricData asks of expressions, it is answered or refused within its bounds, with a text that says which."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailgauge.cloudwatch.insights.query import parse_select
from mailgauge.cloudwatch.insights.run import run
from mailgauge.cloudwatch.math.faults import MathError
from mailgauge.cloudwatch.math.ground import Budget
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.search.find import find
from mailgauge.cloudwatch.search.query import parse_search
from mailgauge.cloudwatch.source import Source
from tests.cloudwatch.expression_bench import ExpressionBench, shown
from tests.cloudwatch.metric_bench import HOUR, SCOPE, at

TOO_MANY = "The expressions compute too many datapoints; ask for less time, longer periods or fewer series"
YEAR = 365 * 86400


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[ExpressionBench]:
    with ExpressionBench(tmp_path) as bench:
        yield bench


def metric(query_id: str = "m") -> dict[str, Any]:
    measure = {"Metric": {"Namespace": "Shop", "MetricName": "Send"}, "Period": 60, "Stat": "Sum"}
    return {"Id": query_id, "MetricStat": measure, "ReturnData": False}


async def refusal(
    bench: ExpressionBench, *queries: dict[str, Any], start: float = HOUR, end: float = HOUR + 300
) -> str:
    error = await bench.refused(
        "GetMetricData", MetricDataQueries=list(queries), StartTime=at(start), EndTime=at(end)
    )
    assert (error.code, error.status) == ("ValidationError", 400)
    return str(error.message)


def expressions(**texts: str) -> list[dict[str, Any]]:
    """The last one returns data."""
    last = list(texts)[-1]
    return [
        {"Id": each, "Expression": text, "Period": 60, "ReturnData": each == last}
        for each, text in texts.items()
    ]


@pytest.mark.parametrize("text", ["TIME_SERIES(1)", "FILL(m, 0)", "HOUR(m)", "SUM(FILL([m], REPEAT))", "LAST([])+FILL(m,1)"])  # fmt: skip
async def test_a_range_of_too_many_periods_is_refused(bench: ExpressionBench, text: str) -> None:
    found = await refusal(bench, metric(), *expressions(e=text), start=HOUR, end=HOUR + 40 * YEAR)
    assert (
        found
        == "Error in expression 'e': The range has too many periods; ask for less time or longer periods"
    )


async def test_a_long_range_of_long_periods_is_answered(bench: ExpressionBench) -> None:
    year: dict[str, Any] = {"StartTime": at(HOUR - YEAR), "EndTime": at(HOUR), "MaxDatapoints": 100_800}
    found = await bench.ask({"Id": "e", "Expression": "TIME_SERIES(1)", "Period": 86400}, **year)
    assert [len(values) for _, values in shown(found)] == [365]


async def test_many_dense_series_over_two_weeks_are_refused_before_they_are_all_made(
    bench: ExpressionBench,
) -> None:
    dense = "+".join(["TIME_SERIES(1)"] * 120)
    asked = expressions(**{f"e{n}": dense for n in range(30)})
    found = await refusal(bench, *asked, start=HOUR - 14 * 86400, end=HOUR)
    assert found.endswith(TOO_MANY)


async def test_arrays_that_grow_from_query_to_query_are_refused(bench: ExpressionBench) -> None:
    for times, queries in ((2, 499), (600, 5)):
        texts = {"e0": "[m]"} | {f"e{n + 1}": f"[{','.join([f'e{n}'] * times)}]" for n in range(queries - 1)}
        assert (await refusal(bench, metric(), *expressions(**texts))).endswith(TOO_MANY)


async def test_a_call_has_five_hundred_queries_of_so_many_characters_at_most(bench: ExpressionBench) -> None:
    asked = expressions(**{f"e{n}": "m" for n in range(500)})
    assert "MetricDataQueries" in await refusal(bench, metric(), *asked)
    found = await refusal(bench, metric(), *expressions(e="m" + "+1" * 1024))
    assert found == (
        "The parameter MetricDataQueries.member.2.Expression must be shorter than or equal to 2048 characters."
    )


async def test_five_hundred_queries_of_many_operators_are_answered(bench: ExpressionBench) -> None:
    await bench.put_values("Send", 1)
    texts = {f"e{n}": (f"e{n - 1}" if n else "m") + "+1" * 50 for n in range(499)}
    found = await bench.ask(metric(), *expressions(**texts))
    assert shown(found) == [("e498", [499 * 50 + 1])]


@pytest.mark.parametrize(
    "text", ["(" * 1000 + "m" + ")" * 1000, "[" * 2048, "ABS(" * 400 + "m" + ")" * 400, "IF(m," * 400]
)
async def test_what_is_nested_too_deeply_is_refused(bench: ExpressionBench, text: str) -> None:
    found = await refusal(bench, metric(), *expressions(e=text))
    assert "nested more than 50 levels deep" in found


async def test_looking_at_series_costs(bench: ExpressionBench) -> None:
    for name in ("a", "b", "c"):
        await bench.put_values("Send", 1, dimensions={"campaign": name})

    def source(tx: Any) -> Source:
        return Source(tx, bench.engine, SCOPE, Window(HOUR, HOUR + 300, HOUR + 1800))

    search = parse_search("Send NOT x")
    select = parse_select("SELECT SUM(Send) FROM Shop GROUP BY campaign")
    # 50 for the metric's name and 50 for asking for dimensions. Three series are looked at: 50 each and 50 for each of
    # the terms; for a SELECT 50 each, and each is read.
    found = bench.metrics.read_now(lambda tx: find(source(tx), search, Budget(550)))
    assert len(found.series) == 3
    with pytest.raises(MathError, match=TOO_MANY):
        bench.metrics.read_now(lambda tx: find(source(tx), search, Budget(549)))
    groups, _ = bench.metrics.read_now(lambda tx: run(source(tx), select, 60, Budget(1680)))
    assert len(groups) == 3
    for points in (1679, 149, 0):
        with pytest.raises(MathError, match=TOO_MANY):
            bench.metrics.read_now(lambda tx, points=points: run(source(tx), select, 60, Budget(points)))  # type: ignore[misc]  # bound per round
