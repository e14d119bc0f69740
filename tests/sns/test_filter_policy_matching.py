"""Which messages a filter policy takes; the cases are those of the SNS developer guide, and some recorded from SNS."""

import fnmatch
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.sns.filtering.faults import FilterPolicyError
from mailgauge.sns.filtering.matching import MOST_LOOKED_AT, Candidate
from mailgauge.sns.filtering.policy import MOST_COMBINATIONS, _combinations, compiled
from mailgauge.sns.message import Attribute, Message


def text(name: str, value: str) -> Attribute:
    return Attribute(name, "String", value)


def number(name: str, value: str) -> Attribute:
    return Attribute(name, "Number", value)


def array(name: str, *values: Any) -> Attribute:
    return Attribute(name, "String.Array", json.dumps(values))


def takes(policy: Any, *attributes: Attribute) -> bool:
    return Candidate(Message("x", attributes=attributes)).matches(
        compiled(json.dumps(policy), on_body=False), "sqs"
    )


def takes_body(policy: Any, body: Any) -> bool:
    return Candidate(Message(json.dumps(body))).matches(compiled(json.dumps(policy), on_body=True), "sqs")


PRICE = {"price": [{"numeric": [">", 0, "<=", 150]}]}


@pytest.mark.parametrize(
    ("policy", "attributes", "wanted"),
    [
        ({"sport": ["rugby", "tennis"]}, [text("sport", "tennis")], True),
        ({"sport": ["rugby"]}, [text("sport", "Rugby")], False),
        ({"sport": ["rugby"]}, [], False),
        ({"sport": ["rugby"]}, [array("sport", "football", "rugby")], True),
        ({"sport": ["rugby"]}, [array("sport", "football")], False),
        ({"sport": ["rugby"], "place": ["here"]}, [text("sport", "rugby")], False),
        ({"sport": ["rugby"], "place": ["here"]}, [text("sport", "rugby"), text("place", "here")], True),
        ({"sport": [{"anything-but": ["rugby", "tennis"]}]}, [text("sport", "football")], True),
        ({"sport": [{"anything-but": ["rugby", "tennis"]}]}, [text("sport", "rugby")], False),
        ({"sport": [{"anything-but": "rugby"}]}, [text("sport", "rugby")], False),
        ({"sport": [{"anything-but": ["rugby"]}]}, [array("sport", "rugby", "football")], True),
        ({"sport": [{"anything-but": ["rugby"]}]}, [array("sport", "rugby")], False),
        ({"sport": [{"anything-but": ["rugby"]}]}, [], False),
        ({"price": [{"anything-but": [100, 500]}]}, [number("price", "101")], True),
        ({"price": [{"anything-but": [100, 500]}]}, [number("price", "100.0")], False),
        ({"event": [{"anything-but": {"prefix": "order-"}}]}, [text("event", "data-entry")], True),
        ({"event": [{"anything-but": {"prefix": "order-"}}]}, [text("event", "order-1")], False),
        ({"event": [{"anything-but": {"suffix": ["ball", "key"]}}]}, [text("event", "hockey")], False),
        ({"event": [{"anything-but": {"wildcard": "*ball*"}}]}, [text("event", "football")], False),
        ({"sport": [{"prefix": "bas"}]}, [text("sport", "baseball")], True),
        ({"sport": [{"prefix": "bas"}]}, [text("sport", "rugby")], False),
        ({"sport": [{"suffix": "ball"}]}, [text("sport", "baseball")], True),
        ({"sport": [{"equals-ignore-case": "TENNIS"}]}, [text("sport", "tennis")], True),
        ({"sport": [{"wildcard": "*ball"}]}, [text("sport", "baseball")], True),
        ({"sport": [{"wildcard": "b*b*l"}]}, [text("sport", "baseball")], True),
        ({"sport": [{"wildcard": "a*a"}]}, [text("sport", "a")], False),
        ({"sport": [{"wildcard": "ba\\*"}]}, [text("sport", "ba*")], True),
        ({"source": [{"cidr": "10.0.0.0/24"}]}, [text("source", "10.0.0.255")], True),
        ({"source": [{"cidr": "10.0.0.0/24"}]}, [text("source", "10.1.1.0")], False),
        ({"source": [{"cidr": "10.0.0.0/24"}]}, [text("source", "not an address")], False),
        ({"source": [{"cidr": "2001:db8::/32"}]}, [text("source", "2001:db8::1")], True),
        ({"price": [301.5]}, [number("price", "301.50")], True),
        ({"price": [{"numeric": ["=", 301.5]}]}, [number("price", "3.015e2")], True),
        ({"price": [2.123456789]}, [number("price", "2.1234561")], True),
        ({"price": [2.123456789]}, [number("price", "2.123455")], False),
        ({"price": [2.5]}, [number("price", "1e999")], False),
        (PRICE, [number("price", "150")], True),
        (PRICE, [number("price", "0")], False),
        (PRICE, [text("price", "100")], False),
        (PRICE, [array("price", 200, 100)], True),
        ({"price": [{"numeric": ["<", 0]}]}, [number("price", "-3")], True),
        ({"price": ["100"]}, [number("price", "100")], False),
        ({"store": [{"exists": True}]}, [text("store", "x")], True),
        ({"store": [{"exists": True}]}, [], False),
        ({"store": [{"exists": False}]}, [], True),
        ({"store": [{"exists": False}]}, [text("store", "x")], False),
        ({"flag": [True]}, [array("flag", True)], True),
        ({"flag": [1]}, [array("flag", True)], False),
        ({"flag": [None]}, [array("flag", None)], True),
        ({"flag": [None, {"anything-but": "whatever"}]}, [], True),
        ({"flag": ["AAAA"]}, [Attribute("flag", "Binary", "AAAA")], False),
        ({"a.b": ["x"]}, [text("a.b", "x")], True),
        ({"$or": [{"one": ["x"]}, {"two": ["y"]}]}, [text("two", "y")], True),
        ({"$or": [{"one": ["x"]}, {"two": ["y"]}]}, [text("two", "x")], False),
        ({"one": ["x"], "$or": [{"two": ["y"]}, {"one": ["z"]}]}, [text("one", "x"), text("two", "y")], True),
        ({"one": ["x"], "$or": [{"two": ["y"]}, {"one": ["z"]}]}, [text("one", "z")], False),
    ],
)  # fmt: skip
def test_policies_on_attributes(policy: Any, attributes: list[Attribute], wanted: bool) -> None:
    assert takes(policy, *attributes) is wanted


S3 = {"Records": {"s3": {"object": {"key": [{"prefix": "auto-"}]}}, "eventName": [{"prefix": "Created:"}]}}
CREATED = {"eventName": "Created:Put", "s3": {"object": {"key": "auto-1"}}}
REMOVED = {"eventName": "Removed:Delete", "s3": {"object": {"key": "auto-2"}}}
OTHER = {"eventName": "Created:Put", "s3": {"object": {"key": "home-3"}}}
NESTED = {
    "object": {"key": [{"prefix": "auto-"}, "fixed"], "sub": [{"exists": False}]},
    "test": [{"exists": False}],
}
OR = {
    "$or": [{"metric": ["cpu", "latency"]}, {"namespace": ["ec2"]}],
    "detail": {"scope": ["Service"], "$or": [{"source": ["aws"]}, {"type": ["alarm"]}]},
}


@pytest.mark.parametrize(
    ("policy", "body", "wanted"),
    [
        (NESTED, {"object": {"key": "auto-test"}}, True),
        (NESTED, {"object": {"key": "fixed"}}, True),
        (NESTED, {"object": {"key": "auto-test"}, "test": "there"}, False),
        (NESTED, {"object": {"key": "auto-test", "sub": "there"}}, False),
        (NESTED, {"test": "auto-test"}, False),
        (NESTED, "a text", False),
        (NESTED, ["auto-test"], False),
        ({"object.nested": ["x"]}, {"object": {"nested": "x"}}, True),
        ({"object.nested": ["x"]}, {"object.nested": "x"}, True),
        ({"object.nested.test": ["x"]}, {"object.nested": {"test": "x"}}, True),
        ({"object.nested.test": ["x"]}, {"object": {"nested.test": "x"}}, True),
        ({"object.nested.test": ["x"]}, {"object": {"nested": {"test": "y"}}}, False),
        ({"a": {"b": ["x"]}}, {"a.b": "y", "a": {"b": "x"}}, True),
        ({"headers": {"to": ["one"]}}, {"headers": {"to": ["two", "one"]}}, True),
        ({"headers": {"to": ["one"]}}, {"headers": {"to": ["two"]}}, False),
        (S3, {"Records": [REMOVED, CREATED]}, True),
        (S3, {"Records": [REMOVED, OTHER]}, False),
        (S3, {"Records": [{**CREATED, "s3": {"object": [[{"key": "auto-1"}]]}}]}, True),
        (S3, {"Records": []}, False),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {}, False),
        ({"a": [{"exists": True}]}, {"a": {"b": 1}}, False),
        ({"a": [{"exists": False}]}, {"a": {"b": 1}}, True),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"a": [True]}, {"a": 1}, False),
        ({"a": [1]}, {"a": 1.0}, True),
        (OR, {"metric": "cpu", "detail": {"scope": "Service", "source": "aws"}}, True),
        (OR, {"namespace": "ec2", "detail": {"scope": "Service", "type": "alarm"}}, True),
        (OR, {"metric": "cpu", "detail": {"scope": "Service"}}, False),
        (OR, {"metric": "cpu", "detail": {"type": "alarm"}}, False),
        (OR, {"metric": "other", "detail": {"scope": "Service", "source": "aws"}}, False),
    ],
)  # fmt: skip
def test_policies_on_bodies(policy: Any, body: Any, wanted: bool) -> None:
    assert takes_body(policy, body) is wanted


def test_a_policy_on_the_body_sees_the_text_of_its_protocol() -> None:
    message = Message('{"a": 1}', by_protocol={"default": '{"a": 1}', "sqs": '{"a": 2}'})
    policy = compiled('{"a": [2]}', on_body=True)
    assert Candidate(message).matches(policy, "sqs")
    assert not Candidate(message).matches(policy, "http")


def test_a_body_that_is_nested_too_deeply_matches_nothing() -> None:
    deep = "[" * 100_000
    assert not Candidate(Message(deep)).matches(compiled('{"a": [1]}', on_body=True), "sqs")
    deep = '{"a": ' * 500 + "1" + "}" * 500
    assert not Candidate(Message(deep)).matches(compiled('{"a": [1]}', on_body=True), "sqs")


def test_looking_at_a_message_ends_and_takes_what_was_not_looked_at() -> None:
    candidate = Candidate(Message(json.dumps({"a": [{"b": 1}] * 50_000})))
    assert candidate.matches(compiled('{"a": {"b": [2]}}', on_body=True), "sqs")
    assert candidate.looked_at <= MOST_LOOKED_AT + 1
    candidate = Candidate(Message(json.dumps({"a": [{"b": 1}] * 100})))
    assert not candidate.matches(compiled('{"a": {"b": [2]}}', on_body=True), "sqs")


@given(st.text("ab*", max_size=6), st.text("ab", max_size=10))
def test_wildcards_match_as_patterns_of_file_names_do(pattern: str, value: str) -> None:
    if "**" in pattern:
        with pytest.raises(FilterPolicyError):
            takes({"a": [{"wildcard": pattern}]}, text("a", value))
    else:
        assert takes({"a": [{"wildcard": pattern}]}, text("a", value)) is fnmatch.fnmatchcase(value, pattern)


@given(st.integers(-50, 50), st.integers(1, 50), st.integers(-60, 60))
def test_numeric_ranges(low: int, width: int, value: int) -> None:
    policy = {"a": [{"numeric": [">=", low, "<", low + width]}]}
    assert takes(policy, number("a", str(value))) is (low <= value < low + width)


RULES = st.sampled_from(
    ["x", "y", 1, None, True, {"prefix": "x"}, {"exists": True}, {"exists": False}, {"anything-but": ["x"]}]
)
TREES: st.SearchStrategy[Any] = st.recursive(
    st.lists(RULES, min_size=1, max_size=2),
    lambda below: st.dictionaries(st.sampled_from("abc"), below, min_size=1, max_size=2),
    max_leaves=4,
)
POLICIES = st.dictionaries(st.sampled_from("abc"), TREES, min_size=1, max_size=3)
BODIES = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        st.sampled_from(["x", "y", 1, None, True]),
        lambda below: (
            st.lists(below, max_size=2) | st.dictionaries(st.sampled_from("abc"), below, max_size=2)
        ),
        max_leaves=5,
    ),
)


def simple(policy: Any) -> bool:
    """Within the limits, with room for another."""
    return _combinations(policy, 2) <= MOST_COMBINATIONS // 2


@given(POLICIES.filter(simple), POLICIES.filter(simple), BODIES)
def test_either_of_two_policies_is_what_or_says(one: Any, other: Any, body: Any) -> None:
    assert takes_body({"$or": [one, other]}, body) is (takes_body(one, body) or takes_body(other, body))


@given(POLICIES.filter(simple), BODIES)
def test_a_body_matches_by_itself_as_it_does_in_a_list_of_one(policy: Any, body: Any) -> None:
    assert takes_body({"in": policy}, {"in": [body]}) is takes_body({"in": policy}, {"in": body})


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["$or", "a.b", "prefix", "numeric", "anything-but", "exists", "cidr", "wildcard"])
            | st.text(max_size=3),
            below,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON, st.booleans())
def test_whatever_is_no_policy_is_refused_and_nothing_else_happens(
    given: Any, body: Any, on_body: bool
) -> None:
    try:
        policy = compiled(json.dumps(given), on_body=on_body)
    except FilterPolicyError:
        return
    Candidate(Message(json.dumps(body), attributes=(text("a", "b"),))).matches(policy, "sqs")


@pytest.mark.parametrize("opening", ["[", '{"a":'], ids=["lists", "objects"])
@pytest.mark.parametrize("depth", [100, 400, 700, 950, 5_000])
def test_a_message_that_nests_deep_fails_nobody(opening: str, depth: int) -> None:
    nested = f"{opening * depth}1{(']' if opening == '[' else '}') * depth}"
    array_of_them = Attribute("a", "String.Array", nested)
    asked = compiled('{"a": ["x"]}', on_body=False)

    assert Candidate(Message("x", attributes=(array_of_them,))).matches(asked, "sqs") in {True, False}
    asked = compiled('{"a": ["x"]}', on_body=True)
    assert Candidate(Message(f'{{"a": {nested}}}')).matches(asked, "sqs") in {True, False}
