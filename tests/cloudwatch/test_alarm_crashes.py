"""Evaluation that dies before or behind any of its commits: the next start finds each change of state done once, or does it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from mailgauge.base.tasks import Wake
from mailgauge.cloudwatch.alarms.runner import AlarmRunner
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Lane, Tx
from tests.cloudwatch.alarm_bench import TOPIC, Bench

T = TypeVar("T")

#: More than are written at once.
ALARMS = [f"a{number}" for number in range(45)]


class DiedError(Exception):
    pass


class Dying:
    """A store whose user dies at its ``fatal`` write: the transaction is committed, or it is not."""

    def __init__(self, store: SqliteStore, fatal: int, *, is_committed: bool) -> None:
        self._store = store
        self._left = fatal
        self._is_committed = is_committed

    async def write(self, work: Callable[[Tx], T], lane: Lane = Lane.NORMAL) -> T:
        self._left -= 1
        if self._left < 0 and not self._is_committed:
            raise DiedError
        done = await self._store.write(work, lane)
        if self._left < 0:
            raise DiedError
        return done

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self._store.read(work)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def actions(tx: Tx) -> tuple[int, int]:
    """How many there are to run, and of how many changes."""
    [(count, notices)] = tx.run("SELECT count(*), count(DISTINCT notice) FROM alarm_action")
    return count, notices


@pytest.mark.parametrize("is_committed", [True, False], ids=["behind", "before"])
@pytest.mark.parametrize("fatal", range(6))
async def test_each_change_is_there_once_with_its_action(
    bench: Bench, fatal: int, *, is_committed: bool
) -> None:
    for name in ALARMS:
        await bench.put(AlarmName=name, AlarmActions=[TOPIC])
    await bench.complaints(9)
    bench.clock.step(60)
    store = Dying(bench.metrics, fatal, is_committed=is_committed)
    try:
        await AlarmRunner(store, bench.engine, bench.clock, Wake()).evaluate_due()
        assert fatal == 5, "the lease, three times states, and how far it is"
    except DiedError:
        pass
    await AlarmRunner(bench.metrics, bench.engine, bench.clock, Wake()).evaluate_due()
    items = await bench.history(HistoryItemType="StateUpdate")
    assert sorted(item["AlarmName"] for item in items) == sorted(ALARMS)
    assert await bench.metrics.read(actions) == (len(ALARMS), len(ALARMS))
    assert await bench.runner.evaluate_due() == 0
