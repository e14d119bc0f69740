"""Transcripts: what is kept of an attempt reads back, holds no content and no password, and expires."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgauge.base.ids import new_message_id
from mailgauge.delivery import transcripts
from mailgauge.delivery.transcripts import Attempt
from mailgauge.mail.status import Reply
from mailgauge.smtp.client import Tls
from mailgauge.store.sqlite import SqliteStore
from tests.delivery.world import World


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(tmp_path / "mail.db", [transcripts.SCHEMA])
    yield opened
    opened.close()


def made(time: float, message_id: str) -> Attempt:
    return Attempt(
        message_id,
        time,
        2,
        "mx",
        {"a@x.org": Reply(550, "5.1.1", "no"), "b@x.org": None},
        "mx.x.org:25",
        "192.0.2.1",
        "192.0.2.9",
        "TLSv1.3",
        "TLS_AES_256_GCM_SHA384",
        0.25,
        1.5,
        "disconnected",
        [(0.0, "S: 220 hi"), (0.0123, "C: EHLO me")],
    )


async def test_an_attempt_reads_back(store: SqliteStore) -> None:
    kept = made(100.0, new_message_id("x", 1))
    await store.write(lambda tx: transcripts.add(tx, [kept]))
    assert await store.read(lambda tx: transcripts.of_message(tx, kept.message_id)) == [kept]


async def test_a_line_stays_one_line_and_a_dialogue_has_an_end(store: SqliteStore) -> None:
    message_id = new_message_id("x", 1)
    lines = [(0.0, "S: 250 a\u2028b\x85c"), *((0.0, "S: 250 " + "x" * 1000) for _ in range(100))]
    kept = Attempt(message_id, 1.0, 1, "mx", {}, dialogue=lines)
    await store.write(lambda tx: transcripts.add(tx, [kept]))
    [read] = await store.read(lambda tx: transcripts.of_message(tx, message_id))
    assert read.dialogue is not None
    assert read.dialogue[0][1] == "S: 250 a b c"
    assert sum(len(line) for _, line in read.dialogue) <= transcripts.MOST


async def test_old_ones_are_dropped_in_slices(store: SqliteStore) -> None:
    message_id = new_message_id("x", 1)
    await store.write(lambda tx: transcripts.add(tx, [made(float(n), message_id) for n in range(5)]))
    dropped = [await store.write(lambda tx: transcripts.expire(tx, before=3000, limit=2)) for _ in range(3)]
    assert dropped == [2, 1, 0]


async def test_only_what_went_wrong_keeps_its_dialogue(world: World) -> None:
    fine = await world.enqueue("a@example.com")
    world.receiver.replies = {"b@example.com": "451 4.3.0 later"}
    failing = await world.enqueue("b@example.com")
    await world.deliver()
    world.receiver.replies.clear()
    world.clock.step(60)
    await world.deliver()
    [clean] = await world.transcript(fine)
    assert (clean.transport, clean.peer, clean.dialogue) == ("mx", "127.0.0.1", None)
    first, second = await world.transcript(failing)
    assert (first.number, second.number) == (1, 2)
    assert first.dialogue is not None
    assert second.dialogue is not None, "of a message that had trouble the end is kept too"
    lines = [line for _, line in first.dialogue]
    assert "C: RCPT TO:<b@example.com>" in lines
    assert "S: 451 4.3.0 later" in lines
    assert not any("hello" in line for line in lines), "what was sent is not in it"


async def test_no_tls_is_told_where_it_was_required(world: World) -> None:
    world.reroute(tls=Tls.OPPORTUNISTIC)
    world.worker.requires_tls = lambda tx, row: True
    message_id = await world.enqueue("a@example.com", configuration_set="private")
    await world.deliver()
    [kept] = await world.transcript(message_id)
    assert kept.failure == "tls not offered: the server does not offer STARTTLS"
