"""How v2's operations on configuration sets, the account and tags are called over the wire, and how they fail."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.server.wire import Call, Fails, Operation, Table, Works, many

SET = {"ConfigurationSetName": "news"}
MISSING = {"ConfigurationSetName": "missing"}
NO_NAME = {"ConfigurationSetName": "good news"}
MADE = Call("sesv2.CreateConfigurationSet", SET)
DOMAIN = Call("sesv2.CreateEmailIdentity", {"EmailIdentity": "example.com"})
LOOK = Call("sesv2.GetConfigurationSet", SET)
DIMENSION = {
    "DimensionName": "campaign",
    "DimensionValueSource": "MESSAGE_TAG",
    "DefaultDimensionValue": "none",
}
_ARN = "arn:aws:ses:us-east-1:(account):configuration-set/news"
_NO_ARN, _GONE = "news", "arn:aws:ses:us-east-1:(account):configuration-set/missing"
_TAG = {"Key": "team", "Value": "post"}
_DETAILS = {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://example.com", "ContactLanguage": "EN"}
_NOW = datetime.now(UTC)


def destination(**changes: Any) -> dict[str, Any]:
    """An event destination of the set; without another target it is CloudWatch."""
    given = {
        "Enabled": True,
        "MatchingEventTypes": ["SEND", "BOUNCE"],
        "CloudWatchDestination": {"DimensionConfigurations": [DIMENSION]},
    }
    return {**SET, "EventDestinationName": "metrics", "EventDestination": {**given, **changes}}


DESTINATIONS = Call("sesv2.GetConfigurationSetEventDestinations", SET)
ADDED = Call("sesv2.CreateConfigurationSetEventDestination", destination())
_TEN = [
    Call("sesv2.CreateConfigurationSetEventDestination", {**destination(), "EventDestinationName": f"d{n}"})
    for n in range(10)
]
_QUERY = {
    "Id": "sends",
    "Namespace": "VDM",
    "Metric": "SEND",
    "StartDate": _NOW - timedelta(days=1),
    "EndDate": _NOW,
}
VDM_ON = Call("sesv2.PutAccountVdmAttributes", {"VdmAttributes": {"VdmEnabled": "ENABLED"}})
SENT = (
    Call("sesv2.CreateEmailIdentity", {"EmailIdentity": "me@example.com"}),
    Call(
        "sesv2.SendEmail",
        {
            "FromEmailAddress": "me@example.com",
            "Destination": {"ToAddresses": ["you@example.net"]},
            "Content": {
                "Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}},
            },
        },
    ),
)

_SETS: Table = {
    "sesv2.CreateConfigurationSet": Operation(
        Works(
            {
                **SET,
                "TrackingOptions": {"CustomRedirectDomain": "click.example.com", "HttpsPolicy": "REQUIRE"},
                "DeliveryOptions": {"MaxDeliverySeconds": 600},
                "ReputationOptions": {"ReputationMetricsEnabled": True},
                "SendingOptions": {"SendingEnabled": False},
                "SuppressionOptions": {"SuppressedReasons": ["COMPLAINT"]},
                "Tags": [_TAG],
            },
            given=[DOMAIN],
            then=[
                (
                    LOOK,
                    {
                        **SET,
                        "TrackingOptions": {
                            "CustomRedirectDomain": "click.example.com",
                            "HttpsPolicy": "REQUIRE",
                        },
                        "DeliveryOptions": {"MaxDeliverySeconds": 600, "TlsPolicy": "OPTIONAL"},
                        "ReputationOptions": {"ReputationMetricsEnabled": True},
                        "SendingOptions": {"SendingEnabled": False},
                        "SuppressionOptions": {"SuppressedReasons": ["COMPLAINT"]},
                        "Tags": [_TAG],
                    },
                )
            ],
        ),
        AlreadyExistsException=Fails(SET, [MADE], "<news> already exists"),
        NotFoundException="A new set refers to a pool only, and of that SES says BadRequestException.",
        LimitExceededException=Fails(
            {"ConfigurationSetName": "more"}, [MADE, many("configuration_set", 10_000)]
        ),
        BadRequestException=Fails(NO_NAME),
    ),
    "sesv2.GetConfigurationSet": Operation(
        Works(SET, {**SET, "SendingOptions": {"SendingEnabled": True}, "Tags": []}, [MADE]),
        NotFoundException=Fails(MISSING, text="<missing> does not exist"),
        BadRequestException=Fails(NO_NAME),
    ),
    "sesv2.ListConfigurationSets": Operation(
        Works(answer={"ConfigurationSets": ["news"]}, given=[MADE]),
        BadRequestException=Fails({"NextToken": "not a token"}),
    ),
    "sesv2.DeleteConfigurationSet": Operation(
        Works(SET, given=[MADE], then=[(Call("sesv2.ListConfigurationSets"), {"ConfigurationSets": []})]),
        NotFoundException=Fails(MISSING),
        BadRequestException=Fails(NO_NAME),
    ),
    "sesv2.PutConfigurationSetSendingOptions": Operation(
        Works(
            {**SET, "SendingEnabled": False},
            given=[MADE],
            then=[(LOOK, {"SendingOptions": {"SendingEnabled": False}})],
        ),
        NotFoundException=Fails({**MISSING, "SendingEnabled": True}),
        BadRequestException=Fails({**NO_NAME, "SendingEnabled": True}),
    ),
    "sesv2.PutConfigurationSetReputationOptions": Operation(
        Works(
            {**SET, "ReputationMetricsEnabled": True},
            given=[MADE],
            then=[(LOOK, {"ReputationOptions": {"ReputationMetricsEnabled": True}})],
        ),
        NotFoundException=Fails({**MISSING, "ReputationMetricsEnabled": True}),
        BadRequestException=Fails({**NO_NAME, "ReputationMetricsEnabled": True}),
    ),
    "sesv2.PutConfigurationSetDeliveryOptions": Operation(
        Works(
            {**SET, "MaxDeliverySeconds": 600},
            given=[MADE],
            then=[(LOOK, {"DeliveryOptions": {"MaxDeliverySeconds": 600}})],
        ),
        NotFoundException=Fails(MISSING),
        BadRequestException=Fails({**SET, "SendingPoolName": "missing"}, [MADE], "<missing>"),
    ),
    "sesv2.PutConfigurationSetTrackingOptions": Operation(
        Works(
            {**SET, "CustomRedirectDomain": "click.example.com"},
            given=[MADE, DOMAIN],
            then=[(LOOK, {"TrackingOptions": {"CustomRedirectDomain": "click.example.com"}})],
        ),
        NotFoundException=Fails(MISSING),
        BadRequestException=Fails({**SET, "CustomRedirectDomain": "click.example.org"}, [MADE]),
    ),
    "sesv2.PutConfigurationSetVdmOptions": Operation(
        Works(
            {**SET, "VdmOptions": {"DashboardOptions": {"EngagementMetrics": "ENABLED"}}},
            given=[MADE],
            then=[(LOOK, {"VdmOptions": {"DashboardOptions": {"EngagementMetrics": "ENABLED"}}})],
        ),
        NotFoundException=Fails(MISSING),
        BadRequestException=Fails(
            {**SET, "VdmOptions": {"DashboardOptions": {"EngagementMetrics": "MAYBE"}}}, [MADE]
        ),
    ),
    "sesv2.CreateConfigurationSetEventDestination": Operation(
        Works(
            destination(),
            given=[MADE],
            then=[
                (
                    DESTINATIONS,
                    {"EventDestinations": [{"Name": "metrics", **destination()["EventDestination"]}]},
                )
            ],
        ),
        NotFoundException=Fails(destination()),
        AlreadyExistsException=Fails(destination(), [MADE, ADDED], "<metrics> already exists"),
        LimitExceededException=Fails(destination(), [MADE, *_TEN]),
        BadRequestException=Fails(destination(SnsDestination={"TopicArn": "topic"}), [MADE], "only one"),
    ),
    "sesv2.GetConfigurationSetEventDestinations": Operation(
        Works(SET, {"EventDestinations": [{"Name": "metrics", "Enabled": True}]}, [MADE, ADDED]),
        NotFoundException=Fails(MISSING),
        BadRequestException=Fails(NO_NAME),
    ),
    "sesv2.UpdateConfigurationSetEventDestination": Operation(
        Works(
            destination(Enabled=False),
            given=[MADE, ADDED],
            then=[(DESTINATIONS, {"EventDestinations": [{"Enabled": False}]})],
        ),
        NotFoundException=Fails(destination(), [MADE]),
        BadRequestException=Fails(destination(MatchingEventTypes=["LOVE"]), [MADE, ADDED]),
    ),
    "sesv2.DeleteConfigurationSetEventDestination": Operation(
        Works(
            {**SET, "EventDestinationName": "metrics"},
            given=[MADE, ADDED],
            then=[(DESTINATIONS, {"EventDestinations": []})],
        ),
        NotFoundException=Fails({**SET, "EventDestinationName": "metrics"}, [MADE]),
        BadRequestException=Fails({**NO_NAME, "EventDestinationName": "metrics"}),
    ),
}

_ACCOUNT: Table = {
    "sesv2.GetAccount": Operation(
        Works(
            answer={
                "SendingEnabled": True,
                "ProductionAccessEnabled": True,
                "EnforcementStatus": "HEALTHY",
                "SendQuota": {"Max24HourSend": -1.0, "SentLast24Hours": 0.0},
            }
        ),
        BadRequestException="It has no parameters.",
    ),
    "sesv2.PutAccountSendingAttributes": Operation(
        Works({"SendingEnabled": False}, then=[(Call("sesv2.GetAccount"), {"SendingEnabled": False})]),
        BadRequestException="It takes one boolean, and clients send nothing else.",
    ),
    "sesv2.PutAccountDetails": Operation(
        Works(_DETAILS, then=[(Call("sesv2.GetAccount"), {"Details": _DETAILS})]),
        BadRequestException=Fails({**_DETAILS, "MailType": "SPAM"}),
        ConflictException="It tells that a review is under way; here details can be changed at any time.",
    ),
    "sesv2.PutAccountVdmAttributes": Operation(
        Works(
            {"VdmAttributes": {"VdmEnabled": "ENABLED"}},
            then=[(Call("sesv2.GetAccount"), {"VdmAttributes": {"VdmEnabled": "ENABLED"}})],
        ),
        BadRequestException=Fails({"VdmAttributes": {"VdmEnabled": "MAYBE"}}),
    ),
    "sesv2.BatchGetMetricData": Operation(
        Works({"Queries": [_QUERY]}, {"Results": [{"Id": "sends", "Values": list}]}, [VDM_ON]),
        BadRequestException=Fails({"Queries": [_QUERY, _QUERY]}, [VDM_ON], "unique"),
        NotFoundException=Fails({"Queries": [_QUERY]}),
    ),
    "sesv2.GetMessageInsights": Operation(
        Works(
            {"MessageId": "(message)"},
            {
                "MessageId": "(message)",
                "FromEmailAddress": "me@example.com",
                "Subject": "Hello",
                "Insights": [{"Destination": "you@example.net", "Events": list}],
            },
            [VDM_ON, *SENT],
        ),
        NotFoundException=Fails({"MessageId": "missing"}, [VDM_ON]),
        BadRequestException="An id is only looked up, and one that no message could have is not found.",
    ),
    "sesv2.TagResource": Operation(
        Works(
            {"ResourceArn": _ARN, "Tags": [_TAG]},
            given=[MADE],
            then=[(Call("sesv2.ListTagsForResource", {"ResourceArn": _ARN}), {"Tags": [_TAG]})],
        ),
        BadRequestException=Fails({"ResourceArn": _NO_ARN, "Tags": [_TAG]}, text="ARN"),
        NotFoundException=Fails({"ResourceArn": _GONE, "Tags": [_TAG]}),
    ),
    "sesv2.UntagResource": Operation(
        Works(
            {"ResourceArn": _ARN, "TagKeys": ["team"]},
            given=[MADE, Call("sesv2.TagResource", {"ResourceArn": _ARN, "Tags": [_TAG]})],
            then=[(Call("sesv2.ListTagsForResource", {"ResourceArn": _ARN}), {"Tags": []})],
        ),
        BadRequestException=Fails({"ResourceArn": _NO_ARN, "TagKeys": ["team"]}),
        NotFoundException=Fails({"ResourceArn": _GONE, "TagKeys": ["team"]}),
    ),
    "sesv2.ListTagsForResource": Operation(
        Works({"ResourceArn": _ARN}, {"Tags": []}, [MADE]),
        BadRequestException=Fails({"ResourceArn": _NO_ARN}),
        NotFoundException=Fails({"ResourceArn": _GONE}),
    ),
}

SETS_V2: Table = {**_SETS, **_ACCOUNT}
