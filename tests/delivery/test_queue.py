"""The durable queue: leases, retries, content."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.delivery import contents, queue
from mailgauge.delivery.row import Row, Stage
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


async def test_all_due_rows_of_one_message_are_taken_together(store: SqliteStore) -> None:
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


async def test_what_was_settled_meanwhile_is_not_touched_by_who_leased_it_before(store: SqliteStore) -> None:
    await store.write(lambda tx: queue.add(tx, rows(new_message_id("eu-west-1", 10), "a@example.com")))
    [stale] = await lease(store)
    assert await store.read(lambda tx: queue.is_as_leased(tx, stale))
    await store.write(lambda tx: queue.finish(tx, [stale]))
    await store.write(lambda tx: queue.add(tx, rows(new_message_id("eu-west-1", 11), "b@example.com")))
    [other] = await lease(store)
    assert other.id == stale.id
    assert not await store.read(lambda tx: queue.is_as_leased(tx, stale))
    await store.write(lambda tx: queue.defer(tx, [stale], 15.0))
    await store.write(lambda tx: queue.release(tx, [stale]))
    await store.write(lambda tx: queue.line_up(tx, [stale], "site"))
    await store.write(lambda tx: queue.pass_on(tx, [stale], Stage.PREPARE))
    await store.write(lambda tx: queue.finish(tx, [stale]))
    assert await lease(store) == []
    assert await store.read(lambda tx: queue.of_message(tx, other.message_id)) == [other]


async def test_a_start_forgets_the_leases_of_the_process_before(store: SqliteStore) -> None:
    await store.write(lambda tx: queue.add(tx, rows(new_message_id("x", 1), "a@example.com")))
    await lease(store)
    await store.write(queue.release_all)
    assert len(await lease(store)) == 1


async def test_content_of_any_size_reads_back(store: SqliteStore) -> None:
    message_id = new_message_id("x", 1)
    content = bytes(range(256)) * 12_000
    await store.write(lambda tx: contents.put(tx, message_id, content))
    assert await store.read(lambda tx: contents.get(tx, message_id)) == content
    assert len(contents.pieces(content)) == 4


async def test_content_goes_a_while_after_the_last_row(store: SqliteStore) -> None:
    message_id = new_message_id("x", 1)
    await store.write(lambda tx: queue.add(tx, rows(message_id, "a@example.com", "b@example.com")))
    await store.write(lambda tx: contents.put(tx, message_id, b"hello"))
    first, second = await lease(store)
    for done, now in ((first, 30.0), (second, 40.0)):
        await store.write(partial(queue.finish, rows=[done]))
        await store.write(partial(queue.note_if_finished, message_id=message_id, now=now))
    assert await store.write(lambda tx: contents.drop_finished(tx, finished_before=39.0)) == 0
    assert await store.write(lambda tx: contents.drop_finished(tx, finished_before=41.0)) == 1
    with pytest.raises(KeyError):
        await store.read(lambda tx: contents.get(tx, message_id))


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
    monkeypatch.setattr(contents, "DROPPED", 250)
    for number, size in enumerate([100, 100, 100, 400]):
        message_id = new_message_id("x", number)
        await store.write(partial(contents.put, message_id=message_id, content=b"x" * size))
        await store.write(partial(queue.note_if_finished, message_id=message_id, now=number))
    dropped = [await store.write(lambda tx: contents.drop_finished(tx, finished_before=9)) for _ in range(4)]
    assert dropped == [2, 1, 1, 0]
    assert await store.read(lambda tx: tx.run("SELECT count(*) FROM content")) == [(0,)]


async def line_up(store: SqliteStore, site: str, *recipients: str, due: float = 10.0, number: int = 1) -> str:
    message_id = new_message_id("x", number)
    await store.write(lambda tx: queue.add(tx, rows(message_id, *recipients, due=due)))
    taken = await lease(store)
    await store.write(lambda tx: queue.line_up(tx, taken, site))
    return message_id


async def lease_line(store: SqliteStore, site: str, limit: int = 10) -> list[Row]:
    return await store.write(lambda tx: queue.lease_line(tx, site, monotonic=0.0, hold=60, limit=limit))


async def test_what_stands_in_a_line_is_leased_from_there_alone_and_is_still_waiting(
    store: SqliteStore,
) -> None:
    await line_up(store, "mx.slow.example", "a@one.example", "b@two.example")
    assert await lease(store) == []
    assert await lease_line(store, "mx.other.example") == []
    assert await store.read(queue.waiting) == {"prepare": 0, "deliver": 2}
    assert await store.read(lambda tx: queue.has_untried(tx, 20.0))
    taken = await lease_line(store, "mx.slow.example")
    assert [(row.recipient, row.attempts) for row in taken] == [("a@one.example", 0), ("b@two.example", 0)]


async def test_a_line_keeps_the_order_in_which_rows_were_due(store: SqliteStore) -> None:
    await line_up(store, "mx", "late@x.example", due=15.0, number=1)
    await line_up(store, "mx", "early@x.example", due=5.0, number=2)
    [first] = await lease_line(store, "mx", limit=1)
    assert first.recipient == "early@x.example"


async def test_who_fails_out_of_a_line_is_routed_anew(store: SqliteStore) -> None:
    await line_up(store, "mx", "a@One.example")
    taken = await lease_line(store, "mx")
    await store.write(lambda tx: queue.defer(tx, taken, 30.0))
    [row] = await lease(store, now=30.0)
    assert (row.stage, row.site, row.attempts) == (Stage.DELIVER, "one.example", 1)


async def test_the_lines_are_found_again(store: SqliteStore) -> None:
    assert await store.read(queue.lines) == []
    for number, site in enumerate(["mx1", "mx2", "mx2", "mx3"]):
        await line_up(store, site, "a@x.example", number=number)
    assert await store.read(queue.lines) == ["mx1", "mx2", "mx3"]


async def test_what_is_overdue_is_found_line_by_line(store: SqliteStore) -> None:
    await line_up(store, "mx", "a@x.example")

    def look(tx: Tx, now: float) -> list[Row]:
        return queue.overdue(tx, "mx", now=now, monotonic=0.0, limit=10)

    assert await store.read(lambda tx: look(tx, 99.0)) == []
    assert [row.recipient for row in await store.read(lambda tx: look(tx, 100.0))] == ["a@x.example"]


async def test_neither_a_long_line_nor_the_common_queue_is_walked_for_the_other(store: SqliteStore) -> None:
    await line_up(store, "mx", "a@x.example", "b@x.example")

    def look(tx: Tx) -> list[str]:
        explained = Explained(tx)
        queue.lease_line(explained, "mx", monotonic=0.0, hold=60, limit=1)
        queue.lease(explained, Stage.DELIVER, now=20.0, monotonic=0.0, hold=60, limit=1)
        queue.overdue(explained, "mx", now=20.0, monotonic=0.0, limit=1)
        queue.lines(explained)
        return explained.plans

    line, same_message, common, overdue, lines = await store.write(look)
    assert "queue_line (site=?)" in line
    assert "queue_message (message=?)" in same_message
    assert "queue_due (stage=? AND due<?)" in common
    assert "queue_line_expiry (site=? AND expires<?)" in overdue
    assert "SCAN queue" not in lines
    assert "queue_line" in lines


def slow(account: str, due: float) -> Row:
    message_id = new_message_id("eu-west-1", 10.0)
    scope = Scope(account, "eu-west-1")
    return replace(rows(message_id, "a@example.com", due=due)[0], stage=Stage.RENDER_SLOWLY, scope=scope)


async def test_accounts_have_turns_where_rendering_is_slow(store: SqliteStore) -> None:
    flood = [slow("111111111111", 1.0 + number / 100) for number in range(500)]
    others = [
        slow("222222222222", 5.0),
        slow("333333333333", 15.0),
        slow("333333333333", 16.0),
        slow("4" * 12, 99),
    ]
    await store.write(lambda tx: queue.add(tx, [*flood, *others]))

    def turn(tx: Tx) -> list[tuple[str, float]]:
        leased = queue.lease_in_turns(tx, now=20.0, monotonic=0.0, hold=60, limit=4)
        return [(row.scope.account[:1], row.due) for row in leased]

    assert await store.write(turn) == [("1", 1.0), ("2", 5.0), ("3", 15.0), ("1", 1.01)]
    assert await store.write(turn) == [("1", 1.02), ("3", 16.0), ("1", 1.03), ("1", 1.04)]
    assert await store.write(turn) == [("1", 1.05), ("1", 1.06), ("1", 1.07), ("1", 1.08)]
