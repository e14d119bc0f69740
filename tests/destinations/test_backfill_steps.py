"""Metrics after the fact: each entry once, wherever a backfill is broken off and whoever else runs it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.destinations import backfill, publisher, versions
from mailgauge.destinations.backfill import Backfill, Step
from mailgauge.destinations.definitions import CloudWatchTarget, Dimension, EventDestination, Source
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.store.sqlite import SqliteStore
from mailgauge.tsdb import schema as tsdb
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.series import Series
from tests.destinations.failing_store import FailingStore

SCOPE = Scope("111122223333", "eu-west-1")
START = 1_750_000_000
LATE = EventDestination(
    "late",
    True,
    frozenset({Kind.SEND}),
    CloudWatchTarget((Dimension("campaign", Source.MESSAGE_TAG, "none"),)),
)

# Its versions are the first ones of their store: the destination comes with the second, where a test says nothing else.
WANTED = Backfill(SCOPE, "news", LATE, first_version=2)


@dataclass
class Books:
    mail: SqliteStore
    metrics: FailingStore
    engine: RowEngine = field(default_factory=RowEngine)

    async def version(self, *destinations: EventDestination) -> int:
        return await self.mail.write(lambda tx: versions.put(tx, SCOPE, "news", destinations, START))

    async def send(self, version: int, times: int) -> None:
        for _ in range(times):
            message = new_message_id("eu-west-1", START)
            facts = Facts(
                message_id=message,
                time=START,
                account=SCOPE.account,
                region=SCOPE.region,
                source="a@example.com",
                destination=["b@example.net"],
                tags={"campaign": ["spring"]},
            )
            await self.mail.write(partial(journal.put_facts, facts=facts))
            entry = Entry(START * 1000, SCOPE, Kind.SEND, message, version, 1, {})
            await self.mail.write(partial(journal.append, entry=entry))

    async def step(self, wanted: Backfill = WANTED) -> Step:
        upto = await self.mail.read(backfill.end)
        return await backfill.step(self.mail, self.metrics, self.engine, wanted, upto=upto, now=START)

    async def fill(self, wanted: Backfill = WANTED) -> int:
        samples = 0
        while (done := await self.step(wanted)).entries:
            samples += done.samples
        return samples

    async def counted(self) -> float:
        series = Series.of(SCOPE, "AWS/SES", "Send", {"campaign": "spring"})
        cells = await self.metrics.read(
            lambda tx: self.engine.cells(tx, series, 60, START - 86_400, START + 86_400)
        )
        return sum(cell.stats.sum for cell in cells)


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Books]:
    monkeypatch.setattr(backfill, "BATCH", 3)
    mail = SqliteStore.open(tmp_path / "mail.db", [journal.SCHEMA, versions.SCHEMA])
    metrics = SqliteStore.open(tmp_path / "metrics.db", [publisher.SCHEMA, backfill.SCHEMA, tsdb.SCHEMA])
    yield Books(mail, FailingStore(metrics))
    metrics.close()
    mail.close()


async def test_a_step_that_fails_counts_nothing_and_the_next_one_goes_on_there(books: Books) -> None:
    await books.send(await books.version(), 8)
    assert (await books.step()).samples == 3
    books.metrics.failures = 1
    with pytest.raises(OSError, match="disk is full"):
        await books.step()
    assert await books.counted() == 3
    assert await books.fill() == 5
    assert await books.fill() == 0
    assert await books.counted() == 8


async def test_two_at_once_count_once(books: Books) -> None:
    await books.send(await books.version(), 20)
    assert sum(await asyncio.gather(books.fill(), books.fill())) == 20
    assert await books.counted() == 20


async def test_what_the_destination_published_itself_is_left_out(books: Books) -> None:
    await books.send(await books.version(), 2)
    await books.send(await books.version(LATE), 4)
    assert await books.fill() == 2
    assert await books.counted() == 2


async def test_what_came_after_the_destination_was_taken_away_is_left_out(books: Books) -> None:
    await books.send(await books.version(), 2)
    await books.version(LATE)
    await books.send(await books.version(), 5)
    assert await books.fill() == 2


def differently(
    *names: str, default: str = "none", wants: frozenset[Kind] = frozenset({Kind.SEND})
) -> Backfill:
    """The same destination after a change."""
    dimensions = tuple(Dimension(name, Source.MESSAGE_TAG, default) for name in names)
    destination = EventDestination("late", True, wants, CloudWatchTarget(dimensions))
    return Backfill(SCOPE, "news", destination, first_version=2)


async def test_other_types_are_no_other_backfill(books: Books) -> None:
    await books.send(await books.version(), 2)
    assert await books.fill() == 2
    assert await books.fill(differently("campaign", wants=frozenset(Kind))) == 0


async def test_other_dimensions_fill_their_own_series(books: Books) -> None:
    await books.send(await books.version(), 2)
    assert await books.fill() == 2
    assert await books.fill(differently("genre")) == 2
    assert await books.counted() == 2


async def test_what_a_change_of_the_destination_has_in_common_is_not_counted_again(books: Books) -> None:
    await books.send(await books.version(), 8)
    assert (await books.step()).samples == 3
    assert await books.fill(differently("campaign", default="other")) == 5
    assert await books.fill() == 0
    assert await books.counted() == 8
    rolled_up = differently("campaign", "genre")
    assert await books.fill(rolled_up) == 8
    assert await books.counted() == 8
