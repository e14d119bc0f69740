"""How the operations on DKIM, MAIL FROM and feedback of identities are called over the wire, and how they fail."""

from typing import Any

from tests.server.wire import BOOLEAN, Call, Fails, Operation, Table, Works
from tests.server.wire_calls_identities import ADDRESS, DOMAIN, MADE_ADDRESS, MADE_DOMAIN, MISSING

_TOPIC = "arn:aws:sns:us-east-1:(account):feedback"
_MADE_TOPIC = Call("sns.CreateTopic", {"Name": "feedback"})
_GET = Call("sesv2.GetEmailIdentity", {"EmailIdentity": DOMAIN})
_V2 = {"EmailIdentity": DOMAIN}
_TOPICS = [
    Call(
        "ses.SetIdentityNotificationTopic",
        {"Identity": DOMAIN, "NotificationType": kind, "SnsTopic": _TOPIC},
    )
    for kind in ("Bounce", "Complaint")
]


def _notifications(**expected: Any) -> tuple[Call, Any]:
    return (
        Call("ses.GetIdentityNotificationAttributes", {"Identities": [DOMAIN]}),
        {"NotificationAttributes": {DOMAIN: expected}},
    )


def _dkim(**expected: Any) -> tuple[Call, Any]:
    return (
        Call("ses.GetIdentityDkimAttributes", {"Identities": [DOMAIN]}),
        {"DkimAttributes": {DOMAIN: expected}},
    )


_MAIL_FROM = Call(
    "ses.SetIdentityMailFromDomain",
    {
        "Identity": DOMAIN,
        "MailFromDomain": "bounce.example.com",
        "BehaviorOnMXFailure": "RejectMessage",
    },
)
_MAIL_FROM_SEEN = (
    Call("ses.GetIdentityMailFromDomainAttributes", {"Identities": [DOMAIN]}),
    {
        "MailFromDomainAttributes": {
            DOMAIN: {
                "MailFromDomain": "bounce.example.com",
                "MailFromDomainStatus": "Success",
                "BehaviorOnMXFailure": "RejectMessage",
            }
        }
    },
)

IDENTITY_SETTINGS: Table = {
    "ses.SetIdentityDkimEnabled": Operation(
        Works(
            {"Identity": DOMAIN, "DkimEnabled": False},
            given=[MADE_DOMAIN],
            then=[_dkim(DkimEnabled=False, DkimTokens=[str, str, str])],
        ),
    ),
    "ses.GetIdentityDkimAttributes": Operation(
        Works(
            {"Identities": [DOMAIN]},
            {"DkimAttributes": {DOMAIN: {"DkimEnabled": True, "DkimTokens": [str, str, str]}}},
            [Call("ses.VerifyDomainDkim", {"Domain": DOMAIN})],
        ),
    ),
    "ses.SetIdentityMailFromDomain": Operation(
        Works(_MAIL_FROM.parameters, given=[MADE_DOMAIN], then=[_MAIL_FROM_SEEN]),
    ),
    "ses.GetIdentityMailFromDomainAttributes": Operation(
        Works(_MAIL_FROM_SEEN[0].parameters, _MAIL_FROM_SEEN[1], [MADE_DOMAIN, _MAIL_FROM]),
    ),
    "ses.SetIdentityFeedbackForwardingEnabled": Operation(
        Works(
            {"Identity": DOMAIN, "ForwardingEnabled": False},
            given=[MADE_DOMAIN, _MADE_TOPIC, *_TOPICS],
            then=[_notifications(ForwardingEnabled=False)],
        ),
    ),
    "ses.SetIdentityNotificationTopic": Operation(
        Works(
            _TOPICS[0].parameters, given=[MADE_DOMAIN, _MADE_TOPIC], then=[_notifications(BounceTopic=_TOPIC)]
        ),
    ),
    "ses.SetIdentityHeadersInNotificationsEnabled": Operation(
        Works(
            {"Identity": DOMAIN, "NotificationType": "Delivery", "Enabled": True},
            given=[MADE_DOMAIN],
            then=[_notifications(HeadersInDeliveryNotificationsEnabled=True)],
        ),
    ),
    "ses.GetIdentityNotificationAttributes": Operation(
        Works(
            {"Identities": [DOMAIN, "missing.example"]},
            {"NotificationAttributes": lambda found: [*found] == [DOMAIN]},
            [MADE_DOMAIN],
        ),
    ),
    "sesv2.PutEmailIdentityDkimAttributes": Operation(
        Works(
            {**_V2, "SigningEnabled": False},
            given=[MADE_DOMAIN],
            then=[(_GET, {"DkimAttributes": {"SigningEnabled": False}})],
        ),
        NotFoundException=Fails(MISSING),
        BadRequestException=Fails(
            {"EmailIdentity": ADDRESS, "SigningEnabled": True}, [MADE_ADDRESS], "not set up for DKIM"
        ),
    ),
    "sesv2.PutEmailIdentityDkimSigningAttributes": Operation(
        Works(
            {
                **_V2,
                "SigningAttributesOrigin": "AWS_SES",
                "SigningAttributes": {"NextSigningKeyLength": "RSA_1024_BIT"},
            },
            {"DkimStatus": str, "DkimTokens": [str, str, str]},
            [MADE_DOMAIN],
            then=[(_GET, {"DkimAttributes": {"NextSigningKeyLength": "RSA_1024_BIT"}})],
        ),
        NotFoundException=Fails({**MISSING, "SigningAttributesOrigin": "AWS_SES"}),
        BadRequestException=Fails({**_V2, "SigningAttributesOrigin": "EXTERNAL"}, [MADE_DOMAIN]),
    ),
    "sesv2.PutEmailIdentityMailFromAttributes": Operation(
        Works(
            {
                **_V2,
                "MailFromDomain": "bounce.example.com",
                "BehaviorOnMxFailure": "REJECT_MESSAGE",
            },
            given=[MADE_DOMAIN],
            then=[
                (
                    _GET,
                    {
                        "MailFromAttributes": {
                            "MailFromDomain": "bounce.example.com",
                            "MailFromDomainStatus": "SUCCESS",
                            "BehaviorOnMxFailure": "REJECT_MESSAGE",
                        }
                    },
                )
            ],
        ),
        NotFoundException=Fails(MISSING),
        BadRequestException=Fails(
            {**_V2, "MailFromDomain": "bounce.example.org"}, [MADE_DOMAIN], "subdomain"
        ),
    ),
    "sesv2.PutEmailIdentityFeedbackAttributes": Operation(
        Works(
            {**_V2, "EmailForwardingEnabled": False},
            given=[MADE_DOMAIN],
            then=[(_GET, {"FeedbackForwardingStatus": False})],
        ),
        NotFoundException=Fails(MISSING),
        BadRequestException=BOOLEAN,
    ),
}
