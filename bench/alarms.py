"""[alarms.10k] [alarms.10k.worst]: the processor time of one minute's tick over 10,000 alarms on 10,000 series, in process.

Each alarm asks whether a sum was too high in three of three minutes, of a series of its own. In the first ticks no state
changes; in the last one all of them do, each with an action to run.
"""

import asyncio
import shutil
import time
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench import metric_store
from bench.result import Result
from mailgauge.base.clock import ManualClock
from mailgauge.base.tasks import Wake
from mailgauge.cloudwatch.alarms import store
from mailgauge.cloudwatch.alarms.alarm import Comparison, Configuration
from mailgauge.cloudwatch.alarms.runner import AlarmRunner
from mailgauge.server.storage import METRICS
from mailgauge.store.sqlite import SqliteStore
from mailgauge.tsdb.rows import RowEngine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mailgauge.store.transaction import Tx

DATA = Path(__file__).resolve().parent.parent / "build" / "bench-alarms"
ALARMS: Final = 10_000
TOPIC: Final = "arn:aws:sns:us-east-1:000000000000:on-call"
_LAST: Final = 1_750_000_020
"""The end of the window at which every alarm goes off."""
_FIRST: Final = _LAST - 180
_AT_ONCE: Final = 200


def measure() -> list[Result]:
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    SqliteStore.open(DATA / "metrics.db", METRICS).close()
    metric_store.fill(DATA, 60, 600, ALARMS, _LAST)
    try:
        return asyncio.run(_ticks())
    finally:
        shutil.rmtree(DATA)


async def _ticks() -> list[Result]:
    metrics = SqliteStore.open(DATA / "metrics.db", METRICS)
    clock = ManualClock(_FIRST + 4)
    runner = AlarmRunner(metrics, RowEngine(), clock, Wake())
    try:
        for begin in range(0, ALARMS, _AT_ONCE):
            await metrics.write(partial(_put, numbers=range(begin, begin + _AT_ONCE)))
        clock.step(10)
        ticks = [await _tick(runner)]
        while clock.now() < _LAST:
            clock.step(60)
            ticks.append(await _tick(runner))
    finally:
        metrics.close()
    first, *quiet, worst = ticks
    detail = {"first": first.told(), "others": [each.told() for each in quiet]}
    return [
        Result("alarms.10k", min(each.processor for each in quiet), "s", "lower", detail=detail),
        Result("alarms.10k.worst", worst.processor, "s", "lower", detail=worst.told()),
    ]


def _put(tx: "Tx", numbers: Sequence[int]) -> None:
    for number in numbers:
        series = metric_store.series(number)
        configuration = Configuration(
            name=f"orders-{number}",
            namespace=series.namespace,
            metric_name=series.name,
            dimensions=series.dimensions,
            statistic="Sum",
            period=60,
            evaluation_periods=3,
            # Sums rise by five every minute: three of them are above this at the end.
            threshold=5.0 * (number + (_LAST - 240) // 60 % 100 + 1),
            comparison=Comparison.GREATER,
            alarm_actions=(TOPIC,),
        )
        store.put(
            tx, metric_store.SCOPE, configuration, actions_enabled=True, tags=(), now_ms=(_FIRST + 4) * 1000
        )


@dataclass(frozen=True)
class Tick:
    """``processor`` are the seconds of all threads; ``stall`` the longest time that others had to wait."""

    changed: int
    processor: float
    wall: float
    stall: float

    def told(self) -> dict[str, float]:
        return {
            "changed": self.changed,
            "processor_s": round(self.processor, 2),
            "wall_s": round(self.wall, 2),
            "longest_stall_ms": round(self.stall * 1000, 1),
        }


async def _tick(runner: AlarmRunner) -> Tick:
    stalls: list[float] = []
    began, used = time.perf_counter(), time.process_time()
    async with _watched(stalls):
        changed = await runner.evaluate_due()
    return Tick(changed, time.process_time() - used, time.perf_counter() - began, max(stalls, default=0.0))


@asynccontextmanager
async def _watched(stalls: list[float]) -> "AsyncIterator[None]":
    """How long others of the event loop, requests for example, had to wait."""

    async def watch() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            stalls.append(time.perf_counter() - began - 0.005)

    task = asyncio.ensure_future(watch())
    try:
        yield
    finally:
        task.cancel()
