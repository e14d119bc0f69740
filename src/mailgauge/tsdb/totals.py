"""Every cell's count and sum of one tier, for the audit: what was counted, whatever series it belongs to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mailgauge.store.transaction import Tx
from mailgauge.tsdb.units import UNITS

WIDTH: Final = 3600
"""Totals are taken of the coarsest tier: it is kept longest and every sample is in it."""


@dataclass(frozen=True, slots=True)
class Total:
    """``series`` is the id; ``time`` in epoch seconds, the start of the hour."""

    series: bytes
    namespace: str
    unit: str
    time: int
    count: float
    sum: float


def totals(tx: Tx) -> Iterator[Total]:
    """All hours of all series. Also those of series that are in no catalogue: their namespace is then empty."""
    rows = tx.run(
        "SELECT cell.series, coalesce(series.namespace, ''), unit, time, samples, total"
        " FROM cell LEFT JOIN series ON series.id = cell.series WHERE width = ?",
        (WIDTH,),
    )
    for series, namespace, unit, time, count, total in rows:
        yield Total(series, namespace, UNITS[unit], time, count, total)


def describe(tx: Tx, series: bytes) -> str:
    """A series in words for a report: namespace, name and dimensions, or its id when the catalogue lacks it."""
    found = tx.run("SELECT scope, namespace, name, dimensions FROM series WHERE id = ?", (series,))
    return " ".join(found[0]) if found else series.hex()
