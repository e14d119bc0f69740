"""Metrics Insights through GetMetricData: what each part of a query selects, in which order, by which name.

At the minutes 0, 1 and 2 were put:

    campaign  genre       0     1     2
    spring    news        1     2
    spring    offers     10          30
    summer    news      100
    autumn    (none)         1000
    (none)    (none)   5000
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cloudwatch.expression_bench import Answer, ExpressionBench, shown
from tests.cloudwatch.metric_bench import HOUR, at


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[ExpressionBench]:
    with ExpressionBench(tmp_path) as bench:
        await bench.put_values("Send", 1, 2, dimensions={"campaign": "spring", "genre": "news"})
        await bench.put_values("Send", 10, None, 30, dimensions={"campaign": "spring", "genre": "offers"})
        await bench.put_values("Send", 100, dimensions={"campaign": "summer", "genre": "news"})
        await bench.put_values("Send", None, 1000, dimensions={"campaign": "autumn"})
        await bench.put_values("Send", 5000)
        yield bench


async def check(bench: ExpressionBench, expected: dict[str, Answer]) -> None:
    assert {text: await bench.values(text) for text in expected} == expected


OTHER = ("Other", [5000.0])
AUTUMN = ("autumn", [1000.0])
SPRING = ("spring", [11.0, 2.0, 30.0])
SUMMER = ("summer", [100.0])


async def test_each_function_joins_the_samples_of_all_series(bench: ExpressionBench) -> None:
    await check(
        bench,
        {
            'SELECT SUM(Send) FROM "Shop"': [("e", [5111, 1002, 30])],
            'SELECT AVG(Send) FROM "Shop"': [("e", [5111 / 4, 501, 30])],
            'SELECT COUNT(Send) FROM "Shop"': [("e", [4, 2, 1])],
            'SELECT MAX(Send) FROM "Shop"': [("e", [5000, 1000, 30])],
            'SELECT MIN(Send) FROM "Shop"': [("e", [1, 2, 30])],
        },
    )


async def test_averages_weigh_each_sample_the_same(bench: ExpressionBench) -> None:
    dimension = [{"Name": "campaign", "Value": "spring"}]
    many = {
        "MetricName": "Size",
        "Timestamp": at(HOUR),
        "Values": [10, 20],
        "Counts": [1, 3],
        "Dimensions": dimension,
    }
    await bench.put(many, {"MetricName": "Size", "Timestamp": at(HOUR), "Value": 100})
    await check(
        bench,
        {
            "SELECT AVG(Size) FROM Shop": [("e", [170 / 5])],
            "SELECT COUNT(Size) FROM Shop": [("e", [5])],
            "SELECT AVG(Size) FROM Shop GROUP BY campaign": [("Other", [100]), ("spring", [17.5])],
        },
    )  # fmt: skip


async def test_a_schema_is_of_exactly_its_dimensions_in_any_order(bench: ExpressionBench) -> None:
    both: Answer = [("e", [111, 2, 30])]
    await check(
        bench,
        {
            "SELECT SUM(Send) FROM Shop": [("e", [5111, 1002, 30])],
            "SELECT SUM(Send) FROM SCHEMA(Shop)": [("e", [5000])],
            "SELECT SUM(Send) FROM SCHEMA(Shop, campaign)": [("e", [1000])],
            "SELECT SUM(Send) FROM SCHEMA(Shop, campaign, genre)": both,
            'SELECT SUM(Send) FROM SCHEMA("Shop", "genre", "campaign")': both,
            "SELECT SUM(Send) FROM SCHEMA(Shop, genre)": [("e", [])],
            "SELECT SUM(Send) FROM SCHEMA(Shop, Campaign)": [("e", [])],
            "SELECT SUM(Send) FROM SCHEMA(Shop, campaign, genre, place)": [("e", [])],
        },
    )


async def test_where_keeps_what_meets_all_its_conditions(bench: ExpressionBench) -> None:
    base = "SELECT SUM(Send) FROM Shop WHERE "
    await check(
        bench,
        {
            f"{base} campaign = 'spring'": [("e", [11, 2, 30])],
            f"{base} campaign = 'spring' AND genre = 'news'": [("e", [1, 2])],
            f"{base} campaign='spring' AND genre!='news'": [("e", [10, 30])],
            # A series without the dimension meets neither.
            f"{base} campaign != 'spring'": [("e", [100, 1000])],
            f"{base} campaign != 'spring' AND campaign != 'summer'": [("e", [1000])],
            f"{base} genre != 'none'": [("e", [111, 2, 30])],
            f"{base} campaign = 'Spring'": [("e", [])],
            f"{base} Campaign = 'spring'": [("e", [])],
            f"{base} campaign = 'spring' AND campaign = 'summer'": [("e", [])],
            "SELECT SUM(Send) FROM SCHEMA(Shop, campaign, genre) WHERE genre = 'news'": [("e", [101, 2])],
            "SELECT SUM(Send) FROM SCHEMA(Shop, campaign) WHERE genre = 'news'": [("e", [])],
            "SELECT SUM(Send) FROM SCHEMA(Shop) WHERE genre = 'news'": [("e", [])],
        },
    )


async def test_groups_are_in_the_order_of_their_names_with_the_rest_as_other(bench: ExpressionBench) -> None:
    await check(
        bench,
        {
            "SELECT SUM(Send) FROM Shop GROUP BY campaign": [OTHER, AUTUMN, SPRING, SUMMER],
            "SELECT SUM(Send) FROM Shop GROUP BY genre": [
                ("Other", [5000, 1000]), ("news", [101, 2]), ("offers", [10, 30]),
            ],
            "SELECT SUM(Send) FROM Shop GROUP BY campaign, genre": [
                ("Other Other", [5000]), ("autumn Other", [1000]), ("spring news", [1, 2]),
                ("spring offers", [10, 30]), ("summer news", [100]),
            ],
            "SELECT SUM(Send) FROM Shop GROUP BY genre, campaign": [
                ("Other Other", [5000]), ("Other autumn", [1000]), ("news spring", [1, 2]),
                ("news summer", [100]), ("offers spring", [10, 30]),
            ],
            "SELECT MAX(Send) FROM Shop WHERE genre = 'news' GROUP BY campaign": [
                ("spring", [1, 2]), ("summer", [100]),
            ],
            "SELECT SUM(Send) FROM SCHEMA(Shop, campaign) GROUP BY campaign": [AUTUMN],
            "SELECT SUM(Send) FROM Shop GROUP BY place": [("Other", [5111, 1002, 30])],
        },
    )  # fmt: skip


async def test_order_by_takes_each_series_over_the_whole_time(bench: ExpressionBench) -> None:
    base = "SELECT SUM(Send) FROM Shop GROUP BY campaign ORDER BY"
    # spring: sum 43, average 14.3, least 2, most 30; the others have one point each.
    upwards, downwards = [SPRING, SUMMER, AUTUMN, OTHER], [OTHER, AUTUMN, SUMMER, SPRING]
    expected: dict[str, Answer] = {}
    for function in ("SUM", "AVG", "MIN", "MAX"):
        expected[f"{base} {function}()"] = upwards
        expected[f"{base} {function}() ASC"] = upwards
        expected[f"{base} {function}() DESC"] = downwards
    expected[f"{base} COUNT() ASC"] = [OTHER, AUTUMN, SUMMER, SPRING]
    expected[f"{base} COUNT() DESC"] = [SPRING, OTHER, AUTUMN, SUMMER]
    await check(bench, expected)


async def test_limit_counts_after_the_order(bench: ExpressionBench) -> None:
    base = "SELECT SUM(Send) FROM Shop GROUP BY campaign"
    await check(
        bench,
        {
            f"{base} LIMIT 1": [OTHER],
            f"{base} LIMIT 2": [OTHER, AUTUMN],
            f"{base} LIMIT 500": [OTHER, AUTUMN, SPRING, SUMMER],
            f"{base} ORDER BY SUM() LIMIT 1": [SPRING],
            f"{base} ORDER BY SUM() DESC LIMIT 2": [OTHER, AUTUMN],
            "SELECT SUM(Send) FROM SCHEMA(Shop) LIMIT 1": [("e", [5000])],
        },
    )


async def test_keywords_and_functions_are_in_any_case_and_names_are_not(bench: ExpressionBench) -> None:
    await check(
        bench,
        {
            "select sum(Send) from schema(Shop, campaign) where campaign = 'autumn'"
            " group by campaign order by max() desc limit 3": [AUTUMN],
            "Select Sum(Send) From Shop Group By campaign Order By Sum() Asc Limit 1": [SPRING],
            "  SELECT\n\tSUM( Send )\nFROM   Shop  ": [("e", [5111, 1002, 30])],
            "SELECT SUM(send) FROM Shop": [("e", [])],
            "SELECT SUM(Send) FROM shop": [("e", [])],
        },
    )


async def test_names_with_other_characters_stand_in_double_quotes(bench: ExpressionBench) -> None:
    given = {"my place": "it's", "group": 'the "first"', "back": "a\\b"}
    await bench.put_values("Sent mails", 7, namespace="Shop/EU.1", dimensions=given)
    base = 'SELECT SUM("Sent mails") FROM "Shop/EU.1"'
    await check(
        bench,
        {
            base: [("e", [7])],
            'SELECT SUM("Sent mails") FROM SCHEMA("Shop/EU.1", "my place", "group", back)': [("e", [7])],
            rf"{base} WHERE " + r'"my place"' + r" = 'it\'s'": [("e", [7])],
            f'{base} WHERE "group" = \'the "first"\' GROUP BY back': [("a\\b", [7])],
            rf"{base} WHERE back = 'a\\b'" + ' GROUP BY "my place"': [("it's", [7])],
        },
    )


async def test_nothing_found_is_one_series_without_groups_and_none_with_them(bench: ExpressionBench) -> None:
    await check(
        bench,
        {
            "SELECT SUM(Nothing) FROM Shop": [("e", [])],
            'SELECT SUM(Send) FROM "No/Where"': [("e", [])],
            "SELECT SUM(Nothing) FROM Shop GROUP BY campaign": [],
            "SELECT SUM(Send) FROM Shop WHERE campaign = 'winter' GROUP BY campaign ORDER BY SUM()": [],
        },
    )


async def test_periods_are_whole_minutes_and_five_where_none_is_named(bench: ExpressionBench) -> None:
    text = "SELECT SUM(Send) FROM Shop"
    for period, expected in [
        (60, [5111, 1002, 30]),
        (1, [5111, 1002, 30]),
        (30, [5111, 1002, 30]),
        (120, [6113, 30]),
        (None, [6143]),
        (3600, [6143]),
    ]:
        query = {"Id": "e", "Expression": text} | ({} if period is None else {"Period": period})
        (result,) = (await bench.ask(query))["MetricDataResults"]
        assert (period, result["Values"]) == (period, expected)
        assert result["Timestamps"][0] == at(HOUR)


async def test_labels_tell_the_groups_values(bench: ExpressionBench) -> None:
    text = "SELECT SUM(Send) FROM Shop WHERE genre = 'news' GROUP BY campaign"
    for label, expected in [
        ("sent", ["sent spring", "sent summer"]),
        ("${LABEL}", ["spring", "summer"]),
        ("${PROP('Dim.campaign')}", ["spring", "summer"]),
        ("${LABEL}|&|${PROP('Dim.campaign')}", ["spring|&|spring", "summer|&|summer"]),
        (
            "${PROP('Namespace')} ${PROP('MetricName')} ${PROP('Stat')} ${PROP('Period')}",
            ["Shop Send Sum 60"] * 2,
        ),
        ("${MAX} of ${SUM}", ["2 of 3", "100 of 100"]),
        ("${PROP('Dim.genre')}", ["${PROP('Dim.genre')}"] * 2),
    ]:
        found = [each for each, _ in await bench.values(text, Label=label)]
        assert (label, found) == (label, expected)
    assert await bench.values("SELECT SUM(Send) FROM SCHEMA(Shop)", Label="all") == [("all", [5000])]


async def test_math_may_be_made_of_a_query_by_its_id(bench: ExpressionBench) -> None:
    one = {"Id": "q", "Expression": "SELECT SUM(Send) FROM Shop", "Period": 60, "ReturnData": False}
    groups = one | {"Expression": "SELECT SUM(Send) FROM Shop GROUP BY campaign"}
    for query, text, expected in [
        (one, "q/2", [("e", [2555.5, 501, 15])]),
        (one, "IF(q > 100, q)", [("e", [5111, 1002])]),
        (groups, "SUM(q)", [("e", [5111, 1002, 30])]),
        (
            groups,
            "q*10",
            [("Other", [50000]), ("autumn", [10000]), ("spring", [110, 20, 300]), ("summer", [1000])],
        ),
        (groups, "SLICE(SORT(q, SUM, ASC), 0, 1)", [SPRING]),
        (groups, "FILL(FIRST(q), 0)", [("e", [5000, 0, 0, 0, 0])]),
        (groups, "TIME_SERIES(METRIC_COUNT(q))", [("e", [4] * 5)]),
    ]:
        found = await bench.ask(query, {"Id": "e", "Expression": text})
        assert (text, shown(found)) == (text, expected)


async def test_a_call_has_one_query_at_most(bench: ExpressionBench) -> None:
    text = "SELECT SUM(Send) FROM Shop"
    queries = [{"Id": query_id, "Expression": text, "Period": 60} for query_id in ("first", "second")]
    window = {"StartTime": at(HOUR), "EndTime": at(HOUR + 300)}
    error = await bench.refused("GetMetricData", MetricDataQueries=queries, **window)
    assert error.code == "ValidationError"
    assert error.message == (
        "Error in expression 'second': There is more than one Metrics Insights query in one call"
    )


async def test_many_groups_are_cut_at_five_hundred(bench: ExpressionBench) -> None:
    datums = [
        {
            "MetricName": "Wide",
            "Value": 1,
            "Timestamp": at(HOUR),
            "Dimensions": [{"Name": "user", "Value": f"{n:04}"}],
        }
        for n in range(600)
    ]
    await bench.put(*datums)
    found = await bench.values("SELECT SUM(Wide) FROM Shop GROUP BY user")
    assert [label for label, _ in found] == [f"{n:04}" for n in range(500)]
    assert await bench.values("SELECT SUM(Wide) FROM SCHEMA(Shop, user)") == [("e", [600])]
