"""The catalogue: which series exist and when they were last active, with an inverted index over their dimensions.

A term is the hash of a scope, a namespace and a dimension's name, or its name and value; under it stand the series
that have it, in the order of listing. So no listing scans the series that don't match.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from mailgauge.base.scope import Scope
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.engine import DimensionFilter
from mailgauge.tsdb.names import index_tokens
from mailgauge.tsdb.series import Series

REFRESH: Final = 240
"""``last`` of a busy series is written at most once in so many seconds."""

_MOST_KNOWN = 50_000
_TOUCH = "UPDATE series SET last = CASE WHEN last < ? THEN ? ELSE last END WHERE id = ? RETURNING 1"
_IS_USED = "SELECT 1 FROM series_term WHERE term = ? LIMIT 1"
_COLUMNS = "s.scope, s.namespace, s.name, s.dimensions"


class UnknownPositionError(ValueError):
    """The listing is to go on behind a series that there is not, or no longer."""


class Catalogue:
    """Remembers in memory which series are known, as a hint only: what it forgets is looked up again."""

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {}

    def note(self, tx: Tx, activity: Mapping[Series, int]) -> None:
        """Makes series known, active at the given second."""
        due = {
            series: last
            for series, last in activity.items()
            if self._known.get(series.id, -REFRESH) + REFRESH <= last
        }
        if due:
            _note(tx, due)
            noted = {series.id: last for series, last in due.items()}
            tx.after_commit(lambda: self._remember(noted))

    def _remember(self, noted: Mapping[bytes, int]) -> None:
        if len(self._known) + len(noted) > _MOST_KNOWN:
            self._known.clear()
        self._known.update(noted)


def _note(tx: Tx, activity: Mapping[Series, int]) -> None:
    new = {series: last for series, last in activity.items() if not tx.run(_TOUCH, (last, last, series.id))}
    tx.many(
        "INSERT INTO series (id, scope, namespace, name, dimensions, first, last) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO NOTHING",
        [
            (s.id, s.scope.key, s.namespace, s.name, orjson.dumps(s.dimensions).decode(), last, last)
            for s, last in new.items()
        ],
    )
    tx.many(
        "INSERT INTO series_term (term, name, series) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        sorted((term, series.name, series.id) for series in new for term in _terms(series)),
    )
    tx.many(
        "INSERT INTO dimension_token (token, name, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        sorted({row for series in new for row in _tokens(series)}),
    )


def forget(tx: Tx, before: int, limit: int) -> int:
    """Removes series that were last active before a time, at most ``limit``; returns how many."""
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM series s WHERE s.last < ? ORDER BY s.last LIMIT ?", (before, limit)
    )
    for series in map(_series, rows):
        tx.many(
            "DELETE FROM series_term WHERE term = ? AND name = ? AND series = ?",
            [(term, series.name, series.id) for term in _terms(series)],
        )
        tx.run("DELETE FROM series WHERE id = ?", (series.id,))
        gone = {
            dimension
            for dimension in series.dimensions
            if not tx.run(_IS_USED, (_term(series.scope, series.namespace, *dimension),))
        }
        tx.many(
            "DELETE FROM dimension_token WHERE token = ? AND name = ? AND value = ?",
            [row for row in _tokens(series) if row[1:] in gone],
        )
    return len(rows)


def list_series(
    tx: Tx,
    scope: Scope,
    *,
    namespace: str | None,
    name: str | None,
    filters: Sequence[DimensionFilter],
    active_since: int,
    after: bytes,
    limit: int,
) -> list[Series]:
    """See ``Engine.list_series``; ordered by namespace, name and id. Raises UnknownPositionError."""
    behind = _position(tx, after) if after else None
    found: list[Series] = []
    for each in [namespace] if namespace is not None else _namespaces(tx, scope, behind[0] if behind else ""):
        if behind is not None and each < behind[0]:
            continue
        start = behind[1:] if behind is not None and each == behind[0] else ("", b"")
        terms = _rarest_first(tx, [_term(scope, each, f.name, f.value) for f in filters])
        sql, params = _listing(scope, each, name, terms, start)
        rows = tx.run(sql, (*params, active_since, limit - len(found)))
        found += map(_series, rows)
        if len(found) >= limit:
            break
    return found


def dimensions(
    tx: Tx, scope: Scope, namespace: str, tokens: Iterable[str], limit: int
) -> list[tuple[str, str]]:
    """Dimensions whose name or value has one of the index tokens, at most ``limit``."""
    hashes = [_hash(scope.key, namespace, token) for token in tokens]
    marks = ",".join("?" * len(hashes))
    sql = f"SELECT DISTINCT name, value FROM dimension_token WHERE token IN ({marks}) LIMIT ?"
    return [(name, value) for name, value in tx.run(sql, (*hashes, limit))]


def metric_names(tx: Tx, scope: Scope, namespace: str) -> Iterator[str]:
    """By one seek each: there are few."""
    sql = "SELECT name FROM series WHERE scope = ? AND namespace = ? AND name > ? ORDER BY name LIMIT 1"
    rows = tx.run(sql, (scope.key, namespace, ""))
    while rows:
        yield rows[0][0]
        rows = tx.run(sql, (scope.key, namespace, rows[0][0]))


def namespaces(tx: Tx, scope: Scope) -> list[str]:
    return list(_namespaces(tx, scope, ""))


def mismatches(tx: Tx) -> tuple[int, int]:
    """For whoever checks a store: how many series lack entries of the index, or are not what their id says, and how many
    entries of the index are of no series.
    """
    lacking, after = 0, b""
    while rows := tx.run(
        f"SELECT s.id, {_COLUMNS} FROM series s WHERE s.id > ? ORDER BY s.id LIMIT 1000", (after,)
    ):
        lacking += sum(not _is_indexed(tx, bytes(key), _series(tuple(row))) for key, *row in rows)
        after = rows[-1][0]
    [(dangling,)] = tx.run(
        "SELECT count(*) FROM series_term t WHERE NOT EXISTS (SELECT 1 FROM series s WHERE s.id = t.series)"
    )
    return lacking, int(dangling)


def _is_indexed(tx: Tx, key: bytes, series: Series) -> bool:
    terms = "SELECT 1 FROM series_term WHERE term = ? AND name = ? AND series = ?"
    tokens = "SELECT 1 FROM dimension_token WHERE token = ? AND name = ? AND value = ?"
    return (
        key == series.id
        and all(tx.run(terms, (term, series.name, series.id)) for term in _terms(series))
        and all(tx.run(tokens, row) for row in _tokens(series))
    )


def _rarest_first(tx: Tx, terms: list[bytes]) -> list[bytes]:
    """The term with the fewest series leads; how many more than a thousand there are makes no difference."""
    if len(terms) < 2:
        return terms
    sql = "SELECT count(*) FROM (SELECT 1 FROM series_term WHERE term = ? LIMIT 1000) few"
    return sorted(terms, key=lambda term: int(tx.run(sql, (term,))[0][0]))


def _listing(
    scope: Scope, namespace: str, name: str | None, terms: list[bytes], start: tuple[str, bytes]
) -> tuple[str, list[Any]]:
    """A query in index order: of the first term's series if there is one, else of the namespace's."""
    params: list[Any]
    if terms:
        sql = f"SELECT {_COLUMNS} FROM series_term t JOIN series s ON s.id = t.series WHERE t.term = ?"
        params, key = [terms[0]], "(t.name, t.series)"
    else:
        sql = f"SELECT {_COLUMNS} FROM series s WHERE s.scope = ? AND s.namespace = ?"
        params, key = [scope.key, namespace], "(s.name, s.id)"
    if name is not None:
        sql += f" AND {'t' if terms else 's'}.name = ?"
        params.append(name)
    sql += f" AND {key} > (?, ?)"
    params += start
    for term in terms[1:]:
        sql += " AND EXISTS (SELECT 1 FROM series_term u WHERE u.term = ? AND u.name = t.name AND u.series = t.series)"
        params.append(term)
    order = "t.name, t.series" if terms else "s.name, s.id"
    return f"{sql} AND s.last >= ? ORDER BY {order} LIMIT ?", params


def _namespaces(tx: Tx, scope: Scope, first: str) -> Iterator[str]:
    """The namespaces of a scope from ``first`` on, by one seek each."""
    select = "SELECT namespace FROM series WHERE scope = ? AND namespace {} ? ORDER BY namespace LIMIT 1"
    rows = tx.run(select.format(">="), (scope.key, first))
    while rows:
        yield rows[0][0]
        rows = tx.run(select.format(">"), (scope.key, rows[0][0]))


def _position(tx: Tx, after: bytes) -> tuple[str, str, bytes]:
    rows = tx.run("SELECT namespace, name, id FROM series WHERE id = ?", (after,))
    if not rows:
        raise UnknownPositionError
    namespace, name, series = rows[0]
    return namespace, name, series


def _series(row: tuple[Any, ...]) -> Series:
    scope, namespace, name, dimensions = row
    return Series(Scope.from_key(scope), namespace, name, tuple((n, v) for n, v in orjson.loads(dimensions)))


def _terms(series: Series) -> Iterable[bytes]:
    for name, value in series.dimensions:
        yield _term(series.scope, series.namespace, name, None)
        yield _term(series.scope, series.namespace, name, value)


def _tokens(series: Series) -> Iterable[tuple[bytes, str, str]]:
    for name, value in series.dimensions:
        for token in index_tokens(name) | index_tokens(value):
            yield _hash(series.scope.key, series.namespace, token), name, value


def _term(scope: Scope, namespace: str, name: str, value: str | None) -> bytes:
    parts = [scope.key, namespace, name]
    return _hash(*parts) if value is None else _hash(*parts, value)


def _hash(*parts: str) -> bytes:
    return hashlib.blake2b("\x00".join(parts).encode(), digest_size=16).digest()
