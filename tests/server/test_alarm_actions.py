"""What alarm actions do, each with the real thing at its end: a topic, a mailbox, a web server, a program, the account."""

import json
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.cloudwatch.alarms.actions import standard_webhooks
from mailgauge.cloudwatch.alarms.actions.retry import PAUSES
from mailgauge.cloudwatch.alarms.actions.tally import ActionTally, Outcome
from mailgauge.cloudwatch.alarms.actions.target import Kind
from mailgauge.destinations.tally import Tally
from mailgauge.iam import webhook_secrets
from mailgauge.mailbox import store as mailbox
from mailgauge.server import alarm_actions
from mailgauge.server.telemetry import telemetry
from mailgauge.sns import topics
from mailgauge.sns.delivering import Counts
from mailgauge.sns.model import Topic
from mailgauge.store.transaction import Tx
from tests.outgoing.hostile_server import HostileServer, plain
from tests.server.acting import OWN, Acting, acting_in
from tests.server.room import HERE, MASTER, SET, Room


@pytest.fixture
async def acting(room: Room) -> AsyncIterator[Acting]:
    async with acting_in(room) as acting:
        yield acting


async def test_a_topic_gets_json_for_programs_and_words_for_people(acting: Acting) -> None:
    topic = await acting.room.topic("on-call")
    await acting.ring(topic)
    [told] = await acting.room.told(topic)
    assert told.subject == 'ALARM: "complaints" in US East (N. Virginia)'
    message = json.loads(told.body)
    assert (message["AlarmName"], message["NewStateReason"]) == ("complaints", "a drill")
    assert message["Trigger"]["Threshold"] == 0.001
    assert told.body_for("email").startswith('You are receiving this email because your alarm "complaints"')
    assert told.body_for("sms") == told.subject
    [item] = await acting.history()
    assert item["HistorySummary"] == f"Successfully executed action {topic}"
    published = json.loads(json.loads(item["HistoryData"])["publishedMessage"])
    assert published["default"] == told.body


async def test_a_fifo_topic_gets_what_an_alarm_says_in_order_and_once(acting: Acting) -> None:
    topic = await acting.room.topic("on-call.fifo")
    made, settings = Topic(HERE, "on-call.fifo"), {"FifoTopic": "true"}
    await acting.room.storage.mail.write(lambda tx: topics.set_settings(tx, made, settings))
    await acting.put(topic)
    for state in ("ALARM", "OK", "ALARM"):
        await acting.set(state)
        await acting.runner.run_due()
    told = await acting.room.told(topic)
    assert len(told) == 2
    assert len({each.group for each in told}) == 1
    assert len({each.deduplication for each in told}) == 2


async def test_a_composite_alarm_acts_with_the_child_that_rang_it(acting: Acting) -> None:
    topic = await acting.room.topic("on-call")
    await acting.put()
    await acting.room.call(
        "cloudwatch",
        "PutCompositeAlarm",
        AlarmName="anything",
        AlarmRule="ALARM(complaints)",
        AlarmActions=[topic, f"{OWN}:pause-sending"],
    )
    await acting.set("ALARM")
    await acting.runner.run_due()
    [told] = await acting.room.told(topic)
    message = json.loads(told.body)
    assert (message["AlarmName"], message["AlarmRule"]) == ("anything", "ALARM(complaints)")
    assert [child["Arn"].rpartition(":")[2] for child in message["TriggeringChildren"]] == ["complaints"]
    answer = await acting.room.call(
        "cloudwatch", "DescribeAlarmHistory", HistoryItemType="Action", AlarmTypes=["CompositeAlarm"]
    )
    assert [item["AlarmName"] for item in answer["AlarmHistoryItems"]] == ["anything"] * 2
    assert not (await acting.room.call("sesv2", "GetAccount"))["SendingEnabled"]


async def test_a_topic_that_is_not_there_is_a_failure_with_the_reason(acting: Acting) -> None:
    topic = f"arn:aws:sns:{HERE.region}:{HERE.account}:gone"
    await acting.ring(topic)
    assert await acting.summaries() == [
        f'Failed to execute action {topic}. Received error: "Topic does not exist"'
    ]
    [warning] = await acting.warnings()
    assert warning.startswith(
        f"alarm complaints of account {HERE.account} ({HERE.region}), failures in the last day: 1. Failed to"
    )


async def test_another_accounts_topic_is_reached_only_where_its_policy_says_so(acting: Acting) -> None:
    stranger = HERE._replace(account="999988887777")
    topic = await acting.room.topic("theirs", stranger)
    await acting.ring(topic)
    assert "is not authorized to perform: SNS:Publish" in (await acting.summaries())[0]
    policy = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": HERE.account},
                "Action": "SNS:Publish",
                "Resource": topic,
            }
        ]
    }
    await acting.room.call(
        "sns",
        "SetTopicAttributes",
        stranger,
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=json.dumps(policy),
    )
    await acting.set("OK")
    await acting.set("ALARM")
    await acting.runner.run_due()
    assert (await acting.summaries())[1] == f"Successfully executed action {topic}"


async def test_mail_reaches_the_address_in_plain_words(acting: Acting) -> None:
    await acting.ring("mailto:oncall@example.com", f"{OWN}:mail/boss@example.com")
    await acting.room.until_delivered()
    captured = await acting.room.storage.mail.read(mailbox.messages)
    assert sorted(each.recipients for each in captured) == [("boss@example.com",), ("oncall@example.com",)]
    mail = message_from_bytes(captured[0].content, policy=default)
    assert mail["Subject"] == 'ALARM: "complaints" in US East (N. Virginia)'
    assert mail["From"] == "Mailgauge <no-reply@mail.example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_body()
    assert body is not None
    assert "- State Change:               INSUFFICIENT_DATA -> ALARM" in body.get_content()
    assert b"Amazon" not in captured[0].content
    assert [summary.split()[0] for summary in await acting.summaries()] == ["Successfully"] * 2


async def test_an_alarm_that_flaps_sends_so_many_mails_an_hour_and_says_so(
    acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm_actions, "MOST_MAIL", 2)
    for number in range(3):
        await acting.ring("mailto:oncall@example.com", name=f"alarm-{number}")
    assert len(await acting.summaries()) == 2
    [warning] = await acting.warnings()
    assert "2 mails went out in the last hour, which is as many as may." in warning
    acting.room.clock.step(3600)
    await acting.runner.run_due()
    assert len(await acting.summaries()) == 3


async def test_a_webhook_gets_the_topics_message_signed_by_standard_webhooks(acting: Acting) -> None:
    server = HostileServer()
    async with server.running() as port:
        await acting.ring(f"{OWN}:webhook/http://127.0.0.1:{port}/alarm?team=mail")
    [request] = server.asked
    head, _, body = request.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
    assert line == "POST /alarm?team=mail HTTP/1.1"
    assert json.loads(body)["AlarmName"] == "complaints"
    assert headers["content-type"] == "application/json; charset=utf-8"
    [secret] = await acting.room.storage.mail.read(
        lambda tx: webhook_secrets.in_force(tx, MASTER, HERE.account, acting.room.clock.now())
    )
    wanted = standard_webhooks.headers(
        headers["webhook-id"], int(headers["webhook-timestamp"]), body, [secret]
    )
    assert headers["webhook-signature"] == wanted["webhook-signature"]
    assert (await acting.summaries())[0].startswith("Successfully")


async def test_while_its_secret_is_replaced_a_webhook_is_signed_with_both(acting: Acting) -> None:
    now = acting.room.clock.now()
    for _ in range(2):
        await acting.room.storage.mail.write(lambda tx: webhook_secrets.rotate(tx, MASTER, HERE.account, now))
    server = HostileServer()
    async with server.running() as port:
        await acting.ring(f"http://127.0.0.1:{port}/")
    [signatures] = [each for each in server.asked[0].split(b"\r\n") if each.startswith(b"webhook-signature:")]
    assert signatures.count(b"v1,") == 2


async def test_a_webhook_is_tried_again_until_it_is_taken_and_given_up_when_it_is_gone(
    acting: Acting,
) -> None:
    server = HostileServer(plain(status="503 Busy"))
    async with server.running() as port:
        await acting.ring(f"http://127.0.0.1:{port}/")
        [warning] = await acting.warnings()
        assert "The answer was 503." in warning
        server.answer = plain(status="204 No Content", body=b"")
        acting.room.clock.step(PAUSES[0])
        await acting.runner.run_due()
        assert (await acting.summaries())[0].startswith("Successfully")
        ids = {each for ask in server.asked for each in ask.split(b"\r\n") if each.startswith(b"webhook-id")}
        assert len(ids) == 1, "receivers can tell that it is the same"
        server.answer = plain(status="410 Gone")
        await acting.ring(f"http://127.0.0.1:{port}/", name="second")
    assert (await acting.summaries())[1].endswith("The answer was 410.")


async def test_a_webhook_to_a_private_place_fails_where_those_are_not_allowed(room: Room) -> None:
    async with acting_in(room, allow_private=False) as acting:
        await acting.ring("http://127.0.0.1:8080/")
        [summary] = await acting.summaries()
        assert summary.endswith("127.0.0.1 is no address of the Internet: [outgoing] allow_private is off.")


async def test_pausing_stops_the_account_until_somebody_switches_it_on(acting: Acting) -> None:
    room = acting.room
    await room.send("ann@example.com")
    await acting.ring(f"{OWN}:pause-sending")
    with pytest.raises(AwsError) as refused:
        await room.call(
            "ses",
            "SendEmail",
            Source="sender@example.com",
            Destination={"ToAddresses": ["ann@example.com"]},
            Message={"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}},
        )
    assert refused.value.code == "AccountSendingPausedException"
    assert (await room.call("sesv2", "GetAccount"))["EnforcementStatus"] == "SHUTDOWN"
    await room.call("ses", "UpdateAccountSendingEnabled", Enabled=True)
    await room.send("ann@example.com")


async def test_pausing_a_set_stops_that_set_alone(acting: Acting) -> None:
    room = acting.room
    await acting.ring(f"{OWN}:pause-sending/{SET}")
    with pytest.raises(AwsError) as refused:
        await room.send("ann@example.com")
    assert refused.value.code == "SendingPausedException"
    assert (await room.call("sesv2", "GetAccount"))["SendingEnabled"]
    reasons = await room.storage.mail.read(_pauses)
    assert reasons == ['The alarm "complaints" went to ALARM: a drill']


async def test_pausing_a_set_that_is_not_there_is_a_failure(acting: Acting) -> None:
    await acting.ring(f"{OWN}:pause-sending/nothing")
    assert (await acting.summaries())[0].endswith("There is no configuration set nothing.")


async def test_what_is_run_again_after_a_kill_is_done_once(acting: Acting) -> None:
    room, topic = acting.room, await acting.room.topic("on-call")
    await acting.put(topic, "mailto:oncall@example.com", f"{OWN}:pause-sending")
    await acting.set("ALARM")
    await acting.keep_outbox()
    await acting.runner.run_due()
    await room.call("ses", "UpdateAccountSendingEnabled", Enabled=True)
    await acting.run_again()
    await room.until_delivered()
    assert len(await room.told(topic)) == 1
    assert len(await room.storage.mail.read(mailbox.messages)) == 1
    assert (await room.call("sesv2", "GetAccount"))["SendingEnabled"], "it was switched on after the alarm"
    assert len(await acting.summaries()) == 6


async def test_what_exists_at_amazon_only_is_a_failure_that_says_so(acting: Acting) -> None:
    actions = [
        "arn:aws:lambda:us-east-1:111122223333:function:f",
        "arn:aws:automate:us-east-1:ec2:stop",
        "arn:aws:ssm:us-east-1:111122223333:opsitem:3#CATEGORY=x",
        "arn:alarm",
    ]
    await acting.ring(*actions)
    summaries = dict(zip(actions, await acting.summaries(), strict=True))
    assert summaries[actions[0]] == (
        f"Failed to execute action {actions[0]}. The service lambda is not part of Mailgauge."
    )
    assert summaries["arn:alarm"] == "Failed to execute action arn:alarm. No such target is known."


@pytest.mark.parametrize(
    ("action", "refusal"),
    [
        ("on-call", "Invalid arn syntax: on-call"),
        ("mailto:nobody", "Invalid arn syntax: mailto:nobody"),
        ("mailto:Ann <ann@example.com>", "Invalid arn syntax: mailto:Ann <ann@example.com>"),
        ("https://", "Invalid arn syntax: https://"),
        (
            "arn:aws:sns:eu-west-1:111122223333:t",
            "Invalid region eu-west-1 specified. Only us-east-1 is supported.",
        ),
        (f"{OWN}:fax/1", f"Invalid arn syntax: {OWN}:fax/1"),
        (f"{OWN}:command/../../bin/sh", f"Invalid arn syntax: {OWN}:command/../../bin/sh"),
        (f"{OWN}:webhook/ftp://example.com/", f"Invalid arn syntax: {OWN}:webhook/ftp://example.com/"),
        (f"{OWN}:pause-sending/a b", f"Invalid arn syntax: {OWN}:pause-sending/a b"),
        ("arn:aws:mailgauge", "Invalid arn syntax: arn:aws:mailgauge"),
        (
            "arn:aws:mailgauge:eu-west-1:111122223333:pause-sending",
            "Invalid region eu-west-1 specified. Only us-east-1 is supported.",
        ),
        (
            "arn:aws:mailgauge:us-east-1:999988887777:pause-sending",
            "Invalid account 999988887777 specified. Only 111122223333 is supported.",
        ),
    ],
)
async def test_what_can_be_no_action_is_refused_when_the_alarm_is_put(
    acting: Acting, action: str, refusal: str
) -> None:
    with pytest.raises(AwsError) as refused:
        await acting.put(action)
    assert (refused.value.code, refused.value.message) == ("ValidationError", refusal)


async def test_attempts_are_counted_for_who_watches_the_service(acting: Acting) -> None:
    tally = ActionTally()
    tally.count(Kind.WEBHOOK, Outcome.RETRIED)
    await acting.put("arn:aws:sns:us-east-1:111122223333:t")
    await acting.set("ALARM")
    storage = acting.room.storage
    page = (
        await telemetry(
            storage.mail, storage.metrics, Tally(), actions=tally, notifications=Counts(), files=[]
        )()
    ).decode()
    assert 'mailgauge_alarm_action_attempts_total{kind="webhook",outcome="retried"} 1.0\n' in page
    assert 'mailgauge_alarm_action_attempts_total{kind="topic",outcome="failed"} 0.0\n' in page
    assert "mailgauge_alarm_actions_waiting 1.0\n" in page


async def test_actions_are_described_as_they_were_given(acting: Acting) -> None:
    given = ["mailto:ann@example.com", "https://hooks.example.com/x", f"{OWN}:pause-sending", "arn:alarm"]
    await acting.put(*given)
    [alarm] = (await acting.room.call("cloudwatch", "DescribeAlarms"))["MetricAlarms"]
    assert alarm["AlarmActions"] == given


def _pauses(tx: Tx) -> list[str]:
    rows = tx.run("SELECT options FROM configuration_set WHERE name = ?", (SET,))
    return [json.loads(options)["pause_reason"] for (options,) in rows]
