"""What bounces and complaints bring about: entries on the suppression list, rates, and pauses where a rule asks for them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mailgauge.base.health import Finding, Level
from mailgauge.events import journal
from mailgauge.events.kinds import Kind
from mailgauge.mail.bounce_class import MAILBOX_FULL, PERMANENT_GENERAL, BounceClass
from mailgauge.server.checks import checks
from mailgauge.server.data import DataDirectory
from mailgauge.ses import feedback, reactions, reputation_counts
from mailgauge.ses.feedback import BounceReport, ComplaintReport
from mailgauge.ses.reactions import Reactions
from mailgauge.ses.reputation import Enforcement, Rule, enforcement
from mailgauge.ses.reputation_counts import ACCOUNT, Counts
from mailgauge.store.transaction import Tx
from tests.server.room import HERE, SET, Room


async def bounce(room: Room, message_id: str, *recipients: str, why: BounceClass = PERMANENT_GENERAL) -> None:
    failed = [{"emailAddress": each, "action": "failed", "status": "5.1.1"} for each in recipients]
    report = BounceReport(f"bounce of {recipients}", failed, why, None)
    await room.storage.mail.write(lambda tx: feedback.bounce(tx, message_id, report, room.clock.now()))
    await room.publish()


async def complain(room: Room, message_id: str, *recipients: str, domain: str | None = None) -> None:
    report = ComplaintReport("complaint", recipients, "abuse", "provider", None, domain)
    await room.storage.mail.write(lambda tx: feedback.complain(tx, message_id, report, room.clock.now()))
    await room.publish()


async def suppressed(room: Room) -> dict[str, str]:
    found = await room.call("sesv2", "ListSuppressedDestinations")
    return {each["EmailAddress"]: each["Reason"] for each in found["SuppressedDestinationSummaries"]}


async def counts(room: Room, name: str = ACCOUNT) -> Counts:
    return await room.storage.mail.read(
        lambda tx: reputation_counts.representative(tx, HERE, name, room.clock.now())
    )


async def sent(room: Room, *recipients: str) -> str:
    message_id = await room.send(*recipients)
    await room.settle()
    return message_id


async def test_hard_bounces_and_complaints_put_their_addresses_on_the_list(room: Room) -> None:
    message_id = await sent(room, "gone@example.net", "angry@example.net", "full@example.net")
    await bounce(room, message_id, "gone@example.net")
    await bounce(room, message_id, "full@example.net", why=MAILBOX_FULL)
    await complain(room, message_id, "angry@example.net")
    assert await suppressed(room) == {"angry@example.net": "COMPLAINT", "gone@example.net": "BOUNCE"}
    found = await room.call("sesv2", "GetSuppressedDestination", EmailAddress="gone@example.net")
    attributes = found["SuppressedDestination"]["Attributes"]
    assert attributes["MessageId"] == message_id
    assert attributes["FeedbackId"]
    again = await sent(room, "gone@example.net")
    entries = await room.storage.mail.read(lambda tx: journal.of_message(tx, again))
    assert [entry.kind for entry in entries] == [Kind.SEND, Kind.BOUNCE]


async def test_nobody_is_put_there_for_a_reason_that_is_not_in_effect(room: Room) -> None:
    await room.call(
        "sesv2",
        "PutConfigurationSetSuppressionOptions",
        ConfigurationSetName=SET,
        SuppressedReasons=["COMPLAINT"],
    )
    message_id = await sent(room, "gone@example.net", "angry@example.net")
    await bounce(room, message_id, "gone@example.net")
    await complain(room, message_id, "angry@example.net")
    assert await suppressed(room) == {"angry@example.net": "COMPLAINT"}


async def test_the_simulator_touches_neither_list_nor_reputation(room: Room) -> None:
    for name in ("bounce", "complaint", "suppressionlist", "success"):
        await sent(room, f"{name}@simulator.amazonses.com")
    assert await suppressed(room) == {}
    assert await counts(room) == Counts()


async def test_who_might_have_complained_is_not_suppressed_for_it(room: Room) -> None:
    message_id = await sent(room, "one@example.net", "two@example.net")
    await complain(room, message_id, domain="example.net")
    assert await suppressed(room) == {}
    assert await counts(room) == Counts(2, 0, 1)


async def test_one_recipient_bounces_and_complains_once_in_however_many_reports(room: Room) -> None:
    message_id = await sent(room, "one@example.net", "two@example.net")
    failed = [{"emailAddress": "one@example.net", "action": "failed", "status": "5.1.1"}]
    now = room.clock.now()

    def report(tx: Tx) -> None:
        for number in range(5):
            bounced = BounceReport(f"bounce {number}", failed, PERMANENT_GENERAL, None)
            feedback.bounce(tx, message_id, bounced, now)
            disliked = ComplaintReport(f"complaint {number}", ["two@example.net"], "abuse", None, None, None)
            feedback.complain(tx, message_id, disliked, now)

    await room.storage.mail.write(report)
    entries = await room.storage.mail.read(lambda tx: journal.of_message(tx, message_id))
    kinds = [entry.kind for entry in entries]
    assert (kinds.count(Kind.BOUNCE), kinds.count(Kind.COMPLAINT)) == (1, 1)


async def test_own_and_suppressed_recipients_are_no_part_of_the_rates(room: Room) -> None:
    await room.call("sesv2", "CreateEmailIdentity", EmailIdentity="own.example")
    await room.call("sesv2", "PutSuppressedDestination", EmailAddress="old@example.net", Reason="BOUNCE")
    await room.call("sesv2", "PutSuppressedDestination", EmailAddress="cross@example.net", Reason="COMPLAINT")
    message_id = await sent(
        room, "me@own.example", "old@example.net", "cross@example.net", "gone@example.net"
    )
    await bounce(room, message_id, "me@own.example", "gone@example.net")
    assert await counts(room) == await counts(room, SET) == Counts(1, 1, 0)
    assert "me@own.example" in await suppressed(room), "the list is for all"


async def test_an_entry_has_its_effect_once_whoever_reads_it(room: Room) -> None:
    message_id = await room.send("one@example.net", "two@example.net")
    await room.until_delivered()
    others = [Reactions(room.storage.mail, room.clock, Rule()) for _ in range(2)]
    for each in (*others, room.reactions):
        await each.react()
    await bounce(room, message_id, "one@example.net")
    for each in others:
        await each.react()
    assert await counts(room) == Counts(2, 1, 0)
    head = await room.storage.mail.read(journal.head)
    assert await room.storage.mail.read(reactions.position) == head


async def test_entries_that_wait_are_counted_and_kept(room: Room) -> None:
    await room.send("one@example.net")
    await room.until_delivered()
    [finding] = [each for each in await findings(room) if each.check == "reactions"]
    assert finding.text.startswith("2 journal entries")
    while await room.publisher.publish():
        pass
    room.clock.step(61 * 86400)
    await room.housekeeper.round()
    assert len(await room.storage.mail.read(lambda tx: journal.read(tx, 0, 10))) == 2
    await room.publish()
    await room.housekeeper.round()
    assert await room.storage.mail.read(lambda tx: journal.read(tx, 0, 10)) == []


async def test_volume_is_the_newest_hours_that_hold_enough(room: Room) -> None:
    hour = int(room.clock.now() // 3600)

    def fill(tx: Tx) -> None:
        for ago, sends, bounces in ((0, 6000, 60), (1, 6000, 0), (2, 6000, 6000), (31 * 24, 100, 100)):
            reputation_counts.add(tx, HERE, ACCOUNT, hour - ago, Counts(sends, bounces, 0))

    await room.storage.mail.write(fill)
    found = await counts(room)
    assert found == Counts(12_000, 60, 0)
    assert found.bounce_rate == 0.005


async def rate(room: Room, metric: str, **dimensions: str) -> list[float]:
    now = datetime.fromtimestamp(room.clock.now(), UTC)
    found = await room.call(
        "cloudwatch",
        "GetMetricStatistics",
        Namespace="AWS/SES",
        MetricName=metric,
        Dimensions=[
            {"Name": name.replace("_", ":", 1).replace("_", "-"), "Value": value}
            for name, value in dimensions.items()
        ],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Average"],
        Unit="Percent",
    )
    return [each["Average"] for each in sorted(found["Datapoints"], key=lambda each: each["Timestamp"])]


async def test_rates_are_metrics_every_five_minutes_on_the_clock(room: Room) -> None:
    await room.call(
        "sesv2",
        "PutConfigurationSetReputationOptions",
        ConfigurationSetName=SET,
        ReputationMetricsEnabled=True,
    )
    message_id = await sent(room, *(f"{n}@example.net" for n in range(4)))
    await bounce(room, message_id, "1@example.net")
    for _ in range(3):
        room.clock.step(150)
        await room.reactions.publish_rates()
        await Reactions(room.storage.mail, room.clock, Rule()).publish_rates()
        await room.publish()
    assert await rate(room, "Reputation.BounceRate") == [0.25, 0.25]
    assert await rate(room, "Reputation.ComplaintRate") == [0.0, 0.0]
    assert await rate(room, "Reputation.BounceRate", ses_configuration_set=SET) == [0.25, 0.25]
    report = room.audit()
    assert report.differences == []


async def test_sets_without_the_option_and_idle_accounts_have_no_rates(room: Room) -> None:
    await sent(room, "success@simulator.amazonses.com")
    room.clock.step(300)
    await room.reactions.publish_rates()
    await room.publish()
    assert await rate(room, "Reputation.BounceRate") == []
    await sent(room, "one@example.net")
    room.clock.step(300)
    await room.reactions.publish_rates()
    await room.publish()
    assert await rate(room, "Reputation.BounceRate") == [0.0]
    assert await rate(room, "Reputation.BounceRate", ses_configuration_set=SET) == []


async def with_rule(room: Room, **rule: Any) -> Reactions:
    return Reactions(room.storage.mail, room.clock, Rule(**rule))


async def pauses(room: Room) -> list[dict[str, Any]]:
    entries = await room.storage.mail.read(lambda tx: journal.read_kinds(tx, 0, (Kind.SENDING_PAUSED,), 100))
    return [entry.detail for entry in entries]


async def bad_mail(room: Room, strict: Reactions) -> str:
    """Three messages, and the third one bounces."""
    for number in range(3):
        message_id = await room.send(f"{number}@example.net")
    await room.until_delivered()
    await bounce_unseen(room, message_id, "2@example.net")
    while await strict.react():
        pass
    return message_id


async def bounce_unseen(room: Room, message_id: str, recipient: str) -> None:
    failed = [{"emailAddress": recipient, "action": "failed", "status": "5.1.1"}]
    report = BounceReport(f"again {recipient}", failed, PERMANENT_GENERAL, None)
    await room.storage.mail.write(lambda tx: feedback.bounce(tx, message_id, report, room.clock.now()))


async def findings(room: Room) -> list[Finding]:
    asked = checks(DataDirectory(Path("/")), room.storage.mail, room.storage.metrics, room.clock)
    return [finding for check in asked for finding in await check()]


async def test_without_a_rule_nothing_is_paused(room: Room) -> None:
    await bad_mail(room, room.reactions)
    assert (await room.call("sesv2", "GetAccount"))["SendingEnabled"] is True
    assert await pauses(room) == []


async def test_a_crossed_rule_pauses_the_account_until_the_api_says_otherwise(room: Room) -> None:
    strict = await with_rule(room, pause_bounce_rate=0.3, least_sends=3)
    message_id = await bad_mail(room, strict)
    account = await room.call("sesv2", "GetAccount")
    assert (account["SendingEnabled"], account["EnforcementStatus"]) == (False, "SHUTDOWN")
    assert await pauses(room) == [
        {
            "configurationSet": None,
            "reason": "The bounce rate of 33.33% (1 of 3 sends) has reached 30.00%.",
        }
    ]
    room.clock.step(1)
    await room.call("ses", "UpdateAccountSendingEnabled", Enabled=True)
    account = await room.call("sesv2", "GetAccount")
    assert (account["SendingEnabled"], account["EnforcementStatus"]) == (True, "HEALTHY")
    assert await counts(room) == Counts()
    await bounce_unseen(room, message_id, "1@example.net")
    await strict.react()
    assert await counts(room) == Counts(), "mail from before the pause no longer counts"
    assert room.audit().differences == []


async def test_few_sends_are_not_judged_until_there_are_enough(room: Room) -> None:
    strict = await with_rule(room, pause_bounce_rate=0.2, least_sends=4)
    await bad_mail(room, strict)
    assert await pauses(room) == []
    await room.send("one-more@example.net")
    await strict.react()
    room.clock.step(300)
    await strict.publish_rates()
    assert [each["configurationSet"] for each in await pauses(room)] == [None]
    [finding] = [each for each in await findings(room) if each.check == "sending"]
    assert finding.level is Level.WARNING
    assert "account 111122223333 (us-east-1) was paused" in finding.text


async def test_a_crossed_rule_pauses_a_set_with_reputation_metrics(room: Room) -> None:
    await room.call(
        "sesv2",
        "PutConfigurationSetReputationOptions",
        ConfigurationSetName=SET,
        ReputationMetricsEnabled=True,
    )
    for number in range(3):
        await room.call(
            "sesv2",
            "SendEmail",
            FromEmailAddress="sender@example.com",
            Destination={"ToAddresses": [f"plain{number}@example.net"]},
            Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}},
        )
    strict = await with_rule(room, pause_bounce_rate=0.3, least_sends=3)
    await bad_mail(room, strict)
    assert [each["configurationSet"] for each in await pauses(room)] == [SET]
    shown = await room.call("sesv2", "GetConfigurationSet", ConfigurationSetName=SET)
    assert shown["SendingOptions"] == {"SendingEnabled": False}
    assert (await room.call("sesv2", "GetAccount"))["SendingEnabled"] is True
    room.clock.step(1)
    await room.call(
        "sesv2", "PutConfigurationSetSendingOptions", ConfigurationSetName=SET, SendingEnabled=True
    )
    shown = await room.call("sesv2", "GetConfigurationSet", ConfigurationSetName=SET)
    assert shown["ReputationOptions"]["LastFreshStart"] == datetime.fromtimestamp(room.clock.now(), UTC)
    assert await counts(room, SET) == Counts()
    assert await counts(room) == Counts(6, 1, 0)


async def test_rates_worth_a_review_are_probation_where_there_is_a_rule(bare_room: Room) -> None:
    async def standing(rule: Rule) -> Enforcement:
        return await bare_room.storage.mail.read(
            lambda tx: enforcement(tx, HERE, bare_room.clock.now(), rule)
        )

    hour = int(bare_room.clock.now() // 3600)
    await bare_room.storage.mail.write(
        lambda tx: reputation_counts.add(tx, HERE, ACCOUNT, hour, Counts(1000, 50, 0))
    )
    assert await standing(Rule()) is Enforcement.HEALTHY
    assert await standing(Rule(pause_bounce_rate=0.1)) is Enforcement.PROBATION
    assert await standing(Rule(pause_bounce_rate=0.1, least_sends=1001)) is Enforcement.HEALTHY
