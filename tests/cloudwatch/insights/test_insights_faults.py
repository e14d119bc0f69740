"""Faulty Metrics Insights queries: what is wrong, and where."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.cloudwatch.insights.query import is_select, parse_select
from mailgauge.cloudwatch.math.faults import MathError

BASE = "SELECT SUM(Send) FROM Shop"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT", "The query ends where AVG, COUNT, MAX, MIN or SUM is expected at position 7"),
        ("SELECT Send FROM Shop", "Unexpected 'Send' where AVG, COUNT, MAX, MIN or SUM is expected at position 8"),
        ("SELECT p99(Send) FROM Shop", "Unexpected 'p99' where AVG, COUNT, MAX, MIN or SUM is expected at position 8"),
        ("SELECT 'SUM'(Send) FROM Shop", "Unexpected 'SUM' where AVG, COUNT, MAX, MIN or SUM is expected at position 8"),
        ("SELECT SUM Send FROM Shop", "Unexpected 'Send' where ( is expected at position 12"),
        ("SELECT SUM() FROM Shop", "Unexpected ')' where the name of a metric is expected at position 12"),
        ("SELECT SUM('Send') FROM Shop", "Unexpected 'Send' where the name of a metric is expected at position 12"),
        ("SELECT SUM(Send, Bounce) FROM Shop", "Unexpected ',' where ) is expected at position 16"),
        ("SELECT SUM(Send) Shop", "Unexpected 'Shop' where FROM is expected at position 18"),
        ("SELECT SUM(Send)", "The query ends where FROM is expected at position 17"),
        ("SELECT SUM(Send) FROM", "The query ends where a namespace is expected at position 22"),
        ("SELECT SUM(Send) FROM AWS/SES", "'AWS/SES' has to be in double quotes at position 23"),
        ("SELECT SUM(Send) FROM 'Shop'", "Unexpected 'Shop' where a namespace is expected at position 23"),
        ("SELECT SUM(Send) FROM WHERE", "Unexpected 'WHERE' where a namespace is expected at position 23"),
        ("SELECT SUM(Send) FROM SCHEMA", "The query ends where ( is expected at position 29"),
        ("SELECT SUM(Send) FROM SCHEMA()", "Unexpected ')' where a namespace is expected at position 30"),
        ("SELECT SUM(Send) FROM SCHEMA(Shop campaign)", "Unexpected 'campaign' where ) is expected at position 35"),
        ("SELECT SUM(Send) FROM SCHEMA(Shop, )", "Unexpected ')' where the name of a dimension is expected at position 36"),
        ("SELECT SUM(Send) FROM SCHEMA(Shop, a", "The query ends where ) is expected at position 37"),
        (f"{BASE} WHERE", "The query ends where the name of a dimension is expected at position 33"),
        (f"{BASE} WHERE a", "The query ends where = or != is expected at position 35"),
        (f"{BASE} WHERE a = b", "Unexpected 'b' where a value in single quotes is expected at position 38"),
        (f'{BASE} WHERE a = "b"', "Unexpected 'b' where a value in single quotes is expected at position 38"),
        (f"{BASE} WHERE a = 5", "Unexpected '5' where a value in single quotes is expected at position 38"),
        (f"{BASE} WHERE a > 'b'", "Unexpected character '>' at position 36"),
        (f"{BASE} WHERE a IN ('b')", "Unexpected 'IN' where = or != is expected at position 36"),
        (f"{BASE} WHERE a = 'b' OR c = 'd'", "Unexpected 'OR' where the end is expected at position 42"),
        (f"{BASE} WHERE (a = 'b')", "Unexpected '(' where the name of a dimension is expected at position 34"),
        (f"{BASE} WHERE a = 'b' AND", "The query ends where the name of a dimension is expected at position 45"),
        (f"{BASE} WHERE a = 'b", "Unexpected character ''' at position 38"),
        (f"{BASE} GROUP campaign", "Unexpected 'campaign' where BY is expected at position 34"),
        (f"{BASE} GROUP BY", "The query ends where the name of a dimension is expected at position 36"),
        (f"{BASE} GROUP BY a,", "The query ends where the name of a dimension is expected at position 39"),
        (f"{BASE} GROUP BY a b", "Unexpected 'b' where the end is expected at position 39"),
        (f"{BASE} GROUP BY LIMIT", "Unexpected 'LIMIT' where the name of a dimension is expected at position 37"),
        (f"{BASE} ORDER SUM()", "Unexpected 'SUM' where BY is expected at position 34"),
        (f"{BASE} ORDER BY campaign", "Unexpected 'campaign' where AVG, COUNT, MAX, MIN or SUM is expected at position 37"),
        (f"{BASE} ORDER BY SUM", "The query ends where ( is expected at position 40"),
        (f"{BASE} ORDER BY SUM(Send)", "Unexpected 'Send' where ) is expected at position 41"),
        (f"{BASE} ORDER BY SUM() UP", "Unexpected 'UP' where the end is expected at position 43"),
        (f"{BASE} LIMIT", "The query ends where a number is expected at position 33"),
        (f"{BASE} LIMIT ten", "Unexpected 'ten' where a number is expected at position 34"),
        (f"{BASE} LIMIT 0", "LIMIT is 1 to 500 at position 34"),
        (f"{BASE} LIMIT 501", "LIMIT is 1 to 500 at position 34"),
        (f"{BASE} LIMIT 99999999999999999999", "LIMIT is 1 to 500 at position 34"),
        (f"{BASE} LIMIT 1.5", "Unexpected '1.5' where a number is expected at position 34"),
        (f"{BASE} LIMIT 5 GROUP BY a", "Unexpected 'GROUP' where the end is expected at position 36"),
        (f"{BASE} ORDER BY SUM() GROUP BY a", "Unexpected 'GROUP' where the end is expected at position 43"),
        (f"{BASE} * 2", "Unexpected character '*' at position 28"),
        (f"{BASE};", "Unexpected character ';' at position 27"),
        (f"{BASE} WHERE " + "a = 'b' AND " * 200 + "a = 'b'", "The query is longer than 2048 characters"),
    ],
)  # fmt: skip
def test_a_faulty_query_is_shown_with_its_place(query: str, expected: str) -> None:
    assert is_select(query)
    with pytest.raises(MathError) as refused:
        parse_select(query)
    assert str(refused.value) == expected


@pytest.mark.parametrize("text", ["SELECTED", "SUM(SELECT)", "m1", "'SELECT'"])
def test_math_is_no_query(text: str) -> None:
    assert not is_select(text)


def test_conditions_may_be_as_many_as_fit() -> None:
    query = f"{BASE} WHERE " + " AND ".join(["a = 'b'"] * 150)
    assert len(parse_select(query).where) == 150


_PIECES = st.sampled_from(
    ["SELECT ", "SUM", "COUNT", "(", ")", "Send", '"', "'", "\\", " FROM ", "SCHEMA", ",", " WHERE ", "a", "=", "!=", "'b'",
     " AND ", " GROUP BY ", " ORDER BY ", " ASC", " LIMIT ", "5", "٣", "\x00", "é", " "]
)  # fmt: skip


@given(text=st.lists(_PIECES, max_size=40).map("".join))
@pytest.mark.hypothesis
def test_any_text_is_a_query_or_refused(text: str) -> None:
    with suppress(MathError):
        found = parse_select(f"SELECT SUM(Send) FROM Shop{text}")
        assert 1 <= found.limit <= 500
    with suppress(MathError):
        parse_select(text)
