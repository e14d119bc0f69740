"""The journal: commit order, and what consumers may rely on."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx

SCOPE = Scope("123456789012", "eu-west-1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(tmp_path / "mail.db", [journal.SCHEMA])
    yield opened
    opened.close()


def entry(message_id: str | None = None, kind: Kind = Kind.SEND, time: int = 1000) -> Entry:
    return Entry(time, SCOPE, kind, message_id, 7, 2, {"recipients": ["a@example.com"]})


async def test_an_entry_reads_back_as_it_was_appended(store: SqliteStore) -> None:
    message_id = new_message_id("eu-west-1", 1.0)
    await store.write(lambda tx: journal.append(tx, entry(message_id)))
    [found] = await store.read(lambda tx: journal.read(tx, 0, 10))
    assert (found.message_id, found.kind, found.scope, found.version, found.weight) == (
        message_id,
        Kind.SEND,
        SCOPE,
        7,
        2,
    )
    assert found.detail == {"recipients": ["a@example.com"]}
    assert found.seq == 1


async def test_positions_have_no_gaps_and_no_entry_appears_behind_a_reader(store: SqliteStore) -> None:
    seen: list[int] = []

    async def write_many() -> None:
        for _ in range(50):
            await store.write(lambda tx: journal.append(tx, entry()))

    async def read_along() -> None:
        while len(seen) < 400:
            seen.extend(
                e.seq for e in await store.read(lambda tx: journal.read(tx, seen[-1] if seen else 0, 64))
            )

    await asyncio.gather(read_along(), *(write_many() for _ in range(8)))
    assert seen == list(range(1, 401))


async def test_a_transaction_that_fails_leaves_no_entry_and_no_gap(store: SqliteStore) -> None:
    def failing(tx: Tx) -> None:
        journal.append(tx, entry())
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.write(failing)
    await store.write(lambda tx: journal.append(tx, entry()))
    assert [e.seq for e in await store.read(lambda tx: journal.read(tx, 0, 10))] == [1]


async def test_entries_of_one_message_come_in_order(store: SqliteStore) -> None:
    message_id = new_message_id("eu-west-1", 1.0)
    for kind in (Kind.SEND, Kind.DELIVERY, Kind.COMPLAINT):
        await store.write(lambda tx, kind=kind: journal.append(tx, entry(message_id, kind)))  # type: ignore[misc]
        await store.write(lambda tx: journal.append(tx, entry()))
    found = await store.read(lambda tx: journal.of_message(tx, message_id))
    assert [e.kind for e in found] == [Kind.SEND, Kind.DELIVERY, Kind.COMPLAINT]


async def test_old_entries_go_only_when_they_are_published_and_the_journal_remembers_from_when_it_is_whole(
    store: SqliteStore,
) -> None:
    for time in (1000, 2000, 3000):
        await store.write(lambda tx, time=time: journal.append(tx, entry(time=time)))  # type: ignore[misc]
    assert await store.write(lambda tx: journal.expire(tx, [Kind.SEND], before=2500, upto=1, limit=10)) == 1
    assert [e.time for e in await store.read(lambda tx: journal.read(tx, 0, 10))] == [2000, 3000]
    assert await store.read(lambda tx: journal.floor(tx, Kind.SEND)) == 2500
    assert await store.read(lambda tx: journal.floor(tx, Kind.METRIC_DATA)) == 0


async def test_facts_are_kept_once_and_found_by_message(store: SqliteStore) -> None:
    message_id = new_message_id("eu-west-1", 1.0)
    facts = Facts(
        message_id=message_id,
        time=1.5,
        account=SCOPE.account,
        region=SCOPE.region,
        source="a@example.com",
        destination=["b@example.com"],
        tags={"campaign": ["x", "y"]},
        headers=[("Subject", "hi")],
    )
    await store.write(lambda tx: journal.put_facts(tx, facts))
    assert await store.read(lambda tx: journal.get_facts(tx, [message_id, new_message_id("x", 2)])) == {
        message_id: facts
    }


async def test_an_entry_that_can_not_be_written_undoes_its_own_unit_alone(store: SqliteStore) -> None:
    gathered = threading.Event()
    broken = replace(entry(), detail={"text": "\udc80"})
    results = asyncio.gather(
        store.write(lambda tx: gathered.wait(10)),  # so that the others share a transaction
        store.write(lambda tx: journal.append(tx, broken)),
        store.write(lambda tx: journal.append(tx, entry())),
        return_exceptions=True,
    )
    await asyncio.sleep(0)
    gathered.set()
    _, refused, appended = await results
    assert isinstance(refused, TypeError)
    assert appended is None
    assert [each.seq for each in await store.read(lambda tx: journal.read(tx, 0, 10))] == [1]
