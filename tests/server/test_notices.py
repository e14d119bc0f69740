"""What topics are told: the events of configuration sets, and what identities notify of by themselves."""

import json
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.base.health import Level
from mailgauge.base.scope import Scope
from mailgauge.destinations import notified
from mailgauge.destinations.notices import Outcome
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.kinds import Kind
from mailgauge.server.notice_checks import notice_checks
from mailgauge.ses import feedback
from mailgauge.ses.feedback import ComplaintReport
from mailgauge.sns import topics
from mailgauge.sns.message import Message
from tests.server.room import HERE, SENDER, SET, Room

VALIDATED = "Successfully validated SNS topic for Amazon SES event publishing."
BOUNCING = "bounce@simulator.amazonses.com"
COMPLAINING = "complaint@simulator.amazonses.com"
TAKING = "success@simulator.amazonses.com"
DELEGATE = Scope("444455556666", HERE.region)


async def publish_to(room: Room, topic: str, *types: str, operation: str = "Create", **changes: Any) -> None:
    await room.call(
        "sesv2",
        f"{operation}ConfigurationSetEventDestination",
        ConfigurationSetName=SET,
        EventDestinationName="topics",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": list(types),
            "SnsDestination": {"TopicArn": topic},
            **changes,
        },
    )


async def notify_of(room: Room, topic: str, *types: str) -> None:
    for each in types:
        await room.call(
            "ses", "SetIdentityNotificationTopic", Identity=SENDER, NotificationType=each, SnsTopic=topic
        )


async def attributes(room: Room) -> dict[str, Any]:
    found = await room.call("ses", "GetIdentityNotificationAttributes", Identities=[SENDER])
    result: dict[str, Any] = found["NotificationAttributes"][SENDER]
    return result


async def delete(room: Room, arn: str) -> None:
    await room.storage.mail.write(lambda tx: topics.delete(tx, HERE, arn.rpartition(":")[2]))


def documents(messages: list[Message]) -> list[dict[str, Any]]:
    """All that is no greeting."""
    return [
        found
        for found in (json.loads(each.body) for each in messages if each.body != VALIDATED)
        if found.get("notificationType") != "AmazonSnsSubscriptionSucceeded"
    ]


async def send_plain(room: Room, *recipients: str) -> str:
    """Without a configuration set."""
    answer = await room.call(
        "ses",
        "SendEmail",
        Source=SENDER,
        Destination={"ToAddresses": list(recipients)},
        Message={"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}},
    )
    return str(answer["MessageId"])


async def test_a_new_destination_tells_its_topic_that_it_was_validated(room: Room) -> None:
    topic = await room.topic("events")
    await publish_to(room, topic, "SEND")
    assert [(each.body, each.subject) for each in await room.told(topic)] == [(VALIDATED, None)]
    # The same topic need not be told again, another one does.
    await publish_to(room, topic, "SEND", "BOUNCE", operation="Update")
    assert len(await room.told(topic)) == 1
    other = await room.topic("other")
    await publish_to(room, other, "SEND", operation="Update")
    assert [each.body for each in await room.told(other)] == [VALIDATED]


async def test_a_destination_that_is_refused_tells_nobody(room: Room) -> None:
    topic = await room.topic("events")
    await publish_to(room, topic, "SEND")
    with pytest.raises(AwsError, match="already exists"):
        await publish_to(room, topic, "SEND")
    assert len(await room.told(topic)) == 1
    with pytest.raises(AwsError, match=f"SNS topic <{topic}-gone> not found."):
        await publish_to(room, f"{topic}-gone", "SEND", operation="Update")


async def test_the_events_of_a_set_go_to_its_topic(room: Room) -> None:
    topic = await room.topic("events")
    await publish_to(room, topic, "SEND", "DELIVERY", "BOUNCE", "COMPLAINT")
    message_id = await room.send(TAKING, BOUNCING, COMPLAINING, tags={"campaign": "spring"})
    await room.settle()
    messages = await room.told(topic)
    assert {each.subject for each in messages[1:]} == {"Amazon SES Email Event Notification"}
    found = documents(messages)
    assert sorted(each["eventType"] for each in found) == ["Bounce", "Complaint", "Delivery", "Send"]
    assert found[0]["eventType"] == "Send"
    assert {each["mail"]["messageId"] for each in found} == {message_id}
    assert all(each["mail"]["tags"]["campaign"] == ["spring"] for each in found)


async def test_an_identity_notifies_of_mail_without_a_set(room: Room) -> None:
    topic = await room.topic("feedback")
    await notify_of(room, topic, "Bounce", "Complaint", "Delivery")
    greetings = [json.loads(each.body) for each in await room.told(topic)]
    assert greetings == [
        {
            "notificationType": "AmazonSnsSubscriptionSucceeded",
            "message": f"You have successfully subscribed your Amazon SNS topic '{topic}' to receive '{kind}' "
            f"notifications from Amazon SES for identity '{SENDER}'.",
        }
        for kind in ("Bounce", "Complaint", "Delivery")
    ]
    message_id = await send_plain(room, TAKING, BOUNCING, COMPLAINING)
    await room.settle()
    messages = (await room.told(topic))[3:]
    assert {each.subject for each in messages} == {None}
    found = documents(messages)
    assert sorted(each["notificationType"] for each in found) == ["Bounce", "Complaint", "Delivery"]
    for each in found:
        mail = each["mail"]
        assert (mail["messageId"], mail["source"], mail["sourceIp"], mail["callerIdentity"]) == (
            message_id, SENDER, "127.0.0.1", "root",
        )  # fmt: skip
        assert not {"tags", "headers", "commonHeaders"} & set(mail)
    [bounce] = [each["bounce"] for each in found if each["notificationType"] == "Bounce"]
    assert [each["emailAddress"] for each in bounce["bouncedRecipients"]] == [BOUNCING]


async def test_headers_come_with_the_notifications_that_ask_for_them(room: Room) -> None:
    topic = await room.topic("feedback")
    await notify_of(room, topic, "Bounce", "Delivery")
    await room.call(
        "ses",
        "SetIdentityHeadersInNotificationsEnabled",
        Identity=SENDER,
        NotificationType="Bounce",
        Enabled=True,
    )
    await send_plain(room, TAKING, BOUNCING)
    await room.settle()
    mails = {each["notificationType"]: each["mail"] for each in documents(await room.told(topic))}
    assert mails["Bounce"]["commonHeaders"]["subject"] == "Hello"
    assert {"name": "Subject", "value": "Hello"} in mails["Bounce"]["headers"]
    assert "headers" not in mails["Delivery"]


async def test_the_settings_of_an_address_come_before_those_of_its_domain(room: Room) -> None:
    topic = await room.topic("feedback")
    await room.call("ses", "VerifyDomainIdentity", Domain="example.com")
    await room.call(
        "ses",
        "SetIdentityNotificationTopic",
        Identity="example.com",
        NotificationType="Delivery",
        SnsTopic=topic,
    )
    await send_plain(room, TAKING)
    await room.settle()
    assert documents(await room.told(topic)) == []
    await room.call("ses", "DeleteIdentity", Identity=SENDER)
    await send_plain(room, TAKING)
    await room.settle()
    assert [each["notificationType"] for each in documents(await room.told(topic))] == ["Delivery"]


async def test_who_has_both_ways_is_told_both_ways(room: Room) -> None:
    by_set, by_identity = await room.topic("events"), await room.topic("feedback")
    await publish_to(room, by_set, "BOUNCE")
    await notify_of(room, by_identity, "Bounce")
    await room.send(BOUNCING)
    await room.settle()
    assert [each["eventType"] for each in documents(await room.told(by_set))] == ["Bounce"]
    assert [each["notificationType"] for each in documents(await room.told(by_identity))] == ["Bounce"]


async def test_a_feedback_topic_that_is_gone_is_taken_off_and_mail_tells_again(room: Room) -> None:
    topic = await room.topic("feedback")
    await notify_of(room, topic, "Bounce", "Complaint", "Delivery")
    await room.call("ses", "SetIdentityFeedbackForwardingEnabled", Identity=SENDER, ForwardingEnabled=False)
    await delete(room, topic)
    await send_plain(room, BOUNCING, TAKING)
    await room.settle()
    found = await attributes(room)
    assert found["ForwardingEnabled"] is True
    assert "BounceTopic" not in found
    # Nothing was published to this one yet, and one for deliveries stays whatever happens.
    assert (found["ComplaintTopic"], found["DeliveryTopic"]) == (topic, topic)
    counts = {
        each.recipient.name: (each.outcome, each.count)
        for each in await room.storage.mail.read(notified.counts)
    }
    assert counts == {
        f"{SENDER} Bounce": (Outcome.NO_TOPIC, 1),
        f"{SENDER} Delivery": (Outcome.NO_TOPIC, 1),
    }


async def test_another_topic_set_meanwhile_is_kept(room: Room) -> None:
    gone, other = await room.topic("gone"), await room.topic("other")
    await notify_of(room, gone, "Complaint")
    message_id = await send_plain(room, TAKING)
    await room.settle()
    report = ComplaintReport("one", (TAKING,), "abuse", "Loop/1.0", None, None)
    await room.storage.mail.write(lambda tx: feedback.complain(tx, message_id, report, room.clock.now()))
    await delete(room, gone)
    await notify_of(room, other, "Complaint")
    await room.publish()
    assert (await attributes(room))["ComplaintTopic"] == other
    assert [each["notificationType"] for each in documents(await room.told(other))] == ["Complaint"]


async def test_what_topics_lost_is_a_finding_for_a_day_and_agrees_with_the_audit(room: Room) -> None:
    topic = await room.topic("events")
    await publish_to(room, topic, "SEND")
    await delete(room, topic)
    await room.send(TAKING)
    await room.settle()
    behind, gone, _ = notice_checks(room.storage.mail, room.clock)
    [finding] = await behind()
    assert (finding.level, finding.text) == (Level.OK, "0 journal entries were not looked at for topics yet")
    [finding] = await gone()
    assert finding.level is Level.WARNING
    assert finding.text == (
        f"1 events of event destination topics of configuration set {SET} of account {HERE.account} ({HERE.region}) "
        f"for {topic} were not published: the topic does not exist, or its policy does not allow it"
    )
    report = room.audit()
    assert report.agrees, report.differences
    assert [(each.recipient.name, each.count) for each in report.notices] == [("topics", 1)]
    room.clock.step(86_401)
    assert await gone() == []


async def test_the_audit_finds_an_event_that_was_told_twice_or_not_at_all(room: Room) -> None:
    await publish_to(room, await room.topic("events"), "SEND")
    await room.send(TAKING)
    await room.settle()
    assert room.audit().agrees
    await room.storage.mail.write(lambda tx: tx.run("UPDATE notified SET count = count + 1"))
    [difference] = room.audit().differences
    assert "the journal gives 1 events for its topic, told are 2" in difference
    await room.storage.mail.write(lambda tx: tx.run("DELETE FROM notified"))
    [difference] = room.audit().differences
    assert "told are 0" in difference


async def test_after_old_entries_have_gone_newer_versions_are_still_compared(room: Room) -> None:
    topic = await room.topic("events")
    await publish_to(room, topic, "SEND")
    await room.send(TAKING)
    await room.settle()
    room.clock.step(61 * 86_400)
    await room.housekeeper.round()
    assert room.audit().agrees
    room.clock.step(86_400)
    await publish_to(room, topic, "SEND", "BOUNCE", operation="Update")
    await room.send(TAKING)
    await room.settle()
    assert room.audit().agrees
    await room.storage.mail.write(lambda tx: tx.run("UPDATE notified SET count = count + 1"))
    [difference] = room.audit().differences
    assert "the journal gives 1 events for its topic, told are 2" in difference


async def test_a_notification_that_can_not_be_made_is_counted_and_holds_up_nothing(room: Room) -> None:
    topic = await room.topic("feedback")
    await notify_of(room, topic, "Bounce")
    message_id = await send_plain(room, TAKING)
    await room.until_delivered()
    broken = Entry(
        round(room.clock.now() * 1000), HERE, Kind.BOUNCE, message_id, None, 1, {"bounceType": "Transient"}
    )
    await room.storage.mail.write(lambda tx: journal.append(tx, broken))
    await send_plain(room, BOUNCING)
    await room.until_delivered()
    while await room.dispatcher.dispatch():
        pass
    counts = {each.outcome: each.count for each in await room.storage.mail.read(notified.counts)}
    assert counts == {Outcome.NO_DOCUMENT: 1, Outcome.PUBLISHED: 1}


async def test_who_lets_another_account_send_is_told_of_its_mail(room: Room) -> None:
    topic = await room.topic("feedback")
    await notify_of(room, topic, "Bounce")
    arn = f"arn:aws:ses:{HERE.region}:{HERE.account}:identity/{SENDER}"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": DELEGATE.account},
        "Action": "ses:SendEmail",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    await room.call("ses", "PutIdentityPolicy", Identity=SENDER, PolicyName="one", Policy=policy)
    await room.call(
        "ses",
        "SendEmail",
        DELEGATE,
        Source=SENDER,
        SourceArn=arn,
        Destination={"ToAddresses": [BOUNCING]},
        Message={"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}},
    )
    await room.settle()
    [found] = documents(await room.told(topic))
    assert (found["mail"]["sourceArn"], found["mail"]["sendingAccountId"]) == (arn, DELEGATE.account)


async def test_entries_are_kept_until_they_were_looked_at_for_topics(room: Room) -> None:
    await publish_to(room, await room.topic("events"), "SEND")
    await room.send(TAKING)
    await room.until_delivered()
    while await room.publisher.publish() or await room.reactions.react():
        pass
    room.clock.step(61 * 86_400)
    await room.housekeeper.round()
    await room.publish()
    report = room.audit()
    assert report.agrees, report.differences
    assert [each.outcome for each in report.notices] == ["published"]


async def test_destinations_that_lead_nowhere_are_a_finding_while_they_are_on(room: Room) -> None:
    bus = {
        "EventBridgeDestination": {
            "EventBusArn": f"arn:aws:events:{HERE.region}:{HERE.account}:event-bus/default"
        }
    }
    role = f"arn:aws:iam::{HERE.account}:role/ses"
    stream = f"arn:aws:firehose:{HERE.region}:{HERE.account}:deliverystream/events"
    hose = {"KinesisFirehoseDestination": {"IamRoleArn": role, "DeliveryStreamArn": stream}}
    for name, target in (("bus", bus), ("hose", hose)):
        await room.call(
            "sesv2",
            "CreateConfigurationSetEventDestination",
            ConfigurationSetName=SET,
            EventDestinationName=name,
            EventDestination={"Enabled": True, "MatchingEventTypes": ["SEND"], **target},
        )
    *_, nowhere = notice_checks(room.storage.mail, room.clock)
    found = await nowhere()
    assert [("an EventBridge bus" in each.text, "a Firehose stream" in each.text) for each in found] == [
        (True, False),
        (False, True),
    ]
    for name in ("bus", "hose"):
        await room.call(
            "sesv2",
            "DeleteConfigurationSetEventDestination",
            ConfigurationSetName=SET,
            EventDestinationName=name,
        )
    assert await nowhere() == []
