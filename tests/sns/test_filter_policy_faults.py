"""What is refused as a filter policy, in the words recorded from SNS."""

import json
from typing import Any

import pytest

from mailgauge.sns.filtering.faults import FilterPolicyError
from mailgauge.sns.filtering.policy import compiled, is_empty


def fault(policy: Any, *, on_body: bool = False) -> str:
    with pytest.raises(FilterPolicyError) as refused:
        compiled(policy if isinstance(policy, str) else json.dumps(policy), on_body=on_body)
    return str(refused.value)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (["value"], "Match value must be String, number, true, false, or null"),
        ({"wrong-operator": True}, "Unrecognized match type wrong-operator"),
        ({"suffix": "value", "prefix": "value2"}, "Only one key allowed in match expression"),
        ({}, "Only one key allowed in match expression"),
        ({"suffix": 100}, "suffix match pattern must be a string"),
        ({"suffix": None}, "suffix match pattern must be a string"),
        ({"suffix": []}, "suffix match pattern must be a string"),
        ({"prefix": ["test", "test2"]}, "prefix match pattern must be a string"),
        ({"exists": None}, "exists match pattern must be either true or false."),
        ({"exists": "no"}, "exists match pattern must be either true or false."),
        ({"anything-but": {"wrong-operator": None}}, "Unsupported anything-but pattern: wrong-operator"),
        ({"anything-but": {"exists": False}}, "Unsupported anything-but pattern: exists"),
        ({"anything-but": {"prefix": False}}, "prefix match pattern must be a string"),
        ({"cidr": "10.0.0.0"}, "Malformed CIDR, one '/' required"),
        ({"numeric": []}, "Invalid member in numeric match: ]"),
        ({"numeric": ["operator"]}, "Unrecognized numeric range operator: operator"),
        ({"numeric": [1, "<="]}, "Invalid member in numeric match: 1"),
        ({"numeric": ["=", "000"]}, "Value of equals must be numeric"),
        ({"numeric": [">="]}, "Value of >= must be numeric"),
        ({"numeric": ["<", 100, ">", 10]}, "Too many elements in numeric expression"),
        ({"numeric": [">=", 1, ">", 2]}, "Bad numeric range operator: >"),
        ({"numeric": [">", 3, "<", 1]}, "Bottom must be less than top"),
        ({"numeric": [">", 20, "<="]}, "Value of <= must be numeric"),
        ({"numeric": [">", 20, 30]}, "Bad value in numeric range: 30"),
        ({"numeric": [">", 20, "test"]}, "Bad numeric range operator: test"),
        ({"numeric": [">", "20", "<", "30"]}, "Value of > must be numeric"),
        ({"numeric": [">", 20, "<", "30"]}, "Value of < must be numeric"),
        ({"numeric": [">", 20, "<", 30, "<", 50]}, "Too many terms in numeric range expression"),
    ],
)
def test_rules(rule: Any, text: str) -> None:
    assert fault({"key": [rule]}) == f"FilterPolicy: {text}"


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ("{invalid", "failed to parse JSON."),
        ("[" * 100_000, "failed to parse JSON."),
        ({"key": "value"}, '"key" must be an object or an array'),
        ({"key": {"suffix": "value"}}, '"suffix" must be an object or an array'),
        ({"key": []}, "Empty arrays are not allowed"),
        ({f"key{n}": ["value"] for n in range(6)}, "Filter policy can not have more than 5 keys"),
        ({"key": [f"value{n}" for n in range(151)]}, "Filter policy is too complex"),
        ({"one": list(range(100)), "two": list(range(51))}, "Filter policy is too complex"),
        ({"key": ["x" * 300_000]}, "Filter policy is too large"),
    ],
)
def test_policies(policy: Any, text: str) -> None:
    assert fault(policy) == f"FilterPolicy: {text}"


def test_nesting_is_for_the_body() -> None:
    nested = {"object": {"key": ["x"]}}
    compiled(json.dumps(nested), on_body=True)
    assert fault(nested) == "Filter policy scope MessageAttributes does not support nested filter policy"


def test_alternatives_add_up_to_the_limit() -> None:
    policy = {
        "source": ["a", "b", "c", "d"],
        "$or": [
            {"name": ["a", "b", "c", "d", "e", "f"]},
            {"kind": ["a", "b", "c", "d"], "$or": [{"id": [1, 2, 3, 4]}, {"space": [1, 2, 3, 4]}]},
        ],
    }
    assert fault(policy) == "FilterPolicy: Filter policy is too complex"  # 24 + 64 + 64
    policy["source"] = ["a", "b", "c"]
    compiled(json.dumps(policy), on_body=False)


def test_values_count_as_often_as_they_lie_deep() -> None:
    values = list(range(50))
    compiled(json.dumps({"a": {"b": {"c": values}}}), on_body=True)
    assert (
        fault({"a": {"b": {"c": {"d": values}}}}, on_body=True)
        == "FilterPolicy: Filter policy is too complex"
    )


@pytest.mark.parametrize("text", ["", "{}", " { } "])
def test_an_empty_policy_takes_one_away(text: str) -> None:
    assert is_empty(text)
