"""BatchGetMetricData and GetMessageInsights: what the journal says, by the day and by the message."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.base.scope import Scope
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.kinds import Kind
from mailgauge.mail.bounce_class import MAILBOX_FULL, PERMANENT_GENERAL, BounceClass
from mailgauge.ses import feedback
from mailgauge.ses.feedback import BounceReport, ComplaintReport
from tests.server.room import HERE, SENDER, SET, Room

DAY = 86_400


@pytest.fixture
async def watched(room: Room) -> Room:
    await room.call("sesv2", "PutAccountVdmAttributes", VdmAttributes={"VdmEnabled": "ENABLED"})
    return room


async def sums(
    room: Room, metric: str, dimensions: dict[str, str] | None = None, *, days: int = 5
) -> list[float]:
    """The values of the last days that have any."""
    now = datetime.fromtimestamp(room.clock.now(), UTC)
    query = {
        "Id": "q",
        "Namespace": "VDM",
        "Metric": metric,
        "StartDate": now - timedelta(days=days),
        "EndDate": now,
        **({"Dimensions": dimensions} if dimensions else {}),
    }
    answer = await room.call("sesv2", "BatchGetMetricData", Queries=[query])
    assert answer["Errors"] == []
    [result] = answer["Results"]
    assert result["Id"] == "q"
    assert all((each.hour, each.minute, each.second) == (0, 0, 0) for each in result["Timestamps"])
    assert len(result["Timestamps"]) == len(result["Values"])
    values: list[float] = result["Values"]
    return values


async def bounce(room: Room, message_id: str, recipient: str, why: BounceClass) -> None:
    failed = [{"emailAddress": recipient, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 unknown"}]
    report = BounceReport("report", failed, why, None)
    await room.storage.mail.write(lambda tx: feedback.bounce(tx, message_id, report, room.clock.now()))


async def complain(room: Room, message_id: str, recipient: str) -> None:
    report = ComplaintReport("complaint", [recipient], "abuse", None, None, None)
    await room.storage.mail.write(lambda tx: feedback.complain(tx, message_id, report, room.clock.now()))


async def happen(room: Room, message_id: str, kind: Kind, times: int = 1) -> None:
    entry = Entry(round(room.clock.now() * 1000), HERE, kind, message_id, None, 1, {})
    for _ in range(times):
        await room.storage.mail.write(lambda tx: journal.append(tx, entry))


async def test_values_are_sums_of_days_that_had_any(watched: Room) -> None:
    await watched.send("a@example.net")
    await watched.send("b@example.net")
    watched.clock.step(2 * DAY)
    await watched.send("c@example.net")
    await watched.settle()
    assert await sums(watched, "SEND") == [2, 1]
    assert await sums(watched, "SEND", days=0) == [1]
    assert await sums(watched, "COMPLAINT") == []


async def test_simulator_and_several_recipients_are_left_out(watched: Room) -> None:
    await watched.send("success@simulator.amazonses.com")
    await watched.send("bounce@simulator.amazonses.com")
    await watched.send("a@example.net", "b@example.net")
    await watched.send("c@example.net")
    await watched.settle()
    assert await sums(watched, "SEND") == await sums(watched, "DELIVERY") == [1]
    assert await sums(watched, "PERMANENT_BOUNCE") == []


async def test_suppressed_mail_is_sent_but_neither_bounced_nor_complained_of(watched: Room) -> None:
    for address, reason in (("old@example.net", "BOUNCE"), ("angry@example.net", "COMPLAINT")):
        await watched.call("sesv2", "PutSuppressedDestination", EmailAddress=address, Reason=reason)
        await watched.send(address)
    await watched.settle()
    assert await sums(watched, "SEND") == [2]
    for metric in ("PERMANENT_BOUNCE", "COMPLAINT", "DELIVERY"):
        assert await sums(watched, metric) == []


async def test_bounces_are_told_apart_and_opens_are_counted_once(watched: Room) -> None:
    hard, soft, opened = [await watched.send(f"{name}@gmx.de") for name in ("hard", "soft", "opened")]
    await watched.settle()
    await bounce(watched, hard, "hard@gmx.de", PERMANENT_GENERAL)
    await bounce(watched, soft, "soft@gmx.de", MAILBOX_FULL)
    await complain(watched, opened, "opened@gmx.de")
    await happen(watched, opened, Kind.OPEN, 3)
    await happen(watched, opened, Kind.CLICK, 2)
    for metric in ("PERMANENT_BOUNCE", "TRANSIENT_BOUNCE", "COMPLAINT", "OPEN", "CLICK"):
        assert await sums(watched, metric) == [1], metric
    assert await sums(watched, "DELIVERY_OPEN") == [], "no destination asks for opens, so nothing was tracked"
    assert await sums(watched, "DELIVERY_COMPLAINT") == [3]


async def test_gmail_gives_no_feedback_to_count_deliveries_by(watched: Room) -> None:
    await watched.send("a@gmail.com")
    await watched.settle()
    assert await sums(watched, "DELIVERY") == [1]
    assert await sums(watched, "DELIVERY_COMPLAINT") == []


async def test_dimensions_filter_and_a_star_takes_any(watched: Room) -> None:
    await watched.send("a@gmail.com")
    await watched.send("b@yahoo.com")
    await watched.send("c@example.net")
    await watched.settle()
    assert await sums(watched, "SEND", {"ISP": "Gmail"}) == [1]
    assert await sums(watched, "SEND", {"ISP": "Gmail, Yahoo"}) == [2]
    assert await sums(watched, "SEND", {"ISP": "*", "CONFIGURATION_SET": SET}) == [3]
    assert await sums(watched, "SEND", {"EMAIL_IDENTITY": SENDER, "ISP": "UNKNOWN_ISP"}) == [1]
    assert await sums(watched, "SEND", {"CONFIGURATION_SET": "other"}) == []


@pytest.mark.parametrize(
    "dimensions",
    [
        {"ISP": "*", "CONFIGURATION_SET": "a,b"},
        {"ISP": ",".join(f"isp{n}" for n in range(11))},
        {"ISP": "*,Gmail"},
        {"ISP": " "},
    ],
)
async def test_dimensions_that_can_not_be_asked_for_are_refused(
    watched: Room, dimensions: dict[str, str]
) -> None:
    with pytest.raises(AwsError) as refused:
        await sums(watched, "SEND", dimensions)
    assert refused.value.code == "BadRequestException"


async def test_queries_end_after_they_begin_and_have_ids_of_their_own(watched: Room) -> None:
    now = datetime.fromtimestamp(watched.clock.now(), UTC)
    query = {"Id": "q", "Namespace": "VDM", "Metric": "SEND", "StartDate": now, "EndDate": now}
    for queries in ([query, query], [{**query, "EndDate": now - timedelta(days=1)}]):
        with pytest.raises(AwsError) as refused:
            await watched.call("sesv2", "BatchGetMetricData", Queries=queries)
        assert refused.value.code == "BadRequestException"


async def test_without_vdm_there_is_nothing_to_see(room: Room) -> None:
    message_id = await room.send("a@example.net")
    with pytest.raises(AwsError) as no_sums:
        await sums(room, "SEND")
    with pytest.raises(AwsError) as no_insights:
        await room.call("sesv2", "GetMessageInsights", MessageId=message_id)
    assert {no_sums.value.code, no_insights.value.code} == {"NotFoundException"}


def types(insights: dict[str, Any]) -> dict[str, list[str]]:
    return {each["Destination"]: [event["Type"] for event in each["Events"]] for each in insights["Insights"]}


async def test_insights_tell_each_recipient_s_story(watched: Room) -> None:
    await watched.call("sesv2", "PutSuppressedDestination", EmailAddress="old@example.net", Reason="BOUNCE")
    message_id = await watched.send("a@gmail.com", "b@yahoo.com", "old@example.net", tags={"campaign": "x"})
    await watched.settle()
    await bounce(watched, message_id, "b@yahoo.com", PERMANENT_GENERAL)
    await complain(watched, message_id, "a@gmail.com")
    found = await watched.call("sesv2", "GetMessageInsights", MessageId=message_id)
    assert (found["MessageId"], found["FromEmailAddress"], found["Subject"]) == (message_id, SENDER, "Hello")
    assert {"Name": "campaign", "Value": "x"} in found["EmailTags"]
    assert {"Name": "ses:configuration-set", "Value": SET} in found["EmailTags"]
    assert types(found) == {
        "a@gmail.com": ["SEND", "DELIVERY", "COMPLAINT"],
        "b@yahoo.com": ["SEND", "DELIVERY", "BOUNCE"],
        "old@example.net": ["SEND", "BOUNCE"],
    }
    gmail, yahoo, old = found["Insights"]
    assert [each["Isp"] for each in found["Insights"]] == ["Gmail", "Yahoo", "UNKNOWN_ISP"]
    assert gmail["Events"][2]["Details"] == {"Complaint": {"ComplaintFeedbackType": "abuse"}}
    assert yahoo["Events"][2]["Details"]["Bounce"] == {
        "BounceType": "PERMANENT",
        "BounceSubType": "GENERAL",
        "DiagnosticCode": "smtp; 550 5.1.1 unknown",
    }
    assert old["Events"][1]["Details"]["Bounce"]["BounceSubType"] == "ON_ACCOUNT_SUPPRESSION_LIST"


async def test_insights_of_others_unknown_and_old_messages_are_not_found(watched: Room) -> None:
    message_id = await watched.send("a@example.net")
    await watched.settle()
    other = Scope("999988887777", HERE.region)
    vdm = {"VdmEnabled": "ENABLED"}
    await watched.call("sesv2", "PutAccountVdmAttributes", other, VdmAttributes=vdm)
    unknown = message_id[:-8] + "x-000000"
    for scope, asked in ((other, message_id), (HERE, "made up"), (HERE, unknown)):
        with pytest.raises(AwsError) as refused:
            await watched.call("sesv2", "GetMessageInsights", scope, MessageId=asked)
        assert refused.value.code == "NotFoundException"
    watched.clock.step(31 * DAY)
    with pytest.raises(AwsError) as refused:
        await watched.call("sesv2", "GetMessageInsights", MessageId=message_id)
    assert refused.value.code == "NotFoundException"


async def test_mail_sent_while_vdm_is_on_is_tagged_with_its_identity_and_providers(room: Room) -> None:
    before = await room.send("someone@gmail.com")
    await room.call("sesv2", "PutAccountVdmAttributes", VdmAttributes={"VdmEnabled": "ENABLED"})
    message_id = await room.send("one@gmail.com", "two@example.net", "three@googlemail.com")
    await room.call("sesv2", "PutAccountVdmAttributes", VdmAttributes={"VdmEnabled": "DISABLED"})
    after = await room.send("someone@gmail.com")
    known = await room.storage.mail.read(lambda tx: journal.get_facts(tx, [before, message_id, after]))
    found = known[message_id].tags
    assert found["ses:sender-identity"] == [SENDER]
    assert found["ses:recipient-isp"] == ["Gmail", "UNKNOWN_ISP"]
    for other in (before, after):
        assert not {"ses:sender-identity", "ses:recipient-isp"} & known[other].tags.keys()
