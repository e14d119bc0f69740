"""SEARCH: the examples of CloudWatch's user guide for schemas, tokens, exact terms and boolean operators."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.math.faults import MathError
from mailgauge.cloudwatch.search.query import parse_search
from mailgauge.tsdb.names import Term, index_tokens
from mailgauge.tsdb.series import Series

SCOPE = Scope("000000000000", "us-east-1")


def matches(text: str, name: str = "Errors", namespace: str = "Shop", **dimensions: str) -> bool:
    return parse_search(text).matches(Series.of(SCOPE, namespace, name, dimensions))


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("CustomCount1", {"customcount1", "custom", "count", "1"}),
        ("SDBFailure", {"sdbfailure", "sdb", "failure"}),
        ("Project2-trial333", {"project2trial333", "project", "2", "trial", "333"}),
        ("couNT", {"count", "cou", "nt"}),
    ],
)
def test_names_are_cut_where_case_and_kind_change(name: str, tokens: set[str]) -> None:
    assert index_tokens(name) == tokens


@pytest.mark.parametrize(
    ("term", "name", "expected"),
    [
        ("count", "CustomCount1", True),
        ("Count", "CustomCount1", True),
        ("COUNT", "CustomCount1", True),
        ("couNT", "CustomCount1", False),
        ("customcount1", "CustomCount1", True),
        ("customcount", "CustomCount1", False),
        ("CustomCount", "CustomCount1", True),
        ("Count1", "CustomCount1", True),
        ("count1", "CustomCount1", False),
        ("network/errors", "Network-Errors-2", True),
        ("network+errors", "NetworkErrors2", True),
        ("network-errors", "Network-Errors-2", True),
        ("Network_Errors", "NetworkErrors2", True),
        ("errors-network", "Network-Errors-2", False),
        ("-", "Network-Errors-2", False),
    ],
)
def test_a_term_matches_tokens_that_stand_in_a_row(term: str, name: str, *, expected: bool) -> None:
    assert Term(term).matches(name) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{Shop,campaign}", True),
        ("{Shop, campaign} Errors", True),
        ("{Shop,campaign}, Errors", True),
        ("{Shop}", False),
        ("{Shop,campaign,genre}", False),
        ("{Other,campaign}", False),
        ('{Shop,"campaign"} MetricName="Errors"', True),
        ('MetricName="errors"', False),
        ("MetricName=errors", True),
        ("campaign=spring", True),
        ('campaign="spring"', False),
        ('campaign="spring-2026"', True),
        ("campaign=(summer OR spring)", True),
        ("campaign=(summer OR autumn)", False),
        ("genre=spring", False),
        ("spring", True),
        ("Shop", True),
        ("campaign", True),
        ("spring summer", False),
        ("spring AND Errors", True),
        ("spring OR summer", True),
        ("NOT summer", True),
        ("NOT Namespace=AWS", True),
        ("NOT (summer OR spring)", False),
        ("NOT summer AND NOT NOT spring", True),
        ("summer OR autumn AND spring", False),
        (":aws.AccountId=000000000000", True),
        (':aws.AccountId="111111111111"', False),
    ],
)
def test_a_search_matches_by_schema_properties_and_operators(text: str, *, expected: bool) -> None:
    assert matches(text, campaign="spring-2026") is expected


def test_an_exact_term_may_hold_escaped_quotes_and_brackets() -> None:
    assert matches(r'campaign="a \"b\" \(c\)"', campaign='a "b" (c)')


@pytest.mark.parametrize(
    "text",
    ["", "{", "{Shop", "{Shop}}", "(a", "a)", "a OR", "AND a", "a=", 'a="b', "NOT", "a=b=c", "(" * 40 + "a" + ")" * 40, "a" * 1025],
)  # fmt: skip
def test_what_is_no_search_is_refused(text: str) -> None:
    with pytest.raises(MathError):
        parse_search(text)


_PIECES = st.sampled_from(
    ["{", "}", ",", "Shop", "campaign", "=", "(", ")", "AND", "OR", "NOT", '"', "\\", "'", " ", "spring", '"Send"',
     ":aws.AccountId", "-", "٣", "\x00", "é"]
)  # fmt: skip


@given(text=st.lists(_PIECES, max_size=40).map("".join))
@pytest.mark.hypothesis
def test_any_text_is_a_search_or_refused(text: str) -> None:
    with suppress(MathError):
        query = parse_search(text)
        assert query.matches(Series.of(SCOPE, "Shop", "Send", {"campaign": "spring"})) in {True, False}
        assert query.terms <= len(text)
