"""Several nodes on one metrics database: one of them evaluates alarms, and who was held up for too long commits nothing."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mailgauge.base.clock import ManualClock
from mailgauge.base.tasks import Wake
from mailgauge.cloudwatch.alarms import lease
from mailgauge.cloudwatch.alarms.lease import HOLD
from mailgauge.cloudwatch.alarms.runner import AlarmRunner
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.engine import Total
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.series import Series
from tests.cloudwatch.alarm_bench import TOPIC, Bench


class Watched(RowEngine):
    """Counts what is read for alarms, and stands still in the midst of it while ``may_go`` is not set."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.is_reading = threading.Event()
        self.may_go = threading.Event()
        self.may_go.set()

    def totals_of(
        self, tx: Tx, series: Sequence[Series], width: int, start: int, end: int, *, origin: int, period: int
    ) -> Iterator[tuple[bytes, Total]]:
        self.reads += 1
        found = list(super().totals_of(tx, series, width, start, end, origin=origin, period=period))
        self.is_reading.set()
        assert self.may_go.wait(60)
        return iter(found)


class Node:
    def __init__(self, folder: Path, clock: ManualClock, name: str) -> None:
        self.store = SqliteStore.open(folder / "metrics.db")
        self.engine = Watched()
        self.runner = AlarmRunner(self.store, self.engine, clock, Wake(), name)

    async def held(self) -> lease.Lease:
        return await self.store.read(lease.read)


class Nodes:
    """Two of them, and the database that both have open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bench = Bench(folder)
        self.clock = self.bench.clock
        self.one = Node(folder, self.clock, "one")
        self.other = Node(folder, self.clock, "other")

    async def tick(self, seconds: float = 60) -> tuple[int, int]:
        self.clock.step(seconds)
        return await self.one.runner.evaluate_due(), await self.other.runner.evaluate_due()

    async def changes(self) -> list[str]:
        items = await self.bench.history(HistoryItemType="StateUpdate")
        return [item["HistorySummary"].split()[-1] for item in items]

    def close(self) -> None:
        for node in (self.bench, self.one.store, self.other.store):
            node.close()


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    nodes = Nodes(tmp_path)
    yield nodes
    nodes.close()


async def test_each_alarm_is_evaluated_by_one_of_two_nodes(nodes: Nodes) -> None:
    for number in range(5):
        await nodes.bench.put(AlarmName=f"a{number}", AlarmActions=[TOPIC])
    for count in (0, 9, 9, 0, 9):
        await nodes.bench.complaints(count)
        nodes.clock.step(60)
        await asyncio.gather(nodes.one.runner.evaluate_due(), nodes.other.runner.evaluate_due())
    assert 0 in {nodes.one.engine.reads, nodes.other.engine.reads}
    assert nodes.one.engine.reads + nodes.other.engine.reads == 5
    for number in range(5):
        items = await nodes.bench.history(AlarmName=f"a{number}", HistoryItemType="StateUpdate")
        assert [item["HistorySummary"].split()[-1] for item in items] == ["OK", "ALARM", "OK", "ALARM"]


async def test_another_node_takes_over_when_the_holder_shows_no_life(nodes: Nodes) -> None:
    await nodes.bench.put()
    await nodes.bench.complaints(9)
    assert await nodes.tick() == (1, 0)
    nodes.clock.step(180)
    assert await nodes.other.runner.evaluate_due() == 0, "it may be about to"
    nodes.clock.step(HOLD - 1)
    assert await nodes.other.runner.evaluate_due() == 0
    nodes.clock.step(1)
    assert await nodes.other.runner.evaluate_due() == 1
    assert (await nodes.other.held()).node == "other"
    assert await nodes.tick() == (0, 0)
    assert await nodes.changes() == ["ALARM", "INSUFFICIENT_DATA"]


async def test_a_holder_that_lives_is_left_alone_however_long(nodes: Nodes) -> None:
    await nodes.bench.put(Period=86400, EvaluationPeriods=2)
    for _ in range(10):
        await nodes.tick(3600)
    assert (nodes.other.engine.reads, (await nodes.one.held()).node) == (0, "one")


async def test_who_was_held_up_while_another_took_over_commits_nothing(nodes: Nodes) -> None:
    await nodes.bench.put(AlarmActions=[TOPIC])
    await nodes.bench.complaints(1)
    assert await nodes.tick() == (1, 0)
    await nodes.bench.complaints(9)
    nodes.clock.step(60)
    nodes.one.engine.may_go.clear()
    nodes.one.engine.is_reading.clear()
    held_up = asyncio.ensure_future(nodes.one.runner.evaluate_due())
    assert await asyncio.to_thread(nodes.one.engine.is_reading.wait, 60)
    assert await nodes.other.runner.evaluate_due() == 0
    nodes.clock.step(HOLD)
    assert await nodes.other.runner.evaluate_due() == 1
    before = await nodes.bench.history()

    nodes.one.engine.may_go.set()
    assert await held_up == 0
    assert await nodes.bench.history() == before
    assert await nodes.changes() == ["OK", "ALARM"]
    assert await nodes.tick(5) == (0, 0), "nor does it evaluate any more"


async def test_who_was_held_up_for_too_long_commits_nothing_and_evaluates_anew(nodes: Nodes) -> None:
    await nodes.bench.put()
    await nodes.bench.complaints(9)
    nodes.clock.step(60)
    nodes.one.engine.may_go.clear()
    held_up = asyncio.ensure_future(nodes.one.runner.evaluate_due())
    assert await asyncio.to_thread(nodes.one.engine.is_reading.wait, 60)
    nodes.clock.step(HOLD)
    nodes.one.engine.may_go.set()
    assert await held_up == 0
    assert await nodes.changes() == []
    assert await nodes.one.runner.evaluate_due() == 1
    assert await nodes.changes() == ["ALARM"]


async def test_a_node_that_was_killed_goes_on_at_once_and_its_former_self_commits_nothing(
    nodes: Nodes,
) -> None:
    await nodes.bench.put()
    await nodes.bench.complaints(9)
    nodes.clock.step(60)
    nodes.one.engine.may_go.clear()
    held_up = asyncio.ensure_future(nodes.one.runner.evaluate_due())
    assert await asyncio.to_thread(nodes.one.engine.is_reading.wait, 60)
    again = Node(nodes.folder, nodes.clock, "one")
    assert await again.runner.evaluate_due() == 1
    nodes.one.engine.may_go.set()
    assert await held_up == 0
    assert await nodes.changes() == ["ALARM"]
    again.store.close()


async def test_what_was_evaluated_is_known_after_a_restart_also_where_nothing_changed(nodes: Nodes) -> None:
    await nodes.bench.put(TreatMissingData="ignore")
    await nodes.tick()
    again = Node(nodes.folder, nodes.clock, "one")
    nodes.clock.step(-40)
    await nodes.bench.complaints(9)
    nodes.clock.step(30)
    assert await again.runner.evaluate_due() == 0
    assert again.engine.reads == 0
    again.store.close()


async def test_a_deleted_alarm_is_not_read_any_more(nodes: Nodes) -> None:
    await nodes.bench.put()
    await nodes.bench.put(AlarmName="other")
    await nodes.tick()
    await nodes.bench.call("DeleteAlarms", AlarmNames=["complaints", "other"])
    reads = nodes.one.engine.reads
    await nodes.tick()
    assert nodes.one.engine.reads == reads
