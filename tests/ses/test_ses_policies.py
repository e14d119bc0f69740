"""Sending authorization policies: what is kept, what is refused, and what they decide."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from mailgauge.aws.policy_conditions import PolicyError
from mailgauge.aws.resource_policy import Request
from mailgauge.ses import policy_language
from tests.ses.control_client import Client

IDENTITY = "arn:aws:ses:us-east-1:111111111111:identity/shop.example"
USER = "arn:aws:iam::222222222222:user/joe"


def policy(**changes: Any) -> str:
    statement = {
        "Sid": "delegate",
        "Effect": "Allow",
        "Principal": {"AWS": "222222222222"},
        "Action": ["SES:SendEmail", "ses:SendRawEmail"],
        "Resource": IDENTITY,
        **changes,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def request(action: str = "ses:SendEmail", **keys: str) -> Request:
    found: Mapping[str, tuple[str, ...]] = {
        "ses:recipients": ("ann@there.example", "bob@there.example"),
        "ses:fromaddress": ("news@shop.example",),
        "ses:fromdisplayname": ("Shop News",),
        "ses:feedbackaddress": (),
        "aws:sourceip": ("192.0.2.7",),
        "aws:currenttime": ("1750000000.0",),
        "aws:securetransport": ("true",),
        **{name.replace("__", ":"): (value,) for name, value in keys.items()},
    }
    return Request("222222222222", USER, action, IDENTITY, found)


def allows(*policies: str, action: str = "ses:SendEmail") -> bool:
    return policy_language.allows(policies, request(action))


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": "222222222222"}, True),
        ({"AWS": ["111111111111", "arn:aws:iam::222222222222:root"]}, True),
        ({"AWS": USER}, True),
        ({"AWS": "arn:aws:iam::222222222222:user/ann"}, False),
        ({"AWS": "333333333333"}, False),
    ],
)
def test_a_principal_is_an_account_or_one_of_its_users(principal: Any, expected: bool) -> None:
    assert allows(policy(Principal=principal)) is expected


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("ses:SendEmail", IDENTITY, True),
        ("ses:*", IDENTITY, True),
        ("SES:send*", "*", True),
        ("*", "arn:aws:ses:us-east-1:111111111111:identity/*", True),
        ("ses:SendRawEmail", IDENTITY, False),
        ("ses:SendEmail", "arn:aws:ses:us-east-1:111111111111:identity/other.example", False),
    ],
)
def test_actions_and_resources_may_have_wildcards(action: str, resource: str, expected: bool) -> None:
    assert allows(policy(Action=action, Resource=resource)) is expected


def test_what_nothing_allows_is_not_allowed_and_deny_wins() -> None:
    assert not allows()
    assert allows(policy())
    assert not allows(policy(), policy(Effect="Deny"))
    assert not allows(policy(Effect="Deny"))
    assert allows(policy(), policy(Effect="Deny", Action="ses:SendRawEmail"))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"ses:FromAddress": "news@shop.example"}}, True),
        ({"StringEquals": {"ses:FromAddress": ["a@shop.example", "news@shop.example"]}}, True),
        ({"StringEquals": {"ses:FromAddress": "News@shop.example"}}, False),
        ({"StringEqualsIgnoreCase": {"SES:fromaddress": "News@shop.example"}}, True),
        ({"StringNotEquals": {"ses:FromAddress": "news@shop.example"}}, False),
        ({"StringLike": {"ses:FromDisplayName": "Shop*"}}, True),
        ({"StringLike": {"ses:FromDisplayName": "?hop News"}}, True),
        ({"StringNotLike": {"ses:FromDisplayName": "*News"}}, False),
        ({"StringLike": {"ses:Recipients": "ann@*"}}, True),
        ({"ForAllValues:StringLike": {"ses:Recipients": "ann@*"}}, False),
        ({"ForAllValues:StringLike": {"ses:Recipients": "*@there.example"}}, True),
        ({"ForAnyValue:StringEquals": {"ses:Recipients": "bob@there.example"}}, True),
        ({"ForAnyValue:StringNotLike": {"ses:Recipients": "ann@*"}}, True),
        ({"StringEquals": {"ses:FeedbackAddress": "b@shop.example"}}, False),
        ({"StringEqualsIfExists": {"ses:FeedbackAddress": "b@shop.example"}}, True),
        ({"Null": {"ses:FeedbackAddress": "true"}}, True),
        ({"Null": {"ses:FromAddress": True}}, False),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": ["192.0.2.7", "198.51.100.0/24"]}}, False),
        ({"IpAddress": {"ses:FromAddress": "192.0.2.0/24"}}, False),
        ({"NotIpAddress": {"ses:FromAddress": "192.0.2.0/24"}}, True),
        ({"NumericEquals": {"ses:FromAddress": "1"}}, False),
        ({"DateLessThan": {"ses:FromAddress": "2025-06-15T00:00:00Z"}}, False),
        ({"StringNotEquals": {"ses:FeedbackAddress": "b@shop.example"}}, True),
        ({"ForAnyValue:StringNotEquals": {"ses:FeedbackAddress": "b@shop.example"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2025-06-15T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2025-06-15T00:00Z"}}, False),
        (
            {
                "StringLike": {"ses:FromDisplayName": "Shop*"},
                "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
            },
            False,
        ),
    ],
)
def test_conditions(condition: Any, expected: bool) -> None:
    policy_language.check(policy(Condition=condition))
    assert allows(policy(Condition=condition)) is expected


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[" * 4000,
        "[]",
        "{}",
        '{"Statement": []}',
        '{"Statement": ["x"]}',
        '{"Version": "2020-01-01", "Statement": {}}',
        policy(Effect="Maybe"),
        policy(Principal=None),
        policy(Principal={"Service": "x.amazonaws.com"}),
        policy(Principal={"AWS": "joe"}),
        policy(Action="s3:GetObject"),
        policy(Action=[]),
        policy(Action={"x": 1}),
        policy(Resource="shop.example"),
        policy(NotAction="ses:SendEmail"),
        policy(Condition="x"),
        policy(Condition={"StringSomehow": {"ses:FromAddress": "x"}}),
        policy(Condition={"StringEquals": {}}),
        policy(Condition={"StringEquals": {"from address": "x"}}),
        policy(Condition={"IpAddress": {"aws:SourceIp": "here"}}),
        policy(Condition={"DateLessThan": {"aws:CurrentTime": "soon"}}),
        policy(Condition={"NumericEquals": {"ses:ApiVersion": "x"}}),
        policy(Sid="x" * 4096),
    ],
)
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        policy_language.check(text)


def test_many_stars_cost_no_time() -> None:
    slow = policy(Condition={"StringLike": {"ses:FromDisplayName": "*a" * 40 + "b"}})
    found = request(ses__fromdisplayname="a" * 200)
    assert not policy_language.allows([slow], found)


@pytest.fixture
async def shop(client: Client) -> Client:
    await client.v1("VerifyDomainIdentity", Domain="shop.example")
    return client


async def test_policies_of_v1_are_those_of_v2(shop: Client) -> None:
    put = {"Identity": "shop.example", "PolicyName": "a", "Policy": policy()}
    assert await shop.v1("PutIdentityPolicy", **put) == {}
    await shop.v2("CreateEmailIdentityPolicy", EmailIdentity="shop.example", PolicyName="b", Policy=policy())
    both = {"a": policy(), "b": policy()}
    assert await shop.v2("GetEmailIdentityPolicies", EmailIdentity="shop.example") == {"Policies": both}
    assert (await shop.v2("GetEmailIdentity", EmailIdentity="shop.example"))["Policies"] == both
    assert await shop.v1("ListIdentityPolicies", Identity="shop.example") == {"PolicyNames": ["a", "b"]}
    found = await shop.v1("GetIdentityPolicies", Identity="shop.example", PolicyNames=["b", "c"])
    assert found == {"Policies": {"b": policy()}}
    deny = policy(Effect="Deny")
    await shop.v2("UpdateEmailIdentityPolicy", EmailIdentity="shop.example", PolicyName="a", Policy=deny)
    await shop.v1("DeleteIdentityPolicy", Identity="shop.example", PolicyName="b")
    await shop.v1("DeleteIdentityPolicy", Identity="shop.example", PolicyName="b")
    assert (await shop.v2("GetEmailIdentityPolicies", EmailIdentity="shop.example"))["Policies"] == {
        "a": deny
    }
    await shop.v2("DeleteEmailIdentityPolicy", EmailIdentity="shop.example", PolicyName="a")
    assert (await shop.v1("ListIdentityPolicies", Identity="shop.example"))["PolicyNames"] == []


async def test_each_api_has_its_own_errors(shop: Client) -> None:
    named = {"EmailIdentity": "shop.example", "PolicyName": "a"}
    error = await shop.refusal_v1("PutIdentityPolicy", Identity="shop.example", PolicyName="a", Policy="{}")
    assert error.code == "InvalidPolicyException"
    refused = await shop.refusal_v2("CreateEmailIdentityPolicy", **named, Policy="{}")
    assert refused.code == "BadRequestException"
    refused = await shop.refusal_v2("UpdateEmailIdentityPolicy", **named, Policy=policy())
    assert refused.code == "NotFoundException"
    await shop.v2("CreateEmailIdentityPolicy", **named, Policy=policy())
    refused = await shop.refusal_v2("CreateEmailIdentityPolicy", **named, Policy=policy())
    assert refused.code == "AlreadyExistsException"
    refused = await shop.refusal_v2("GetEmailIdentityPolicies", EmailIdentity="unknown.example")
    assert refused.code == "NotFoundException"
    error = await shop.refusal_v1("ListIdentityPolicies", Identity="unknown.example")
    assert error.code == "InvalidParameterValue"


async def test_an_identity_has_twenty_policies_at_most(shop: Client) -> None:
    for number in range(20):
        await shop.v1("PutIdentityPolicy", Identity="shop.example", PolicyName=f"p{number}", Policy=policy())
    one = {"EmailIdentity": "shop.example", "PolicyName": "more", "Policy": policy()}
    assert (await shop.refusal_v2("CreateEmailIdentityPolicy", **one)).code == "LimitExceededException"
