"""One message that can't be handled costs nobody but itself, and is given up in its time."""

import asyncio
import threading
from functools import partial
from typing import Any

import pytest

from mailgauge.base.ids import pack_message_id
from mailgauge.delivery import queue
from mailgauge.events import journal
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.ses import prepared_events, preparing
from mailgauge.ses.prepare import Audience, BadContent, Prepared, prepare
from mailgauge.store.transaction import Tx
from tests.server.room import SENDER, Room

PERIOD = 15 * 3600


async def outcomes(room: Room, message_id: str) -> list[Kind]:
    entries = await room.storage.mail.read(lambda tx: journal.of_message(tx, message_id))
    return [entry.kind for entry in entries if entry.kind is not Kind.DELIVERY_DELAY]


def delivered(message_id: str, tx: Tx) -> bool:
    return Kind.DELIVERY in [entry.kind for entry in journal.of_message(tx, message_id)]


async def test_a_message_that_cannot_be_prepared_bounces_at_its_end_and_stops_no_other(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hostile(content: bytes, facts: Facts, *more: Any) -> Prepared | BadContent:
        if facts.destination == ["poison@example.net"]:
            raise ValueError("nobody expected this")
        return prepare(content, facts, *more)

    monkeypatch.setattr(preparing, "prepare", hostile)
    poison = await room.send("poison@example.net")
    other = await room.send("kept@example.net")
    await room.until(lambda tx: tx.run("SELECT 1 FROM queue WHERE stage = 0 AND attempts = 1"))
    await room.until(lambda tx: len(journal.of_message(tx, other)) == 2)
    assert await outcomes(room, other) == [Kind.SEND, Kind.DELIVERY]
    assert await outcomes(room, poison) == [Kind.SEND]
    assert room.audit().agrees
    room.clock.step(PERIOD)
    await room.settle()
    assert await outcomes(room, poison) == [Kind.SEND, Kind.BOUNCE]
    assert room.audit().agrees


async def test_a_message_that_was_prepared_elsewhere_after_its_lease_is_not_sent_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow(*arguments: Any) -> Prepared | BadContent:
        begun.set()
        assert go.wait(60)
        return prepare(*arguments)

    monkeypatch.setattr(preparing, "prepare", slow)
    message_id = await room.send("once@example.net")
    assert await asyncio.to_thread(begun.wait, 60)
    [row] = await room.storage.mail.read(lambda tx: queue.of_message(tx, message_id))
    audience = Audience(["once@example.net"])
    now = room.clock.now()
    await room.storage.mail.write(lambda tx: prepared_events.hand_on(tx, row, audience, "", now))
    go.set()
    await room.settle()
    assert await outcomes(room, message_id) == [Kind.SEND, Kind.DELIVERY]


async def test_a_message_whose_content_is_lost_bounces_at_its_end_and_stops_no_other(room: Room) -> None:
    lost = await room.send("defer@simulator.amazonses.com")
    await room.until(lambda tx: tx.run("SELECT 1 FROM queue WHERE attempts = 1"))
    packed = pack_message_id(lost)
    await room.storage.mail.write(lambda tx: tx.run("DELETE FROM content WHERE message = ?", (packed,)))
    room.clock.step(5)
    other = await room.send("kept@example.net")
    await room.until(lambda tx: len(journal.of_message(tx, other)) == 2)
    room.clock.step(PERIOD)
    await room.settle()
    assert await outcomes(room, lost) == [Kind.SEND, Kind.BOUNCE]
    assert room.audit().agrees


REFUSING = (
    "CREATE TRIGGER refuse BEFORE INSERT ON queue WHEN NEW.recipient = 'poison@example.net'"
    " BEGIN SELECT RAISE(ABORT, 'no row for this one'); END"
)


async def test_a_message_that_cannot_be_committed_bounces_at_its_end_and_stops_no_other(room: Room) -> None:
    await room.storage.mail.write(lambda tx: tx.run(REFUSING))
    messages = await asyncio.gather(*(room.send(f"{name}@example.net") for name in ("a", "poison", "b")))
    await room.until(lambda tx: tx.run("SELECT 1 FROM queue WHERE stage = 0 AND attempts = 1"))
    for message_id in (messages[0], messages[2]):
        await room.until(partial(delivered, message_id))
    assert await outcomes(room, messages[1]) == [Kind.SEND]
    room.clock.step(PERIOD)
    await room.settle()
    assert await outcomes(room, messages[1]) == [Kind.SEND, Kind.BOUNCE]
    assert room.audit().agrees


REFUSING_RENDERED = (
    "CREATE TRIGGER refuse_rendered BEFORE INSERT ON content WHEN instr(NEW.bytes, CAST('poison' AS BLOB))"
    " AND EXISTS (SELECT 1 FROM queue WHERE message = NEW.message)"
    " BEGIN SELECT RAISE(ABORT, 'not this one'); END"
)


async def test_a_rendered_message_that_cannot_be_committed_fails_at_its_end_and_stops_no_other(
    room: Room,
) -> None:
    await room.storage.mail.write(lambda tx: tx.run(REFUSING_RENDERED))
    poison, other = await asyncio.gather(render(room, "poison"), render(room, "kept"))
    await room.until(lambda tx: tx.run("SELECT 1 FROM queue WHERE stage = 2 AND attempts = 1"))
    await room.until(partial(delivered, other))
    assert await outcomes(room, poison) == []
    room.clock.step(PERIOD)
    await room.settle()
    assert await outcomes(room, poison) == [Kind.RENDERING_FAILURE]
    assert room.audit().agrees


async def test_what_is_lost_of_a_message_is_given_up_at_its_end(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    """Without facts there is nobody to tell; without the content of a template, its sender."""
    await room.storage.mail.write(lambda tx: tx.run(REFUSING))
    await room.storage.mail.write(lambda tx: tx.run(REFUSING_RENDERED))
    plain, templated, contentless = await asyncio.gather(
        room.send("poison@example.net"), render(room, "poison"), render(room, "poison")
    )
    await room.until(lambda tx: len(tx.run("SELECT 1 FROM queue WHERE attempts = 1")) == 3)
    for message_id in (plain, templated):
        await room.storage.mail.write(partial(forget, "message_facts", message_id))
    await room.storage.mail.write(partial(forget, "content", contentless))
    room.clock.step(PERIOD)
    await room.settle()
    assert await outcomes(room, contentless) == [Kind.RENDERING_FAILURE]
    told = [vars(each)["message_id"] for each in caplog.records if "given up without" in each.message]
    assert sorted(told) == sorted([plain, templated])


def forget(table: str, message_id: str, tx: Tx) -> None:
    tx.run(f"DELETE FROM {table} WHERE message = ?", (pack_message_id(message_id),))


async def render(room: Room, name: str) -> str:
    answer = await room.call(
        "sesv2",
        "SendEmail",
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": ["kept@example.net"]},
        Content={
            "Template": {
                "TemplateContent": {"Subject": "For {{name}}", "Text": "Hello."},
                "TemplateData": f'{{"name": "{name}"}}',
            }
        },
    )
    return str(answer["MessageId"])
