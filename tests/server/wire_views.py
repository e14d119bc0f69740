"""What each API shows of a resource that both know, in one form: the two must be equal, whoever wrote it.

What only v2 can tell is left out of its view here: event types and targets that v1 has no word for.
"""

import re
from typing import Any

from tests.server.wire import Call, World

View = dict[str, Any]
_V1_TYPES = {"SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "OPEN", "CLICK", "RENDERING_FAILURE"}
_ATTRIBUTES = ["eventDestinations", "trackingOptions", "deliveryOptions", "reputationOptions"]


def identity_v1(world: World, name: str) -> View:
    verification = _of_identity(world, "GetIdentityVerificationAttributes", name)
    dkim = _of_identity(world, "GetIdentityDkimAttributes", name)
    mail_from = _of_identity(world, "GetIdentityMailFromDomainAttributes", name)
    notifications = _of_identity(world, "GetIdentityNotificationAttributes", name)
    names = world.call(Call("ses.ListIdentityPolicies", {"Identity": name}))["PolicyNames"]
    policies = world.call(Call("ses.GetIdentityPolicies", {"Identity": name, "PolicyNames": names}))
    return {
        "status": _shouted(verification["VerificationStatus"]),
        "signs": dkim["DkimEnabled"],
        "DKIM": _shouted(dkim["DkimVerificationStatus"]),
        "tokens": dkim.get("DkimTokens", []),
        "MAIL FROM": mail_from.get("MailFromDomain"),
        "MAIL FROM status": _shouted(mail_from.get("MailFromDomainStatus")),
        "without MX": _shouted(mail_from.get("BehaviorOnMXFailure")),
        "forwards": notifications["ForwardingEnabled"],
        "policies": policies["Policies"],
    }


def identity_v2(world: World, name: str) -> View:
    found = world.call(Call("sesv2.GetEmailIdentity", {"EmailIdentity": name}))
    policies = world.call(Call("sesv2.GetEmailIdentityPolicies", {"EmailIdentity": name}))["Policies"]
    assert policies == found["Policies"]
    assert found["VerifiedForSendingStatus"] == (found["VerificationStatus"] == "SUCCESS")
    dkim, mail_from = found["DkimAttributes"], found.get("MailFromAttributes", {})
    return {
        "status": found["VerificationStatus"],
        "signs": dkim["SigningEnabled"],
        "DKIM": dkim["Status"],
        "tokens": dkim["Tokens"],
        "MAIL FROM": mail_from.get("MailFromDomain"),
        "MAIL FROM status": mail_from.get("MailFromDomainStatus"),
        "without MX": mail_from.get("BehaviorOnMxFailure"),
        "forwards": found["FeedbackForwardingStatus"],
        "policies": policies,
    }


def set_v1(world: World, name: str) -> View:
    parameters = {"ConfigurationSetName": name, "ConfigurationSetAttributeNames": _ATTRIBUTES}
    found = world.call(Call("ses.DescribeConfigurationSet", parameters))
    reputation = found["ReputationOptions"]
    return {
        "sends": reputation["SendingEnabled"],
        "metrics": reputation["ReputationMetricsEnabled"],
        "fresh start": reputation.get("LastFreshStart"),
        "TLS": _shouted(found["DeliveryOptions"]["TlsPolicy"]),
        "domain": found.get("TrackingOptions", {}).get("CustomRedirectDomain"),
        "destinations": [_destination_v1(each) for each in found["EventDestinations"]],
    }


def set_v2(world: World, name: str) -> View:
    parameters = {"ConfigurationSetName": name}
    found = world.call(Call("sesv2.GetConfigurationSet", parameters))
    destinations = world.call(Call("sesv2.GetConfigurationSetEventDestinations", parameters))
    return {
        "sends": found["SendingOptions"]["SendingEnabled"],
        "metrics": found["ReputationOptions"]["ReputationMetricsEnabled"],
        "fresh start": found["ReputationOptions"].get("LastFreshStart"),
        "TLS": found["DeliveryOptions"]["TlsPolicy"],
        "domain": found.get("TrackingOptions", {}).get("CustomRedirectDomain"),
        "destinations": [_destination_v2(each) for each in destinations["EventDestinations"]],
    }


def template_v1(world: World, name: str) -> View:
    found = world.call(Call("ses.GetTemplate", {"TemplateName": name}))["Template"]
    listed = world.call(Call("ses.ListTemplates"))["TemplatesMetadata"]
    rendering = Call("ses.TestRenderTemplate", {"TemplateName": name, "TemplateData": '{"name": "Ann"}'})
    return {
        "parts": [found.get("SubjectPart"), found.get("TextPart"), found.get("HtmlPart")],
        "listed": [(each["Name"], each["CreatedTimestamp"]) for each in listed],
        "rendered": _without_chance(world.call(rendering)["RenderedTemplate"]),
    }


def template_v2(world: World, name: str) -> View:
    found = world.call(Call("sesv2.GetEmailTemplate", {"TemplateName": name}))["TemplateContent"]
    listed = world.call(Call("sesv2.ListEmailTemplates"))["TemplatesMetadata"]
    rendering = Call(
        "sesv2.TestRenderEmailTemplate", {"TemplateName": name, "TemplateData": '{"name": "Ann"}'}
    )
    return {
        "parts": [found.get("Subject"), found.get("Text"), found.get("Html")],
        "listed": [(each["TemplateName"], each["CreatedTimestamp"]) for each in listed],
        "rendered": _without_chance(world.call(rendering)["RenderedTemplate"]),
    }


def custom_v1(world: World, name: str) -> View:
    found = world.call(Call("ses.GetCustomVerificationEmailTemplate", {"TemplateName": name}))
    return {**found, **world.call(Call("ses.ListCustomVerificationEmailTemplates"))}


def custom_v2(world: World, name: str) -> View:
    found = world.call(Call("sesv2.GetCustomVerificationEmailTemplate", {"TemplateName": name}))
    del found["Tags"]
    return {**found, **world.call(Call("sesv2.ListCustomVerificationEmailTemplates"))}


def account_v1(world: World, name: str) -> View:
    return {
        "sends": world.call(Call("ses.GetAccountSendingEnabled"))["Enabled"],
        "quota": world.call(Call("ses.GetSendQuota")),
        "identities": world.call(Call("ses.ListIdentities"))["Identities"],
        "sets": [each["Name"] for each in world.call(Call("ses.ListConfigurationSets"))["ConfigurationSets"]],
    }


def account_v2(world: World, name: str) -> View:
    found = world.call(Call("sesv2.GetAccount"))
    identities = world.call(Call("sesv2.ListEmailIdentities"))["EmailIdentities"]
    return {
        "sends": found["SendingEnabled"],
        "quota": found["SendQuota"],
        "identities": [each["IdentityName"] for each in identities],
        "sets": world.call(Call("sesv2.ListConfigurationSets"))["ConfigurationSets"],
    }


def _of_identity(world: World, operation: str, name: str) -> Any:
    """What v1 tells of one of the identities that it is asked about."""
    [told] = world.call(Call(f"ses.{operation}", {"Identities": [name]})).values()
    return told.get(name, {})


def _destination_v1(found: dict[str, Any]) -> View:
    cloudwatch = found.get("CloudWatchDestination", {}).get("DimensionConfigurations")
    firehose = found.get("KinesisFirehoseDestination")
    return {
        "name": found["Name"],
        "enabled": found["Enabled"],
        "types": {_shouted(each) for each in found["MatchingEventTypes"]},
        "CloudWatch": cloudwatch
        and [{**each, "DimensionValueSource": _shouted(each["DimensionValueSource"])} for each in cloudwatch],
        "SNS": found.get("SNSDestination", {}).get("TopicARN"),
        "Firehose": firehose and (firehose["IAMRoleARN"], firehose["DeliveryStreamARN"]),
    }


def _destination_v2(found: dict[str, Any]) -> View:
    firehose = found.get("KinesisFirehoseDestination")
    return {
        "name": found["Name"],
        "enabled": found["Enabled"],
        "types": _V1_TYPES & set(found["MatchingEventTypes"]),
        "CloudWatch": found.get("CloudWatchDestination", {}).get("DimensionConfigurations"),
        "SNS": found.get("SnsDestination", {}).get("TopicArn"),
        "Firehose": firehose and (firehose["IamRoleArn"], firehose["DeliveryStreamArn"]),
    }


def _shouted(text: str | None) -> str | None:
    """``renderingFailure`` and ``NotStarted`` as v2 spells them."""
    return None if text is None else re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).upper()


def _without_chance(rendered: str) -> str:
    """A rendered message has an id and boundaries of its own each time."""
    lines = re.sub(r"(?im)^(message-id|date):.*\r\n", "", rendered)
    boundaries = re.findall(r'boundary="?([^"\r\n;]+)', lines)
    for boundary in boundaries:
        lines = lines.replace(boundary, "boundary")
    return lines
