"""Accounts and Regions share nothing: held for every operation there is, in both directions.

An operation that is added fails here until one of the tables below says how it reads or writes.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.base.scope import Scope
from tests.server.room import HERE, SENDER, Room

OTHER_ACCOUNT = Scope("999988887777", HERE.region)
OTHER_REGION = Scope(HERE.account, "eu-central-1")

Call = tuple[str, str, dict[str, Any]]

DOMAIN, SECOND, SET, PAUSED = "owned.example", "second@example.com", "owned", "paused"
ARN = f"arn:aws:ses:{HERE.region}:{HERE.account}:configuration-set/{SET}"
ALARM = "owned-alarm"
ALARM_ARN = f"arn:aws:cloudwatch:{HERE.region}:{HERE.account}:alarm:{ALARM}"
ORDERS = {"Namespace": "Shop", "MetricName": "Orders"}
SENT = {"Namespace": "AWS/SES", "MetricName": "Send", "Dimensions": [{"Name": "campaign", "Value": "x"}]}
TEXT = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}
TO = {"ToAddresses": ["kept@example.net"]}


def v1_destination(enabled: bool) -> dict[str, Any]:
    dimension = {
        "DimensionName": "campaign",
        "DimensionValueSource": "messageTag",
        "DefaultDimensionValue": "none",
    }
    return {
        "Name": "first",
        "Enabled": enabled,
        "MatchingEventTypes": ["send", "delivery"],
        "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
    }


def v2_destination(enabled: bool) -> dict[str, Any]:
    topic = f"arn:aws:sns:{HERE.region}:{HERE.account}:topic"
    return {"Enabled": enabled, "MatchingEventTypes": ["SEND"], "SnsDestination": {"TopicArn": topic}}


#: What the owner does first. A stranger who does the same changes nothing of the owner's.
MAKE: list[Call] = [
    ("ses", "VerifyEmailIdentity", {"EmailAddress": SENDER}),
    ("ses", "VerifyEmailAddress", {"EmailAddress": SECOND}),
    ("ses", "VerifyDomainIdentity", {"Domain": DOMAIN}),
    ("ses", "VerifyDomainDkim", {"Domain": DOMAIN}),
    ("sesv2", "CreateEmailIdentity", {"EmailIdentity": "third@example.com"}),
    ("ses", "CreateConfigurationSet", {"ConfigurationSet": {"Name": SET}}),
    ("sesv2", "CreateConfigurationSet", {"ConfigurationSetName": PAUSED}),
    ("sesv2", "TagResource", {"ResourceArn": ARN, "Tags": [{"Key": "team", "Value": "owner"}]}),
    (
        "ses",
        "CreateConfigurationSetEventDestination",
        {"ConfigurationSetName": SET, "EventDestination": v1_destination(True)},
    ),
    (
        "sesv2",
        "CreateConfigurationSetEventDestination",
        {
            "ConfigurationSetName": SET,
            "EventDestinationName": "second",
            "EventDestination": v2_destination(True),
        },
    ),
    (
        "sesv2",
        "PutEmailIdentityConfigurationSetAttributes",
        {"EmailIdentity": DOMAIN, "ConfigurationSetName": SET},
    ),
    (
        "ses",
        "SendEmail",
        {
            "Source": SENDER,
            "Destination": TO,
            "Message": TEXT,
            "ConfigurationSetName": SET,
            "Tags": [{"Name": "campaign", "Value": "x"}],
        },
    ),
    ("ses", "SendRawEmail", {"RawMessage": {"Data": f"From: {SENDER}\r\nTo: a@b.example\r\n\r\nx".encode()}}),
    (
        "sesv2",
        "SendEmail",
        {"FromEmailAddress": f"x@{DOMAIN}", "Destination": TO, "Content": {"Simple": TEXT}},
    ),
    (
        "cloudwatch",
        "PutMetricData",
        {"Namespace": "Shop", "MetricData": [{"MetricName": "Orders", "Value": 1}]},
    ),
    (
        "cloudwatch",
        "PutMetricAlarm",
        {
            "AlarmName": ALARM,
            **ORDERS,
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanThreshold",
        },
    ),
    (
        "cloudwatch",
        "TagResource",
        {"ResourceARN": ALARM_ARN, "Tags": [{"Key": "team", "Value": "owner"}]},
    ),
    ("ses", "UpdateAccountSendingEnabled", {"Enabled": False}),
]

#: What alters or removes things; each must alter what the owner sees, when it is the owner who does it.
CHANGE: list[Call] = [
    ("sesv2", "PutAccountSendingAttributes", {"SendingEnabled": True}),
    ("cloudwatch", "SetAlarmState", {"AlarmName": ALARM, "StateValue": "ALARM", "StateReason": "by hand"}),
    ("cloudwatch", "DisableAlarmActions", {"AlarmNames": [ALARM]}),
    ("cloudwatch", "EnableAlarmActions", {"AlarmNames": [ALARM]}),
    ("cloudwatch", "TagResource", {"ResourceARN": ALARM_ARN, "Tags": [{"Key": "more", "Value": "x"}]}),
    ("cloudwatch", "UntagResource", {"ResourceARN": ALARM_ARN, "TagKeys": ["team"]}),
    ("cloudwatch", "DeleteAlarms", {"AlarmNames": [ALARM]}),
    ("sesv2", "TagResource", {"ResourceArn": ARN, "Tags": [{"Key": "more", "Value": "x"}]}),
    ("sesv2", "UntagResource", {"ResourceArn": ARN, "TagKeys": ["team"]}),
    ("ses", "UpdateConfigurationSetSendingEnabled", {"ConfigurationSetName": PAUSED, "Enabled": False}),
    (
        "sesv2",
        "PutConfigurationSetSendingOptions",
        {"ConfigurationSetName": PAUSED, "SendingEnabled": True},
    ),
    (
        "ses",
        "PutConfigurationSetDeliveryOptions",
        {"ConfigurationSetName": PAUSED, "DeliveryOptions": {"TlsPolicy": "Optional"}},
    ),
    (
        "sesv2",
        "PutConfigurationSetDeliveryOptions",
        {"ConfigurationSetName": PAUSED, "MaxDeliverySeconds": 600},
    ),
    (
        "ses",
        "UpdateConfigurationSetEventDestination",
        {"ConfigurationSetName": SET, "EventDestination": v1_destination(False)},
    ),
    (
        "sesv2",
        "UpdateConfigurationSetEventDestination",
        {
            "ConfigurationSetName": SET,
            "EventDestinationName": "second",
            "EventDestination": v2_destination(False),
        },
    ),
    (
        "ses",
        "DeleteConfigurationSetEventDestination",
        {"ConfigurationSetName": SET, "EventDestinationName": "first"},
    ),
    (
        "sesv2",
        "DeleteConfigurationSetEventDestination",
        {"ConfigurationSetName": SET, "EventDestinationName": "second"},
    ),
    ("sesv2", "DeleteConfigurationSet", {"ConfigurationSetName": PAUSED}),
    ("ses", "DeleteConfigurationSet", {"ConfigurationSetName": SET}),
    ("ses", "DeleteVerifiedEmailAddress", {"EmailAddress": SECOND}),
    ("sesv2", "DeleteEmailIdentity", {"EmailIdentity": SENDER}),
    ("ses", "DeleteIdentity", {"Identity": DOMAIN}),
]

#: Takes only what is in force anyway.
UNSEEN = {"PutConfigurationSetDeliveryOptions"}
NAMES = [SENDER, SECOND, DOMAIN]


def span(room: Room) -> dict[str, Any]:
    now = datetime.fromtimestamp(room.clock.now(), UTC)
    return {"StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(hours=1)}


def reads(room: Room) -> list[Call]:
    """Every way to look; each must show the owner what was made, and a stranger what was there before."""
    between = span(room)
    metric = {"Metric": ORDERS, "Period": 60, "Stat": "Sum"}
    return [
        ("ses", "ListIdentities", {}),
        ("ses", "ListVerifiedEmailAddresses", {}),
        ("ses", "GetIdentityVerificationAttributes", {"Identities": NAMES}),
        ("ses", "GetIdentityDkimAttributes", {"Identities": NAMES}),
        (
            "ses",
            "DescribeConfigurationSet",
            {
                "ConfigurationSetName": SET,
                "ConfigurationSetAttributeNames": [
                    "eventDestinations",
                    "deliveryOptions",
                    "reputationOptions",
                ],
            },
        ),
        (
            "ses",
            "DescribeConfigurationSet",
            {
                "ConfigurationSetName": PAUSED,
                "ConfigurationSetAttributeNames": ["deliveryOptions", "reputationOptions"],
            },
        ),
        ("ses", "ListConfigurationSets", {}),
        ("ses", "GetSendQuota", {}),
        ("ses", "GetSendStatistics", {}),
        ("ses", "GetAccountSendingEnabled", {}),
        ("sesv2", "GetEmailIdentity", {"EmailIdentity": DOMAIN}),
        ("sesv2", "GetEmailIdentity", {"EmailIdentity": SENDER}),
        ("sesv2", "ListEmailIdentities", {}),
        ("sesv2", "GetConfigurationSet", {"ConfigurationSetName": SET}),
        ("sesv2", "GetConfigurationSet", {"ConfigurationSetName": PAUSED}),
        ("sesv2", "ListConfigurationSets", {}),
        ("sesv2", "GetConfigurationSetEventDestinations", {"ConfigurationSetName": SET}),
        ("sesv2", "GetAccount", {}),
        ("sesv2", "ListTagsForResource", {"ResourceArn": ARN}),
        ("cloudwatch", "ListMetrics", {}),
        ("cloudwatch", "GetMetricStatistics", {**ORDERS, **between, "Period": 60, "Statistics": ["Sum"]}),
        ("cloudwatch", "GetMetricStatistics", {**SENT, **between, "Period": 60, "Statistics": ["Sum"]}),
        (
            "cloudwatch",
            "GetMetricData",
            {"MetricDataQueries": [{"Id": "q", "MetricStat": metric}], **between},
        ),
        ("cloudwatch", "DescribeAlarms", {}),
        ("cloudwatch", "DescribeAlarms", {"AlarmNames": [ALARM]}),
        ("cloudwatch", "DescribeAlarmsForMetric", ORDERS),
        ("cloudwatch", "DescribeAlarmHistory", {}),
        ("cloudwatch", "DescribeAlarmContributors", {"AlarmName": ALARM}),
        ("cloudwatch", "ListTagsForResource", {"ResourceARN": ALARM_ARN}),
    ]


#: What depends on nothing that anybody made.
STATELESS: list[Call] = [("sts", "GetCallerIdentity", {})]


async def answer(room: Room, scope: Scope, call: Call) -> Any:
    """The answer, or the refusal as a client would see it."""
    service, operation, parameters = call
    try:
        return await room.call(service, operation, scope, **parameters)
    except AwsError as error:
        return error.code, error.message


async def view(room: Room, scope: Scope) -> dict[str, Any]:
    """All that a scope can see."""
    await room.settle()
    return {str(call): await answer(room, scope, call) for call in [*reads(room), *STATELESS]}


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return [
        f"{call}: {value!r} became {other[call]!r}" for call, value in one.items() if value != other[call]
    ]


async def make(room: Room) -> None:
    for service, operation, parameters in MAKE:
        await room.call(service, operation, **parameters)


def test_every_operation_is_covered(bare_room: Room) -> None:
    there = {(service, name) for service, table in bare_room.operations.items() for name in table}
    covered = {(service, name) for service, name, _ in [*MAKE, *CHANGE, *reads(bare_room), *STATELESS]}
    assert covered == there


async def test_every_look_shows_the_owner_what_was_made_and_strangers_nothing_of_it(bare_room: Room) -> None:
    scopes = [HERE, OTHER_ACCOUNT, OTHER_REGION]
    before = {scope: await view(bare_room, scope) for scope in scopes}
    await make(bare_room)
    after = {scope: await view(bare_room, scope) for scope in scopes}
    for stranger in (OTHER_ACCOUNT, OTHER_REGION):
        assert differences(before[stranger], after[stranger]) == []
    unseen = [str(call) for call in reads(bare_room) if before[HERE][str(call)] == after[HERE][str(call)]]
    assert unseen == [], "these looks would not notice a leak either"


@pytest.mark.parametrize("stranger", [OTHER_ACCOUNT, OTHER_REGION], ids=["account", "region"])
async def test_no_write_of_a_stranger_changes_what_the_owner_sees(bare_room: Room, stranger: Scope) -> None:
    await make(bare_room)
    owned = await view(bare_room, HERE)
    # Aimed at what only the owner has, then at things of the same names that the stranger has made.
    for calls in (CHANGE, MAKE, CHANGE):
        for call in calls:
            await answer(bare_room, stranger, call)
            assert differences(owned, await view(bare_room, HERE)) == [], call


async def test_each_of_these_writes_would_be_seen(bare_room: Room) -> None:
    await make(bare_room)
    seen = await view(bare_room, HERE)
    for call in CHANGE:
        service, operation, parameters = call
        await bare_room.call(service, operation, **parameters)
        now = await view(bare_room, HERE)
        assert differences(seen, now) or (service == "ses" and operation in UNSEEN), call
        seen = now
