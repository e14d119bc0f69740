"""A full disk: calls are refused so that SDKs repeat them, nothing half done stays, and what was accepted goes on."""

import asyncio
from functools import partial
from typing import Any

import pytest

from mailgauge.events import journal
from mailgauge.events.kinds import Kind
from mailgauge.store.transaction import StoreUnavailableError, Tx
from tests.server.room import SENDER, Room


def fill_up(tx: Tx) -> None:
    """As if the disk had no further page."""
    [(pages,)] = tx.run("PRAGMA page_count")
    tx.run(f"PRAGMA max_page_count = {pages}")


def make_room(tx: Tx) -> None:
    tx.run("PRAGMA max_page_count = 4294967294")


async def send(room: Room, to: str, text: str) -> Any:
    return await room.call(
        "sesv2",
        "SendEmail",
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [to]},
        Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": text}}}},
    )


@pytest.mark.parametrize("size", [20_000, 3_000_000], ids=["in one transaction", "in pieces"])
async def test_a_message_without_room_is_refused_whole_and_accepted_when_there_is_some(
    room: Room, size: int
) -> None:
    store = room.storage.mail
    text = ("x" * 70 + "\r\n") * (size // 72)
    before = await room.send("before@example.net")
    await room.settle()
    waiting = await room.send("waiting@example.net")
    await store.write(fill_up)
    sends = [send(room, f"{number}@example.net", text) for number in range(20)]
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    # A few may still find a place in pages that were freed.
    assert {type(each) for each in outcomes if not isinstance(each, dict)} == {StoreUnavailableError}
    await store.write(make_room)
    answer = await send(room, "after@example.net", text)
    await room.settle()
    assert room.audit().differences == []
    for message_id in (before, waiting, answer["MessageId"]):
        entries = await store.read(partial(journal.of_message, message_id=message_id))
        assert [entry.kind for entry in entries] == [Kind.SEND, Kind.DELIVERY]
