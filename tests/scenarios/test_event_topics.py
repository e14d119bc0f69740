"""Events reach whoever listens to a topic: all ten types of a configuration set, and what identities notify of."""

import re
import urllib.request
from collections import Counter
from email import message_from_string, policy
from email.message import EmailMessage
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from mailgauge.scan.eicar import EICAR
from tests.scenarios.auditing import audit
from tests.scenarios.event_forms import FORM, check_form
from tests.scenarios.journal import documents as journalled
from tests.scenarios.listeners import Queue, documents, listening, make_topic
from tests.scenarios.service import Service, wait_until

SENDER, SET, LIST = "news@shop.example", "news", "News"
SIMULATOR = "simulator.amazonses.com"
VALIDATED = "Successfully validated SNS topic for Amazon SES event publishing."
ALL = (
    *("SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY"),
    *("OPEN", "CLICK", "RENDERING_FAILURE", "DELIVERY_DELAY", "SUBSCRIPTION"),
)
HTML = (
    '<html><body><p>Offers: <a href="https://shop.example/offers" ses:tags="place:top">here</a></p>'
    '<p><a href="{{amazonSESUnsubscribeUrl}}">Unsubscribe</a></p></body></html>'
)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
#: Of the causes below. What is put off is put off twice, and then delivered.
EXPECTED = {
    "Send": 5,
    "Delivery": 3,
    "Bounce": 1,
    "Complaint": 1,
    "Reject": 1,
    "Open": 1,
    "Click": 1,
    "Rendering Failure": 1,
    "DeliveryDelay": 2,
    "Subscription": 1,
}


@pytest.fixture
def ses(service: Service) -> Any:
    """A verified sender and a configuration set that publishes nothing yet."""
    client = service.client("sesv2")
    client.create_email_identity(EmailIdentity=SENDER)
    client.create_configuration_set(ConfigurationSetName=SET)
    return client


def publish_to(ses: Any, topic: str, *types: str) -> None:
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=SET,
        EventDestinationName="topic",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": list(types or ALL),
            "SnsDestination": {"TopicArn": topic},
        },
    )


def send(ses: Any, to: str, **changes: Any) -> str:
    text = {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "News."}}}
    given = {"Content": {"Simple": text}, "ConfigurationSetName": SET, **changes}
    answer = ses.send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [to]},
        EmailTags=[{"Name": "campaign", "Value": "spring"}],
        **{name: value for name, value in given.items() if value is not None},
    )
    return str(answer["MessageId"])


def cause_all(service: Service, ses: Any) -> list[str]:
    """The messages."""
    invoice = EmailMessage()
    invoice["From"], invoice["To"], invoice["Subject"] = SENDER, "ben@example.net", "Invoice"
    invoice.set_content("See the attachment.")
    invoice.add_attachment(EICAR, maintype="application", subtype="octet-stream", filename="invoice.bin")
    ses.create_email_template(
        TemplateName="greeting", TemplateContent={"Subject": "Hello {{name}}", "Text": "Hello {{name}}"}
    )
    template = {"TemplateName": "greeting", "TemplateData": "{}"}
    return [
        be_read(service, ses),
        send(ses, f"bounce@{SIMULATOR}"),
        send(ses, f"complaint@{SIMULATOR}"),
        send(ses, f"defer@{SIMULATOR}"),
        send(ses, "ben@example.net", Content={"Raw": {"Data": invoice.as_bytes()}}),
        send(ses, "carl@example.net", Content={"Template": template}),
    ]


def be_read(service: Service, ses: Any) -> str:
    """Someone opens a newsletter, follows a link and leaves the list."""
    weekly = {"TopicName": "weekly", "DisplayName": "Weekly", "DefaultSubscriptionStatus": "OPT_IN"}
    ses.create_contact_list(ContactListName=LIST, Topics=[weekly])
    message_id = send(
        ses,
        "anna@example.net",
        Content={"Simple": {"Subject": {"Data": "News"}, "Body": {"Html": {"Data": HTML}}}},
        ListManagementOptions={"ContactListName": LIST, "TopicName": "weekly"},
    )
    [kept] = wait_until(lambda: service.get(f"/_aws/ses?id={message_id}")["messages"])
    message = message_from_string(kept["RawData"], policy=policy.default)
    assert isinstance(message, EmailMessage)
    html = str(message.get_content())
    visit(service, re.findall(r'<img [^>]*src="(http[^"]+)"', html)[0])
    visit(service, re.findall(r'href="([^"]+)"', html)[0])
    visit(service, str(message["List-Unsubscribe"]).strip("<>"), "List-Unsubscribe=One-Click")
    return message_id


def visit(service: Service, url: str, form: str | None = None) -> None:
    """From the service, whatever host the link names; leads are not followed."""
    connection = HTTPConnection(urlsplit(service.http).netloc, timeout=60)
    headers = {"User-Agent": BROWSER, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("GET" if form is None else "POST", urlsplit(url).path, form, headers)
    assert connection.getresponse().status in {200, 302}
    connection.close()


def test_all_ten_types_reach_a_queue_and_an_http_server_as_ses_documents_them(
    service: Service, ses: Any, tmp_path: Path
) -> None:
    topic = make_topic(service, "events")
    queue = Queue.of_topic(service, topic)
    with listening() as listener:
        service.client("sns").subscribe(TopicArn=topic, Protocol="http", Endpoint=listener.address)
        wait_until(lambda: len(listener.posted) == 1)
        publish_to(ses, topic)
        sent = cause_all(service, ses)
        wait_until(
            lambda: Counter(each["eventType"] for each in queue.documents()),
            lambda found: found == EXPECTED,
            seconds=120,
        )
        told = wait_until(
            lambda: documents(listener.notifications), lambda found: len(found) == sum(EXPECTED.values())
        )
    by_type = Counter(each["eventType"] for each in told)
    assert by_type == EXPECTED
    assert set(by_type) == set(FORM)
    for document in queue.documents():
        check_form(document)
        assert document["mail"]["tags"]["campaign"] == ["spring"]
    # It is what is known of each event, and it is the same for all subscribers.
    known = [each for message_id in sent for each in journalled(tmp_path / "data", message_id)]
    assert in_order(queue.documents()) == in_order(known) == in_order(told)
    check_envelopes(queue.notifications, topic)
    report = wait_until(lambda: audit(tmp_path / "data"), lambda found: not found["behind"])
    assert report["agrees"], report["differences"]
    [counted] = report["notices"]
    assert (counted["name"], counted["outcome"], counted["count"]) == (
        "topic",
        "published",
        sum(EXPECTED.values()),
    )


def in_order(found: list[dict[str, Any]]) -> list[str]:
    return sorted(map(repr, found))


def check_envelopes(notifications: list[dict[str, Any]], topic: str) -> None:
    """The first one greets; the subject is that of all others, and each is a message of its own."""
    assert {each["TopicArn"] for each in notifications} == {topic}
    greeting, *others = notifications
    assert (greeting["Message"], greeting.get("Subject")) == (VALIDATED, None)
    assert {each["Subject"] for each in others} == {"Amazon SES Email Event Notification"}
    assert len({each["MessageId"] for each in notifications}) == len(notifications)


def test_an_identity_notifies_its_topics_without_a_configuration_set(service: Service, ses: Any) -> None:
    v1 = service.client("ses")
    queues = {}
    for kind in ("Bounce", "Complaint", "Delivery"):
        topic = make_topic(service, kind)
        queues[kind] = Queue.of_topic(service, topic, kind)
        v1.set_identity_notification_topic(Identity=SENDER, NotificationType=kind, SnsTopic=topic)
    v1.set_identity_headers_in_notifications_enabled(Identity=SENDER, NotificationType="Bounce", Enabled=True)
    bounced = send(ses, f"bounce@{SIMULATOR}", ConfigurationSetName=None)
    complained = send(ses, f"complaint@{SIMULATOR}", ConfigurationSetName=None)
    [bounce] = queues["Bounce"].until(1)
    [complaint] = queues["Complaint"].until(1)
    [delivery] = queues["Delivery"].until(1)
    assert list(bounce) == ["notificationType", "bounce", "mail"]
    assert (bounce["notificationType"], bounce["mail"]["messageId"]) == ("Bounce", bounced)
    assert bounce["mail"]["commonHeaders"]["subject"] == "News"
    assert FORM["Bounce"][1] <= set(bounce["bounce"])
    for document, kind in ((complaint, "Complaint"), (delivery, "Delivery")):
        assert (document["notificationType"], document["mail"]["messageId"]) == (kind, complained)
        assert FORM[kind][1] <= set(document[kind.lower()])
        assert set(document["mail"]) == {
            *("timestamp", "source", "sourceArn", "sourceIp", "callerIdentity"),
            *("sendingAccountId", "messageId", "destination"),
        }
    greeting = queues["Bounce"].notifications[0]
    assert '"notificationType":"AmazonSnsSubscriptionSucceeded"' in greeting["Message"]
    assert "Subject" not in greeting


def test_a_topic_that_is_not_there_is_refused_and_one_that_goes_is_told_of(
    service: Service, ses: Any, tmp_path: Path
) -> None:
    missing = f"{make_topic(service, 'events')}-missing"
    with pytest.raises(ClientError, match=f"SNS topic <{missing}> not found.") as refused:
        publish_to(ses, missing)
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    destination = {"Name": "topic", "MatchingEventTypes": ["send"], "SNSDestination": {"TopicARN": missing}}
    v1 = service.client("ses")
    with pytest.raises(v1.exceptions.InvalidSNSDestinationException):
        v1.create_configuration_set_event_destination(ConfigurationSetName=SET, EventDestination=destination)
    going = make_topic(service, "going")
    publish_to(ses, going, "SEND")
    service.client("sns").delete_topic(TopicArn=going)
    send(ses, f"success@{SIMULATOR}")
    wait_until(lambda: audit(tmp_path / "data")["notices"])
    findings = wait_until(
        lambda: [each for each in service.get("/healthz")["findings"] if going in each["text"]]
    )
    assert [each["level"] for each in findings] == ["warning"]
    figures = wait_until(lambda: metrics(service), lambda found: "mailgauge_notices_dropped 1.0" in found)
    assert "mailgauge_notices_published 0.0" in figures


def metrics(service: Service) -> str:
    with urllib.request.urlopen(f"{service.http}/metrics", timeout=60) as answer:
        return str(answer.read().decode())
