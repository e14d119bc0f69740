"""The interface of the metrics store, shared by the row form and every later form of storage. Values and protocols only."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from mailgauge.base.scope import Scope
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet


@dataclass(frozen=True, slots=True)
class Delta:
    """Samples to add: ``time`` in whole epoch seconds, ``resolution`` 1 or 60; times need not be aligned."""

    series: Series
    unit: str
    time: int
    stats: StatSet
    resolution: int = 60


class Cell(NamedTuple):
    """What a tier holds of one series and unit for ``[time, time + width)``. The statistics are the reader's own."""

    time: int
    unit: str
    stats: StatSet


@dataclass(frozen=True, slots=True)
class Tier:
    """A resolution and how long it is kept, both in seconds."""

    width: int
    kept: int


class Total(NamedTuple):
    """Samples of one unit in ``[time, time + period)`` without their distribution."""

    time: int
    unit: str
    samples: float
    total: float
    minimum: float
    maximum: float


class Measure(StrEnum):
    """What can be told of samples without their distribution."""

    SAMPLES = "samples"
    TOTAL = "total"
    AVERAGE = "average"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"


TIERS = (Tier(1, 3 * 3600), Tier(60, 15 * 86400), Tier(300, 63 * 86400), Tier(3600, 455 * 86400))
"""Second data only of series put with resolution 1; the other tiers hold every series."""


@dataclass(frozen=True, slots=True)
class DimensionFilter:
    """Matches series that have the dimension ``name``, with ``value`` if one is given."""

    name: str
    value: str | None = None


class Engine(Protocol):
    """Everything runs inside a transaction of the metrics database, so that it commits with the publisher's position."""

    def apply(self, tx: Tx, deltas: Iterable[Delta], now: float) -> None:
        """Adds samples to every tier and makes their series known."""

    def cells(self, tx: Tx, series: Series, width: int, start: int, end: int) -> list[Cell]:
        """The cells of the tier ``width`` with ``start <= time < end``, by time and unit."""

    def values(
        self, tx: Tx, series: Series, width: int, start: int, end: int, *, measure: Measure
    ) -> dict[str, list[tuple[int, float]]]:
        """The same cells as (time, value), by unit."""

    def totals(
        self, tx: Tx, series: Series, width: int, start: int, end: int, *, origin: int, period: int
    ) -> Iterator[Total]:
        """The same cells added up by ``period`` from ``origin`` on, by time; one may come in several parts."""

    def totals_of(
        self, tx: Tx, series: Sequence[Series], width: int, start: int, end: int, *, origin: int, period: int
    ) -> Iterator[tuple[bytes, Total]]:
        """The same of many series, each with the id of its series, in no order."""

    def list_series(
        self,
        tx: Tx,
        scope: Scope,
        *,
        namespace: str | None = None,
        name: str | None = None,
        filters: Sequence[DimensionFilter] = (),
        active_since: int,
        after: bytes = b"",
        limit: int = 500,
    ) -> list[Series]:
        """Series with a sample (or received one) at or after ``active_since``, in a stable order, behind ``after`` (an id)."""

    def dimensions(
        self, tx: Tx, scope: Scope, namespace: str, tokens: Iterable[str], limit: int
    ) -> list[tuple[str, str]]:
        """Names and values of dimensions that have one of the tokens (``names.index_tokens``), at most ``limit``."""

    def metric_names(self, tx: Tx, scope: Scope, namespace: str) -> Iterator[str]:
        """All that the catalogue has in a namespace."""

    def namespaces(self, tx: Tx, scope: Scope) -> list[str]:
        """All that the catalogue has."""

    def expire(self, tx: Tx, now: float, limit: int = 5000) -> int:
        """Drops what its tier no longer keeps, at most ``limit`` rows; returns how many, so that callers go on in slices."""
