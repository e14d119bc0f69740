"""The publisher: each entry is in the metrics exactly once, whatever happens to the publisher."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailgauge.base.clock import ManualClock
from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.destinations import publisher as publishing
from mailgauge.destinations import versions
from mailgauge.destinations.accounting import Drop
from mailgauge.destinations.definitions import CloudWatchTarget, Dimension, EventDestination, Source
from mailgauge.destinations.publisher import Publisher
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx
from mailgauge.tsdb import schema as tsdb
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.series import Series
from tests.destinations.failing_store import FailingStore

SCOPE = Scope("111122223333", "eu-west-1")
START = 1_750_000_000


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore.open(tmp_path / "mail.db", [journal.SCHEMA, versions.SCHEMA])
    yield store
    store.close()


@pytest.fixture
def metrics(tmp_path: Path) -> Iterator[FailingStore]:
    store = SqliteStore.open(tmp_path / "metrics.db", [publishing.SCHEMA, tsdb.SCHEMA])
    yield FailingStore(store)
    store.close()


@pytest.fixture
def publisher(mail: SqliteStore, metrics: FailingStore) -> Publisher:
    return Publisher(mail, metrics, RowEngine(), ManualClock(START))


async def send(mail: SqliteStore, number: int, campaign: str = "spring") -> None:
    """One Send to two recipients, of a set that counts it by campaign."""
    target = CloudWatchTarget((Dimension("campaign", Source.MESSAGE_TAG, "none"),))
    destination = EventDestination("by-campaign", True, frozenset({Kind.SEND}), target)
    message = new_message_id("eu-west-1", START)
    facts = Facts(
        message_id=message,
        time=START,
        account=SCOPE.account,
        region=SCOPE.region,
        source="a@example.com",
        destination=["b@example.net", "c@example.net"],
        tags={"campaign": [campaign]},
    )

    def work(tx: Tx) -> None:
        found: Any = tx.run("SELECT max(id) FROM configuration_set_version")
        version = found[0][0] or versions.put(tx, SCOPE, "news", [destination], START)
        journal.put_facts(tx, facts)
        journal.append(tx, Entry((START + number) * 1000, SCOPE, Kind.SEND, message, version, 2, {}))

    await mail.write(work)


async def counted(metrics: FailingStore, campaign: str | None = None) -> tuple[float, float]:
    """Samples and sum, the same in every tier."""
    series = Series.of(SCOPE, "AWS/SES", "Send", {"campaign": campaign} if campaign else {})
    found = set()
    for width in (60, 300, 3600):
        cells = await metrics.read(
            lambda tx, width=width: RowEngine().cells(tx, series, width, START - 86400, START + 86400)  # type: ignore[misc]
        )
        found.add((sum(cell.stats.count for cell in cells), sum(cell.stats.sum for cell in cells)))
    [agreed] = found
    return agreed


async def drain(publisher: Publisher) -> None:
    while await publisher.publish():
        pass


async def test_entries_become_samples_of_the_account_and_of_their_tags(
    mail: SqliteStore, metrics: FailingStore, publisher: Publisher
) -> None:
    for number in range(3):
        await send(mail, number, "spring" if number else "autumn")
    assert await publisher.publish() == 3
    assert await publisher.publish() == 0
    assert await counted(metrics) == (3, 6)
    assert await counted(metrics, "spring") == (2, 4)
    assert await counted(metrics, "autumn") == (1, 2)


async def test_a_transaction_that_fails_counts_nothing_and_the_next_one_counts_all(
    mail: SqliteStore, metrics: FailingStore, publisher: Publisher
) -> None:
    await send(mail, 1)
    metrics.failures = 2
    for _ in range(2):
        with pytest.raises(OSError, match="disk is full"):
            await publisher.publish()
        assert await counted(metrics) == (0, 0)
    await drain(publisher)
    assert await counted(metrics) == (1, 2)
    listed = await metrics.read(lambda tx: RowEngine().list_series(tx, SCOPE, active_since=0))
    assert len(listed) == 2, "series are listed that the failed transactions tried to make known"


async def test_a_commit_whose_answer_is_lost_is_not_repeated(
    mail: SqliteStore, metrics: FailingStore, publisher: Publisher
) -> None:
    def lose() -> None:
        metrics.after_commit = lambda: None
        raise ConnectionError("it was committed, but nobody heard of it")

    await send(mail, 1)
    metrics.after_commit = lose
    with pytest.raises(ConnectionError):
        await publisher.publish()
    await drain(publisher)
    assert await counted(metrics) == (1, 2)


async def test_two_publishers_at_once_count_once(mail: SqliteStore, metrics: FailingStore) -> None:
    both = [Publisher(mail, metrics, RowEngine(), ManualClock(START)) for _ in range(2)]
    for number in range(60):
        await send(mail, number)
        await asyncio.gather(*(each.publish() for each in both))
    await drain(both[0])
    assert await counted(metrics) == (60, 120)


async def test_a_publisher_that_is_cancelled_anywhere_counts_once(
    mail: SqliteStore, metrics: FailingStore
) -> None:
    """Stopped and started again and again, at seeded moments, while entries keep coming."""
    moments = random.Random("cancel")
    for number in range(60):
        await send(mail, number)
        running = asyncio.ensure_future(Publisher(mail, metrics, RowEngine(), ManualClock(START)).run())
        await asyncio.sleep(moments.uniform(0, 0.02))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await drain(Publisher(mail, metrics, RowEngine(), ManualClock(START)))
    assert await counted(metrics) == (60, 120)
    assert await metrics.read(publishing.position) == 60


async def test_catching_up_publishes_all_that_was_there_whoever_else_publishes(
    mail: SqliteStore, metrics: FailingStore, publisher: Publisher
) -> None:
    for number in range(20):
        await send(mail, number)
        running = [publisher.catch_up(), publisher.publish(), publisher.catch_up()]
        await asyncio.gather(*running)
        assert await counted(metrics) == (number + 1, 2 * (number + 1))
    # A journal that ends before its head, as only a damaged one does, is no reason to wait for ever.
    await mail.write(lambda tx: tx.run("UPDATE journal_head SET seq = seq + 1"))
    async with asyncio.timeout(60):
        await publisher.catch_up()


async def test_more_than_one_batch_is_published_in_order(
    mail: SqliteStore, metrics: FailingStore, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "BATCH", 4)
    for number in range(10):
        await send(mail, number)
    assert [await publisher.publish() for _ in range(4)] == [4, 4, 2, 0]
    assert await counted(metrics) == (10, 20)


async def test_drops_are_counted_with_the_entries_they_belong_to(
    mail: SqliteStore, metrics: FailingStore, publisher: Publisher
) -> None:
    for number in range(3):
        await send(mail, number, "not legal!")
    metrics.failures = 1
    with pytest.raises(OSError, match="disk is full"):
        await publisher.publish()
    assert await metrics.read(publishing.dropped) == {}
    await drain(publisher)
    assert await metrics.read(publishing.dropped) == {Drop(SCOPE, 1, "by-campaign", "illegal character"): 3}
    assert await counted(metrics) == (3, 6)


async def test_metric_data_is_taken_in_batches_of_few_datums(
    mail: SqliteStore, metrics: FailingStore, publisher: Publisher
) -> None:
    datums = [{"name": "Orders", "time": START, "values": [1.0]}] * 400
    detail = {"namespace": "Shop", "datums": datums}

    def put(tx: Tx) -> None:
        for _ in range(4):
            journal.append(tx, Entry(START * 1000, SCOPE, Kind.METRIC_DATA, None, None, len(datums), detail))

    await mail.write(put)
    assert [await publisher.publish() for _ in range(5)] == [1, 1, 1, 1, 0]
    series = Series.of(SCOPE, "Shop", "Orders")
    [cell] = await metrics.read(lambda tx: RowEngine().cells(tx, series, 60, START - 60, START + 60))
    assert cell.stats.count == 1600


async def test_entries_larger_than_a_batch_are_published_all_the_same(
    mail: SqliteStore, publisher: Publisher
) -> None:
    detail = {"namespace": "Shop", "datums": [{"name": "Orders", "time": START, "values": [1.0]}] * 600}
    await mail.write(
        lambda tx: journal.append(tx, Entry(START * 1000, SCOPE, Kind.METRIC_DATA, None, None, 600, detail))
    )
    assert await publisher.publish() == 1
