"""How every operation that sends is called over the wire, and how it fails."""

from typing import Any

from tests.server.wire import Call, Fails, Operation, Step, Table, Works, verify_by_link
from tests.server.wire_calls_templates import MADE_V1

_ME = "me@example.com"
_TO = {"ToAddresses": ["you@example.net"]}
_TEXT = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}
_KNOWN = Call("ses.VerifyEmailIdentity", {"EmailAddress": _ME})
_PAUSED_SET: list[Step] = [
    _KNOWN,
    MADE_V1,
    Call("ses.CreateConfigurationSet", {"ConfigurationSet": {"Name": "news"}}),
    Call("ses.UpdateConfigurationSetSendingEnabled", {"ConfigurationSetName": "news", "Enabled": False}),
]
PAUSED: list[Step] = [_KNOWN, MADE_V1, Call("ses.UpdateAccountSendingEnabled", {"Enabled": False})]
_NO_SET = {"ConfigurationSetName": "missing"}


def unproven(address: str) -> list[Step]:
    """An identity that has proved itself, with a MAIL FROM domain that has not. The address is one test's own."""
    return [
        Call("ses.VerifyEmailIdentity", {"EmailAddress": address}),
        verify_by_link(address),
        Call(
            "ses.SetIdentityMailFromDomain",
            {
                "Identity": address,
                "MailFromDomain": "bounce.example.com",
                "BehaviorOnMXFailure": "RejectMessage",
            },
        ),
        MADE_V1,
    ]


_EACH = "Each destination is told of it by a status of its own."
_V1_EMAIL: dict[str, Any] = {"Source": _ME, "Destination": _TO, "Message": _TEXT}
_RAW: dict[str, Any] = {
    "Source": _ME,
    "RawMessage": {"Data": b"From: me@example.com\r\nTo: you@example.net\r\nSubject: Hello\r\n\r\nHello\r\n"},
}
_TEMPLATED: dict[str, Any] = {
    "Source": _ME,
    "Destination": _TO,
    "Template": "hello",
    "TemplateData": '{"name": "Ann"}',
}
_BULK: dict[str, Any] = {
    "Source": _ME,
    "Template": "hello",
    "DefaultTemplateData": '{"name": "Ann"}',
    "Destinations": [{"Destination": _TO}, {"Destination": {"ToAddresses": ["no address"]}}],
}
_V2_EMAIL: dict[str, Any] = {
    "FromEmailAddress": _ME,
    "Destination": _TO,
    "Content": {"Simple": _TEXT},
}
_V2_TEMPLATED = {"Content": {"Template": {"TemplateName": "missing", "TemplateData": "{}"}}}
_V2_BULK: dict[str, Any] = {
    "FromEmailAddress": _ME,
    "DefaultContent": {"Template": {"TemplateName": "hello", "TemplateData": '{"name": "Ann"}'}},
    "BulkEmailEntries": [{"Destination": _TO}],
}
TWO_SENT: list[Step] = [_KNOWN, MADE_V1, *[Call("ses.SendEmail", _V1_EMAIL)] * 2]


def _v1_refusals(name: str, parameters: dict[str, Any]) -> dict[str, Fails | str]:
    """The errors that all sends of v1 share."""
    address = f"{name}@example.com"
    paused_set = {"ConfigurationSetName": "news"}
    return {
        "MessageRejected": Fails(parameters, [MADE_V1], "Email address is not verified"),
        "MailFromDomainNotVerifiedException": Fails(
            {**parameters, "Source": address}, unproven(address), on="proving"
        ),
        "ConfigurationSetDoesNotExistException": Fails(
            {**parameters, **_NO_SET}, [_KNOWN, MADE_V1], "missing"
        ),
        "ConfigurationSetSendingPausedException": Fails({**parameters, **paused_set}, _PAUSED_SET, "news"),
        "AccountSendingPausedException": Fails(parameters, PAUSED, "disabled"),
    }


def _v2_refusals(name: str, parameters: dict[str, Any]) -> dict[str, Fails | str]:
    """The errors that both sends of v2 share."""
    address = f"{name}@example.com"
    return {
        "MessageRejected": Fails(parameters, [MADE_V1], "Email address is not verified"),
        "MailFromDomainNotVerifiedException": Fails(
            {**parameters, "FromEmailAddress": address}, unproven(address), on="proving"
        ),
        "SendingPausedException": Fails(parameters, PAUSED, "disabled"),
        "TooManyRequestsException": Fails(parameters, TWO_SENT, "Daily message quota exceeded.", on="scarce"),
        "LimitExceededException": "A quota that is used up is TooManyRequestsException, and there is no other limit.",
    }


def _first_was_sent(status: Any) -> bool:
    return [each["Status"] for each in status] == ["Success", "InvalidParameterValue"]


SENDING: Table = {
    "ses.SendEmail": Operation(
        Works(
            _V1_EMAIL,
            {"MessageId": str},
            [_KNOWN],
            then=[(Call("ses.GetSendQuota"), {"SentLast24Hours": 1.0})],
        ),
        **_v1_refusals("simple", _V1_EMAIL),
    ),
    "ses.SendRawEmail": Operation(
        Works(
            _RAW, {"MessageId": str}, [_KNOWN], then=[(Call("ses.GetSendQuota"), {"SentLast24Hours": 1.0})]
        ),
        **{
            **_v1_refusals("raw", _RAW),
            "MailFromDomainNotVerifiedException": Fails(
                {
                    "RawMessage": {
                        "Data": b"From: raw@example.com\r\nTo: you@example.net\r\nSubject: Hello\r\n\r\nHello\r\n"
                    }
                },
                unproven("raw@example.com"),
                on="proving",
            ),
        },
    ),
    "ses.SendTemplatedEmail": Operation(
        Works(_TEMPLATED, {"MessageId": str}, [_KNOWN, MADE_V1]),
        **_v1_refusals("templated", _TEMPLATED),
        TemplateDoesNotExistException=Fails(_TEMPLATED, [_KNOWN], "hello"),
    ),
    "ses.SendBulkTemplatedEmail": Operation(
        Works(_BULK, {"Status": _first_was_sent}, [_KNOWN, MADE_V1]),
        Works(
            {**_BULK, "Source": "bulk@example.com"},
            {"Status": lambda status: status[0]["Status"] == "MailFromDomainNotVerified"},
            unproven("bulk@example.com"),
            on="proving",
        ),
        **{**_v1_refusals("bulk", _BULK), "MailFromDomainNotVerifiedException": _EACH},
        TemplateDoesNotExistException=Fails(_BULK, [_KNOWN], "hello"),
    ),
    "sesv2.SendEmail": Operation(
        Works(
            _V2_EMAIL,
            {"MessageId": str},
            [_KNOWN],
            then=[(Call("sesv2.GetAccount"), {"SendQuota": {"SentLast24Hours": 1.0}})],
        ),
        Works(
            {
                **_V2_EMAIL,
                "Content": {"Template": {"TemplateName": "hello", "TemplateData": '{"name": "Ann"}'}},
            },
            {"MessageId": str},
            [_KNOWN, MADE_V1],
        ),
        Works({"Content": {"Raw": _RAW["RawMessage"]}}, {"MessageId": str}, [_KNOWN]),
        **_v2_refusals("simple2", _V2_EMAIL),
        NotFoundException=Fails({**_V2_EMAIL, **_V2_TEMPLATED}, [_KNOWN], "missing"),
        BadRequestException=Fails({**_V2_EMAIL, "Content": {}}, [_KNOWN]),
    ),
    "sesv2.SendBulkEmail": Operation(
        Works(
            _V2_BULK,
            {"BulkEmailEntryResults": [{"Status": "SUCCESS", "MessageId": str}]},
            [_KNOWN, MADE_V1],
        ),
        Works(
            _V2_BULK,
            {"BulkEmailEntryResults": [{"Status": "ACCOUNT_DAILY_QUOTA_EXCEEDED"}]},
            TWO_SENT,
            on="scarce",
        ),
        Works(
            {**_V2_BULK, "FromEmailAddress": "bulk2@example.com"},
            {"BulkEmailEntryResults": [{"Status": "MAIL_FROM_DOMAIN_NOT_VERIFIED"}]},
            unproven("bulk2@example.com"),
            on="proving",
        ),
        **{
            **_v2_refusals("bulk2", _V2_BULK),
            "MailFromDomainNotVerifiedException": _EACH,
            "TooManyRequestsException": _EACH,
        },
        NotFoundException=Fails(_V2_BULK, [_KNOWN], "hello"),
        BadRequestException=Fails({**_V2_BULK, "BulkEmailEntries": []}, [_KNOWN, MADE_V1]),
    ),
}
