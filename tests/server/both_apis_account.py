"""Templates and the account, written through one API and read through the other."""

from tests.server.both_apis import (
    ACCOUNT,
    ADDRESS,
    ADDRESS_1,
    ADDRESS_2,
    CUSTOM,
    DOMAIN_1,
    IDENTITY,
    SET,
    SET_1,
    TEMPLATE,
    Case,
    v1,
    v2,
)

PARTS_1 = {"TemplateName": "hello", "SubjectPart": "Hello {{name}}", "TextPart": "x", "HtmlPart": "<p>x</p>"}
PARTS_2 = {"Subject": "Bye {{name}}", "Text": "y"}
CUSTOM_PARTS = {
    "TemplateName": "confirm",
    "FromEmailAddress": ADDRESS,
    "TemplateSubject": "Confirm",
    "TemplateContent": "<p>Welcome</p>",
    "SuccessRedirectionURL": "https://example.com/yes",
    "FailureRedirectionURL": "https://example.com/no",
}
CUSTOM_CHANGED = {**CUSTOM_PARTS, "TemplateSubject": "Please confirm"}

TEMPLATES = {
    "a template from v1": Case(
        TEMPLATE, [v1("CreateTemplate", Template=PARTS_1)], {"parts": ["Hello {{name}}", "x", "<p>x</p>"]}
    ),
    "a template from v2": Case(
        TEMPLATE,
        [v2("CreateEmailTemplate", TemplateName="hello", TemplateContent=PARTS_2)],
        {"parts": ["Bye {{name}}", "y", None]},
    ),
    "a template from v1 replaced by v2": Case(
        TEMPLATE,
        [
            v1("CreateTemplate", Template=PARTS_1),
            v2("UpdateEmailTemplate", TemplateName="hello", TemplateContent=PARTS_2),
        ],
        {"parts": ["Bye {{name}}", "y", None]},
    ),
    "a template from v2 replaced by v1": Case(
        TEMPLATE,
        [
            v2("CreateEmailTemplate", TemplateName="hello", TemplateContent=PARTS_2),
            v1("UpdateTemplate", Template=PARTS_1),
        ],
        {"parts": ["Hello {{name}}", "x", "<p>x</p>"]},
    ),
    "a verification template from v1": Case(
        CUSTOM, [ADDRESS_1, v1("CreateCustomVerificationEmailTemplate", **CUSTOM_PARTS)], CUSTOM_PARTS
    ),
    "a verification template from v2": Case(
        CUSTOM, [ADDRESS_2, v2("CreateCustomVerificationEmailTemplate", **CUSTOM_PARTS)], CUSTOM_PARTS
    ),
    "a verification template changed by v2": Case(
        CUSTOM,
        [
            ADDRESS_2,
            v1("CreateCustomVerificationEmailTemplate", **CUSTOM_PARTS),
            v2("UpdateCustomVerificationEmailTemplate", **CUSTOM_CHANGED),
        ],
        CUSTOM_CHANGED,
    ),
    "a verification template changed by v1": Case(
        CUSTOM,
        [
            ADDRESS_2,
            v2("CreateCustomVerificationEmailTemplate", **CUSTOM_PARTS),
            v1("UpdateCustomVerificationEmailTemplate", **CUSTOM_CHANGED),
        ],
        CUSTOM_CHANGED,
    ),
}

TEXT = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}
TO = {"ToAddresses": ["you@example.net", "she@example.net"]}
ACCOUNTS = {
    "an account that nobody used": Case(ACCOUNT, [], {"sends": True, "identities": [], "sets": []}),
    "an account with identities and sets from both": Case(
        ACCOUNT,
        [DOMAIN_1, ADDRESS_2, SET_1, v2("CreateConfigurationSet", ConfigurationSetName="more")],
        {"identities": [IDENTITY, ADDRESS], "sets": ["more", SET]},
    ),
    "an account paused by v1": Case(
        ACCOUNT, [v1("UpdateAccountSendingEnabled", Enabled=False)], {"sends": False}
    ),
    "an account paused by v2": Case(
        ACCOUNT, [v2("PutAccountSendingAttributes", SendingEnabled=False)], {"sends": False}
    ),
    "mail sent through both": Case(
        ACCOUNT,
        [
            ADDRESS_1,
            v1("SendEmail", Source=ADDRESS, Destination=TO, Message=TEXT),
            v2("SendEmail", FromEmailAddress=ADDRESS, Destination=TO, Content={"Simple": TEXT}),
        ],
        {"quota": {"SentLast24Hours": 4.0}},
    ),
    "removed by the other": Case(
        ACCOUNT,
        [
            DOMAIN_1,
            ADDRESS_2,
            SET_1,
            v2("CreateConfigurationSet", ConfigurationSetName="more"),
            v2("DeleteEmailIdentity", EmailIdentity=IDENTITY),
            v1("DeleteIdentity", Identity=ADDRESS),
            v2("DeleteConfigurationSet", ConfigurationSetName=SET),
            v1("DeleteConfigurationSet", ConfigurationSetName="more"),
        ],
        {"identities": [], "sets": []},
    ),
}
