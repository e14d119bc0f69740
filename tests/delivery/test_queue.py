"""The durable queue: leases, retries, content."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.delivery import queue
from mailgauge.delivery.row import Row, Sites, Stage
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Row as StoreRow
from mailgauge.store.transaction import Tx

SCOPE = Scope("123456789012", "eu-west-1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(tmp_path / "mail.db", [queue.SCHEMA])
    yield opened
    opened.close()


def rows(message_id: str, *recipients: str, due: float = 10.0) -> list[Row]:
    return [
        Row(
            message_id=message_id,
            stage=Stage.DELIVER,
            scope=SCOPE,
            configuration_set="s",
            accepted=10.0,
            expires=100.0,
            custom_expiry=True,
            recipient=each,
            site=each.rpartition("@")[2],
            due=due,
        )
        for each in recipients
    ]


async def lease(store: SqliteStore, now: float = 20.0, monotonic: float = 0.0, limit: int = 10) -> list[Row]:
    return await store.write(
        lambda tx: queue.lease(tx, Stage.DELIVER, now=now, monotonic=monotonic, hold=60, limit=limit)
    )


class Explained:
    """A transaction that notes how each of its statements would be looked up."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.plans: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tx, name)

    def run(self, sql: str, params: Sequence[Any] = ()) -> list[StoreRow]:
        self.plans.append(" ".join(row[3] for row in self.tx.run(f"EXPLAIN QUERY PLAN {sql}", params)))
        return self.tx.run(sql, params)


async def test_a_leased_row_is_nobody_elses_until_the_lease_ends(store: SqliteStore) -> None:
    added = rows(new_message_id("x", 1), "a@example.com")
    await store.write(lambda tx: queue.add(tx, added))
    [taken] = await lease(store, monotonic=5.0)
    assert (taken.recipient, taken.configuration_set, taken.custom_expiry) == ("a@example.com", "s", True)
    assert await lease(store, monotonic=64.0) == []
    assert await lease(store, monotonic=66.0) == [taken]


async def test_stepping_the_clock_does_not_end_a_lease(store: SqliteStore) -> None:
    await store.write(lambda tx: queue.add(tx, rows(new_message_id("x", 1), "a@example.com")))
    assert await lease(store, now=20.0)
    assert await lease(store, now=1_000_000.0) == []


async def test_all_due_rows_of_one_message_and_site_are_taken_together(store: SqliteStore) -> None:
    one = new_message_id("x", 1)
    await store.write(lambda tx: queue.add(tx, rows(one, "a@example.com", "b@example.com", "c@example.com")))
    assert len(await lease(store, limit=2)) == 3


async def test_a_deferred_row_waits_for_its_time(store: SqliteStore) -> None:
    await store.write(lambda tx: queue.add(tx, rows(new_message_id("x", 1), "a@example.com")))
    taken = await lease(store)
    await store.write(lambda tx: queue.defer(tx, taken, 500.0))
    assert await lease(store, now=499.0) == []
    [again] = await lease(store, now=500.0)
    assert again.attempts == 1


async def test_a_start_forgets_the_leases_of_the_process_before(store: SqliteStore) -> None:
    await store.write(lambda tx: queue.add(tx, rows(new_message_id("x", 1), "a@example.com")))
    await lease(store)
    await store.write(queue.release_all)
    assert len(await lease(store)) == 1


async def test_content_of_any_size_reads_back(store: SqliteStore) -> None:
    message_id = new_message_id("x", 1)
    content = bytes(range(256)) * 12_000
    await store.write(lambda tx: queue.put_content(tx, message_id, content))
    assert await store.read(lambda tx: queue.get_content(tx, message_id)) == content
    assert len(queue.pieces(content)) == 4


async def test_content_goes_a_while_after_the_last_row(store: SqliteStore) -> None:
    message_id = new_message_id("x", 1)
    await store.write(lambda tx: queue.add(tx, rows(message_id, "a@example.com", "b@example.com")))
    await store.write(lambda tx: queue.put_content(tx, message_id, b"hello"))
    first, second = await lease(store)
    for done, now in ((first, 30.0), (second, 40.0)):
        await store.write(lambda tx, done=done: queue.finish(tx, [done]))  # type: ignore[misc]
        await store.write(lambda tx, now=now: queue.note_if_finished(tx, message_id, now))  # type: ignore[misc]
    assert await store.write(lambda tx: queue.drop_content(tx, finished_before=39.0)) == 0
    assert await store.write(lambda tx: queue.drop_content(tx, finished_before=41.0)) == 1
    with pytest.raises(KeyError):
        await store.read(lambda tx: queue.get_content(tx, message_id))


async def test_a_lease_does_not_walk_the_backlog_for_rows_of_the_same_message(store: SqliteStore) -> None:
    added = rows(new_message_id("x", 1), "a@example.com", "b@example.com")
    await store.write(lambda tx: queue.add(tx, added))

    def look(tx: Tx) -> list[str]:
        explained = Explained(tx)
        leased = queue.lease(explained, Stage.DELIVER, now=20.0, monotonic=0.0, hold=60, limit=1)
        assert len(leased) == 2
        return explained.plans

    _, *same_message = await store.write(look)
    assert same_message
    assert all("queue_message (message=?)" in plan for plan in same_message)


async def test_old_content_is_dropped_in_slices_of_a_bounded_size(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "DROPPED", 250)
    for number, size in enumerate([100, 100, 100, 400]):
        message_id = new_message_id("x", number)
        await store.write(lambda tx, m=message_id, c=b"x" * size: queue.put_content(tx, m, c))  # type: ignore[misc]
        await store.write(lambda tx, m=message_id, n=number: queue.note_if_finished(tx, m, n))  # type: ignore[misc]
    dropped = [await store.write(lambda tx: queue.drop_content(tx, finished_before=9)) for _ in range(4)]
    assert dropped == [2, 1, 1, 0]
    assert await store.read(lambda tx: tx.run("SELECT count(*) FROM content")) == [(0,)]


async def test_rows_of_named_sites_are_found_without_a_walk_through_the_others(store: SqliteStore) -> None:
    message_id = new_message_id("x", 1)
    await store.write(lambda tx: queue.add(tx, rows(message_id, "a@one.example", "b@two.example")))

    def take(tx: Tx) -> tuple[list[Row], list[Row], str]:
        explained = Explained(tx)
        named, others = Sites(("one.example",)), Sites(("one.example",), are_excluded=True)
        found = [
            queue.lease(explained, Stage.DELIVER, now=20.0, monotonic=0.0, hold=60, limit=9, sites=sites)
            for sites in (named, others)
        ]
        return found[0], found[1], explained.plans[0]

    named, others, plan = await store.write(take)
    assert [row.recipient for row in named] == ["a@one.example"]
    assert [row.recipient for row in others] == ["b@two.example"]
    assert "queue_site (site=? AND due<?)" in plan
