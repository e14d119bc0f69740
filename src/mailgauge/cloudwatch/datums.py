"""Datums that callers put (`cloudwatch/PutMetricData`): checked values, their form in the journal, and their samples.

It checks nothing: what becomes a Datum has passed the rules of the operation.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mailgauge.base.scope import Scope
from mailgauge.tsdb.engine import Delta
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet

_CHUNK = 64 * 1024
"""About how many bytes of datums go into one journal entry."""


@dataclass(frozen=True, slots=True)
class StatisticValues:
    """Samples whose values the caller did not tell."""

    count: float
    sum: float
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Datum:
    """``time`` in whole epoch seconds. ``samples`` are (value, count) pairs, or the statistics that stand for them."""

    name: str
    dimensions: tuple[tuple[str, str], ...]
    time: int
    unit: str
    resolution: int
    samples: tuple[tuple[float, float], ...] | StatisticValues


def details(namespace: str, datums: Iterable[Datum]) -> Iterator[dict[str, Any]]:
    """The details of the journal entries that hold these datums, in order; several when there are many."""
    chunk: list[dict[str, Any]] = []
    size = 0
    for datum in datums:
        chunk.append(_encoded(datum))
        size += _size(datum)
        if size >= _CHUNK:
            yield {"namespace": namespace, "datums": chunk}
            chunk, size = [], 0
    if chunk:
        yield {"namespace": namespace, "datums": chunk}


def deltas_of_datums(scope: Scope, detail: dict[str, Any]) -> list[Delta]:
    """What one journal entry of metric data adds to the metrics."""
    namespace = detail["namespace"]
    return [
        Delta(
            Series.of(scope, namespace, datum["name"], datum.get("dimensions")),
            datum.get("unit", "None"),
            datum["time"],
            _stats(datum),
            datum.get("resolution", 60),
        )
        for datum in detail["datums"]
    ]


def _encoded(datum: Datum) -> dict[str, Any]:
    encoded: dict[str, Any] = {"name": datum.name, "time": datum.time}
    if datum.dimensions:
        encoded["dimensions"] = dict(datum.dimensions)
    if datum.unit != "None":
        encoded["unit"] = datum.unit
    if datum.resolution != 60:
        encoded["resolution"] = datum.resolution
    match datum.samples:
        case StatisticValues(count, total, minimum, maximum):
            encoded["statistics"] = [count, total, minimum, maximum]
        case samples:
            encoded["values"] = [value for value, _ in samples]
            if any(count != 1 for _, count in samples):
                encoded["counts"] = [count for _, count in samples]
    return encoded


def _stats(encoded: dict[str, Any]) -> StatSet:
    if "statistics" in encoded:
        return StatSet.of_statistics(*map(float, encoded["statistics"]))
    counts = encoded.get("counts")
    return StatSet.of_values(
        [float(value) for value in encoded["values"]], counts and [float(count) for count in counts]
    )


def _size(datum: Datum) -> int:
    samples = 4 if isinstance(datum.samples, StatisticValues) else 2 * len(datum.samples)
    return 100 + 10 * samples + sum(len(name) + len(value) for name, value in datum.dimensions)
