"""Configuration sets through both APIs: what one writes the other reads, and errors have each API's own codes."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ses.control_client import NOW, Client

DIMENSION_V1 = {
    "DimensionName": "campaign",
    "DimensionValueSource": "messageTag",
    "DefaultDimensionValue": "none",
}
DIMENSION_V2 = {**DIMENSION_V1, "DimensionValueSource": "MESSAGE_TAG"}
TOPIC = "arn:aws:sns:us-east-1:000000000000:events"
ROLE = "arn:aws:iam::000000000000:role/ses"
STREAM = "arn:aws:firehose:us-east-1:000000000000:deliverystream/events"
BUS = "arn:aws:events:us-east-1:000000000000:event-bus/default"


@pytest.fixture(autouse=True)
async def topic(make_topic: Callable[[str], Awaitable[str]]) -> None:
    """Destinations have to lead to a topic that is there."""
    assert await make_topic("events") == TOPIC


async def add_v2(client: Client, name: str, **definition: Any) -> None:
    definition = {"MatchingEventTypes": ["SEND"], **definition}
    await client.v2(
        "CreateConfigurationSetEventDestination",
        ConfigurationSetName="news",
        EventDestinationName=name,
        EventDestination=definition,
    )


async def add_v1(client: Client, name: str, **definition: Any) -> None:
    definition = {"Name": name, "MatchingEventTypes": ["send"], **definition}
    await client.v1(
        "CreateConfigurationSetEventDestination", ConfigurationSetName="news", EventDestination=definition
    )


async def destinations_v1(client: Client) -> list[dict[str, Any]]:
    described = await client.v1(
        "DescribeConfigurationSet",
        ConfigurationSetName="news",
        ConfigurationSetAttributeNames=["eventDestinations"],
    )
    found: list[dict[str, Any]] = described["EventDestinations"]
    return found


async def destinations_v2(client: Client) -> list[dict[str, Any]]:
    described = await client.v2("GetConfigurationSetEventDestinations", ConfigurationSetName="news")
    found: list[dict[str, Any]] = described["EventDestinations"]
    return found


async def test_a_new_set_is_described_with_its_defaults(client: Client) -> None:
    assert await client.v2("CreateConfigurationSet", ConfigurationSetName="news") == {}
    assert await client.v2("GetConfigurationSet", ConfigurationSetName="news") == {
        "ConfigurationSetName": "news",
        "DeliveryOptions": {"TlsPolicy": "OPTIONAL"},
        "ReputationOptions": {"ReputationMetricsEnabled": False},
        "SendingOptions": {"SendingEnabled": True},
        "Tags": [],
    }
    assert await client.v1("DescribeConfigurationSet", ConfigurationSetName="news") == {
        "ConfigurationSet": {"Name": "news"}
    }
    everything = await client.v1(
        "DescribeConfigurationSet",
        ConfigurationSetName="news",
        ConfigurationSetAttributeNames=[
            "eventDestinations",
            "trackingOptions",
            "deliveryOptions",
            "reputationOptions",
        ],
    )
    assert everything == {
        "ConfigurationSet": {"Name": "news"},
        "EventDestinations": [],
        "DeliveryOptions": {"TlsPolicy": "Optional"},
        "ReputationOptions": {"SendingEnabled": True, "ReputationMetricsEnabled": False},
    }


async def test_what_is_given_at_creation_is_read_back(client: Client) -> None:
    await client.v2(
        "CreateConfigurationSet",
        ConfigurationSetName="news",
        DeliveryOptions={"TlsPolicy": "OPTIONAL", "MaxDeliverySeconds": 600},
        SendingOptions={"SendingEnabled": False},
        SuppressionOptions={"SuppressedReasons": []},
        VdmOptions={"DashboardOptions": {"EngagementMetrics": "DISABLED"}},
        Tags=[{"Key": "team", "Value": "blue"}],
    )
    assert await client.v2("GetConfigurationSet", ConfigurationSetName="news") == {
        "ConfigurationSetName": "news",
        "DeliveryOptions": {"TlsPolicy": "OPTIONAL", "MaxDeliverySeconds": 600},
        "ReputationOptions": {"ReputationMetricsEnabled": False},
        "SendingOptions": {"SendingEnabled": False},
        "SuppressionOptions": {"SuppressedReasons": []},
        "VdmOptions": {"DashboardOptions": {"EngagementMetrics": "DISABLED"}},
        "Tags": [{"Key": "team", "Value": "blue"}],
    }


@pytest.mark.parametrize(
    "options",
    [
        {
            "ArchivingOptions": {
                "ArchiveArn": f"arn:aws:ses:us-east-1:000000000000:mailmanager-archive/a-{'x' * 24}"
            }
        },
    ],
)
async def test_options_without_effect_are_refused_rather_than_ignored(
    client: Client, options: dict[str, Any]
) -> None:
    error = await client.refusal_v2("CreateConfigurationSet", ConfigurationSetName="news", **options)
    assert error.code == "BadRequestException"
    assert "is not supported by this release" in str(error.message)
    assert (await client.v2("ListConfigurationSets"))["ConfigurationSets"] == []


async def test_an_unknown_pool_is_refused(client: Client) -> None:
    error = await client.refusal_v2(
        "CreateConfigurationSet", ConfigurationSetName="news", DeliveryOptions={"SendingPoolName": "mine"}
    )
    assert (error.code, error.message) == ("BadRequestException", "SendingPool <mine> doesn't exist")


async def test_both_apis_name_the_errors_of_sets_in_their_own_way(client: Client) -> None:
    missing_v1 = await client.refusal_v1("DescribeConfigurationSet", ConfigurationSetName="news")
    assert missing_v1.code == "ConfigurationSetDoesNotExistException"
    assert missing_v1.message == "Configuration set <news> does not exist."
    assert missing_v1.members == {"ConfigurationSetName": "news"}
    missing_v2 = await client.refusal_v2("DeleteConfigurationSet", ConfigurationSetName="news")
    assert (missing_v2.code, missing_v2.message) == ("NotFoundException", missing_v1.message)
    await client.v1("CreateConfigurationSet", ConfigurationSet={"Name": "news"})
    taken_v1 = await client.refusal_v1("CreateConfigurationSet", ConfigurationSet={"Name": "news"})
    assert taken_v1.code == "ConfigurationSetAlreadyExistsException"
    taken_v2 = await client.refusal_v2("CreateConfigurationSet", ConfigurationSetName="news")
    assert (taken_v2.code, taken_v2.message) == ("AlreadyExistsException", taken_v1.message)
    illegal = await client.refusal_v1("CreateConfigurationSet", ConfigurationSet={"Name": "a b"})
    assert illegal.code == "InvalidParameterValue"


async def test_a_set_deleted_in_one_api_is_gone_in_the_other(client: Client) -> None:
    await client.v1("CreateConfigurationSet", ConfigurationSet={"Name": "news"})
    assert (await client.v2("ListConfigurationSets"))["ConfigurationSets"] == ["news"]
    await client.v2("DeleteConfigurationSet", ConfigurationSetName="news")
    assert (await client.v1("ListConfigurationSets"))["ConfigurationSets"] == []


async def test_lists_come_in_pages(client: Client) -> None:
    for name in ("b", "a", "c"):
        await client.v1("CreateConfigurationSet", ConfigurationSet={"Name": name})
    first = await client.v2("ListConfigurationSets", PageSize=2)
    assert first["ConfigurationSets"] == ["a", "b"]
    rest = await client.v2("ListConfigurationSets", PageSize=2, NextToken=first["NextToken"])
    assert rest == {"ConfigurationSets": ["c"]}
    first = await client.v1("ListConfigurationSets", MaxItems=1)
    rest = await client.v1("ListConfigurationSets", NextToken=first["NextToken"])
    assert rest == {"ConfigurationSets": [{"Name": "b"}, {"Name": "c"}]}


@pytest.mark.parametrize("token", ["nonsense!", "bm9uc2Vuc2U", "\u00e9"])
async def test_a_token_that_is_none_is_refused(client: Client, token: str) -> None:
    assert (await client.refusal_v2("ListConfigurationSets", NextToken=token)).code == "BadRequestException"
    assert (await client.refusal_v1("ListConfigurationSets", NextToken=token)).code == "InvalidParameterValue"


async def test_sending_is_paused_and_resumed_from_either_api(client: Client) -> None:
    await client.v2("CreateConfigurationSet", ConfigurationSetName="news")
    await client.v1("UpdateConfigurationSetSendingEnabled", ConfigurationSetName="news", Enabled=False)
    described = await client.v2("GetConfigurationSet", ConfigurationSetName="news")
    assert described["SendingOptions"] == {"SendingEnabled": False}
    await client.v2("PutConfigurationSetSendingOptions", ConfigurationSetName="news", SendingEnabled=True)
    described = await client.v1(
        "DescribeConfigurationSet",
        ConfigurationSetName="news",
        ConfigurationSetAttributeNames=["reputationOptions"],
    )
    assert described["ReputationOptions"] == {
        "SendingEnabled": True,
        "ReputationMetricsEnabled": False,
        "LastFreshStart": datetime.fromtimestamp(NOW, UTC),
    }


async def test_delivery_options_are_changed(client: Client) -> None:
    await client.v2("CreateConfigurationSet", ConfigurationSetName="news")
    await client.v2(
        "PutConfigurationSetDeliveryOptions", ConfigurationSetName="news", MaxDeliverySeconds=3600
    )
    described = await client.v2("GetConfigurationSet", ConfigurationSetName="news")
    assert described["DeliveryOptions"] == {"TlsPolicy": "OPTIONAL", "MaxDeliverySeconds": 3600}
    await client.v1(
        "PutConfigurationSetDeliveryOptions",
        ConfigurationSetName="news",
        DeliveryOptions={"TlsPolicy": "Require"},
    )
    described = await client.v2("GetConfigurationSet", ConfigurationSetName="news")
    assert described["DeliveryOptions"] == {"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 3600}
    await client.v1("PutConfigurationSetDeliveryOptions", ConfigurationSetName="news")
    described = await client.v2("GetConfigurationSet", ConfigurationSetName="news")
    assert described["DeliveryOptions"] == {"TlsPolicy": "OPTIONAL", "MaxDeliverySeconds": 3600}


@pytest.mark.parametrize(
    ("v1", "v2"),
    [
        (
            {"CloudWatchDestination": {"DimensionConfigurations": [DIMENSION_V1]}},
            {"CloudWatchDestination": {"DimensionConfigurations": [DIMENSION_V2]}},
        ),
        ({"SNSDestination": {"TopicARN": TOPIC}}, {"SnsDestination": {"TopicArn": TOPIC}}),
        (
            {"KinesisFirehoseDestination": {"IAMRoleARN": ROLE, "DeliveryStreamARN": STREAM}},
            {"KinesisFirehoseDestination": {"IamRoleArn": ROLE, "DeliveryStreamArn": STREAM}},
        ),
    ],
)
async def test_a_destination_reads_the_same_in_both_apis(
    client: Client, v1: dict[str, Any], v2: dict[str, Any]
) -> None:
    await client.v1("CreateConfigurationSet", ConfigurationSet={"Name": "news"})
    await add_v1(client, "one", Enabled=True, MatchingEventTypes=["renderingFailure", "send"], **v1)
    await add_v2(client, "two", Enabled=True, MatchingEventTypes=["RENDERING_FAILURE", "SEND"], **v2)
    assert await destinations_v1(client) == [
        {"Name": name, "Enabled": True, "MatchingEventTypes": ["send", "renderingFailure"], **v1}
        for name in ("one", "two")
    ]
    assert await destinations_v2(client) == [
        {"Name": name, "Enabled": True, "MatchingEventTypes": ["SEND", "RENDERING_FAILURE"], **v2}
        for name in ("one", "two")
    ]


async def test_a_destination_is_off_unless_switched_on(client: Client) -> None:
    await client.v2("CreateConfigurationSet", ConfigurationSetName="news")
    await add_v2(client, "one", SnsDestination={"TopicArn": TOPIC})
    await add_v1(client, "two", SNSDestination={"TopicARN": TOPIC})
    assert [each["Enabled"] for each in await destinations_v2(client)] == [False, False]


async def test_v1_leaves_out_what_it_does_not_know(client: Client) -> None:
    await client.v2("CreateConfigurationSet", ConfigurationSetName="news")
    await add_v2(
        client,
        "bus",
        MatchingEventTypes=["DELIVERY_DELAY", "SUBSCRIPTION", "BOUNCE"],
        EventBridgeDestination={"EventBusArn": BUS},
    )
    assert await destinations_v1(client) == [
        {"Name": "bus", "Enabled": False, "MatchingEventTypes": ["bounce"]}
    ]
    [kept] = await destinations_v2(client)
    assert sorted(kept["MatchingEventTypes"]) == ["BOUNCE", "DELIVERY_DELAY", "SUBSCRIPTION"]


async def test_an_update_replaces_the_whole_destination(client: Client) -> None:
    await client.v2("CreateConfigurationSet", ConfigurationSetName="news")
    await add_v2(client, "one", Enabled=True, SnsDestination={"TopicArn": TOPIC})
    await client.v2(
        "UpdateConfigurationSetEventDestination",
        ConfigurationSetName="news",
        EventDestinationName="one",
        EventDestination={
            "MatchingEventTypes": ["CLICK"],
            "CloudWatchDestination": {"DimensionConfigurations": [DIMENSION_V2]},
        },
    )
    assert await destinations_v2(client) == [
        {
            "Name": "one",
            "Enabled": False,
            "MatchingEventTypes": ["CLICK"],
            "CloudWatchDestination": {"DimensionConfigurations": [DIMENSION_V2]},
        }
    ]
    await client.v1(
        "UpdateConfigurationSetEventDestination",
        ConfigurationSetName="news",
        EventDestination={
            "Name": "one",
            "MatchingEventTypes": ["send"],
            "SNSDestination": {"TopicARN": TOPIC},
        },
    )
    [changed] = await destinations_v2(client)
    assert changed["SnsDestination"] == {"TopicArn": TOPIC}
    await client.v1(
        "DeleteConfigurationSetEventDestination", ConfigurationSetName="news", EventDestinationName="one"
    )
    assert await destinations_v2(client) == []


async def test_the_errors_of_destinations(client: Client) -> None:
    await client.v2("CreateConfigurationSet", ConfigurationSetName="news")
    nothing = {"ConfigurationSetName": "news", "EventDestinationName": "one"}
    missing = await client.refusal_v1("DeleteConfigurationSetEventDestination", **nothing)
    assert missing.code == "EventDestinationDoesNotExistException"
    assert missing.message == "No EventDestination found for news"
    assert missing.members == nothing
    assert (
        await client.refusal_v2("DeleteConfigurationSetEventDestination", **nothing)
    ).code == "NotFoundException"
    await add_v2(client, "one", SnsDestination={"TopicArn": TOPIC})
    again = {"MatchingEventTypes": ["SEND"], "SnsDestination": {"TopicArn": TOPIC}}
    taken = await client.refusal_v2(
        "CreateConfigurationSetEventDestination", **nothing, EventDestination=again
    )
    assert taken.code == "AlreadyExistsException"
    again_v1 = {"Name": "one", "MatchingEventTypes": ["send"], "SNSDestination": {"TopicARN": TOPIC}}
    taken = await client.refusal_v1(
        "CreateConfigurationSetEventDestination", ConfigurationSetName="news", EventDestination=again_v1
    )
    assert taken.code == "EventDestinationAlreadyExistsException"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({"CloudWatchDestination": {"DimensionConfigurations": []}}, "InvalidCloudWatchDestinationException"),
        ({"SNSDestination": {"TopicARN": "events"}}, "InvalidSNSDestinationException"),
        ({"SNSDestination": {"TopicARN": f"{TOPIC}-gone"}}, "InvalidSNSDestinationException"),
        ({"SNSDestination": {"TopicARN": f"{TOPIC}.fifo"}}, "InvalidSNSDestinationException"),
        (
            {"KinesisFirehoseDestination": {"IAMRoleARN": ROLE, "DeliveryStreamARN": "events"}},
            "InvalidFirehoseDestinationException",
        ),
        ({}, "InvalidParameterValue"),
    ],
)
async def test_v1_has_an_error_for_each_kind_of_target(
    client: Client, target: dict[str, Any], code: str
) -> None:
    await client.v2("CreateConfigurationSet", ConfigurationSetName="news")
    definition = {"Name": "one", "MatchingEventTypes": ["send"], **target}
    error = await client.refusal_v1(
        "CreateConfigurationSetEventDestination", ConfigurationSetName="news", EventDestination=definition
    )
    assert error.code == code
    if target:
        assert error.members == {"ConfigurationSetName": "news", "EventDestinationName": "one"}


@pytest.mark.parametrize(
    ("definition", "text"),
    [
        (
            {"MatchingEventTypes": [], "SnsDestination": {"TopicArn": TOPIC}},
            "At least one event type must be specified.",
        ),
        ({"SnsDestination": {"TopicArn": TOPIC}}, "At least one event type must be specified."),
        ({"MatchingEventTypes": ["SEND"]}, "Event destination is not provided."),
        (
            {"MatchingEventTypes": ["SEND"], "CloudWatchDestination": {"DimensionConfigurations": []}},
            "CloudWatch metrics dimension configuration list cannot be empty.",
        ),
        (
            {"MatchingEventTypes": ["SEND"], "PinpointDestination": {"ApplicationArn": "arn:x"}},
            "PinpointDestination is not supported by this release.",
        ),
        (
            {"MatchingEventTypes": ["SEND"], "SnsDestination": {"TopicArn": f"{TOPIC}-gone"}},
            f"SNS topic <{TOPIC}-gone> not found.",
        ),
    ],
)
async def test_v2_answers_a_bad_request_with_the_words(
    client: Client, definition: dict[str, Any], text: str
) -> None:
    await client.v2("CreateConfigurationSet", ConfigurationSetName="news")
    error = await client.refusal_v2(
        "CreateConfigurationSetEventDestination",
        ConfigurationSetName="news",
        EventDestinationName="one",
        EventDestination=definition,
    )
    assert (error.code, error.message) == ("BadRequestException", text)


async def test_reputation_metrics_are_one_switch_in_both_apis(client: Client) -> None:
    async def in_both() -> tuple[bool, bool]:
        v1 = await client.v1(
            "DescribeConfigurationSet",
            ConfigurationSetName="news",
            ConfigurationSetAttributeNames=["reputationOptions"],
        )
        v2 = await client.v2("GetConfigurationSet", ConfigurationSetName="news")
        return (
            v1["ReputationOptions"]["ReputationMetricsEnabled"],
            v2["ReputationOptions"]["ReputationMetricsEnabled"],
        )

    reputation = {"ReputationMetricsEnabled": True}
    await client.v2("CreateConfigurationSet", ConfigurationSetName="news", ReputationOptions=reputation)
    assert await in_both() == (True, True)
    await client.v1(
        "UpdateConfigurationSetReputationMetricsEnabled", ConfigurationSetName="news", Enabled=False
    )
    assert await in_both() == (False, False)
    await client.v2(
        "PutConfigurationSetReputationOptions", ConfigurationSetName="news", ReputationMetricsEnabled=True
    )
    assert await in_both() == (True, True)
    refused = await client.refusal_v1(
        "UpdateConfigurationSetReputationMetricsEnabled", ConfigurationSetName="none", Enabled=True
    )
    assert refused.code == "ConfigurationSetDoesNotExistException"


async def test_vdm_options_are_read_back(client: Client) -> None:
    await client.v1("CreateConfigurationSet", ConfigurationSet={"Name": "news"})
    given = {
        "DashboardOptions": {"EngagementMetrics": "ENABLED"},
        "GuardianOptions": {"OptimizedSharedDelivery": "ENABLED"},
    }
    await client.v2("PutConfigurationSetVdmOptions", ConfigurationSetName="news", VdmOptions=given)
    assert (await client.v2("GetConfigurationSet", ConfigurationSetName="news"))["VdmOptions"] == given
    await client.v2("PutConfigurationSetVdmOptions", ConfigurationSetName="news")
    assert "VdmOptions" not in await client.v2("GetConfigurationSet", ConfigurationSetName="news")
