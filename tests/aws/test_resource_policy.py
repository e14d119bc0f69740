"""What policies of resources decide, whatever is written in them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.aws.resource_policy import Request, allows

QUEUE = "arn:aws:sqs:us-east-1:111111111111:orders"
REQUEST = Request(
    "222222222222",
    "arn:aws:iam::222222222222:user/joe",
    "sqs:SendMessage",
    QUEUE,
    {"aws:sourceip": ("192.0.2.7",)},
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "Statement",
                    "Effect",
                    "Principal",
                    "AWS",
                    "Service",
                    "Action",
                    "Resource",
                    "Condition",
                    "Bool",
                )
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


def policy(*statements: dict[str, Any]) -> str:
    whole = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    return json.dumps({"Statement": [{**whole, **each} for each in statements]})


@pytest.mark.parametrize(
    ("changes", "lets_in"),
    [
        ({}, True),
        ({"Principal": {"AWS": "222222222222"}}, True),
        ({"Principal": {"AWS": ["arn:aws:iam::222222222222:root"]}}, True),
        ({"Principal": {"AWS": REQUEST.arn}}, True),
        ({"Principal": {"AWS": "arn:aws:iam::222222222222:user/jane"}}, False),
        ({"Principal": {"Service": "sns.amazonaws.com"}}, False),
        ({"Action": ["sqs:ReceiveMessage", "SQS:Send*"]}, True),
        ({"Action": "sqs:ReceiveMessage"}, False),
        ({"Resource": f"{QUEUE[:-3]}*"}, True),
        ({"Resource": f"{QUEUE}x"}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}, True),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}}, False),
        ({"Condition": {"StringEquals": {"aws:SourceArn": "x"}}}, False),
        ({"Condition": {"NoSuchTest": {"aws:SourceIp": "x"}}}, False),
        ({"NotAction": "sqs:DeleteMessage"}, True),
        ({"NotAction": "sqs:SendMessage"}, False),
        ({"NotPrincipal": {"AWS": "222222222222"}}, False),
        ({"Effect": "allow"}, False),
    ],
)
def test_a_statement_lets_in_whom_it_names(changes: dict[str, Any], lets_in: bool) -> None:
    assert allows(policy(changes), REQUEST) is lets_in


def test_a_denial_wins() -> None:
    assert not allows(policy({}, {"Effect": "Deny", "Action": "sqs:SendMessage"}), REQUEST)
    assert allows(policy({}, {"Effect": "Deny", "Action": "sqs:DeleteMessage"}), REQUEST)


def test_a_service_is_let_in_by_its_name() -> None:
    asked = Request("222222222222", "", "sqs:SendMessage", QUEUE, service="sns.amazonaws.com")
    assert allows(policy({"Principal": {"Service": ["ses.amazonaws.com", "sns.amazonaws.com"]}}), asked)
    assert not allows(policy({"Principal": {"AWS": "222222222222"}}), asked)


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", "{}", '{"Statement": 1}', '{"Statement": [1]}', "[" * 99_999]
)
def test_what_is_no_policy_lets_nobody_in(text: str | None) -> None:
    assert not allows(text, REQUEST)


@given(JSON)
def test_nothing_that_can_be_written_in_it_breaks_anything(document: object) -> None:
    assert allows(json.dumps(document), REQUEST) in {True, False}
    assert allows(json.dumps({"Statement": document}), REQUEST) in {True, False}
