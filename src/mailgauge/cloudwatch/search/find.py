"""Answers a search from the catalogue: reads the listings that can hold something, and matches what is there.

As in CloudWatch it finds metrics that were active in the last two weeks, and no more than so many.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mailgauge.cloudwatch.math.ground import Budget
from mailgauge.cloudwatch.search.access import Access, accesses
from mailgauge.cloudwatch.search.query import SearchQuery
from mailgauge.cloudwatch.source import Source
from mailgauge.tsdb.series import Series

MOST_SERIES: Final = 500
ACTIVE_SECONDS: Final = 14 * 86400
_PAGE: Final = 600
_MOST_LOOKED_AT: Final = 100_000
_TERM: Final = 50
"""Looking at a series costs as much as computing so many points, for each term."""


@dataclass(frozen=True, slots=True)
class Found:
    """``is_all`` is False when there would have been more."""

    series: list[Series]
    is_all: bool


def find(source: Source, query: SearchQuery, budget: Budget) -> Found:
    """The series that match, by namespace and name. Raises MathError when it costs too much."""
    found: dict[bytes, Series] = {}
    looked_at = 0
    cost = _TERM * (1 + query.terms)
    for access in accesses(source, query, budget):
        for series in _listed(source, access):
            budget.charge_points(cost)
            looked_at += 1
            if looked_at > _MOST_LOOKED_AT:
                return Found(_ordered(found), False)
            if query.matches(series):
                found[series.id] = series
                if len(found) > MOST_SERIES:
                    return Found(_ordered(found)[:MOST_SERIES], False)
    return Found(_ordered(found), True)


def _ordered(found: dict[bytes, Series]) -> list[Series]:
    return sorted(found.values(), key=lambda series: (series.namespace, series.name, series.dimensions))


def _listed(source: Source, access: Access) -> Iterator[Series]:
    after = b""
    while page := source.engine.list_series(
        source.tx,
        source.scope,
        namespace=access.namespace,
        name=access.name,
        filters=access.filters,
        active_since=int(source.window.now) - ACTIVE_SECONDS,
        after=after,
        limit=_PAGE,
    ):
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].id
