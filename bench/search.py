"""[search.1m]: SEARCH over a catalogue of a million series, the slowest of several searches, each the median of its rounds."""

import asyncio
import itertools
import shutil
import statistics
import time
from functools import partial
from pathlib import Path

from bench.metric_store import SCOPE
from bench.result import Result
from mailgauge.base.clock import SystemClock
from mailgauge.cloudwatch.math.ground import Budget
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.search.find import find
from mailgauge.cloudwatch.search.query import parse_search
from mailgauge.cloudwatch.source import Source
from mailgauge.server.storage import METRICS
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.catalogue import Catalogue
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.series import Series

DATA = Path(__file__).resolve().parent.parent / "build" / "bench-search"
NAMES = ("Send", "Delivery", "Bounce", "Complaint", "Reject", "Open", "Click", "RenderingFailure", "DeliveryDelay", "Subscription")  # fmt: skip
CAMPAIGNS = 100_000
ROUNDS = 5
_BATCH = 20_000

SEARCHES = (
    '{AWS/SES,campaign} MetricName="Send" campaign="spring-4711"',
    '{AWS/SES,campaign} MetricName="Send" 4711',
    "{AWS/SES,campaign} Bounce",
    "spring AND 4711 AND NOT Delivery",
    "campaign=(4711 OR 815) (Open OR Click)",
    "{AWS/SES,campaign} nowhere",
    'MetricName="Send"',
)


def measure() -> list[Result]:
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    store = SqliteStore.open(DATA / "metrics.db", METRICS)
    now = int(SystemClock().now())
    try:
        count = asyncio.run(_fill(store, now))
        found = {text: _time(store, text, now) for text in SEARCHES}
    finally:
        store.close()
    size = sum(each.stat().st_size for each in DATA.iterdir())
    shutil.rmtree(DATA, ignore_errors=True)
    detail = {
        "series": count,
        "mebibytes": size >> 20,
        "ms": {text: round(each, 2) for text, each in found.items()},
    }
    return [Result("search.1m", max(found.values()), "ms", "lower", detail=detail)]


async def _fill(store: SqliteStore, now: int) -> int:
    catalogue, count = Catalogue(), 0
    every = (
        Series.of(SCOPE, "AWS/SES", name, {"campaign": f"{('spring', 'summer')[number % 2]}-{number}"})
        for number in range(CAMPAIGNS)
        for name in NAMES
    )
    while some := list(itertools.islice(every, _BATCH)):
        await store.write(partial(_note, catalogue=catalogue, some=some, now=now))
        count += len(some)
    return count


def _note(tx: Tx, *, catalogue: Catalogue, some: list[Series], now: int) -> None:
    catalogue.note(tx, dict.fromkeys(some, now))


def _time(store: SqliteStore, text: str, now: int) -> float:
    """Milliseconds, from the text to the series."""
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        store.read_now(
            lambda tx: find(
                Source(tx, RowEngine(), SCOPE, Window(now - 3600, now, now)), parse_search(text), Budget()
            )
        )
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1000
