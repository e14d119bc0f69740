"""What alarm actions do, each with the real thing at its end: a topic, a mailbox, a web server, a program, the account."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.cloudwatch.alarms.actions import standard_webhooks
from mailgauge.cloudwatch.alarms.actions.retry import PAUSES
from mailgauge.cloudwatch.alarms.actions.runner import ActionRunner
from mailgauge.cloudwatch.alarms.actions.tally import ActionTally, Outcome
from mailgauge.cloudwatch.alarms.actions.target import Kind
from mailgauge.destinations.tally import Tally
from mailgauge.iam import webhook_secrets
from mailgauge.mailbox import store as mailbox
from mailgauge.outgoing.client import OutgoingClient
from mailgauge.outgoing.names import SystemNames
from mailgauge.server import alarm_actions
from mailgauge.server.action_checks import action_checks
from mailgauge.server.telemetry import telemetry
from mailgauge.ses.system_mail import system_mail
from mailgauge.sns import topics
from mailgauge.sns.delivering import Counts
from mailgauge.sns.model import Topic
from mailgauge.store.transaction import Tx
from tests.outgoing.hostile_server import HostileServer, plain
from tests.server.room import HERE, MASTER, SET, Room

OWN = f"arn:aws:mailgauge:{HERE.region}:{HERE.account}"
ALARM = {
    "AlarmName": "complaints",
    "Namespace": "AWS/SES",
    "MetricName": "Reputation.ComplaintRate",
    "Statistic": "Average",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 0.001,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}


@dataclass
class Acting:
    """A room whose alarms are rung by hand, and whose actions run when they are told to."""

    room: Room
    runner: ActionRunner

    async def ring(self, *actions: str, name: str = "complaints") -> None:
        await self.put(*actions, name=name)
        await self.set("ALARM", name)
        await self.runner.run_due()

    async def put(self, *actions: str, name: str = "complaints") -> None:
        parameters: dict[str, Any] = ALARM | {"AlarmName": name, "AlarmActions": list(actions)}
        await self.room.call("cloudwatch", "PutMetricAlarm", **parameters)

    async def set(self, state: str, name: str = "complaints") -> None:
        parameters: dict[str, Any] = {"AlarmName": name, "StateValue": state, "StateReason": "a drill"}
        await self.room.call("cloudwatch", "SetAlarmState", **parameters)

    async def run_again(self) -> None:
        """What a kill between the deed and its note in the history leads to."""
        rows = "INSERT INTO alarm_action SELECT * FROM kept"
        await self.room.storage.metrics.write(lambda tx: tx.run(rows))
        await self.runner.run_due()

    async def keep_outbox(self) -> None:
        await self.room.storage.metrics.write(
            lambda tx: tx.run("CREATE TABLE kept AS SELECT * FROM alarm_action")
        )

    async def history(self) -> list[dict[str, Any]]:
        answer = await self.room.call(
            "cloudwatch", "DescribeAlarmHistory", HistoryItemType="Action", ScanBy="TimestampAscending"
        )
        return list(answer["AlarmHistoryItems"])

    async def summaries(self) -> list[str]:
        return [item["HistorySummary"] for item in await self.history()]

    async def warnings(self) -> list[str]:
        looks = action_checks(self.room.storage.metrics, self.room.clock)
        return [found.text for look in looks for found in await look() if found.level != "ok"]


@asynccontextmanager
async def acting_in(
    room: Room,
    *,
    commands: Mapping[str, Sequence[str]] | None = None,
    seconds: float = 60,
    allow_private: bool = True,
) -> AsyncIterator[Acting]:
    client = OutgoingClient(SystemNames(), allow_private=allow_private)
    made = alarm_actions.executors(
        room.storage.mail,
        room.clock,
        MASTER,
        client=client,
        send_mail=system_mail(room.clock, "Mailgauge", "mail.example.com", lambda: None),
        published=lambda: None,
        commands=commands,
        command_seconds=seconds,
    )
    try:
        yield Acting(room, ActionRunner(room.storage.metrics, room.clock, made, ActionTally()))
    finally:
        await client.close()


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
        f"alarm complaints of account {HERE.account} ({HERE.region}), in the last day 1 times"
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
        assert summary.endswith("127.0.0.1 is at 127.0.0.1, which is no address of the Internet.")


def script(path: Path, text: str) -> list[str]:
    path.write_text(text)
    return [sys.executable, "-I", str(path)]


async def test_a_command_gets_the_message_on_its_input_and_little_else(room: Room, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    page = script(
        tmp_path / "page.py",
        f"import json, os, sys\njson.dump([sys.stdin.read(), dict(os.environ), os.getcwd(), sys.argv[1:]], open({str(out)!r}, 'w'))",
    )
    async with acting_in(room, commands={"page": [*page, "--team", "a b;c"]}) as acting:
        await acting.ring(f"{OWN}:command/page")
        message, environment, folder, arguments = json.loads(out.read_text())
        assert json.loads(message)["AlarmName"] == "complaints"
        assert set(environment) - {"LC_CTYPE"} == {"PATH", "LANG", "MAILGAUGE_ACTION_ID"}
        assert (folder, arguments) == ("/", ["--team", "a b;c"])
        assert await acting.summaries() == [f"Successfully executed action {OWN}:command/page"]


async def test_a_command_that_fails_says_how_and_one_that_hangs_is_ended(room: Room, tmp_path: Path) -> None:
    commands = {
        "bad": script(tmp_path / "bad.py", "import sys\nprint('no\\x07pager', file=sys.stderr)\nsys.exit(3)"),
        "loud": script(tmp_path / "loud.py", "import sys\nsys.stdout.write('x' * 4_000_000)\nsys.exit(1)"),
        "none": ["/nonexistent/program"],
    }
    async with acting_in(room, commands=commands) as acting:
        for name, text in (
            ("bad", "bad ended with status 3: no?pager."),
            ("loud", f"loud ended with status 1: {'x' * 300}."),
            ("none", "/nonexistent/program can't be started: No such file or directory."),
        ):
            await acting.ring(f"{OWN}:command/{name}", name=name)
            rows = await room.storage.metrics.read(lambda tx: tx.run("SELECT problem FROM alarm_action"))
            assert rows == [(text,)]
            await room.storage.metrics.write(lambda tx: tx.run("DELETE FROM alarm_action"))


async def test_a_command_that_takes_too_long_is_ended_with_its_children(room: Room, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    hang = ["/bin/sh", "-c", f"sleep 600 & echo $! > {mark}; wait"]
    async with acting_in(room, commands={"hang": hang}, seconds=3) as acting:
        await acting.ring(f"{OWN}:command/hang")
        [warning] = await acting.warnings()
    assert "hang ran longer than 3 seconds." in warning
    child = int(mark.read_text())
    async with asyncio.timeout(60):
        while _is_running(child):  # noqa: ASYNC110 - the system ends it
            await asyncio.sleep(0.01)


async def test_only_configured_commands_are_run_and_none_where_everybody_may_come_in(room: Room) -> None:
    async with acting_in(room, commands={}) as acting:
        await acting.ring(f"{OWN}:command/page")
        assert (await acting.summaries())[0].endswith("There is no command page in the configuration.")
    async with acting_in(room, commands=None) as acting:
        await acting.ring(f"{OWN}:command/page", name="second")
        assert (await acting.summaries())[1].endswith(
            "Commands are not run in this mode: everybody may use it."
        )


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


def _is_running(process: int) -> bool:
    """What has ended may be left as a zombie where nobody collects orphans."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _pauses(tx: Tx) -> list[str]:
    rows = tx.run("SELECT options FROM configuration_set WHERE name = ?", (SET,))
    return [json.loads(options)["pause_reason"] for (options,) in rows]
