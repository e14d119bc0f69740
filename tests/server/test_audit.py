"""The audit finds what is wrong and names it, and finds nothing where nothing is wrong."""

import asyncio

import pytest

from mailgauge.base.ids import pack_message_id
from mailgauge.base.scope import Scope
from mailgauge.ses import feedback
from mailgauge.store.transaction import Tx
from tests.server.room import Room

DAY = 86400


async def fill(room: Room) -> str:
    """Mail of each outcome, and metric data; the id of a message to one recipient."""
    await room.send("bounce@simulator.amazonses.com", "suppressionlist@simulator.amazonses.com")
    await room.send("complaint@simulator.amazonses.com", tags={"campaign": "spring"})
    await room.put(1.0, 2.5, 4.0)
    message_id = await room.send("kept@example.net", tags={"campaign": "autumn"})
    await room.settle()
    return message_id


async def test_a_sound_store_agrees(room: Room) -> None:
    await fill(room)
    report = room.audit()
    assert report.differences == []
    assert (report.messages, report.recipients, report.waiting, report.behind) == (3, 4, 0, 0)
    assert report.entries >= 3 + 4 + 1
    assert report.cells > 6
    assert 0 < report.series <= report.cells


async def test_what_is_not_published_yet_is_behind_and_not_wrong(room: Room) -> None:
    await fill(room)
    await room.send("kept@example.net")
    await room.until_delivered()
    report = room.audit()
    assert report.agrees
    assert report.behind == 2


async def tamper(room: Room, sql: str, metrics: bool = True) -> None:
    store = room.storage.metrics if metrics else room.storage.mail

    def work(tx: Tx) -> None:
        assert tx.run(f"{sql} RETURNING 1"), "there was something to tamper with"

    await store.write(work)


OF_METRIC = "series IN (SELECT id FROM series WHERE namespace = '{}' AND name = '{}')"


@pytest.mark.parametrize(
    ("namespace", "name"), [("AWS/SES", "Send"), ("AWS/SES", "Complaint"), ("Shop", "Orders")]
)
@pytest.mark.parametrize(
    "sql", ["UPDATE cell SET samples = samples + 1", "UPDATE cell SET total = total - 1", "DELETE FROM cell"]
)
async def test_a_tampered_metric_is_found_and_named(room: Room, sql: str, namespace: str, name: str) -> None:
    await fill(room)
    await tamper(room, f"{sql} WHERE width = 3600 AND {OF_METRIC.format(namespace, name)}")
    report = room.audit()
    assert not report.agrees
    assert all(namespace in each and f" {name} " in each for each in report.differences), report.differences


async def test_a_metric_that_nothing_caused_is_found(room: Room) -> None:
    await fill(room)
    await tamper(
        room,
        "INSERT INTO cell (width, span, series, time, unit, samples, total, minimum, maximum, distribution)"
        " SELECT width, span, series, time + 3600, unit, samples, total, minimum, maximum, distribution FROM cell"
        f" WHERE width = 3600 AND {OF_METRIC.format('AWS/SES', 'Delivery')}",
    )
    report = room.audit()
    assert any("Delivery" in each and "journal gives 0 samples" in each for each in report.differences)


async def deferred(room: Room) -> str:
    """A message that waits for its next attempt."""
    message_id = await room.send("defer@simulator.amazonses.com")
    await room.until(lambda tx: tx.run("SELECT 1 FROM queue WHERE attempts = 1"))
    return message_id


async def test_mail_that_waits_is_accounted_for(room: Room) -> None:
    await deferred(room)
    report = room.audit()
    assert (report.agrees, report.waiting) == (True, 1)


async def test_a_deleted_queue_row_is_found_and_named(room: Room) -> None:
    message_id = await deferred(room)
    await tamper(room, "DELETE FROM queue", metrics=False)
    assert room.audit().differences == [
        f"message {message_id}: nothing is known of what became of defer@simulator.amazonses.com"
    ]


async def test_a_message_whose_outcome_vanished_is_found_and_named(room: Room) -> None:
    message_id = await fill(room)
    packed = pack_message_id(message_id).hex()
    await tamper(room, f"DELETE FROM journal WHERE message = x'{packed}' AND kind = 2", metrics=False)
    differences = room.audit().differences
    assert f"message {message_id}: nothing is known of what became of kept@example.net" in differences
    assert any("Delivery" in each for each in differences), "its sample is there without its event"


async def test_a_recipient_with_two_outcomes_is_found_and_named(room: Room) -> None:
    message_id = await fill(room)
    packed = pack_message_id(message_id).hex()
    await tamper(
        room,
        "INSERT INTO queue (message, stage, scope, recipient, site, attempts, due, accepted, expires, custom_expiry,"
        f" is_system) VALUES (x'{packed}', 1, '{Scope('1' * 12, 'us-east-1').key}', 'kept@example.net',"
        " 'example.net', 0, 9e15, 0, 9e15, 0, 0)",
        metrics=False,
    )
    assert f"message {message_id}: kept@example.net has 2 outcomes" in room.audit().differences


async def test_a_tampered_count_of_drops_is_found_and_named(room: Room) -> None:
    await room.send("kept@example.net", tags={"campaign": "x"})
    await room.call(
        "sesv2",
        "SendEmail",
        FromEmailAddress="sender@example.com",
        Destination={"ToAddresses": ["kept@example.net"]},
        Content={"Simple": {"Subject": {"Data": "not a value!"}, "Body": {"Text": {"Data": "Hello."}}}},
        ConfigurationSetName="news",
    )
    await room.settle()
    assert room.audit().agrees
    await tamper(room, "UPDATE dropped SET count = count + 1")
    [difference] = room.audit().differences
    assert "by-subject" in difference
    assert "illegal character" in difference


async def test_metrics_that_are_ahead_of_the_journal_are_found(room: Room) -> None:
    await fill(room)
    await tamper(room, "UPDATE position SET seq = seq + 1")
    [difference] = room.audit().differences
    assert "journal ends at" in difference


async def test_the_audit_agrees_at_every_moment_while_mail_is_sent_and_published(room: Room) -> None:
    ended = asyncio.Event()

    async def work() -> None:
        for number in range(40):
            await room.send(f"kept{number}@example.net", "bounce@simulator.amazonses.com")
            await room.put(1.0)
            await room.publisher.publish()
        ended.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        looks = 0
        while not ended.is_set():
            report = await asyncio.to_thread(room.audit)
            assert report.differences == []
            looks += 1
    assert looks > 3
    await room.settle()
    assert room.audit().agrees


async def test_what_is_no_longer_kept_is_not_missed(room: Room) -> None:
    """Journal entries go after their time, the metrics they made stay, and the audit compares what both have."""
    await room.put(5.0, ahead=7000)
    for _ in range(9):
        await fill(room)
        await room.put(1.0, ahead=5400)
        await room.publish()
        room.clock.step(8 * DAY + 1234)
        await room.housekeeper.round()
        report = room.audit()
        assert report.differences == []
    assert report.messages < 9 * 3, "some are forgotten by now"
    await fill(room)
    assert room.audit().agrees
    await tamper(room, f"DELETE FROM cell WHERE width = 3600 AND {OF_METRIC.format('AWS/SES', 'Bounce')}")
    assert not room.audit().agrees, "what is kept is still compared"


async def test_a_datum_put_ahead_of_its_time_is_not_missed_when_its_entry_goes(room: Room) -> None:
    """It outlives the journal entry it came from in an hour that the journal seems to have whole."""
    await room.put(1.0, ahead=7000)
    await room.publish()
    room.clock.step(2 * DAY + 60)
    await room.housekeeper.round()
    await room.put(2.0)
    await room.publish()
    assert room.audit().differences == []


async def test_a_complaint_that_comes_late_keeps_what_it_needs(room: Room) -> None:
    """Its message was accepted before the journal's reach, the complaint is within it."""
    await room.send("kept@example.net", tags={"campaign": "spring"})
    await room.settle()
    room.clock.step(59 * DAY)
    message_id = await room.send("other@example.net")
    await room.settle()
    report = feedback.ComplaintReport("report", ["other@example.net"], "abuse", None, None, None)
    room.clock.step(59 * DAY)
    await room.storage.mail.write(lambda tx: feedback.complain(tx, message_id, report, room.clock.now()))
    room.clock.step(2 * DAY)
    await room.housekeeper.round()
    assert await room.publish() == 1
    assert room.audit().differences == []
    counted = await room.storage.metrics.read(
        lambda tx: tx.run(
            f"SELECT count(*) FROM cell WHERE width = 3600 AND {OF_METRIC.format('AWS/SES', 'Complaint')}"
        )
    )
    assert counted == [(3,)], "the account's, and one of each destination"
