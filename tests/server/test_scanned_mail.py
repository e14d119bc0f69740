"""Mail and the virus scanner: what it finds is rejected, what it passes goes on, and while it is away everything waits."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailgauge.config.options import Scan
from mailgauge.events import journal
from mailgauge.events.document import document
from mailgauge.events.kinds import Kind
from mailgauge.server.scanning import largest_message_check, scan_checks
from mailgauge.ses import scanning
from tests.scan.scripted import CLEAN, ERROR, FOUND, PROBE, Scripted, scripted
from tests.server.room import SENDER, Room, open_room, prepare_set

PERIOD = 15 * 3600


@dataclass
class Scanned:
    room: Room
    clamd: Scripted
    address: str


@pytest.fixture
async def scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scanned]:
    """A room whose mail is scanned by a scripted clamd."""
    monkeypatch.setattr(scanning, "PROBE", 0.02)
    async with AsyncExitStack() as running:
        clamd = await running.enter_async_context(scripted(tmp_path / "scanner"))
        address = f"unix:{tmp_path}/scanner"
        room = await open_room(tmp_path, running, clamd=address)
        await prepare_set(room)
        yield Scanned(room, clamd, address)


async def outcomes(room: Room, message_id: str) -> list[Kind]:
    entries = await room.storage.mail.read(lambda tx: journal.of_message(tx, message_id))
    return [entry.kind for entry in entries]


def finds(needle: bytes) -> bytes:
    return FOUND if b"poison" in needle else CLEAN


async def test_what_the_scanner_finds_is_rejected_for_all_its_recipients_and_the_rest_is_delivered(
    scanned: Scanned,
) -> None:
    room = scanned.room
    scanned.clamd.answer = finds
    bad = await room.send("poison@example.net", "other@example.net")
    good = await room.send("fine@example.net")
    await room.settle()
    assert await outcomes(room, bad) == [Kind.SEND, Kind.REJECT]
    assert await outcomes(room, good) == [Kind.SEND, Kind.DELIVERY]
    [_, reject] = await room.storage.mail.read(lambda tx: journal.of_message(tx, bad))
    facts = (await room.storage.mail.read(lambda tx: journal.get_facts(tx, [bad])))[bad]
    assert document(reject, facts)["reject"] == {"reason": "Bad content"}
    assert reject.weight == 2
    statistics = await room.call("ses", "GetSendStatistics")
    [point] = statistics["SendDataPoints"]
    assert (point["DeliveryAttempts"], point["Rejects"], point["Bounces"]) == (3, 2, 0)
    assert room.audit().differences == []
    quota = await room.call("ses", "GetSendQuota")
    assert quota["SentLast24Hours"] == 3.0, "what is rejected counts, too"


async def test_templated_mail_is_scanned_as_it_was_rendered(scanned: Scanned) -> None:
    room = scanned.room
    scanned.clamd.answer = finds
    answer = await room.call(
        "sesv2",
        "SendEmail",
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": ["a@example.net"]},
        Content={
            "Template": {
                "TemplateContent": {"Subject": "Hello", "Text": "poi{{end}}"},
                "TemplateData": '{"end": "son"}',
            }
        },
    )
    await room.settle()
    assert await outcomes(room, answer["MessageId"]) == [Kind.SEND, Kind.REJECT]


async def test_while_the_scanner_is_away_mail_waits_and_goes_on_once_when_it_is_back(
    scanned: Scanned, caplog: pytest.LogCaptureFixture
) -> None:
    room = scanned.room
    scanned.clamd.close()
    with caplog.at_level(logging.INFO, "mailgauge.ses.scanning"):
        sent = [await room.send(f"{n}@example.net") for n in range(100)]
        await room.until(lambda tx: tx.run("SELECT 1 FROM queue WHERE attempts > 0"))
        for message_id in sent:
            assert await outcomes(room, message_id) == [Kind.SEND]
        room.clock.step(600)
        await scanned.clamd.open()
        await room.settle()
    for message_id in sent:
        assert await outcomes(room, message_id) == [Kind.SEND, Kind.DELIVERY]
    assert room.audit().differences == []
    said = [record.message for record in caplog.records if record.levelno >= logging.ERROR]
    assert said == ["virus scanner unavailable: accepted mail waits"]
    assert "virus scanner is back: mail goes on" in caplog.messages


async def test_mail_that_waited_until_the_end_of_its_time_bounces_while_the_scanner_is_still_away(
    scanned: Scanned,
) -> None:
    room = scanned.room
    scanned.clamd.close()
    sent = [await room.send(f"{n}@example.net") for n in range(20)]
    await room.until(lambda tx: tx.run("SELECT 1 FROM queue WHERE attempts > 0"))
    room.clock.step(PERIOD)
    await room.settle()
    for message_id in sent:
        assert await outcomes(room, message_id) == [Kind.SEND, Kind.BOUNCE]
    assert room.audit().differences == []
    await scanned.clamd.open()
    later = await room.send("later@example.net")
    await room.settle()
    assert await outcomes(room, later) == [Kind.SEND, Kind.DELIVERY]


async def test_a_message_that_is_not_scanned_waits_by_itself_and_bounces_in_the_end(scanned: Scanned) -> None:
    room = scanned.room
    scanned.clamd.answer = lambda content: ERROR if b"poison" in content else CLEAN
    large = await room.send("poison@example.net")
    others = [await room.send(f"{n}@example.net") for n in range(5)]
    await room.until(lambda tx: all(len(journal.of_message(tx, each)) == 2 for each in others))
    assert await outcomes(room, large) == [Kind.SEND]
    room.clock.step(PERIOD)
    await room.settle()
    assert await outcomes(room, large) == [Kind.SEND, Kind.BOUNCE]
    assert room.audit().differences == []


async def test_a_message_that_the_scanner_breaks_down_at_holds_up_no_other(scanned: Scanned) -> None:
    room = scanned.room
    scanned.clamd.answer = lambda content: b"" if b"poison" in content else CLEAN
    hostile = await room.send("poison@example.net")
    others = [await room.send(f"{n}@example.net") for n in range(5)]
    await room.until(lambda tx: all(len(journal.of_message(tx, each)) == 2 for each in others))
    assert await outcomes(room, hostile) == [Kind.SEND]


async def test_a_slow_scan_holds_up_no_other(scanned: Scanned) -> None:
    room, clamd = scanned.room, scanned.clamd
    clamd.hold.clear()
    slow = await room.send("slow@example.net")
    async with asyncio.timeout(60):
        while not any(b"slow@" in each for each in clamd.seen):  # noqa: ASYNC110 - the server is another task
            await asyncio.sleep(0.01)
    hold, clamd.hold = clamd.hold, asyncio.Event()
    clamd.hold.set()
    other = await room.send("other@example.net")
    await room.until(lambda tx: len(journal.of_message(tx, other)) == 2)
    assert await outcomes(room, slow) == [Kind.SEND]
    hold.set()
    await room.settle()
    assert await outcomes(room, slow) == [Kind.SEND, Kind.DELIVERY]


async def test_scans_run_beside_each_other_and_no_more_than_the_scanner_is_given(scanned: Scanned) -> None:
    room, clamd = scanned.room, scanned.clamd
    clamd.hold.clear()
    for n in range(40):
        await room.send(f"{n}@example.net")
    async with asyncio.timeout(60):
        while clamd.at_once < scanning.AT_ONCE:  # noqa: ASYNC110 - the server is another task
            await asyncio.sleep(0.01)
    clamd.hold.set()
    await room.settle()
    assert clamd.most_at_once == scanning.AT_ONCE
    assert len([each for each in clamd.seen if each != PROBE]) == 40, "each message is scanned once"


async def test_a_large_message_is_scanned_whole(scanned: Scanned) -> None:
    room = scanned.room
    text = "All work and no play.\r\n" * 100_000
    await room.call(
        "sesv2",
        "SendEmail",
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": ["large@example.net"]},
        Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": text}}}},
    )
    await room.settle()
    [content] = scanned.clamd.seen
    assert content.endswith(text.encode())


async def test_health_checks_say_how_the_scanner_is(scanned: Scanned) -> None:
    options = Scan(clamd=scanned.address)
    [check] = scan_checks(options)
    [finding] = await check()
    assert (finding.level, finding.text) == ("ok", f"Scripted 1.0 at {scanned.address}")
    [largest] = largest_message_check(options, 1000)
    assert await largest() == []
    scanned.clamd.answer = lambda content: CLEAN if content == PROBE else ERROR
    [finding] = await largest()
    assert finding.level == "warning"
    assert "StreamMaxLength" in finding.advice
    scanned.clamd.close()
    [finding] = await check()
    assert finding.level == "problem"
    assert "can't be reached" in finding.text
    assert scan_checks(Scan()) == largest_message_check(Scan(), 1000) == ()
