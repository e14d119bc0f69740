"""How v1's operations on configuration sets and the account are called over the wire, and how they fail."""

from datetime import datetime
from typing import Any

from tests.server.wire import Call, Fails, Operation, Table, Works, many

SET = {"ConfigurationSetName": "news"}
MISSING = {"ConfigurationSetName": "missing"}
MADE = Call("ses.CreateConfigurationSet", {"ConfigurationSet": {"Name": "news"}})
DOMAIN = Call("ses.VerifyDomainIdentity", {"Domain": "example.com"})
DIMENSION = {
    "DimensionName": "campaign",
    "DimensionValueSource": "messageTag",
    "DefaultDimensionValue": "none",
}
_TRACKED = {**SET, "TrackingOptions": {"CustomRedirectDomain": "click.example.com"}}
_TRACKED_MADE = Call("ses.CreateConfigurationSetTrackingOptions", _TRACKED)
_FOREIGN = {**SET, "TrackingOptions": {"CustomRedirectDomain": "click.example.org"}}


def destination(**changes: Any) -> dict[str, Any]:
    """An event destination of the set; without another target it is CloudWatch."""
    given = {
        "Name": "metrics",
        "Enabled": True,
        "MatchingEventTypes": ["send", "bounce"],
        "CloudWatchDestination": {"DimensionConfigurations": [DIMENSION]},
    }
    return {**SET, "EventDestination": {**given, **changes}}


def _elsewhere(member: str, **target: str) -> dict[str, Any]:
    whole = destination(**{member: target})
    del whole["EventDestination"]["CloudWatchDestination"]
    return whole


def described(*attributes: str) -> Call:
    return Call("ses.DescribeConfigurationSet", {**SET, "ConfigurationSetAttributeNames": [*attributes]})


ADDED = Call("ses.CreateConfigurationSetEventDestination", destination())
_BAD_DIMENSION = destination(
    CloudWatchDestination={"DimensionConfigurations": [{**DIMENSION, "DimensionName": "a b"}]}
)
_BAD_STREAM = _elsewhere("KinesisFirehoseDestination", IAMRoleARN="role", DeliveryStreamARN="stream")
_BAD_TOPIC = _elsewhere("SNSDestination", TopicARN="topic")
_NO_TOPIC = _elsewhere("SNSDestination", TopicARN="arn:aws:sns:us-east-1:(account):missing")
_TEN = [Call("ses.CreateConfigurationSetEventDestination", destination(Name=f"d{n}")) for n in range(10)]

SETS_V1: Table = {
    "ses.CreateConfigurationSet": Operation(
        Works(
            {"ConfigurationSet": {"Name": "news"}},
            then=[(Call("ses.ListConfigurationSets"), {"ConfigurationSets": [{"Name": "news"}]})],
        ),
        ConfigurationSetAlreadyExistsException=Fails(
            {"ConfigurationSet": {"Name": "news"}}, [MADE], "<news> already exists"
        ),
        InvalidConfigurationSetException="A new set has only a name, and of that SES says InvalidParameterValue.",
        LimitExceededException=Fails(
            {"ConfigurationSet": {"Name": "more"}}, [MADE, many("configuration_set", 10_000)]
        ),
    ),
    "ses.DescribeConfigurationSet": Operation(
        Works(
            described("eventDestinations", "reputationOptions").parameters,
            {
                "ConfigurationSet": {"Name": "news"},
                "EventDestinations": [destination()["EventDestination"]],
                "ReputationOptions": {"SendingEnabled": True, "ReputationMetricsEnabled": False},
            },
            [MADE, ADDED],
        ),
        ConfigurationSetDoesNotExistException=Fails(MISSING, text="<missing> does not exist"),
    ),
    "ses.ListConfigurationSets": Operation(
        Works(answer={"ConfigurationSets": [{"Name": "news"}]}, given=[MADE]),
    ),
    "ses.DeleteConfigurationSet": Operation(
        Works(SET, given=[MADE], then=[(Call("ses.ListConfigurationSets"), {"ConfigurationSets": []})]),
        ConfigurationSetDoesNotExistException=Fails(MISSING),
    ),
    "ses.UpdateConfigurationSetSendingEnabled": Operation(
        Works(
            {**SET, "Enabled": False},
            given=[MADE],
            then=[(described("reputationOptions"), {"ReputationOptions": {"SendingEnabled": False}})],
        ),
        ConfigurationSetDoesNotExistException=Fails({**MISSING, "Enabled": True}),
    ),
    "ses.UpdateConfigurationSetReputationMetricsEnabled": Operation(
        Works(
            {**SET, "Enabled": True},
            given=[MADE],
            then=[
                (described("reputationOptions"), {"ReputationOptions": {"ReputationMetricsEnabled": True}})
            ],
        ),
        ConfigurationSetDoesNotExistException=Fails({**MISSING, "Enabled": True}),
    ),
    "ses.PutConfigurationSetDeliveryOptions": Operation(
        Works(
            {**SET, "DeliveryOptions": {"TlsPolicy": "Require"}},
            given=[MADE],
            then=[(described("deliveryOptions"), {"DeliveryOptions": {"TlsPolicy": "Require"}})],
        ),
        ConfigurationSetDoesNotExistException=Fails(MISSING),
        InvalidDeliveryOptionsException="Of a policy that is not in the model SES says ValidationError.",
    ),
    "ses.CreateConfigurationSetEventDestination": Operation(
        Works(
            destination(),
            given=[MADE],
            then=[
                (
                    described("eventDestinations"),
                    {"EventDestinations": [destination()["EventDestination"]]},
                )
            ],
        ),
        ConfigurationSetDoesNotExistException=Fails(destination()),
        EventDestinationAlreadyExistsException=Fails(
            destination(), [MADE, ADDED], "<metrics> already exists"
        ),
        InvalidCloudWatchDestinationException=Fails(_BAD_DIMENSION, [MADE], "<a b>"),
        InvalidFirehoseDestinationException=Fails(_BAD_STREAM, [MADE]),
        InvalidSNSDestinationException=Fails(_NO_TOPIC, [MADE], ":missing> not found."),
        LimitExceededException=Fails(destination(), [MADE, *_TEN]),
    ),
    "ses.UpdateConfigurationSetEventDestination": Operation(
        Works(
            destination(Enabled=False),
            given=[MADE, ADDED],
            then=[(described("eventDestinations"), {"EventDestinations": [{"Enabled": False}]})],
        ),
        ConfigurationSetDoesNotExistException=Fails(destination()),
        EventDestinationDoesNotExistException=Fails(destination(), [MADE]),
        InvalidCloudWatchDestinationException=Fails(_BAD_DIMENSION, [MADE, ADDED]),
        InvalidFirehoseDestinationException=Fails(_BAD_STREAM, [MADE, ADDED]),
        InvalidSNSDestinationException=Fails(_BAD_TOPIC, [MADE, ADDED]),
    ),
    "ses.DeleteConfigurationSetEventDestination": Operation(
        Works(
            {**SET, "EventDestinationName": "metrics"},
            given=[MADE, ADDED],
            then=[(described("eventDestinations"), {"EventDestinations": []})],
        ),
        ConfigurationSetDoesNotExistException=Fails({**MISSING, "EventDestinationName": "metrics"}),
        EventDestinationDoesNotExistException=Fails({**SET, "EventDestinationName": "metrics"}, [MADE]),
    ),
    "ses.CreateConfigurationSetTrackingOptions": Operation(
        Works(
            _TRACKED,
            given=[MADE, DOMAIN],
            then=[(described("trackingOptions"), {"TrackingOptions": _TRACKED["TrackingOptions"]})],
        ),
        ConfigurationSetDoesNotExistException=Fails(_TRACKED),
        TrackingOptionsAlreadyExistsException=Fails(_TRACKED, [MADE, DOMAIN, _TRACKED_MADE]),
        InvalidTrackingOptionsException=Fails(_FOREIGN, [MADE]),
    ),
    "ses.UpdateConfigurationSetTrackingOptions": Operation(
        Works(
            {**SET, "TrackingOptions": {"CustomRedirectDomain": "go.example.com"}},
            given=[MADE, DOMAIN, _TRACKED_MADE],
            then=[
                (
                    described("trackingOptions"),
                    {"TrackingOptions": {"CustomRedirectDomain": "go.example.com"}},
                )
            ],
        ),
        ConfigurationSetDoesNotExistException=Fails(_TRACKED),
        TrackingOptionsDoesNotExistException=Fails(_TRACKED, [MADE, DOMAIN]),
        InvalidTrackingOptionsException=Fails(_FOREIGN, [MADE, DOMAIN, _TRACKED_MADE]),
    ),
    "ses.DeleteConfigurationSetTrackingOptions": Operation(
        Works(
            SET,
            given=[MADE, DOMAIN, _TRACKED_MADE],
            then=[(described("trackingOptions"), lambda answer: "TrackingOptions" not in answer)],
        ),
        ConfigurationSetDoesNotExistException=Fails(MISSING),
        TrackingOptionsDoesNotExistException=Fails(SET, [MADE]),
    ),
    "ses.GetAccountSendingEnabled": Operation(Works(answer={"Enabled": True})),
    "ses.UpdateAccountSendingEnabled": Operation(
        Works({"Enabled": False}, then=[(Call("ses.GetAccountSendingEnabled"), {"Enabled": False})]),
    ),
    "ses.GetSendQuota": Operation(
        Works(answer={"Max24HourSend": -1.0, "MaxSendRate": 1000.0, "SentLast24Hours": 0.0}),
    ),
    "ses.GetSendStatistics": Operation(
        Works(answer={"SendDataPoints": []}),
        Works(
            answer={"SendDataPoints": [{"Timestamp": datetime, "DeliveryAttempts": 1, "Bounces": 0}]},
            given=[
                Call("ses.VerifyEmailIdentity", {"EmailAddress": "me@example.com"}),
                Call(
                    "ses.SendEmail",
                    {
                        "Source": "me@example.com",
                        "Destination": {"ToAddresses": ["you@example.net"]},
                        "Message": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}},
                    },
                ),
            ],
            soon=True,
        ),
    ),
}
