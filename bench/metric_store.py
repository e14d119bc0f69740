"""A data directory whose metrics are there already, written as the store keeps them: making them by the API would take hours."""

import asyncio
import itertools
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from mailgauge.base.scope import Scope
from mailgauge.server.storage import METRICS
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx
from mailgauge.tsdb import catalogue
from mailgauge.tsdb.rows import SPANS
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.units import CODES

SCOPE = Scope("000000000000", "us-east-1")
NAMESPACE = "Bench"
_BATCH = 20_000


def series(number: int, name: str = "Orders") -> Series:
    return Series.of(SCOPE, NAMESPACE, name, {"shop": f"shop-{number}"})


def fill(folder: Path, width: int, seconds: int, count: int, now: int) -> None:
    """One tier of ``count`` series: a cell for each ``width`` seconds of the last ``seconds``."""
    end = now - now % width
    code = CODES["Count"]

    def rows() -> Iterator[tuple[object, ...]]:
        for number in range(count):
            key = series(number).id
            for at in range(end - seconds, end, width):
                value = float(number + at // width % 100 + 1)
                yield width, at // SPANS[width], key, at, code, 5.0, 5 * value, value, value, b""

    asyncio.run(_write(folder, rows(), {series(number): now for number in range(count)}))


async def _write(folder: Path, rows: Iterable[tuple[object, ...]], known: dict[Series, int]) -> None:
    store = SqliteStore.open(folder / "metrics.db", METRICS)
    try:
        for some in _batches(rows):
            await store.write(partial(_insert, rows=some))
        each = iter(known.items())
        while part := dict(itertools.islice(each, _BATCH)):
            await store.write(partial(_note, known=part))
    finally:
        store.close()


def _note(tx: Tx, known: dict[Series, int]) -> None:
    catalogue.Catalogue().note(tx, known)


def _insert(tx: Tx, rows: list[tuple[object, ...]]) -> None:
    tx.many("INSERT OR REPLACE INTO cell VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _batches(rows: Iterable[tuple[object, ...]]) -> Iterator[list[tuple[object, ...]]]:
    each = iter(rows)
    while some := list(itertools.islice(each, _BATCH)):
        yield some
