"""Configuration sets, their options and event destinations, written through one API and read through the other."""

from typing import Any

from tests.server.both_apis import (
    CONFIGURATION_SET,
    DOMAIN_1,
    DOMAIN_2,
    MADE_TOPIC,
    ROLE,
    SET,
    SET_1,
    SET_2,
    STREAM,
    TOPIC,
    Case,
    v1,
    v2,
)
from tests.server.wire import Call, Step


def destination_v1(operation: str = "Create", **changes: Any) -> Call:
    given = {"Name": "events", "Enabled": True, "MatchingEventTypes": ["send", "renderingFailure"], **changes}
    return v1(
        f"{operation}ConfigurationSetEventDestination", ConfigurationSetName=SET, EventDestination=given
    )


def destination_v2(operation: str = "Create", **changes: Any) -> Call:
    given = {"Enabled": True, "MatchingEventTypes": ["SEND", "RENDERING_FAILURE"], **changes}
    return v2(
        f"{operation}ConfigurationSetEventDestination",
        ConfigurationSetName=SET,
        EventDestinationName="events",
        EventDestination=given,
    )


def dimensions(*sources: str) -> dict[str, Any]:
    return {
        "DimensionConfigurations": [
            {"DimensionName": f"d{n}", "DimensionValueSource": source, "DefaultDimensionValue": "none"}
            for n, source in enumerate(sources)
        ]
    }


METRICS_1: dict[str, Any] = {"CloudWatchDestination": dimensions("messageTag", "emailHeader", "linkTag")}
METRICS_2: dict[str, Any] = {"CloudWatchDestination": dimensions("MESSAGE_TAG", "EMAIL_HEADER", "LINK_TAG")}
ALL_2 = [
    "SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "OPEN", "CLICK", "RENDERING_FAILURE",
    "DELIVERY_DELAY", "SUBSCRIPTION",
]  # fmt: skip
ALL_1 = ["send", "reject", "bounce", "complaint", "delivery", "open", "click", "renderingFailure"]


def _event(**expected: Any) -> dict[str, Any]:
    return {"destinations": [{"name": "events", **expected}]}


DESTINATIONS = {
    "CloudWatch from v1": Case(
        CONFIGURATION_SET,
        [SET_2, destination_v1(**METRICS_1)],
        _event(
            types={"SEND", "RENDERING_FAILURE"},
            CloudWatch=METRICS_2["CloudWatchDestination"]["DimensionConfigurations"],
        ),
    ),
    "CloudWatch from v2": Case(
        CONFIGURATION_SET,
        [SET_1, destination_v2(**METRICS_2)],
        _event(enabled=True, CloudWatch=METRICS_2["CloudWatchDestination"]["DimensionConfigurations"]),
    ),
    "SNS from v1": Case(
        CONFIGURATION_SET,
        [MADE_TOPIC, SET_1, destination_v1(SNSDestination={"TopicARN": TOPIC})],
        _event(SNS=TOPIC),
    ),
    "SNS from v2": Case(
        CONFIGURATION_SET,
        [MADE_TOPIC, SET_1, destination_v2(SnsDestination={"TopicArn": TOPIC})],
        _event(SNS=TOPIC),
    ),
    "Firehose from v1": Case(
        CONFIGURATION_SET,
        [SET_1, destination_v1(KinesisFirehoseDestination={"IAMRoleARN": ROLE, "DeliveryStreamARN": STREAM})],
        _event(Firehose=tuple),
    ),
    "Firehose from v2": Case(
        CONFIGURATION_SET,
        [SET_1, destination_v2(KinesisFirehoseDestination={"IamRoleArn": ROLE, "DeliveryStreamArn": STREAM})],
        _event(Firehose=tuple),
    ),
    "all of v1's types": Case(
        CONFIGURATION_SET,
        [SET_1, destination_v1(MatchingEventTypes=ALL_1, **METRICS_1)],
        _event(types=set(ALL_2[:8])),
    ),
    "types that v1 has no word for": Case(
        CONFIGURATION_SET,
        [SET_1, destination_v2(MatchingEventTypes=ALL_2, **METRICS_2)],
        _event(types=set(ALL_2[:8])),
    ),
    "a target that v1 has no word for": Case(
        CONFIGURATION_SET,
        [
            SET_1,
            destination_v2(
                EventBridgeDestination={"EventBusArn": "arn:aws:events:us-east-1:(account):event-bus/default"}
            ),
        ],
        _event(SNS=None, CloudWatch=None, Firehose=None),
    ),
    "one from v1 replaced by v2": Case(
        CONFIGURATION_SET,
        [
            MADE_TOPIC,
            SET_1,
            destination_v1(**METRICS_1),
            destination_v2("Update", SnsDestination={"TopicArn": TOPIC}),
        ],
        _event(SNS=TOPIC, CloudWatch=None),
    ),
    "one from v2 switched off by v1": Case(
        CONFIGURATION_SET,
        [SET_2, destination_v2(**METRICS_2), destination_v1("Update", Enabled=False, **METRICS_1)],
        _event(enabled=False),
    ),
    "one from v1 removed by v2": Case(
        CONFIGURATION_SET,
        [
            SET_1,
            destination_v1(**METRICS_1),
            v2(
                "DeleteConfigurationSetEventDestination",
                ConfigurationSetName=SET,
                EventDestinationName="events",
            ),
        ],
        {"destinations": []},
    ),
}


def tracked_v1(operation: str, domain: str) -> Call:
    return v1(
        f"{operation}ConfigurationSetTrackingOptions",
        ConfigurationSetName=SET,
        TrackingOptions={"CustomRedirectDomain": domain},
    )


def tracked_v2(**options: str) -> Call:
    return v2("PutConfigurationSetTrackingOptions", ConfigurationSetName=SET, **options)


def switched_v1(name: str, *, on: bool) -> Call:
    return v1(f"UpdateConfigurationSet{name}Enabled", ConfigurationSetName=SET, Enabled=on)


def delivery_v1(policy: str) -> Call:
    return v1(
        "PutConfigurationSetDeliveryOptions",
        ConfigurationSetName=SET,
        DeliveryOptions={"TlsPolicy": policy},
    )


SETS = {
    "a set from v1": Case(
        CONFIGURATION_SET,
        [SET_1],
        {"sends": True, "metrics": False, "fresh start": None, "TLS": "OPTIONAL", "domain": None},
    ),
    "a set from v2": Case(CONFIGURATION_SET, [SET_2], {"sends": True, "metrics": False, "destinations": []}),
    "a set with options from v2": Case(
        CONFIGURATION_SET,
        [
            DOMAIN_2,
            v2(
                "CreateConfigurationSet",
                ConfigurationSetName=SET,
                SendingOptions={"SendingEnabled": False},
                ReputationOptions={"ReputationMetricsEnabled": True},
                TrackingOptions={"CustomRedirectDomain": "go.example.com"},
            ),
        ],
        {"sends": False, "metrics": True, "domain": "go.example.com"},
    ),
    "sending paused by v1": Case(
        CONFIGURATION_SET, [SET_2, switched_v1("Sending", on=False)], {"sends": False}
    ),
    "sending paused by v2": Case(
        CONFIGURATION_SET,
        [SET_1, v2("PutConfigurationSetSendingOptions", ConfigurationSetName=SET, SendingEnabled=False)],
        {"sends": False},
    ),
    "a fresh start by the other": Case(
        CONFIGURATION_SET,
        [
            SET_1,
            v2("PutConfigurationSetSendingOptions", ConfigurationSetName=SET, SendingEnabled=False),
            switched_v1("Sending", on=True),
        ],
        {"sends": True, "fresh start": lambda moment: moment is not None},
    ),
    "metrics switched on by v1": Case(
        CONFIGURATION_SET, [SET_2, switched_v1("ReputationMetrics", on=True)], {"metrics": True}
    ),
    "metrics switched on by v2": Case(
        CONFIGURATION_SET,
        [
            SET_1,
            v2(
                "PutConfigurationSetReputationOptions",
                ConfigurationSetName=SET,
                ReputationMetricsEnabled=True,
            ),
        ],
        {"metrics": True},
    ),
    "TLS asked for by v1": Case(CONFIGURATION_SET, [SET_2, delivery_v1("Require")], {"TLS": "REQUIRE"}),
    "TLS asked for by v2": Case(
        CONFIGURATION_SET,
        [SET_1, v2("PutConfigurationSetDeliveryOptions", ConfigurationSetName=SET, TlsPolicy="REQUIRE")],
        {"TLS": "REQUIRE"},
    ),
    "TLS taken back by v1": Case(
        CONFIGURATION_SET,
        [
            SET_1,
            v2("PutConfigurationSetDeliveryOptions", ConfigurationSetName=SET, TlsPolicy="REQUIRE"),
            delivery_v1("Optional"),
        ],
        {"TLS": "OPTIONAL"},
    ),
    "a tracking domain from v1": Case(
        CONFIGURATION_SET,
        [DOMAIN_2, SET_2, tracked_v1("Create", "go.example.com")],
        {"domain": "go.example.com"},
    ),
    "a tracking domain from v2": Case(
        CONFIGURATION_SET,
        [DOMAIN_1, SET_1, tracked_v2(CustomRedirectDomain="go.example.com", HttpsPolicy="REQUIRE")],
        {"domain": "go.example.com"},
    ),
    "a tracking domain changed by the other": Case(
        CONFIGURATION_SET,
        [
            DOMAIN_1,
            SET_1,
            tracked_v2(CustomRedirectDomain="go.example.com"),
            tracked_v1("Update", "click.example.com"),
        ],
        {"domain": "click.example.com"},
    ),
    "a tracking domain removed by the other": Case(
        CONFIGURATION_SET,
        [DOMAIN_1, SET_1, tracked_v1("Create", "go.example.com"), tracked_v2()],
        {"domain": None},
    ),
}

OWN_OPTIONS = {
    "SuppressionOptions": {"SuppressedReasons": ["COMPLAINT"]},
    "VdmOptions": {"DashboardOptions": {"EngagementMetrics": "ENABLED"}},
    "Tags": [{"Key": "team", "Value": "post"}],
}
#: What v1 knows nothing of, and must not touch when it changes the rest.
ONLY_IN_V2: dict[str, tuple[list[Step], dict[str, Any]]] = {
    "delivery": (
        [
            v2("CreateDedicatedIpPool", PoolName="fast"),
            v2(
                "CreateConfigurationSet",
                ConfigurationSetName=SET,
                DeliveryOptions={"MaxDeliverySeconds": 600, "SendingPoolName": "fast"},
            ),
            delivery_v1("Require"),
        ],
        {"DeliveryOptions": {"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 600, "SendingPoolName": "fast"}},
    ),
    "tracking": (
        [
            DOMAIN_1,
            SET_1,
            tracked_v2(CustomRedirectDomain="go.example.com", HttpsPolicy="REQUIRE"),
            tracked_v1("Update", "click.example.com"),
        ],
        {"TrackingOptions": {"CustomRedirectDomain": "click.example.com", "HttpsPolicy": "REQUIRE"}},
    ),
    "suppression, VDM and tags": (
        [
            v2("CreateConfigurationSet", ConfigurationSetName=SET, **OWN_OPTIONS),
            switched_v1("Sending", on=False),
            switched_v1("ReputationMetrics", on=True),
            destination_v1(**METRICS_1),
        ],
        OWN_OPTIONS,
    ),
}
