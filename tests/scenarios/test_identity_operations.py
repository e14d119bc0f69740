"""What is set on identities, by unmodified boto3 through the wire: answers, and the exceptions that it knows by name."""

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.scenarios.service import REGION, Service

OWNER, DELEGATE = "111111111111", "222222222222"
ARN = f"arn:aws:ses:{REGION}:{OWNER}:identity/shop.example"
TEMPLATE = {
    "TemplateName": "welcome",
    "FromEmailAddress": "hello@shop.example",
    "TemplateSubject": "Welcome",
    "TemplateContent": "<p>Hello</p>",
    "SuccessRedirectionURL": "https://shop.example/yes",
    "FailureRedirectionURL": "https://shop.example/no",
}
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": DELEGATE}, "Action": "ses:SendEmail", "Resource": ARN}
        ],
    }
)


def client(service: Service, name: str, account: str = OWNER) -> Any:
    """In `local`, an access key id of twelve digits is the account."""
    session = boto3.session.Session(account, "secret", region_name=REGION)
    return session.client(name, endpoint_url=service.http, config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture
def v1(service: Service) -> Any:
    made = client(service, "ses")
    made.verify_domain_identity(Domain="shop.example")
    return made


@pytest.fixture
def v2(service: Service) -> Any:
    return client(service, "sesv2")


def test_settings_of_an_identity(v1: Any, v2: Any) -> None:
    tokens = v1.verify_domain_dkim(Domain="shop.example")["DkimTokens"]
    v1.set_identity_dkim_enabled(Identity="shop.example", DkimEnabled=True)
    v1.set_identity_mail_from_domain(Identity="shop.example", MailFromDomain="b.shop.example")
    v1.set_identity_headers_in_notifications_enabled(
        Identity="shop.example", NotificationType="Bounce", Enabled=True
    )
    found = v2.get_email_identity(EmailIdentity="shop.example")
    assert found["DkimAttributes"]["Tokens"] == tokens
    assert found["MailFromAttributes"]["MailFromDomainStatus"] == "SUCCESS"
    put = v2.put_email_identity_dkim_signing_attributes(
        EmailIdentity="shop.example", SigningAttributesOrigin="AWS_SES"
    )
    assert put["DkimTokens"] == tokens
    notifications = v1.get_identity_notification_attributes(Identities=["shop.example"])
    assert notifications["NotificationAttributes"]["shop.example"]["HeadersInBounceNotificationsEnabled"]
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        v1.set_identity_feedback_forwarding_enabled(Identity="shop.example", ForwardingEnabled=False)
    with pytest.raises(v2.exceptions.NotFoundException):
        v2.put_email_identity_feedback_attributes(EmailIdentity="x.example", EmailForwardingEnabled=True)
    with pytest.raises(v2.exceptions.BadRequestException):
        v2.put_email_identity_mail_from_attributes(EmailIdentity="shop.example", MailFromDomain="x.example")


def test_sending_authorization(service: Service, v1: Any, v2: Any) -> None:
    message = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
    given = {
        "FromEmailAddress": "a@shop.example",
        "FromEmailAddressIdentityArn": ARN,
        "Destination": {"ToAddresses": ["success@simulator.amazonses.com"]},
        "Content": {"Simple": message},
    }
    delegate = client(service, "sesv2", DELEGATE)
    with pytest.raises(ClientError) as refused:
        delegate.send_email(**given)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    with pytest.raises(v1.exceptions.InvalidPolicyException):
        v1.put_identity_policy(Identity="shop.example", PolicyName="p", Policy="{}")
    v1.put_identity_policy(Identity="shop.example", PolicyName="p", Policy=POLICY)
    with pytest.raises(v2.exceptions.AlreadyExistsException):
        v2.create_email_identity_policy(EmailIdentity="shop.example", PolicyName="p", Policy=POLICY)
    assert v2.get_email_identity_policies(EmailIdentity="shop.example")["Policies"] == {"p": POLICY}
    assert delegate.send_email(**given)["MessageId"]
    v1.delete_identity_policy(Identity="shop.example", PolicyName="p")
    with pytest.raises(ClientError) as again:
        client(service, "ses", DELEGATE).send_email(
            Source="a@shop.example", SourceArn=ARN, Destination=given["Destination"], Message=message
        )
    assert again.value.response["Error"]["Code"] == "AccessDenied"
    assert again.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_custom_verification(service: Service, v1: Any, v2: Any) -> None:
    v1.create_custom_verification_email_template(**TEMPLATE)
    with pytest.raises(v1.exceptions.CustomVerificationEmailTemplateAlreadyExistsException):
        v1.create_custom_verification_email_template(**TEMPLATE)
    with pytest.raises(v2.exceptions.AlreadyExistsException):
        v2.create_custom_verification_email_template(**TEMPLATE)
    assert v2.send_custom_verification_email(EmailAddress="a@b.example", TemplateName="welcome")["MessageId"]
    assert v1.send_custom_verification_email(EmailAddress="a@b.example", TemplateName="welcome")["MessageId"]
    with pytest.raises(v1.exceptions.CustomVerificationEmailTemplateDoesNotExistException):
        v1.send_custom_verification_email(EmailAddress="a@b.example", TemplateName="x")
    unverified = {**TEMPLATE, "TemplateName": "x", "FromEmailAddress": "a@x.example"}
    with pytest.raises(v1.exceptions.FromEmailAddressNotVerifiedException):
        v1.create_custom_verification_email_template(**unverified)
    with pytest.raises(v1.exceptions.CustomVerificationEmailInvalidContentException):
        v1.update_custom_verification_email_template(TemplateName="welcome", TemplateContent="<script>")
    v1.update_custom_verification_email_template(TemplateName="welcome", TemplateSubject="Hello")
    found = v2.get_custom_verification_email_template(TemplateName="welcome")
    assert found["TemplateSubject"] == "Hello"
    [listed] = v1.list_custom_verification_email_templates()["CustomVerificationEmailTemplates"]
    assert listed["TemplateName"] == "welcome"
    v2.delete_custom_verification_email_template(TemplateName="welcome")
    with pytest.raises(v2.exceptions.NotFoundException):
        v2.get_custom_verification_email_template(TemplateName="welcome")


def test_tracking_options(v1: Any, v2: Any) -> None:
    v1.create_configuration_set(ConfigurationSet={"Name": "news"})
    given = {"ConfigurationSetName": "news", "TrackingOptions": {"CustomRedirectDomain": "t.shop.example"}}
    with pytest.raises(v1.exceptions.TrackingOptionsDoesNotExistException):
        v1.update_configuration_set_tracking_options(**given)
    v1.create_configuration_set_tracking_options(**given)
    with pytest.raises(v1.exceptions.TrackingOptionsAlreadyExistsException):
        v1.create_configuration_set_tracking_options(**given)
    with pytest.raises(v1.exceptions.InvalidTrackingOptionsException):
        v1.update_configuration_set_tracking_options(
            ConfigurationSetName="news", TrackingOptions={"CustomRedirectDomain": "x.example"}
        )
    found = v2.get_configuration_set(ConfigurationSetName="news")
    assert found["TrackingOptions"] == given["TrackingOptions"]
    with pytest.raises(v2.exceptions.BadRequestException, match="is not verified under this account"):
        v2.put_configuration_set_tracking_options(
            ConfigurationSetName="news", CustomRedirectDomain="x.example"
        )
    v1.delete_configuration_set_tracking_options(ConfigurationSetName="news")
