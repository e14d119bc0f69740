"""SEARCH through GetMetricData: schemas, terms, operators and quotes, periods, labels, limits and faults.

Each series has one point, so that the values tell which were found:

    1  Send            campaign=spring-2026
    2  Send            campaign=summerSale
    4  Send            campaign=spring-2026 genre=news
    8  BounceRate      campaign=spring-2026
   16  Send
   32  Network-Errors-2 (in the namespace Net/Works)
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.cloudwatch.expression_bench import Answer, ExpressionBench, shown
from tests.cloudwatch.metric_bench import HOUR, at

SPRING, SUMMER = {"campaign": "spring-2026"}, {"campaign": "summerSale"}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[ExpressionBench]:
    with ExpressionBench(tmp_path) as bench:
        await bench.put_values("Send", 1, dimensions=SPRING)
        await bench.put_values("Send", 2, dimensions=SUMMER)
        await bench.put_values("Send", 4, dimensions=SPRING | {"genre": "news"})
        await bench.put_values("BounceRate", 8, dimensions=SPRING)
        await bench.put_values("Send", 16)
        await bench.put_values("Network-Errors-2", 32, namespace="Net/Works")
        yield bench


async def found(bench: ExpressionBench, search: str) -> list[float]:
    values = await bench.values(f"SEARCH('{search}', 'Sum', 60)")
    return sorted(number for _, numbers in values for number in numbers)


async def check(bench: ExpressionBench, expected: dict[str, list[float]]) -> None:
    assert {search: await found(bench, search) for search in expected} == expected


async def test_a_schema_is_of_exactly_its_dimensions(bench: ExpressionBench) -> None:
    await check(
        bench,
        {
            "{Shop,campaign}": [1, 2, 8],
            "{Shop, campaign}": [1, 2, 8],
            ' {"Shop", "campaign"} ': [1, 2, 8],
            "{Shop,campaign,genre}": [4],
            "{Shop,genre,campaign}": [4],
            "{Shop,genre}": [],
            "{Shop}": [16],
            "{Net/Works}": [32],
            '{"Net/Works"}': [32],
            "{Nowhere}": [],
            "{shop}": [],
            "{Shop,campaign} Send": [1, 2],
            "{Shop,campaign}, Send": [1, 2],
            "{Shop,campaign} Send spring": [1],
            '{Shop,campaign} MetricName="BounceRate"': [8],
            "{Shop,campaign} nothing": [],
        },
    )


async def test_a_term_matches_names_and_values_by_tokens_or_exactly(bench: ExpressionBench) -> None:
    await check(
        bench,
        {
            # In part, in any case, whatever it is of.
            "send": [1, 2, 4, 16],
            "SEND": [1, 2, 4, 16],
            "rate": [8],
            "bouncerate": [8],
            "2026": [1, 4, 8],
            "sale": [2],
            "news": [4],
            "genre": [4],
            "campaign": [1, 2, 4, 8],
            "shop": [1, 2, 4, 8, 16],
            "works": [32],
            "spring2026": [1, 4, 8],
            # Of several tokens, which keep their case and stand in a row.
            "BounceRate": [8],
            "bounceRate": [],
            "summerSale": [2],
            "summersale": [2],
            "network/errors": [32],
            "network+errors": [32],
            "network-errors": [32],
            "Network_Errors": [32],
            "NetworkErrors2": [32],
            "errors-network": [],
            "seND": [],
            # Exactly, in its own case.
            '"Send"': [1, 2, 4, 16],
            '"send"': [],
            '"spring"': [],
            '"spring-2026"': [1, 4, 8],
            '"Network-Errors-2"': [32],
            '"campaign"': [1, 2, 4, 8],
        },
    )


async def test_a_term_of_a_property_matches_that_only(bench: ExpressionBench) -> None:
    await check(
        bench,
        {
            "MetricName=send": [1, 2, 4, 16],
            'MetricName="Send"': [1, 2, 4, 16],
            'MetricName="send"': [],
            "MetricName=spring": [],
            "MetricName=(rate OR errors)": [8, 32],
            "Namespace=net": [32],
            'Namespace="Shop"': [1, 2, 4, 8, 16],
            'Namespace="shop"': [],
            "campaign=spring": [1, 4, 8],
            'campaign="spring-2026"': [1, 4, 8],
            'campaign="spring"': [],
            'campaign=("spring-2026" OR "summerSale")': [1, 2, 4, 8],
            '"campaign"="summerSale"': [2],
            "campaign=news": [],
            "genre=news": [4],
            "Genre=news": [],
            'Namespace="Shop" MetricName="Send" campaign=spring': [1, 4],
            ":aws.AccountId=000000000000 Send": [1, 2, 4, 16],
            ':aws.AccountId="111111111111" Send': [],
        },
    )


async def test_operators_join_terms_not_before_and_before_or(bench: ExpressionBench) -> None:
    await check(
        bench,
        {
            "Send spring": [1, 4],
            "Send AND spring": [1, 4],
            "sale OR rate": [2, 8],
            "NOT Shop": [32],
            "NOT Namespace=Shop": [32],
            "Send NOT campaign": [16],
            "Send AND NOT spring": [2, 16],
            "rate OR Send AND news": [4, 8],
            "(rate OR Send) AND spring": [1, 4, 8],
            "(rate OR Send) spring NOT news": [1, 8],
            "NOT (Shop OR Net)": [],
            "NOT NOT sale": [2],
            "NOT sale NOT spring": [16, 32],
            # Only in capitals are they operators.
            "sale or rate": [],
            "{Shop,campaign} (sale OR rate)": [2, 8],
        },
    )


async def test_quotes_may_stand_in_values(bench: ExpressionBench) -> None:
    names = ["it's", 'the "first"', "a (b)", "back\\slash"]
    for value, name in zip([100, 200, 300, 400], names, strict=True):
        await bench.put_values("Odd", value, namespace="Odd", dimensions={"the name": name})
    for text, expected in [
        (r"""SEARCH('{Odd,"the name"} "the name"="it\'s"', 'Sum', 60)""", [100]),
        (r"""SEARCH("{Odd,\"the name\"} \"the name\"=\"it's\"", "Sum", 60)""", [100]),
        (r"""SEARCH('{Odd,"the name"} "the name"="the \"first\""', 'Sum', 60)""", [200]),
        (r"""SEARCH('{Odd,"the name"} "the name"="a \(b\)"', 'Sum', 60)""", [300]),
        (r"""SEARCH('{Odd,"the name"} "the name"="a (b)"', 'Sum', 60)""", [300]),
        (r"""SEARCH('{Odd,"the name"} "the name"="back\\slash"', 'Sum', 60)""", [400]),
    ]:
        values = await bench.values(text)
        assert (text, [number for _, numbers in values for number in numbers]) == (text, expected)


async def test_series_come_by_name_and_are_called_by_what_tells_them_apart(bench: ExpressionBench) -> None:
    for search, expected in [
        ('{Shop,campaign} MetricName="Send"', ["spring-2026", "summerSale"]),
        ("{Shop,campaign}", ["BounceRate spring-2026", "Send spring-2026", "Send summerSale"]),
        ("{Shop}", ["Send"]),
        ("rate OR errors", ["Network-Errors-2", "BounceRate spring-2026"]),
    ]:
        values = await bench.values(f"SEARCH('{search}', 'Sum', 60)")
        assert (search, [label for label, _ in values]) == (search, expected)
    text = """SEARCH('{Shop,campaign} MetricName="Send"', 'Average', 60)"""
    for label, first in [
        ("sent", "sent spring-2026"),
        ("${LABEL} (${SUM})", "spring-2026 (1)"),
        ("${PROP('Dim.campaign')} ${PROP('Stat')} ${PROP('Period')}", "spring-2026 Average 60"),
        ("${LABEL}|&|${PROP('Dim.campaign')}", "spring-2026|&|spring-2026"),
    ]:
        assert (await bench.values(text, Label=label))[0][0] == first


async def test_the_statistic_and_the_period_are_those_it_names(bench: ExpressionBench) -> None:
    await bench.put_values("Size", 1, 2, 3, 4, namespace="Sizes")
    for arguments, expected in [
        ("'Sum', 60", [1, 2, 3, 4]),
        ("'Sum', 120", [3, 7]),
        ("'Average', 300", [2.5]),
        ("'SampleCount', 300", [4]),
        ("'Maximum', 300", [4]),
        ("'Minimum', 300", [1]),
        ("'p50', 300", [2]),
        ("'TC(1:3)', 300", [2]),
        ("'Sum'", [1, 2, 3, 4]),
    ]:
        values = await bench.values(f"SEARCH('{{Sizes}} Size', {arguments})")
        assert (arguments, values) == (arguments, [("Size", expected)])
    unnamed = await bench.ask({"Id": "e", "Expression": "SEARCH('{Sizes} Size', 'Sum')"})
    assert shown(unnamed) == [("Size", [10])]


async def test_searches_are_arrays_for_every_function(bench: ExpressionBench) -> None:
    search = """SEARCH('{Shop,campaign} MetricName="Send"', 'Sum', 60)"""
    for text, expected in [
        (f"SUM({search})", [("e", [3])]),
        (f"AVG({search})", [("e", [1.5])]),
        (f"{search}*10", [("spring-2026", [10]), ("summerSale", [20])]),
        (f"SORT({search}, SUM, DESC, 1)", [("summerSale", [2])]),
        (f"REMOVE_EMPTY({search})", [("spring-2026", [1]), ("summerSale", [2])]),
        (f"FILL(SLICE({search}, 0, 1), 0)", [("spring-2026", [1, 0, 0, 0, 0])]),
        (f"MAX([{search}, SEARCH('{{Shop}} Send', 'Sum', 60)])", [("e", [16])]),
        ("SUM(SEARCH('nothing', 'Sum', 60))", [("e", [])]),
        ("SEARCH('nothing', 'Sum', 60)", []),
        ("REMOVE_EMPTY(SEARCH('nothing', 'Sum', 60))", []),
        ("TIME_SERIES(METRIC_COUNT(SEARCH('nothing', 'Sum', 60)))", [("e", [0] * 5)]),
    ]:
        assert (text, await bench.values(text)) == (text, expected)


async def test_what_has_no_points_in_the_range_is_found_and_empty(bench: ExpressionBench) -> None:
    later: dict[str, Any] = {"StartTime": at(HOUR + 600), "EndTime": at(HOUR + 900)}
    empty: Answer = [("Send", [])]
    for text, expected in [
        ("SEARCH('{Shop} Send', 'Sum', 60)", empty),
        ("REMOVE_EMPTY(SEARCH('{Shop} Send', 'Sum', 60))", []),
    ]:
        answer = await bench.ask({"Id": "e", "Expression": text}, **later)
        assert (text, shown(answer)) == (text, expected)


async def test_five_hundred_series_are_shown_and_the_rest_is_told_of(bench: ExpressionBench) -> None:
    datums = [
        {
            "MetricName": "Wide",
            "Value": 1,
            "Timestamp": at(HOUR),
            "Dimensions": [{"Name": "user", "Value": f"u{n}"}],
        }
        for n in range(501)
    ]
    await bench.put(*datums)
    query = {"Id": "e", "Expression": "SEARCH('{Shop,user} Wide', 'Sum', 60)"}
    answer = await bench.ask(query)
    assert len(answer["MetricDataResults"]) == 500
    (message,) = answer["Messages"]
    assert message["Value"] == "Maximum number of allowed metrics exceeded"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SEARCH('', 'Sum', 60)", "A search has a schema in braces, terms, or both"),
        ("SEARCH('{Shop', 'Sum', 60)", "'}' is missing in the search '{Shop'"),
        ("SEARCH('{Shop} {Other}', 'Sum', 60)", "Unexpected '{' in the search '{Shop} {Other}'"),
        ("SEARCH('{}', 'Sum', 60)", "Unexpected '}' in the search '{}'"),
        ("SEARCH('{Shop,}', 'Sum', 60)", "Unexpected '}' in the search '{Shop,}'"),
        ("SEARCH('(a OR b', 'Sum', 60)", "')' is missing in the search '(a OR b'"),
        ("SEARCH('a OR', 'Sum', 60)", "The search 'a OR' ends too early"),
        ("SEARCH('a NOT', 'Sum', 60)", "The search 'a NOT' ends too early"),
        ("SEARCH('AND a', 'Sum', 60)", "Unexpected 'AND' in the search 'AND a'"),
        ("SEARCH('a=', 'Sum', 60)", "The search 'a=' ends too early"),
        ("SEARCH('a=b=c', 'Sum', 60)", "Unexpected '=' in the search 'a=b=c'"),
        ("SEARCH('\"a', 'Sum', 60)", "A quote is not closed in the search '\"a'"),
        ("SEARCH('Send', 'sum', 60)", "'sum' is not a valid statistic"),
        ("SEARCH('Send', 'p101', 60)", "'p101' is not a valid statistic"),
        ("SEARCH('Send', '', 60)", "'' is not a valid statistic"),
        ("SEARCH('Send', 'Sum', 0)", "0 is not a valid period"),
        ("SEARCH('Send', 'Sum', 61)", "61 is not a valid period"),
        ("SEARCH('Send', 'Sum', 1e999)", "The period of a SEARCH is a number of seconds at position 23"),
        (f"SEARCH('{'a' * 1025}', 'Sum', 60)", "The search is longer than 1024 characters"),
        (f"SEARCH('{'(' * 31}a{')' * 31}', 'Sum', 60)", "The search is nested more than 30 levels deep"),
        (f"SEARCH('{'(' * 1000}', 'Sum', 60)", "The search is nested more than 30 levels deep"),
    ],
)  # fmt: skip
async def test_a_faulty_search_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    with ExpressionBench(tmp_path) as bench:
        assert await bench.fault(text) == expected
