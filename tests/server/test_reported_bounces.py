"""What comes back as mail: whom it counts for, however little the report says, and what does not count."""

import pytest

from mailgauge.events import journal
from mailgauge.events.kinds import Kind
from mailgauge.mail.bounce_class import PERMANENT_GENERAL, UNDETERMINED
from mailgauge.ses import feedback
from mailgauge.ses.feedback import BounceReport, ComplaintReport
from mailgauge.store.transaction import Tx
from tests.server.room import Room


async def bounced(room: Room, message_id: str, *reports: BounceReport) -> list[list[str]]:
    """The recipients of the Bounce events that the reports make."""

    def report(tx: Tx) -> None:
        for each in reports:
            feedback.bounce(tx, message_id, each, room.clock.now())

    await room.storage.mail.write(report)
    entries = await room.storage.mail.read(lambda tx: journal.of_message(tx, message_id))
    return [entry.recipients for entry in entries if entry.kind is Kind.BOUNCE]


async def test_a_report_that_names_nobody_means_the_one_recipient(room: Room) -> None:
    message_id = await room.send("joe@example.net")
    assert await bounced(room, message_id, BounceReport("r", [], UNDETERMINED, None)) == [["joe@example.net"]]


async def test_a_report_on_forwarded_mail_means_who_forwards_it(room: Room) -> None:
    message_id = await room.send("joe@example.net")
    failed = [{"emailAddress": "joe@elsewhere.example", "action": "failed", "status": "5.1.1"}]
    report = BounceReport("r", failed, PERMANENT_GENERAL, None)
    assert await bounced(room, message_id, report) == [["joe@example.net"]]


async def test_of_several_recipients_nobody_is_guessed(room: Room) -> None:
    message_id = await room.send("joe@example.net", "ann@example.net")
    strange = [{"emailAddress": "joe@elsewhere.example"}]
    reports = BounceReport("1", [], UNDETERMINED, None), BounceReport("2", strange, PERMANENT_GENERAL, None)
    assert await bounced(room, message_id, *reports) == []


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
async def test_reports_that_are_no_complaints_suppress_nobody(room: Room, kind: str) -> None:
    message_id = await room.send("joe@example.net")
    report = ComplaintReport("r", ["joe@example.net"], kind, None, None, None)
    await room.storage.mail.write(lambda tx: feedback.complain(tx, message_id, report, room.clock.now()))
    await room.settle()
    entries = await room.storage.mail.read(lambda tx: journal.of_message(tx, message_id))
    assert Kind.COMPLAINT in [entry.kind for entry in entries]
    found = await room.call("sesv2", "ListSuppressedDestinations")
    assert found["SuppressedDestinationSummaries"] == []
