"""From a newsletter to its unsubscribe link, the Subscription event, its metric, and the bounce of the next one."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_string, policy
from email.message import EmailMessage
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.scenarios.service import Service, wait_until

SENDER, READER = "sender@example.com", "reader@example.net"
LIST, SET = "News", "newsletters"
TEXT = "Hello.\n\nUnsubscribe: {{amazonSESUnsubscribeUrl}}\n"
HTML = '<p>Hällo. <a href="{{amazonSESUnsubscribeUrl}}">Unsubscribe</a></p>'
RAW = (
    f"From: {SENDER}\r\nTo: {READER}\r\nSubject: raw\r\nX-SES-CONFIGURATION-SET: {SET}\r\n"
    f"X-SES-LIST-MANAGEMENT-OPTIONS: {LIST}; topic=weekly\r\nList-Unsubscribe: <https://example.com/own>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "VW5zdWJzY3JpYmU6IHt7YW1hem9uU0VTVW5zdWJzY3JpYmVVcmx9fQ==\r\n"
)


@pytest.fixture
def ses(service: Service) -> Any:
    """SES v2 with a list of two topics, and a configuration set that counts bounces and subscriptions."""
    client = service.client("sesv2")
    client.create_email_identity(EmailIdentity=SENDER)
    client.create_contact_list(
        ContactListName=LIST,
        Topics=[
            {"TopicName": "weekly", "DisplayName": "Weekly", "DefaultSubscriptionStatus": "OPT_IN"},
            {"TopicName": "offers", "DisplayName": "Offers <now>", "DefaultSubscriptionStatus": "OPT_IN"},
        ],
    )
    client.create_configuration_set(ConfigurationSetName=SET)
    dimension = {
        "DimensionName": "ses:configuration-set",
        "DimensionValueSource": "MESSAGE_TAG",
        "DefaultDimensionValue": "none",
    }
    client.create_configuration_set_event_destination(
        ConfigurationSetName=SET,
        EventDestinationName="metrics",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "BOUNCE", "SUBSCRIPTION"],
            "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
        },
    )
    return client


def send(ses: Any, *to: str, topic: str | None = "weekly") -> str:
    management = {"ContactListName": LIST, **({"TopicName": topic} if topic else {})}
    answer = ses.send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": list(to)},
        Content={
            "Simple": {
                "Subject": {"Data": "News"},
                "Body": {"Text": {"Data": TEXT}, "Html": {"Data": HTML, "Charset": "UTF-8"}},
            }
        },
        ConfigurationSetName=SET,
        ListManagementOptions=management,
    )
    return str(answer["MessageId"])


def captured(service: Service, count: int = 1) -> list[EmailMessage]:
    """The mail that arrived, as its reader would see it."""
    messages = wait_until(lambda: service.get("/_aws/ses")["messages"], lambda found: len(found) >= count)
    parsed = [message_from_string(each["RawData"], policy=policy.default) for each in messages]
    assert all(isinstance(each, EmailMessage) for each in parsed)
    return [each for each in parsed if isinstance(each, EmailMessage)]


def link_of(message: EmailMessage) -> str:
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<(http://[!-~]+)>", message["List-Unsubscribe"])
    assert found, message["List-Unsubscribe"]
    return found[1]


def call(link: str, form: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> str:
    body = None if form is None else urlencode(form, doseq=True).encode()
    with urlopen(Request(link, body, headers or {}), timeout=60) as answer:
        return str(answer.read().decode())


def events(service: Service, message_id: str, kind: str) -> list[dict[str, Any]]:
    found = service.get(f"/_mailgauge/events?message={message_id}")["events"]
    return [each for each in found if each["eventType"] == kind]


def contact(ses: Any) -> dict[str, Any]:
    found: dict[str, Any] = ses.get_contact(ContactListName=LIST, EmailAddress=READER)
    return found


def counted(service: Service, metric: str) -> float:
    now = datetime.now(UTC)
    answer = service.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SES",
        MetricName=metric,
        Dimensions=[{"Name": "ses:configuration-set", "Value": SET}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=3600,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in answer["Datapoints"]))


def test_one_click_unsubscribes_once_is_told_and_counted_and_the_next_mail_bounces(
    service: Service, ses: Any
) -> None:
    first = send(ses, READER)
    assert contact(ses)["TopicPreferences"] == []
    [message] = captured(service)
    link = link_of(message)
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        assert body.get_content().count(link) == 1

    assert "Offers &lt;now&gt;" in call(link)
    assert contact(ses)["TopicPreferences"] == [], "a look must change nothing"
    for _ in range(2):
        assert "unsubscribed" in call(link, {"List-Unsubscribe": "One-Click"})
    left = [{"TopicName": "weekly", "SubscriptionStatus": "OPT_OUT"}]
    assert (contact(ses)["TopicPreferences"], contact(ses)["UnsubscribeAll"]) == (left, False)

    [event] = events(service, first, "Subscription")
    body = event["subscription"]
    assert (body["contactList"], body["source"]) == (LIST, "UnsubscribeHeader")
    assert body["oldTopicPreferences"]["topicSubscriptionStatus"] == []
    assert body["newTopicPreferences"] == {
        "unsubscribeAll": False,
        "topicSubscriptionStatus": [{"topicName": "weekly", "subscriptionStatus": "OptOut"}],
        "topicDefaultSubscriptionStatus": [
            {"topicName": "weekly", "subscriptionStatus": "OptIn"},
            {"topicName": "offers", "subscriptionStatus": "OptIn"},
        ],
    }

    second = send(ses, READER)
    [bounce] = wait_until(lambda: events(service, second, "Bounce"))
    assert bounce["bounce"]["bounceType"] == "Permanent"
    assert bounce["bounce"]["bounceSubType"] == "UnsubscribedRecipient"
    assert [each["emailAddress"] for each in bounce["bounce"]["bouncedRecipients"]] == [READER]
    assert counted(service, "Subscription") == 1
    assert counted(service, "Bounce") == 1

    other = send(ses, READER, topic="offers")
    wait_until(lambda: events(service, other, "Delivery"))


def test_without_a_topic_one_click_leaves_the_whole_list(service: Service, ses: Any) -> None:
    send(ses, READER, topic=None)
    [message] = captured(service)
    call(link_of(message), {"List-Unsubscribe": "One-Click"})
    assert contact(ses)["UnsubscribeAll"] is True


def test_the_page_saves_what_its_reader_chooses(service: Service, ses: Any) -> None:
    message_id = send(ses, READER)
    [message] = captured(service)
    link = link_of(message)
    # A page that sends no referrer posts its form like this.
    browser = {"Origin": "null", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
    call(link, {"action": "save", "topic": ["offers"]}, browser)
    assert contact(ses)["TopicPreferences"] == [{"TopicName": "weekly", "SubscriptionStatus": "OPT_OUT"}]
    call(link, {"action": "none"})
    assert contact(ses)["UnsubscribeAll"] is True
    page = call(link, {"action": "save", "topic": ["weekly", "offers"]})
    assert page.count(" checked") == 2
    assert contact(ses)["UnsubscribeAll"] is False
    sources = [each["subscription"]["source"] for each in events(service, message_id, "Subscription")]
    assert sources == ["UnsubscribeLink"] * 3


def test_the_header_of_raw_mail_does_the_same_and_replaces_the_senders_own(
    service: Service, ses: Any
) -> None:
    ses.send_email(Content={"Raw": {"Data": RAW.encode()}})
    [message] = captured(service)
    link = link_of(message)
    assert message.get_content().strip() == f"Unsubscribe: {link}"
    assert "X-SES-LIST-MANAGEMENT-OPTIONS" not in message
    assert len(message.get_all("List-Unsubscribe", [])) == 1


def test_a_templates_placeholder_becomes_the_link(service: Service, ses: Any) -> None:
    content = {"Subject": "For {{name}}", "Text": "{{name}}: {{amazonSESUnsubscribeUrl}}", "Html": HTML}
    ses.create_email_template(TemplateName="news", TemplateContent=content)
    ses.send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [READER]},
        Content={"Template": {"TemplateName": "news", "TemplateData": '{"name": "Ann"}'}},
        ListManagementOptions={"ContactListName": LIST},
    )
    [message] = captured(service)
    link = link_of(message)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().strip() == f"Ann: {link}"
    assert html.get_content().count(f'href="{link}"') == 1


def test_mail_to_several_carries_no_link_and_still_spares_who_left(service: Service, ses: Any) -> None:
    ses.create_contact(ContactListName=LIST, EmailAddress=READER, UnsubscribeAll=True)
    message_id = send(ses, READER, "other@example.net")
    wait_until(lambda: events(service, message_id, "Bounce"))
    [message] = captured(service)
    assert message["List-Unsubscribe"] is None
    assert ses.get_contact(ContactListName=LIST, EmailAddress="other@example.net")


def test_a_list_or_topic_that_is_not_there_is_refused(ses: Any) -> None:
    with pytest.raises(ses.exceptions.NotFoundException):
        send(ses, READER, topic="unknown")
    with pytest.raises(ses.exceptions.NotFoundException):
        ses.get_contact(ContactListName=LIST, EmailAddress=READER)


def test_a_link_that_somebody_made_up_does_nothing(service: Service, ses: Any) -> None:
    send(ses, READER)
    [message] = captured(service)
    link = link_of(message)
    for forged in (
        link[:-20] + ("A" if link[-20] != "A" else "B") + link[-19:],
        f"{service.http}/_unsubscribe/abc",
    ):
        with pytest.raises(HTTPError) as refused:
            call(forged, {"List-Unsubscribe": "One-Click"})
        with refused.value:
            assert refused.value.code == 400
    assert contact(ses)["TopicPreferences"] == []
