"""The SES JSON documents: their shape is what subscribers parse (event-publishing-retrieving-sns-contents)."""

from typing import Any

import msgspec
import pytest

from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.events.document import document, notification, timestamp
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import EVENT_TYPE, Kind

MESSAGE = new_message_id("us-east-1", 1_501_893_662.669)
FACTS = Facts(
    message_id=MESSAGE,
    time=1_501_893_662.669,
    account="123456789012",
    region="us-east-1",
    source="Sender Name <sender@example.com>",
    source_arn="arn:aws:ses:us-east-1:123456789012:identity/sender@example.com",
    destination=["recipient@example.com", "other@example.com"],
    tags={"campaign": ["spring"], "ses:operation": ["SendEmail"]},
    headers=[("From", "sender@example.com"), ("X-SES-MESSAGE-TAGS", "campaign=spring")],
    common_headers={"from": ["sender@example.com"], "subject": "hi"},
)
DETAILS: dict[Kind, dict[str, Any]] = {
    Kind.SEND: {},
    Kind.DELIVERY: {
        "recipients": ["recipient@example.com"],
        "processingTimeMillis": 27,
        "smtpResponse": "250 2.0.0 Ok",
        "reportingMTA": "mail.example.org",
        "remoteMtaIp": "192.0.2.1",
        "tags": {"ses:outgoing-ip": ["192.0.2.9"]},
    },
    Kind.BOUNCE: {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "feedbackId": "f",
        "recipients": [{"emailAddress": "recipient@example.com", "action": "failed", "status": "5.1.1"}],
    },
    Kind.COMPLAINT: {
        "recipients": ["recipient@example.com"],
        "feedbackId": "f",
        "complaintFeedbackType": "abuse",
    },
    Kind.REJECT: {"reason": "Bad content"},
    Kind.OPEN: {"ipAddress": "192.0.2.1", "userAgent": "Mozilla"},
    Kind.CLICK: {"ipAddress": "192.0.2.1", "userAgent": "Mozilla", "link": "https://example.com"},
    Kind.RENDERING_FAILURE: {
        "templateName": "t",
        "errorMessage": "Attribute 'x' is not present in the rendering data.",
    },
    Kind.DELIVERY_DELAY: {
        "delayType": "MailboxFull",
        "expires": 1_501_944_062_669,
        "recipients": [
            {"emailAddress": "recipient@example.com", "status": "4.2.2", "diagnosticCode": "smtp; 452"}
        ],
    },
    Kind.SUBSCRIPTION: {"contactList": "l", "source": "UnsubscribeHeader"},
}
OBJECT_OF = {
    Kind.SEND: "send",
    Kind.DELIVERY: "delivery",
    Kind.BOUNCE: "bounce",
    Kind.COMPLAINT: "complaint",
    Kind.REJECT: "reject",
    Kind.OPEN: "open",
    Kind.CLICK: "click",
    Kind.RENDERING_FAILURE: "failure",
    Kind.DELIVERY_DELAY: "deliveryDelay",
    Kind.SUBSCRIPTION: "subscription",
}


def made(kind: Kind) -> dict[str, Any]:
    entry = Entry(1_501_893_663_000, Scope("123456789012", "us-east-1"), kind, MESSAGE, 1, 1, DETAILS[kind])
    return document(entry, FACTS)


@pytest.mark.parametrize("kind", OBJECT_OF)
def test_each_type_has_its_name_the_mail_and_exactly_one_object_of_its_own(kind: Kind) -> None:
    assert list(made(kind)) == ["eventType", "mail", OBJECT_OF[kind]]
    assert made(kind)["eventType"] == EVENT_TYPE[kind]


def test_the_mail_object_describes_the_message() -> None:
    assert made(Kind.SEND)["mail"] == {
        "timestamp": "2017-08-05T00:41:02.669Z",
        "source": "Sender Name <sender@example.com>",
        "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/sender@example.com",
        "sendingAccountId": "123456789012",
        "messageId": MESSAGE,
        "destination": ["recipient@example.com", "other@example.com"],
        "headersTruncated": False,
        "headers": [
            {"name": "From", "value": "sender@example.com"},
            {"name": "X-SES-MESSAGE-TAGS", "value": "campaign=spring"},
        ],
        "commonHeaders": {"from": ["sender@example.com"], "subject": "hi", "messageId": MESSAGE},
        "tags": {"campaign": ["spring"], "ses:operation": ["SendEmail"]},
    }


def test_tags_known_only_later_are_added_to_the_events_they_belong_to() -> None:
    assert made(Kind.DELIVERY)["mail"]["tags"]["ses:outgoing-ip"] == ["192.0.2.9"]
    assert "ses:outgoing-ip" not in made(Kind.SEND)["mail"]["tags"]


@pytest.mark.parametrize("kind", [Kind.DELIVERY_DELAY, Kind.RENDERING_FAILURE])
def test_delays_and_rendering_failures_leave_the_headers_out(kind: Kind) -> None:
    assert not {"headers", "commonHeaders", "headersTruncated"} & set(made(kind)["mail"])


def test_a_bounce_lists_its_recipients_and_has_the_time_of_the_event() -> None:
    assert made(Kind.BOUNCE)["bounce"] == {
        "feedbackId": "f",
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {"emailAddress": "recipient@example.com", "action": "failed", "status": "5.1.1"}
        ],
        "timestamp": "2017-08-05T00:41:03.000Z",
    }


def test_a_complaint_has_a_null_sub_type_unless_it_comes_from_a_list() -> None:
    assert made(Kind.COMPLAINT)["complaint"]["complaintSubType"] is None


def test_a_delay_says_until_when() -> None:
    assert made(Kind.DELIVERY_DELAY)["deliveryDelay"]["expirationTime"] == timestamp(1_501_944_062_669)


def test_metric_data_is_no_event() -> None:
    with pytest.raises(ValueError, match="not an event"):
        document(Entry(1, Scope("1", "x"), Kind.METRIC_DATA, None, None, 1, {}), FACTS)


SENT_BY = {**FACTS.tags, "ses:source-ip": ["192.0.2.7"], "ses:caller-identity": ["root"]}


def notified(kind: Kind, *, headers: bool = False, facts: Facts = FACTS) -> dict[str, Any]:
    entry = Entry(
        1_501_893_663_000, Scope("123456789012", "us-east-1"), kind, MESSAGE, None, 1, DETAILS[kind]
    )
    return notification(entry, facts, headers=headers)


@pytest.mark.parametrize("kind", [Kind.BOUNCE, Kind.COMPLAINT, Kind.DELIVERY])
def test_an_identity_is_notified_without_tags_and_headers_but_of_the_caller(kind: Kind) -> None:
    found = notified(kind, facts=msgspec.structs.replace(FACTS, tags=SENT_BY))
    key = OBJECT_OF[kind]
    assert list(found) == ["notificationType", key, "mail"]
    assert found["notificationType"] == EVENT_TYPE[kind]
    assert found[key] == made(kind)[key]
    assert found["mail"] == {
        "timestamp": "2017-08-05T00:41:02.669Z",
        "source": FACTS.source,
        "sourceArn": FACTS.source_arn,
        "sourceIp": "192.0.2.7",
        "callerIdentity": "root",
        "sendingAccountId": "123456789012",
        "messageId": MESSAGE,
        "destination": FACTS.destination,
    }


def test_headers_are_in_notifications_where_they_were_asked_for() -> None:
    mail = notified(Kind.DELIVERY, headers=True)["mail"]
    assert mail["headersTruncated"] is False
    assert mail["headers"][0] == {"name": "From", "value": "sender@example.com"}
    assert mail["commonHeaders"] == {**FACTS.common_headers, "messageId": MESSAGE}


def test_the_message_id_among_the_common_headers_of_a_notification_is_the_headers_own() -> None:
    own = msgspec.structs.replace(FACTS, headers=[("Message-ID", "<1@shop.example>")])
    assert (
        notified(Kind.BOUNCE, headers=True, facts=own)["mail"]["commonHeaders"]["messageId"]
        == "<1@shop.example>"
    )


@pytest.mark.parametrize(
    "kind", [kind for kind in DETAILS if kind not in {Kind.BOUNCE, Kind.COMPLAINT, Kind.DELIVERY}]
)
def test_identities_are_notified_of_nothing_else(kind: Kind) -> None:
    with pytest.raises(ValueError, match=kind.name):
        notified(kind)
