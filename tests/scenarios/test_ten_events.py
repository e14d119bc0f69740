"""Each of SES's ten event types from its real cause, told as JSON of the right form and counted as a metric.

Postfix receives, defers and refuses, ClamAV finds the virus, a reader opens, clicks, complains and leaves the list.
"""

import re
import smtplib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPErrorProcessor, Request, build_opener

import pytest

from mailgauge.scan.eicar import EICAR
from tests.scenarios.auditing import settled
from tests.scenarios.clamd import clamd
from tests.scenarios.event_forms import check_form
from tests.scenarios.internet import SENDER, SET, internet, prepare, send
from tests.scenarios.journal import Document, documents, event
from tests.scenarios.postfix import Delivered, Postfix
from tests.scenarios.service import Service, wait_until
from tests.scenarios.sinks import greylisting

CAMPAIGN = "ten"
LIST = "News"
HTML = (
    '<html><body><p>Offers: <a href="https://shop.example/offers" ses:tags="place:top">here</a></p>'
    '<p><a href="{{amazonSESUnsubscribeUrl}}">Unsubscribe</a></p></body></html>'
)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

#: How many of each the causes below make.
EXPECTED = {
    "Send": 4,
    "Delivery": 2,
    "Bounce": 1,
    "Complaint": 1,
    "Reject": 1,
    "Open": 1,
    "Click": 1,
    "Rendering Failure": 1,
    "DeliveryDelay": 1,
    "Subscription": 1,
}


@dataclass(frozen=True)
class Scene:
    data: Path
    service: Service
    ses: Any
    mx: Postfix
    sent: dict[str, str] = field(default_factory=dict)
    """Message ids by what they are to show."""

    def send(self, name: str, recipient: str, **more: Any) -> None:
        tags = [{"Name": "campaign", "Value": CAMPAIGN}]
        self.sent[name] = send(self.ses, recipient, EmailTags=tags, **more)

    def event(self, name: str, kind: str) -> Document:
        return event(self.data, self.sent[name], kind)

    def all(self) -> list[Document]:
        return [each for message_id in self.sent.values() for each in documents(self.data, message_id)]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with internet(tmp_path) as net, greylisting() as (_, policy), clamd() as scanner:
        mx = net.postfix(
            2,
            {
                "domains": ("example.net", "shop.example"),
                "recipients": {"^grey": "greylist"},
                "policy": policy,
            },
        )
        for domain in ("example.net", "shop.example"):
            net.zones.mail_of(domain, {"mx.example.net": net.address(2)})
        installation = net.installation({"scan": {"clamd": scanner.address}})
        with installation.running() as service:
            yield Scene(installation.data, service, prepare(service), mx)


def test_each_event_type_arises_from_its_cause_and_is_told_and_counted(scene: Scene) -> None:
    read_and_left(scene)
    refused_and_delayed(scene)
    rejected(scene)
    not_rendered(scene)
    wait_until(lambda: Counter(each["eventType"] for each in scene.all()), lambda found: found == EXPECTED)
    for document in scene.all():
        check_document(scene, document)
    check_metrics(scene)
    settled(scene.data)
    # Bounce and complaint are forwarded to the sender, who asked for nothing else; that mail makes no events.
    wait_until(
        lambda: [each.recipient for each in scene.mx.delivered()].count(SENDER), lambda count: count == 2
    )


def read_and_left(scene: Scene) -> None:
    """Someone opens a newsletter, follows a link, leaves the list, and complains all the same."""
    weekly = {"TopicName": "weekly", "DisplayName": "Weekly", "DefaultSubscriptionStatus": "OPT_IN"}
    scene.ses.create_contact_list(ContactListName=LIST, Topics=[weekly])
    body = {"Subject": {"Data": "News"}, "Body": {"Html": {"Data": HTML}, "Text": {"Data": "News."}}}
    management = {"ContactListName": LIST, "TopicName": "weekly"}
    scene.send("read", "anna@example.net", Content={"Simple": body}, ListManagementOptions=management)
    delivered = scene.mx.delivered_to("anna@example.net")
    html = html_of(delivered)

    visit(re.findall(r'<img [^>]*src="(http[^"]+)"', html)[0])
    opened = scene.event("read", "Open")["open"]
    assert (opened["userAgent"], opened["ipAddress"]) == (BROWSER, "127.0.0.1")

    assert visit(re.findall(r'href="([^"]+)"', html)[0]) == "https://shop.example/offers"
    clicked = scene.event("read", "Click")["click"]
    assert (clicked["link"], clicked["linkTags"]) == ("https://shop.example/offers", {"place": ["top"]})

    unsubscribe = str(delivered.message["List-Unsubscribe"]).strip("<>")
    visit(unsubscribe, {"List-Unsubscribe": "One-Click"})
    left = scene.event("read", "Subscription")["subscription"]
    assert (left["contactList"], left["source"]) == (LIST, "UnsubscribeHeader")

    complain(scene, delivered)
    complaint = scene.event("read", "Complaint")["complaint"]
    assert complaint["complainedRecipients"] == [{"emailAddress": "anna@example.net"}]
    assert complaint["complaintFeedbackType"] == "abuse"


def refused_and_delayed(scene: Scene) -> None:
    scene.send("refused", "gone@example.net")
    assert scene.event("refused", "Bounce")["bounce"]["bounceType"] == "Permanent"
    scene.send("delayed", "grey@example.net")
    scene.event("delayed", "Delivery")
    assert scene.event("delayed", "DeliveryDelay")["deliveryDelay"]["delayedRecipients"]


def rejected(scene: Scene) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, "ben@example.net", "Invoice"
    message.set_content("See the attachment.")
    message.add_attachment(EICAR, maintype="application", subtype="octet-stream", filename="invoice.bin")
    scene.send("rejected", "ben@example.net", Content={"Raw": {"Data": message.as_bytes()}})
    assert scene.event("rejected", "Reject")["reject"] == {"reason": "Bad content"}
    assert all(each.recipient != "ben@example.net" for each in scene.mx.delivered())


def not_rendered(scene: Scene) -> None:
    content = {"Subject": "Hello {{name}}", "Text": "Hello {{name}}"}
    scene.ses.create_email_template(TemplateName="greeting", TemplateContent=content)
    template = {"TemplateName": "greeting", "TemplateData": "{}"}
    scene.send("not rendered", "carl@example.net", Content={"Template": template})
    failure = scene.event("not rendered", "Rendering Failure")["failure"]
    assert failure["templateName"] == "greeting"
    assert "name" in failure["errorMessage"]


def html_of(delivered: Delivered) -> str:
    part = delivered.message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


class _Stay(HTTPErrorProcessor):
    """An answer that leads elsewhere is an answer: links go out into the world."""

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:
        assert response.status in {200, 302}, response.status
        return response


def visit(url: str, form: dict[str, str] | None = None) -> str:
    """Where the answer leads, if it does."""
    body = None if form is None else urlencode(form).encode()
    opener = build_opener(_Stay)
    with opener.open(Request(url, body, {"User-Agent": BROWSER}), timeout=60) as answer:
        return str(answer.headers.get("Location", ""))


def complain(scene: Scene, delivered: Delivered) -> None:
    """What a provider's feedback loop sends when somebody presses its button (RFC 5965), to where bounces go."""
    host, _, port = scene.service.inbound.rpartition(":")
    report = EmailMessage()
    report["From"], report["To"] = "fbl@example.net", delivered.return_path
    report["Subject"] = "FW: News"
    report.set_content("This is an email abuse report.")
    report.make_mixed()
    raw = report.as_bytes().replace(b"multipart/mixed", b"multipart/report; report-type=feedback-report", 1)
    boundary = raw.split(b'boundary="')[1].split(b'"')[0]
    facts = (
        b"Feedback-Type: abuse\nUser-Agent: ExampleLoop/1.0\nVersion: 1\n"
        b"Original-Rcpt-To: <anna@example.net>\nReported-Domain: shop.example\n"
    )
    parts = {b"message/feedback-report": facts, b"message/rfc822": delivered.as_sent}
    body = b"".join(
        b"--" + boundary + b"\nContent-Type: " + kind + b"\n\n" + part + b"\n" for kind, part in parts.items()
    )
    end = b"--" + boundary + b"--"
    with smtplib.SMTP(host, int(port), timeout=60) as client:
        client.sendmail("fbl@example.net", [delivered.return_path], raw.replace(end, body + end))


def check_document(scene: Scene, document: Document) -> None:
    check_form(document)
    mail = document["mail"]
    assert mail["messageId"] in scene.sent.values()
    assert mail["source"] == SENDER
    assert mail["tags"]["campaign"] == [CAMPAIGN]
    assert mail["tags"]["ses:configuration-set"] == [SET]


def check_metrics(scene: Scene) -> None:
    """Each type is a metric of the campaign: listed, and with the right sum."""
    cloudwatch = scene.service.client("cloudwatch")
    dimensions = [{"Name": "campaign", "Value": CAMPAIGN}]
    expected = {kind.replace(" ", ""): count for kind, count in EXPECTED.items()}
    queries = [
        {
            "Id": f"m{n}",
            "Label": name,
            "MetricStat": {
                "Metric": {"Namespace": "AWS/SES", "MetricName": name, "Dimensions": dimensions},
                "Period": 3600,
                "Stat": "Sum",
            },
        }
        for n, name in enumerate(expected)
    ]

    def sums() -> dict[str, float]:
        now = datetime.now(UTC)
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=queries,
            StartTime=now - timedelta(hours=2),
            EndTime=now + timedelta(hours=1),
        )
        return {each["Label"]: sum(each["Values"]) for each in answer["MetricDataResults"]}

    wait_until(sums, lambda found: found == expected)
    listed = cloudwatch.list_metrics(Namespace="AWS/SES", Dimensions=dimensions)["Metrics"]
    assert {each["MetricName"] for each in listed} == set(expected)
