"""How every operation on custom verification email templates is called over the wire, and how it fails."""

from tests.server.wire import LOOKED_UP, Call, Fails, Operation, Step, Table, Works, many
from tests.server.wire_calls_sending import PAUSED, TWO_SENT, unproven

_ME = "me@example.com"
_KNOWN = Call("ses.VerifyEmailIdentity", {"EmailAddress": _ME})
_TEMPLATE = {
    "TemplateName": "confirm",
    "FromEmailAddress": _ME,
    "TemplateSubject": "Confirm",
    "TemplateContent": "<p>Welcome</p>",
    "SuccessRedirectionURL": "https://example.com/yes",
    "FailureRedirectionURL": "https://example.com/no",
}
_NAME = {"TemplateName": "confirm"}
_MADE = Call("ses.CreateCustomVerificationEmailTemplate", _TEMPLATE)
_LISTED = {name: value for name, value in _TEMPLATE.items() if name != "TemplateContent"}
_STRANGER = {**_TEMPLATE, "FromEmailAddress": "stranger@example.org"}
_SCRIPT = {**_TEMPLATE, "TemplateContent": "<script>alert()</script>"}
_CHANGED = {**_TEMPLATE, "TemplateSubject": "Please confirm"}
_FULL: list[Step] = [_KNOWN, _MADE, many("custom_verification_template", 50)]
_NO_FROM = [_KNOWN, _MADE, Call("ses.DeleteIdentity", {"Identity": _ME})]
_SEND = {"EmailAddress": "new@example.net", **_NAME}


def _from(address: str) -> Call:
    return Call("ses.CreateCustomVerificationEmailTemplate", {**_TEMPLATE, "FromEmailAddress": address})


def _gets(api: str, **expected: str) -> tuple[Call, dict[str, str]]:
    return Call(f"{api}.GetCustomVerificationEmailTemplate", _NAME), {**_TEMPLATE, **expected}


def _lists_none(api: str) -> tuple[Call, dict[str, list[str]]]:
    return Call(f"{api}.ListCustomVerificationEmailTemplates"), {"CustomVerificationEmailTemplates": []}


_ASKED = (
    Call("ses.GetIdentityVerificationAttributes", {"Identities": ["new@example.net"]}),
    {"VerificationAttributes": {"new@example.net": {"VerificationStatus": "Success"}}},
)

_V1: Table = {
    "ses.CreateCustomVerificationEmailTemplate": Operation(
        Works(_TEMPLATE, given=[_KNOWN], then=[_gets("ses")]),
        CustomVerificationEmailTemplateAlreadyExistsException=Fails(_TEMPLATE, [_KNOWN, _MADE], "<confirm>"),
        FromEmailAddressNotVerifiedException=Fails(_STRANGER, [_KNOWN], "stranger@example.org"),
        CustomVerificationEmailInvalidContentException=Fails(_SCRIPT, [_KNOWN], "script"),
        LimitExceededException=Fails({**_TEMPLATE, "TemplateName": "more"}, _FULL),
    ),
    "ses.UpdateCustomVerificationEmailTemplate": Operation(
        Works(
            {**_NAME, "TemplateSubject": "Please confirm"},
            given=[_KNOWN, _MADE],
            then=[_gets("ses", TemplateSubject="Please confirm")],
        ),
        CustomVerificationEmailTemplateDoesNotExistException=Fails(_CHANGED, [_KNOWN]),
        FromEmailAddressNotVerifiedException=Fails(_STRANGER, [_KNOWN, _MADE]),
        CustomVerificationEmailInvalidContentException=Fails(_SCRIPT, [_KNOWN, _MADE]),
    ),
    "ses.GetCustomVerificationEmailTemplate": Operation(
        Works(_NAME, _TEMPLATE, [_KNOWN, _MADE]),
        CustomVerificationEmailTemplateDoesNotExistException=Fails(_NAME),
    ),
    "ses.ListCustomVerificationEmailTemplates": Operation(
        Works(answer={"CustomVerificationEmailTemplates": [_LISTED]}, given=[_KNOWN, _MADE]),
    ),
    "ses.DeleteCustomVerificationEmailTemplate": Operation(
        Works(_NAME, given=[_KNOWN, _MADE], then=[_lists_none("ses")]),
        Works({"TemplateName": "missing"}),
    ),
    "ses.SendCustomVerificationEmail": Operation(
        Works(_SEND, {"MessageId": str}, [_KNOWN, _MADE], then=[_ASKED]),
        MessageRejected="Only the sender must have proved itself: FromEmailAddressNotVerifiedException.",
        ConfigurationSetDoesNotExistException=Fails(
            {**_SEND, "ConfigurationSetName": "missing"}, [_KNOWN, _MADE]
        ),
        CustomVerificationEmailTemplateDoesNotExistException=Fails(_SEND),
        FromEmailAddressNotVerifiedException=Fails(_SEND, _NO_FROM, _ME),
        ProductionAccessNotGrantedException=Fails(_SEND, [_KNOWN, _MADE], on="sandbox"),
    ),
}

_V2: Table = {
    "sesv2.CreateCustomVerificationEmailTemplate": Operation(
        Works(_TEMPLATE, given=[_KNOWN], then=[_gets("sesv2")]),
        BadRequestException=Fails(_SCRIPT, [_KNOWN], "script"),
        AlreadyExistsException=Fails(_TEMPLATE, [_KNOWN, _MADE]),
        NotFoundException="A new template refers to nothing but its sender: BadRequestException.",
        LimitExceededException=Fails({**_TEMPLATE, "TemplateName": "more"}, _FULL),
    ),
    "sesv2.UpdateCustomVerificationEmailTemplate": Operation(
        Works(_CHANGED, given=[_KNOWN, _MADE], then=[_gets("sesv2", TemplateSubject="Please confirm")]),
        NotFoundException=Fails(_CHANGED, [_KNOWN]),
        BadRequestException=Fails(_SCRIPT, [_KNOWN, _MADE]),
    ),
    "sesv2.GetCustomVerificationEmailTemplate": Operation(
        Works(_NAME, _TEMPLATE, [_KNOWN, _MADE]),
        NotFoundException=Fails(_NAME),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.ListCustomVerificationEmailTemplates": Operation(
        Works(answer={"CustomVerificationEmailTemplates": [_LISTED]}, given=[_KNOWN, _MADE]),
        BadRequestException=Fails({"NextToken": "not a token"}),
    ),
    "sesv2.DeleteCustomVerificationEmailTemplate": Operation(
        Works(_NAME, given=[_KNOWN, _MADE], then=[_lists_none("sesv2")]),
        NotFoundException=Fails(_NAME),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.SendCustomVerificationEmail": Operation(
        Works(_SEND, {"MessageId": str}, [_KNOWN, _MADE], then=[_ASKED]),
        MessageRejected="Only the sender must have proved itself: BadRequestException.",
        SendingPausedException=Fails(_SEND, [*PAUSED, _MADE]),
        MailFromDomainNotVerifiedException=Fails(
            _SEND, [*unproven("verifier@example.com"), _from("verifier@example.com")], on="proving"
        ),
        NotFoundException=Fails(_SEND),
        BadRequestException=Fails({**_SEND, "EmailAddress": "no address"}, [_KNOWN, _MADE]),
        TooManyRequestsException=Fails(_SEND, [*TWO_SENT, _MADE], on="scarce"),
        LimitExceededException="A quota that is used up is TooManyRequestsException.",
    ),
}

CUSTOM_VERIFICATION: Table = {**_V1, **_V2}
