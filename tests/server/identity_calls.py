"""How the operations on identities, their mail and tracking domains read or write, for the test of isolation."""

import json
from typing import Any

from tests.server.room import HERE

Call = tuple[str, str, dict[str, Any]]

DOMAIN, SET, ADDRESS = "owned.example", "owned", "127.0.0.2"
_V1, _V2 = {"Identity": DOMAIN}, {"EmailIdentity": DOMAIN}
_TRACKED = {"ConfigurationSetName": SET}
_TOPIC = f"arn:aws:sns:{HERE.region}:{HERE.account}:feedback"


def _policy(effect: str) -> str:
    statement = {"Effect": effect, "Principal": "*", "Action": "ses:SendEmail", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _template(name: str, subject: str) -> dict[str, str]:
    return {
        "TemplateName": name,
        "FromEmailAddress": f"hello@{DOMAIN}",
        "TemplateSubject": subject,
        "TemplateContent": "Hello",
        "SuccessRedirectionURL": "https://owned.example/yes",
        "FailureRedirectionURL": "https://owned.example/no",
    }


MAKE: list[Call] = [
    ("sesv2", "CreateDedicatedIpPool", {"PoolName": "owned-pool"}),
    ("sesv2", "PutDedicatedIpInPool", {"Ip": ADDRESS, "DestinationPoolName": "owned-pool"}),
    ("ses", "SetIdentityMailFromDomain", {**_V1, "MailFromDomain": f"one.{DOMAIN}"}),
    ("ses", "SetIdentityNotificationTopic", {**_V1, "NotificationType": "Bounce", "SnsTopic": _TOPIC}),
    ("ses", "SetIdentityNotificationTopic", {**_V1, "NotificationType": "Complaint", "SnsTopic": _TOPIC}),
    ("ses", "PutIdentityPolicy", {**_V1, "PolicyName": "one", "Policy": _policy("Deny")}),
    ("sesv2", "CreateEmailIdentityPolicy", {**_V2, "PolicyName": "two", "Policy": _policy("Deny")}),
    ("ses", "CreateCustomVerificationEmailTemplate", _template("first", "Hello")),
    ("sesv2", "CreateCustomVerificationEmailTemplate", _template("second", "Hello")),
    (
        "ses",
        "SendCustomVerificationEmail",
        {"EmailAddress": "asked@example.net", "TemplateName": "first"},
    ),
    (
        "sesv2",
        "SendCustomVerificationEmail",
        {"EmailAddress": "other@example.net", "TemplateName": "second"},
    ),
    (
        "ses",
        "CreateConfigurationSetTrackingOptions",
        {**_TRACKED, "TrackingOptions": {"CustomRedirectDomain": DOMAIN}},
    ),
]

CHANGE: list[Call] = [
    (
        "sesv2",
        "PutDedicatedIpInPool",
        {"Ip": ADDRESS, "DestinationPoolName": "ses-default-dedicated-pool"},
    ),
    ("sesv2", "DeleteDedicatedIpPool", {"PoolName": "owned-pool"}),
    ("ses", "SetIdentityDkimEnabled", {**_V1, "DkimEnabled": False}),
    ("sesv2", "PutEmailIdentityDkimAttributes", {**_V2, "SigningEnabled": True}),
    (
        "sesv2",
        "PutEmailIdentityDkimSigningAttributes",
        {
            **_V2,
            "SigningAttributesOrigin": "AWS_SES",
            "SigningAttributes": {"NextSigningKeyLength": "RSA_1024_BIT"},
        },
    ),
    ("sesv2", "PutEmailIdentityMailFromAttributes", {**_V2, "MailFromDomain": f"two.{DOMAIN}"}),
    (
        "ses",
        "SetIdentityHeadersInNotificationsEnabled",
        {**_V1, "NotificationType": "Bounce", "Enabled": True},
    ),
    ("ses", "SetIdentityFeedbackForwardingEnabled", {**_V1, "ForwardingEnabled": False}),
    ("sesv2", "PutEmailIdentityFeedbackAttributes", {**_V2, "EmailForwardingEnabled": True}),
    ("sesv2", "UpdateEmailIdentityPolicy", {**_V2, "PolicyName": "two", "Policy": _policy("Allow")}),
    ("ses", "DeleteIdentityPolicy", {**_V1, "PolicyName": "one"}),
    ("sesv2", "DeleteEmailIdentityPolicy", {**_V2, "PolicyName": "two"}),
    ("ses", "UpdateCustomVerificationEmailTemplate", {"TemplateName": "first", "TemplateSubject": "Bye"}),
    ("sesv2", "UpdateCustomVerificationEmailTemplate", _template("second", "Bye")),
    ("ses", "DeleteCustomVerificationEmailTemplate", {"TemplateName": "first"}),
    ("sesv2", "DeleteCustomVerificationEmailTemplate", {"TemplateName": "second"}),
    (
        "ses",
        "UpdateConfigurationSetTrackingOptions",
        {**_TRACKED, "TrackingOptions": {"CustomRedirectDomain": f"t.{DOMAIN}"}},
    ),
    ("sesv2", "PutConfigurationSetTrackingOptions", {**_TRACKED, "CustomRedirectDomain": f"u.{DOMAIN}"}),
    ("ses", "DeleteConfigurationSetTrackingOptions", _TRACKED),
]

READS: list[Call] = [
    ("sesv2", "GetDedicatedIpPool", {"PoolName": "owned-pool"}),
    ("sesv2", "ListDedicatedIpPools", {}),
    ("sesv2", "GetDedicatedIps", {"PoolName": "owned-pool"}),
    ("sesv2", "GetDedicatedIp", {"Ip": ADDRESS}),
    ("ses", "GetIdentityMailFromDomainAttributes", {"Identities": [DOMAIN]}),
    ("ses", "GetIdentityNotificationAttributes", {"Identities": [DOMAIN]}),
    ("ses", "GetIdentityPolicies", {**_V1, "PolicyNames": ["one", "two"]}),
    ("ses", "ListIdentityPolicies", _V1),
    ("sesv2", "GetEmailIdentityPolicies", _V2),
    ("ses", "GetCustomVerificationEmailTemplate", {"TemplateName": "first"}),
    ("ses", "ListCustomVerificationEmailTemplates", {}),
    ("sesv2", "GetCustomVerificationEmailTemplate", {"TemplateName": "second"}),
    ("sesv2", "ListCustomVerificationEmailTemplates", {}),
]
