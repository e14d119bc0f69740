"""Templated mail through the whole service with boto3: what arrives, what fails after acceptance, and what is counted."""

import email
import email.policy
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.scenarios.service import Service, wait_until

SENDER = "sender@example.com"
HOSTILE = {
    "recursion": ('{{#*inline "p"}}{{> p}}{{/inline}}\n{{> p}}', "{}"),
    "endless": (
        "{{#each l}}{{#each ../l}}{{#each ../../l}}{{#each ../../../l}}x{{/each}}{{/each}}{{/each}}{{/each}}",
        json.dumps({"l": list(range(400))}),
    ),
    "memory": (
        '{{#*inline "p"}}{{#if n.n}}{{#with n}}{{> p}}{{> p}}{{> p}}{{> p}}{{/with}}{{else}}'
        + "m" * 5000
        + "{{/if}}"
        "{{/inline}}\n{{> p}}",
        json.dumps({"n": {"n": {"n": {"n": {"n": {"n": {"n": {"n": {"n": {}}}}}}}}}}),
    ),
}


@pytest.fixture
def ses(service: Service) -> Any:
    client = service.client("ses")
    client.verify_email_identity(EmailAddress=SENDER)
    return client


@pytest.fixture
def sesv2(service: Service, ses: Any) -> Any:
    return service.client("sesv2")


def create(ses: Any, name: str, html: str = "<p>Dear {{name}}</p>", subject: str = "For {{name}}") -> None:
    template = {"TemplateName": name, "SubjectPart": subject, "HtmlPart": html, "TextPart": "Dear {{name}}"}
    ses.create_template(Template=template)


def events(service: Service, message_id: str, *types: str) -> list[dict[str, Any]]:
    """The events of a message, once there are those."""

    def read() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = service.get(f"/_mailgauge/events?message={message_id}")["events"]
        return found

    return wait_until(read, lambda found: [each["eventType"] for each in found] == list(types))


def received(service: Service, message_id: str) -> email.message.EmailMessage:
    def read() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = service.get(f"/_aws/ses?id={message_id}")["messages"]
        return found

    [message] = wait_until(read)
    return email.message_from_string(message["RawData"], policy=email.policy.default)


def body(message: email.message.EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).strip()


def test_v1_sends_what_the_template_makes_of_the_data(service: Service, ses: Any) -> None:
    create(ses, "welcome")
    message_id = ses.send_templated_email(
        Source=f"The Sender <{SENDER}>",
        Destination={"ToAddresses": ["success@simulator.amazonses.com"], "CcAddresses": ["c@example.org"]},
        ReplyToAddresses=["answers@example.com"],
        Template="welcome",
        TemplateData='{"name": "Zoë & co"}',
        Tags=[{"Name": "campaign", "Value": "spring"}],
    )["MessageId"]
    message = received(service, message_id)
    assert message["Subject"] == "For Zoë & co"
    assert message["Cc"] == "c@example.org"
    assert message["Reply-To"] == "answers@example.com"
    assert (body(message, "html"), body(message, "plain")) == ("<p>Dear Zoë & co</p>", "Dear Zoë & co")
    send, *deliveries = events(service, message_id, "Send", "Delivery", "Delivery")
    assert "subject" not in send["mail"]["commonHeaders"]
    assert "sourceArn" not in send["mail"]
    assert deliveries[0]["mail"]["commonHeaders"]["subject"] == "For Zoë & co"
    assert {"name": "Cc", "value": "c@example.org"} in send["mail"]["headers"]
    assert send["mail"]["tags"]["ses:operation"] == ["SendTemplatedEmail"]
    assert send["mail"]["tags"]["campaign"] == ["spring"]


@pytest.mark.parametrize("how", ["TemplateName", "TemplateArn", "TemplateContent"])
def test_v2_takes_a_template_by_name_by_arn_and_in_the_call(
    service: Service, ses: Any, sesv2: Any, how: str
) -> None:
    create(ses, "welcome")
    reference = {
        "TemplateName": "welcome",
        "TemplateArn": "arn:aws:ses:us-east-1:000000000000:template/welcome",
        "TemplateContent": {"Subject": "For {{name}}", "Html": "<p>Dear {{name}}</p>"},
    }[how]
    template = {
        how: reference,
        "TemplateData": '{"name": "you"}',
        "Headers": [{"Name": "X-Campaign", "Value": "spring"}],
        "Attachments": [{"FileName": "a.txt", "RawContent": b"attached"}],
    }
    message_id = sesv2.send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": ["someone@example.org"]},
        Content={"Template": template},
    )["MessageId"]
    message = received(service, message_id)
    assert message["Subject"] == "For you"
    assert message["X-Campaign"] == "spring"
    assert body(message, "html") == "<p>Dear you</p>"
    assert [each.get_content().strip() for each in message.iter_attachments()] == ["attached"]
    send, _ = events(service, message_id, "Send", "Delivery")
    assert send["mail"]["tags"]["ses:operation"] == ["SendEmail"]


def test_missing_data_becomes_an_event_and_a_metric_and_no_mail(service: Service, ses: Any) -> None:
    create(ses, "welcome")
    message_id = ses.send_templated_email(
        Source=SENDER,
        Destination={"ToAddresses": ["a@example.org", "b@example.org"]},
        Template="welcome",
        TemplateData="{}",
    )["MessageId"]
    [event] = events(service, message_id, "Rendering Failure")
    assert event["failure"] == {
        "templateName": "welcome",
        "errorMessage": "Attribute 'name' is not present in the rendering data.",
    }
    assert event["mail"]["destination"] == ["a@example.org", "b@example.org"]
    assert service.get(f"/_aws/ses?id={message_id}")["messages"] == []
    cloudwatch, now = service.client("cloudwatch"), datetime.now(UTC)

    def summed(metric: str) -> float:
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/SES",
            MetricName=metric,
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in points))

    assert wait_until(lambda: summed("RenderingFailure")) == 2.0
    assert summed("Send") == 0.0


def test_a_template_deleted_after_the_send_still_makes_the_mail(service: Service, ses: Any) -> None:
    create(ses, "welcome")
    message_id = ses.send_templated_email(
        Source=SENDER,
        Destination={"ToAddresses": ["a@example.org"]},
        Template="welcome",
        TemplateData='{"name": "you"}',
    )["MessageId"]
    ses.delete_template(TemplateName="welcome")
    assert received(service, message_id)["Subject"] == "For you"


def test_v1_bulk_gives_each_destination_its_own_message(service: Service, ses: Any) -> None:
    create(ses, "offer", "<p>{{name}}, {{price.amount}} {{price.currency}}</p>", "Offer")
    statuses = ses.send_bulk_templated_email(
        Source=SENDER,
        Template="offer",
        DefaultTags=[{"Name": "campaign", "Value": "spring"}, {"Name": "kind", "Value": "bulk"}],
        DefaultTemplateData='{"name": "friend", "price": {"amount": 5, "currency": "EUR"}}',
        Destinations=[
            {"Destination": {"ToAddresses": ["a@example.org"]}, "ReplacementTemplateData": "{}"},
            {
                "Destination": {"ToAddresses": ["b@example.org"]},
                "ReplacementTags": [{"Name": "campaign", "Value": "autumn"}],
                "ReplacementTemplateData": '{"name": "Bea", "price": {"amount": 7}}',
            },
            {"Destination": {"ToAddresses": ["not-an-address"]}},
            {"Destination": {"ToAddresses": ["d@example.org"]}, "ReplacementTemplateData": "{"},
        ],
    )["Status"]
    assert [each["Status"] for each in statuses] == [
        "Success",
        "Success",
        "InvalidParameterValue",
        "InvalidParameterValue",
    ]
    assert statuses[2]["Error"] == "Missing final '@domain'"
    first, second = (each["MessageId"] for each in statuses[:2])
    assert body(received(service, first), "html") == "<p>friend, 5 EUR</p>"
    assert body(received(service, second), "html") == "<p>Bea, 7 EUR</p>"
    tags = events(service, second, "Send", "Delivery")[0]["mail"]["tags"]
    assert (tags["campaign"], tags["kind"]) == (["autumn"], ["bulk"])
    assert tags["ses:operation"] == ["SendBulkTemplatedEmail"]


def test_v2_bulk_replaces_headers_and_data(service: Service, sesv2: Any) -> None:
    content = {"Subject": "Offer", "Text": "{{name}}"}
    results = sesv2.send_bulk_email(
        FromEmailAddress=SENDER,
        DefaultContent={
            "Template": {
                "TemplateContent": content,
                "TemplateData": '{"name": "friend"}',
                "Headers": [{"Name": "X-A", "Value": "default"}, {"Name": "X-B", "Value": "default"}],
            }
        },
        BulkEmailEntries=[
            {"Destination": {"ToAddresses": ["a@example.org"]}},
            {
                "Destination": {"ToAddresses": ["b@example.org"]},
                "ReplacementEmailContent": {
                    "ReplacementTemplate": {"ReplacementTemplateData": '{"name": "Bea"}'}
                },
                "ReplacementHeaders": [{"Name": "x-a", "Value": "own"}],
            },
            {"Destination": {"ToAddresses": ["nobody"]}},
        ],
    )["BulkEmailEntryResults"]
    assert [each["Status"] for each in results] == ["SUCCESS", "SUCCESS", "INVALID_PARAMETER"]
    first, second = (received(service, each["MessageId"]) for each in results[:2])
    assert (body(first, "plain"), first["X-A"], first["X-B"]) == ("friend", "default", "default")
    assert (body(second, "plain"), second["X-A"], second["X-B"]) == ("Bea", "own", "default")


def test_what_stands_against_the_whole_call_is_an_error(service: Service, ses: Any, sesv2: Any) -> None:
    create(ses, "welcome")
    destination = {"ToAddresses": ["a@example.org"]}
    bulk = {"Source": SENDER, "Template": "welcome", "DefaultTemplateData": "{}"}
    entries = [{"Destination": destination}]
    with pytest.raises(ses.exceptions.TemplateDoesNotExistException):
        ses.send_templated_email(Source=SENDER, Destination=destination, Template="none", TemplateData="{}")
    with pytest.raises(ses.exceptions.TemplateDoesNotExistException):
        ses.send_bulk_templated_email(**{**bulk, "Template": "none"}, Destinations=entries)
    with pytest.raises(ses.exceptions.ConfigurationSetDoesNotExistException):
        ses.send_bulk_templated_email(**bulk, Destinations=entries, ConfigurationSetName="none")
    with pytest.raises(ses.exceptions.MessageRejected):
        ses.send_bulk_templated_email(**{**bulk, "Source": "x@unverified.example"}, Destinations=entries)
    with pytest.raises(ses.exceptions.ClientError, match=r"InvalidParameterValue.*Invalid email address<x>"):
        ses.send_bulk_templated_email(**{**bulk, "Source": "x"}, Destinations=entries)
    with pytest.raises(ses.exceptions.ClientError, match="InvalidParameterValue"):
        ses.send_templated_email(Source=SENDER, Destination=destination, Template="welcome", TemplateData="{")
    template = {"TemplateName": "none", "TemplateData": "{}"}
    with pytest.raises(sesv2.exceptions.NotFoundException):
        sesv2.send_email(FromEmailAddress=SENDER, Destination=destination, Content={"Template": template})
    with pytest.raises(sesv2.exceptions.BadRequestException, match="Source cannot be empty"):
        sesv2.send_email(Destination=destination, Content={"Template": template})
    for given in (
        {"TemplateData": "{}"},
        {"TemplateName": "welcome", "TemplateContent": {"Subject": "s", "Text": "t"}},
        {"TemplateName": "welcome", "TemplateData": "{"},
    ):
        with pytest.raises(sesv2.exceptions.BadRequestException):
            sesv2.send_email(FromEmailAddress=SENDER, Destination=destination, Content={"Template": given})


def test_v1_names_its_template_errors_as_its_model_does(ses: Any) -> None:
    create(ses, "welcome")
    with pytest.raises(ses.exceptions.AlreadyExistsException):
        create(ses, "welcome")
    with pytest.raises(ses.exceptions.InvalidTemplateException):
        create(ses, "broken", "{{> nobody}}")
    with pytest.raises(ses.exceptions.MissingRenderingAttributeException):
        ses.test_render_template(TemplateName="welcome", TemplateData="{}")
    with pytest.raises(ses.exceptions.InvalidRenderingParameterException):
        ses.test_render_template(TemplateName="welcome", TemplateData="[")
    with pytest.raises(ses.exceptions.TemplateDoesNotExistException):
        ses.get_template(TemplateName="none")


@pytest.mark.parametrize("kind", list(HOSTILE))
def test_hostile_templates_cost_their_own_message_only(
    service: Service, ses: Any, sesv2: Any, kind: str
) -> None:
    html, data = HOSTILE[kind]
    create(ses, "welcome")
    hostile, slowest = [], 0.0
    for _ in range(5):
        template = {"TemplateContent": {"Subject": "s", "Html": html}, "TemplateData": data}
        message = {"FromEmailAddress": SENDER, "Destination": {"ToAddresses": ["a@example.org"]}}
        hostile.append(sesv2.send_email(**message, Content={"Template": template})["MessageId"])
        began = time.monotonic()
        good = ses.send_templated_email(
            Source=SENDER,
            Destination={"ToAddresses": ["b@example.org"]},
            Template="welcome",
            TemplateData='{"name": "you"}',
        )["MessageId"]
        slowest = max(slowest, time.monotonic() - began)
        assert received(service, good)["Subject"] == "For you"
    assert slowest < 1.0
    for message_id in hostile:
        [event] = events(service, message_id, "Rendering Failure")
        assert event["failure"]["templateName"] == ""
