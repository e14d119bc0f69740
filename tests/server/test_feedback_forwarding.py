"""Senders hear of bounces and complaints by mail: whom it goes to, what it says, and that each event is told once."""

from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest

from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.kinds import Kind
from mailgauge.mail import arf, dsn
from mailgauge.mail.bounce_class import MAILBOX_FULL, PERMANENT_GENERAL, BounceClass
from mailgauge.mailbox import store as mailbox
from mailgauge.ses import feedback, reactions
from mailgauge.ses.feedback import BounceReport, ComplaintReport
from mailgauge.ses.forwarding import Forwarding
from mailgauge.ses.reactions import MOST_MAIL, Reactions
from mailgauge.ses.reputation import Rule
from mailgauge.sns import topics
from mailgauge.store.transaction import Tx
from tests.server.room import HERE, SENDER, SET, Room

DOMAIN = "mail.example.net"
DIAGNOSTIC = "smtp; 550 5.1.1 user unknown"


async def react(room: Room) -> None:
    """What the service does in the background."""
    teller = Reactions(room.storage.mail, room.clock, Rule(), Forwarding(DOMAIN))
    while await teller.react():
        pass
    await room.until_delivered()


async def bounce(room: Room, message_id: str, *recipients: str, why: BounceClass = PERMANENT_GENERAL) -> None:
    failed = [
        {"emailAddress": each, "action": "failed", "status": "5.1.1", "diagnosticCode": DIAGNOSTIC}
        for each in recipients
    ]
    report = BounceReport(f"{recipients}", failed, why, "dns; mx.example.net")
    await room.storage.mail.write(lambda tx: feedback.bounce(tx, message_id, report, room.clock.now()))


async def complain(room: Room, message_id: str, *recipients: str) -> None:
    report = ComplaintReport("complaint", recipients, "abuse", "Loop/1.0", None, None)
    await room.storage.mail.write(lambda tx: feedback.complain(tx, message_id, report, room.clock.now()))


async def forwarded(room: Room, to: str = SENDER) -> list[bytes]:
    """What the mailbox has captured for an address."""

    def read(tx: Tx) -> list[bytes]:
        return [each.content for each in mailbox.messages(tx) if to in each.recipients]

    return await room.storage.mail.read(read)


async def only(room: Room, to: str = SENDER) -> Message:
    [raw] = await forwarded(room, to)
    return message_from_bytes(raw)


async def send(room: Room, **parameters: Any) -> str:
    answer = await room.call(
        "ses",
        "SendEmail",
        Source=SENDER,
        Destination={"ToAddresses": ["joe@example.net"]},
        Message={"Subject": {"Data": "Grüße"}, "Body": {"Text": {"Data": "Hello."}}},
        **parameters,
    )
    await room.until_delivered()
    return str(answer["MessageId"])


async def test_a_bounce_comes_with_its_status_and_the_headers_of_the_message(room: Room) -> None:
    message_id = await send(room)
    await bounce(room, message_id, "joe@example.net")
    await react(room)
    found = await only(room)
    assert found["From"] == f"Mail Delivery System <MAILER-DAEMON@{DOMAIN}>"
    assert (found["To"], found["Subject"]) == (SENDER, "Delivery Status Notification (Failure)")
    assert found["Auto-Submitted"] == "auto-generated"
    status = dsn.parse(found.as_bytes())
    assert status.reporting_mta == "dns; mx.example.net"
    [joe] = status.recipients
    assert (joe.final_recipient, joe.action, joe.status) == ("joe@example.net", "failed", "5.1.1")
    assert joe.diagnostic_code == DIAGNOSTIC
    parts = list(found.walk())
    text, headers = parts[1].get_payload(decode=True), parts[-1].get_payload(decode=True)
    assert isinstance(text, bytes)
    assert isinstance(headers, bytes)
    assert "Subject: Grüße" in text.decode()
    assert message_id in text.decode()
    assert b"To: joe@example.net" in headers


async def test_a_complaint_comes_as_an_abuse_report(room: Room) -> None:
    message_id = await send(room)
    await complain(room, message_id, "joe@example.net")
    await react(room)
    report = arf.parse((await only(room)).as_bytes())
    assert (report.feedback_type, report.user_agent) == ("abuse", "Loop/1.0")
    assert report.original_rcpt_to == ("joe@example.net",)


@pytest.mark.parametrize("why", [PERMANENT_GENERAL, MAILBOX_FULL])
async def test_hard_bounces_are_told_and_soft_ones_that_are_final(room: Room, why: BounceClass) -> None:
    await bounce(room, await send(room), "joe@example.net", why=why)
    await react(room)
    assert len(await forwarded(room)) == 1


async def test_it_goes_to_the_return_path_where_one_was_given(room: Room) -> None:
    await room.call("sesv2", "CreateEmailIdentity", EmailIdentity="bounces@example.com")
    await bounce(room, await send(room, ReturnPath="bounces@example.com"), "joe@example.net")
    await react(room)
    assert len(await forwarded(room, "bounces@example.com")) == 1
    assert await forwarded(room) == []


async def test_each_event_is_told_once_however_often_the_work_begins_anew(room: Room) -> None:
    await bounce(room, await send(room), "joe@example.net")
    await react(room)
    await react(room)
    assert len(await forwarded(room)) == 1
    await room.publish()
    assert room.audit().agrees


async def test_the_mail_and_the_position_are_committed_together(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bounce(room, await send(room), "joe@example.net")
    with monkeypatch.context() as patched:
        patched.setattr(reactions, "_set_value", _power_cut)
        with pytest.raises(RuntimeError, match="power cut"):
            await react(room)
    assert await forwarded(room) == []
    await react(room)
    assert len(await forwarded(room)) == 1


def _power_cut(tx: Tx, name: str, value: int) -> None:
    raise RuntimeError("power cut")


async def test_many_events_at_once_are_told_in_several_transactions(room: Room) -> None:
    message_id = await send(room)

    def journal_many(tx: Tx) -> None:
        for number in range(MOST_MAIL * 2 + 1):
            detail = {
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "feedbackId": str(number),
                "recipients": [{"emailAddress": "joe@example.net"}],
            }
            now = round(room.clock.now() * 1000)
            journal.append(tx, Entry(now, HERE, Kind.BOUNCE, message_id, None, 1, detail))

    await room.storage.mail.write(journal_many)
    await react(room)
    assert len(await forwarded(room)) == MOST_MAIL * 2 + 1


async def test_bounces_of_that_mail_are_told_to_nobody(room: Room) -> None:
    await room.call("sesv2", "CreateEmailIdentity", EmailIdentity="simulator.amazonses.com")
    message_id = await send(room, ReturnPath="bounce@simulator.amazonses.com")
    await bounce(room, message_id, "joe@example.net")
    await react(room)
    await react(room)
    assert await room.storage.mail.read(mailbox.count) == 1, "the message itself"
    events = await room.storage.mail.read(lambda tx: journal.of_message(tx, message_id))
    assert [each.kind for each in events].count(Kind.BOUNCE) == 1


async def test_forwarding_can_be_switched_off_where_topics_tell_instead(room: Room) -> None:
    topic = await room.topic("feedback")
    for kind in ("Bounce", "Complaint"):
        await room.call(
            "ses",
            "SetIdentityNotificationTopic",
            Identity=SENDER,
            NotificationType=kind,
            SnsTopic=topic,
        )
    await room.call("ses", "SetIdentityFeedbackForwardingEnabled", Identity=SENDER, ForwardingEnabled=False)
    await bounce(room, await send(room), "joe@example.net")
    await react(room)
    assert await forwarded(room) == []


async def test_switched_off_it_goes_on_until_there_is_another_way(room: Room) -> None:
    await room.call(
        "sesv2", "PutEmailIdentityFeedbackAttributes", EmailIdentity=SENDER, EmailForwardingEnabled=False
    )
    await bounce(room, await send(room), "joe@example.net")
    await react(room)
    assert len(await forwarded(room)) == 1
    # The set of the room publishes bounces.
    await bounce(room, await send(room, ConfigurationSetName=SET), "joe@example.net")
    await react(room)
    assert len(await forwarded(room)) == 1


async def test_a_way_that_leads_nowhere_is_none(room: Room) -> None:
    await room.call(
        "sesv2", "PutEmailIdentityFeedbackAttributes", EmailIdentity=SENDER, EmailForwardingEnabled=False
    )
    await room.call("sesv2", "CreateConfigurationSet", ConfigurationSetName="elsewhere")
    topic = await room.topic("events")
    bus = f"arn:aws:events:{HERE.region}:{HERE.account}:event-bus/default"
    for target in ({"EventBridgeDestination": {"EventBusArn": bus}}, {"SnsDestination": {"TopicArn": topic}}):
        [name] = target
        await room.call(
            "sesv2",
            "CreateConfigurationSetEventDestination",
            ConfigurationSetName="elsewhere",
            EventDestinationName=name,
            EventDestination={"Enabled": True, "MatchingEventTypes": ["BOUNCE"], **target},
        )
    await bounce(
        room, await send(room, ConfigurationSetName="elsewhere"), "joe@example.net", why=MAILBOX_FULL
    )
    await react(room)
    assert await forwarded(room) == [], "the topic is told"
    await room.storage.mail.write(lambda tx: topics.delete(tx, HERE, "events"))
    await bounce(room, await send(room, ConfigurationSetName="elsewhere"), "joe@example.net")
    await react(room)
    assert len(await forwarded(room)) == 1


async def test_headers_and_replies_that_are_no_mail_do_not_hold_it_up(room: Room) -> None:
    message_id = await send(room)
    odd = [
        {"emailAddress": "joe@example.net", "diagnosticCode": "smtp; 550\r\nX-Injected: yes\0 " + "é" * 2000}
    ]
    report = BounceReport("odd", odd, PERMANENT_GENERAL, "dns; \x1b[0m")
    await room.storage.mail.write(lambda tx: feedback.bounce(tx, message_id, report, room.clock.now()))
    await react(room)
    [raw] = await forwarded(room)
    assert b"\nX-Injected" not in raw
    assert max(map(len, raw.splitlines())) < 999


async def test_long_headers_come_back_folded(room: Room) -> None:
    answer = await room.call(
        "sesv2",
        "SendEmail",
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [f"somebody-{number}@example.net" for number in range(50)]},
        Content={
            "Simple": {
                "Subject": {"Data": "x" * 900},
                "Body": {"Text": {"Data": "x"}},
                "Headers": [{"Name": "X-Long", "Value": "word " * 150}],
            }
        },
    )
    await room.until_delivered()
    await bounce(room, answer["MessageId"], "somebody-7@example.net")
    await react(room)
    [raw] = await forwarded(room)
    assert max(map(len, raw.splitlines())) < 999
    returned = list(message_from_bytes(raw).walk())[-1].get_payload(decode=True)
    assert isinstance(returned, bytes)
    original = message_from_bytes(returned)
    assert "somebody-49@example.net" in original["To"]
    assert original["X-Long"].split() == ["word"] * 150
