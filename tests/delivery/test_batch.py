"""Batches that are bounded by bytes, and large content that is replaced without a long transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.delivery import batch, contents, queue
from mailgauge.delivery.row import Row, Stage
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Lane, Tx

T = TypeVar("T")

SCOPE = Scope("123456789012", "eu-west-1")
OLD, NEW = b"old line\r\n" * 250_000, b"a new line\r\n" * 250_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(tmp_path / "mail.db", [queue.SCHEMA])
    yield opened
    opened.close()


class WeighedTx:
    """A transaction that notes how many bytes are written in it."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.written = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tx, name)

    def run(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self.written += sum(len(each) for each in params if isinstance(each, bytes))
        return self.tx.run(sql, params)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        kept = list(rows)
        self.written += sum(len(each) for row in kept for each in row if isinstance(each, bytes))
        self.tx.many(sql, kept)


class WeighedStore:
    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.written: list[int] = []

    async def write(self, work: Callable[[Tx], T], lane: Lane = Lane.NORMAL) -> T:
        def weighed(tx: Tx) -> T:
            notes = WeighedTx(tx)
            result = work(notes)
            self.written.append(notes.written)
            return result

        return await self.store.write(weighed, lane)

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self.store.read(work)


async def accepted(store: SqliteStore, content: bytes, number: int = 1) -> str:
    message_id = new_message_id("eu-west-1", number)
    row = Row(
        message_id=message_id,
        stage=Stage.PREPARE,
        scope=SCOPE,
        configuration_set=None,
        accepted=number,
        expires=100.0,
        custom_expiry=False,
        due=number,
    )
    for at, piece in enumerate(contents.pieces(content)):
        await store.write(partial(contents.put_piece, message_id=message_id, number=at, piece=piece))
    await store.write(lambda tx: queue.add(tx, [row]))
    return message_id


async def content_of(store: SqliteStore, message_id: str) -> bytes:
    return await store.read(lambda tx: contents.get(tx, message_id))


async def lease(store: SqliteStore) -> list[batch.Leased]:
    return await store.write(
        lambda tx: batch.lease(tx, Stage.PREPARE, now=50, monotonic=0, hold=60, limit=64)
    )


async def test_large_content_is_replaced_piece_by_piece(store: SqliteStore) -> None:
    weighed = WeighedStore(store)
    message_id = await accepted(store, OLD)
    await batch.stage(weighed, message_id, NEW)
    assert await content_of(store, message_id) == OLD, "until it is committed the old content is in force"
    await weighed.write(lambda tx: batch.put(tx, message_id, NEW))
    assert await content_of(store, message_id) == NEW
    assert max(weighed.written) <= contents.PIECE + 100
    await batch.stage(weighed, message_id, OLD)
    await weighed.write(lambda tx: batch.put(tx, message_id, OLD))
    assert await content_of(store, message_id) == OLD


async def test_what_a_replacement_left_behind_goes_at_the_next_start_or_replacement(
    store: SqliteStore,
) -> None:
    message_id = await accepted(store, OLD)
    await batch.stage(store, message_id, OLD + NEW)
    assert await store.write(contents.discard_orphans) == 1
    assert await content_of(store, message_id) == OLD
    assert await store.read(lambda tx: contents.size(tx, message_id)) == len(OLD)
    await batch.stage(store, message_id, OLD + NEW)
    await batch.stage(store, message_id, NEW)
    await store.write(lambda tx: batch.put(tx, message_id, NEW))
    assert await content_of(store, message_id) == NEW
    assert await store.write(contents.discard_orphans) == 0


async def test_small_content_replaces_large_and_large_replaces_small(store: SqliteStore) -> None:
    message_id = await accepted(store, b"small")
    for content in (NEW, b"small again", OLD):
        await batch.stage(store, message_id, content)
        await store.write(partial(batch.put, message_id=message_id, content=content))
        assert await content_of(store, message_id) == content


async def test_a_batch_holds_so_many_bytes_and_gives_the_rest_back(store: SqliteStore) -> None:
    large = [await accepted(store, OLD, number) for number in range(1, 4)]
    small = await accepted(store, b"small", 4)
    first = await lease(store)
    assert [(each.row.message_id, each.content) for each in first] == [(large[0], None), (small, b"small")]
    assert [each.row.message_id for each in await lease(store)] == [large[1]]


async def test_content_larger_than_a_batch_has_its_turn(store: SqliteStore) -> None:
    message_id = await accepted(store, OLD * 2)
    assert [each.row.message_id for each in await lease(store)] == [message_id]


async def test_who_is_handed_a_message_in_the_transaction_that_replaces_its_content_reads_the_new(
    store: SqliteStore,
) -> None:
    message_id = new_message_id(SCOPE.region, 1.0)

    def lease(tx: Tx, stage: Stage) -> list[batch.Leased]:
        return batch.lease(tx, stage, now=1.0, monotonic=0.0, hold=60, limit=10)

    def hand_over(tx: Tx) -> list[batch.Leased]:
        [leased] = lease(tx, Stage.RENDER)
        batch.put(tx, message_id, b"rendered")
        queue.pass_on(tx, [leased.row], Stage.PREPARE)
        return lease(tx, Stage.PREPARE)

    row = Row(message_id, Stage.RENDER, SCOPE, None, accepted=1.0, expires=9.0, custom_expiry=False, due=1.0)
    await store.write(lambda tx: contents.put(tx, message_id, b"what is to be rendered"))
    await store.write(lambda tx: queue.add(tx, [row]))
    [found] = await store.write(hand_over)
    assert found.content == b"rendered"
