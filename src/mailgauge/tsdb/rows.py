"""The row form of the metrics store: one row per tier, series, cell and unit, written through to every tier at once.

It is the form in which each later one (compressed blocks) is filled and to which it is held. It keeps no samples in
memory between transactions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from mailgauge.base.scope import Scope
from mailgauge.store.transaction import MARKS, Row, Tx, groups
from mailgauge.tsdb import catalogue
from mailgauge.tsdb.catalogue import Catalogue
from mailgauge.tsdb.distribution import Distribution
from mailgauge.tsdb.engine import TIERS, Cell, Delta, DimensionFilter, Measure, Tier, Total
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet
from mailgauge.tsdb.units import CODES, UNITS

SPANS: Final = {1: 1800, 60: 86400, 300: 5 * 86400, 3600: 30 * 86400}
"""How much time of a tier lies together, in seconds; a tier is dropped by whole spans."""

_SECONDS, _MINUTES, *_COARSE = TIERS

_SELECT = (
    "SELECT samples, total, minimum, maximum, distribution FROM cell"
    " WHERE width = ? AND span = ? AND series = ? AND time = ? AND unit = ?"
)
_UPSERT = (
    "INSERT INTO cell (width, span, series, time, unit, samples, total, minimum, maximum, distribution)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (width, span, series, time, unit) DO UPDATE SET samples = excluded.samples, total = excluded.total,"
    " minimum = excluded.minimum, maximum = excluded.maximum, distribution = excluded.distribution"
)
_RANGE = (
    "SELECT time, unit, samples, total, minimum, maximum, distribution FROM cell"
    " WHERE width = ? AND span = ? AND series = ? AND time >= ? AND time < ? ORDER BY time, unit"
)
_IN_RANGE = " FROM cell WHERE width = ? AND span = ? AND series = ? AND time >= ? AND time < ?"
_VALUES: Final = {
    Measure.SAMPLES: "samples",
    Measure.TOTAL: "total",
    Measure.AVERAGE: "total / samples",
    Measure.MINIMUM: "minimum",
    Measure.MAXIMUM: "maximum",
}
_TOTALS = (
    "SELECT ? + (time - ?) / ? * ? AS period, unit, sum(samples), sum(total), min(minimum), max(maximum)"
    f"{_IN_RANGE} GROUP BY period, unit ORDER BY period, unit"
)
# In groups of one length, and not sorted by the whole key: that would cost more than reading.
_TOTALS_OF = (
    "SELECT series, ? + (time - ?) / ? * ? AS period, unit, sum(samples), sum(total), min(minimum), max(maximum)"
    f" FROM cell WHERE width = ? AND span = ? AND series IN ({MARKS}) AND time >= ? AND time < ?"
    " GROUP BY series, period, unit"
)
_CELLS_OF = (
    "SELECT series, time, unit, samples, total, minimum, maximum"
    f" FROM cell WHERE width = ? AND span = ? AND series IN ({MARKS}) AND time >= ? AND time < ?"
)
_EXPIRE = (
    "DELETE FROM cell WHERE (width, span, series, time, unit) IN"
    " (SELECT width, span, series, time, unit FROM cell WHERE width = ? AND span < ? LIMIT ?) RETURNING 1"
)

_Key = tuple[bytes, int, int]
"""Series, time and unit."""


class RowEngine:
    """The ``Engine`` on plain rows. One object per writing process: it remembers which series it has catalogued."""

    def __init__(self) -> None:
        self._catalogue = Catalogue()

    def apply(self, tx: Tx, deltas: Iterable[Delta], now: float) -> None:
        seconds, minutes = _Merged(), _Merged()
        activity: dict[Series, int] = {}
        for delta in deltas:
            series, time, unit = delta.series, delta.time, CODES[delta.unit]
            if delta.resolution == 1:
                seconds.add((series.id, time, unit), delta.stats)
            minutes.add((series.id, time - time % 60, unit), delta.stats)
            activity[series] = max(int(now), time, activity.get(series, 0))
        _write(tx, _SECONDS, seconds.cells, now)
        _write(tx, _MINUTES, minutes.cells, now)
        finer = minutes
        for tier in _COARSE:
            finer = _fold(finer, tier.width)
            _write(tx, tier, finer.cells, now)
        self._catalogue.note(tx, activity)

    def cells(self, tx: Tx, series: Series, width: int, start: int, end: int) -> list[Cell]:
        found: list[Cell] = []
        for number in _spans(width, start, end):
            rows = tx.run(_RANGE, (width, number, series.id, start, end))
            found += [
                Cell(time, UNITS[unit], _stats(count, total, least, most, packed))
                for time, unit, count, total, least, most, packed in rows
            ]
        return found

    def values(
        self, tx: Tx, series: Series, width: int, start: int, end: int, *, measure: Measure
    ) -> dict[str, list[tuple[int, float]]]:
        sql = f"SELECT time, {_VALUES[measure]}, unit{_IN_RANGE} ORDER BY time, unit"
        found: dict[str, list[tuple[int, float]]] = {}
        for number in _spans(width, start, end):
            rows = tx.run(sql, (width, number, series.id, start, end))
            # Nearly always there is one.
            for code in {unit for _, _, unit in rows}:
                column = found.setdefault(UNITS[code], [])
                column += [(time, value) for time, value, unit in rows if unit == code]
        return found

    def totals(
        self, tx: Tx, series: Series, width: int, start: int, end: int, *, origin: int, period: int
    ) -> Iterator[Total]:
        for number in _spans(width, start, end):
            of_span = (width, number, series.id, start, end)
            for time, unit, *sums in tx.run(_TOTALS, (origin, origin, period, period, *of_span)):
                yield Total(time, UNITS[unit], *sums)

    def totals_of(
        self, tx: Tx, series: Sequence[Series], width: int, start: int, end: int, *, origin: int, period: int
    ) -> Iterator[tuple[bytes, Total]]:
        of_periods = () if width == period else (origin, origin, period, period)
        sql = _TOTALS_OF if of_periods else _CELLS_OF
        # The last group is filled up with one of its own, of which IN takes no notice.
        each_once = list(dict.fromkeys(each.id for each in series))
        for number in _spans(width, start, end):
            for ids in groups(each_once):
                for one, time, unit, *sums in tx.run(sql, (*of_periods, width, number, *ids, start, end)):
                    yield one, Total(time, UNITS[unit], *sums)

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
        return catalogue.list_series(
            tx,
            scope,
            namespace=namespace,
            name=name,
            filters=filters,
            active_since=active_since,
            after=after,
            limit=limit,
        )

    def dimensions(
        self, tx: Tx, scope: Scope, namespace: str, tokens: Iterable[str], limit: int
    ) -> list[tuple[str, str]]:
        return catalogue.dimensions(tx, scope, namespace, tokens, limit)

    def metric_names(self, tx: Tx, scope: Scope, namespace: str) -> Iterator[str]:
        return catalogue.metric_names(tx, scope, namespace)

    def namespaces(self, tx: Tx, scope: Scope) -> list[str]:
        return catalogue.namespaces(tx, scope)

    def expire(self, tx: Tx, now: float, limit: int = 5000) -> int:
        dropped = 0
        for tier in TIERS:
            oldest = int(now - tier.kept) // SPANS[tier.width]
            dropped += len(tx.run(_EXPIRE, (tier.width, oldest, limit - dropped)))
        return dropped + catalogue.forget(tx, int(now - TIERS[-1].kept), limit - dropped)


def _spans(width: int, start: int, end: int) -> range:
    """The spans of a tier that a range of time touches."""
    return range(start // SPANS[width], -(-end // SPANS[width]))


class _Merged:
    """Statistics by key. Those of a key that came once are the given ones, so they must not be changed from outside."""

    def __init__(self) -> None:
        self.cells: dict[_Key, StatSet] = {}
        self._own: set[_Key] = set()

    def add(self, key: _Key, stats: StatSet) -> None:
        there = self.cells.get(key)
        if there is None:
            self.cells[key] = stats
            return
        if key not in self._own:
            there = self.cells[key] = there.copy()
            self._own.add(key)
        there.merge(stats)


def _fold(finer: _Merged, width: int) -> _Merged:
    folded = _Merged()
    for (series, time, unit), stats in finer.cells.items():
        folded.add((series, time - time % width, unit), stats)
    return folded


def _write(tx: Tx, tier: Tier, cells: Mapping[_Key, StatSet], now: float) -> None:
    """Merges cells into their rows, leaving out what the tier would not keep."""
    kept = ((key, stats) for key, stats in cells.items() if key[1] + tier.width > now - tier.kept)
    tx.many(_UPSERT, list(_rows(tx, tier.width, kept)))


def _rows(tx: Tx, width: int, cells: Iterable[tuple[_Key, StatSet]]) -> Iterator[Row]:
    span = SPANS[width]
    for (series, time, unit), stats in cells:
        key = (width, time // span, series, time, unit)
        there = tx.run(_SELECT, key)
        yield key + (_merged(there[0], stats) if there else _row(stats))


def _merged(row: Row, stats: StatSet) -> Row:
    count, total, minimum, maximum, packed = row
    # Counters put the same value over and over: that needs no distribution to be taken apart.
    if packed == b"" and stats.min == stats.max == minimum and stats.distribution is not None:
        return count + stats.count, total + stats.sum, minimum, maximum, packed
    merged = _stats(count, total, minimum, maximum, packed)
    merged.merge(stats)
    return _row(merged)


def _row(stats: StatSet) -> Row:
    return stats.count, stats.sum, stats.min, stats.max, _packed(stats)


def _packed(stats: StatSet) -> bytes | None:
    if stats.distribution is None:
        return None
    return b"" if stats.min == stats.max else stats.distribution.encode()


def _stats(count: float, total: float, minimum: float, maximum: float, packed: bytes | None) -> StatSet:
    if packed is None:
        return StatSet(count, total, minimum, maximum, None)
    distribution = Distribution.decode(packed) if packed else Distribution.of(minimum, count)
    return StatSet(count, total, minimum, maximum, distribution)
