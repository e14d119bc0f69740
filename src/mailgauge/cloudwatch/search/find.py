"""Answers a search from the catalogue: what a schema and whole names say narrows it down there, the rest is matched here.

As in CloudWatch it finds metrics that were active in the last two weeks, and no more than so many.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mailgauge.cloudwatch.search.query import All, Condition, Exact, Named, SearchQuery
from mailgauge.cloudwatch.source import Source
from mailgauge.tsdb.engine import DimensionFilter
from mailgauge.tsdb.series import Series

MOST_SERIES: Final = 500
ACTIVE_SECONDS: Final = 14 * 86400
_PAGE: Final = 2000
_MOST_LOOKED_AT: Final = 200_000


@dataclass(frozen=True, slots=True)
class Found:
    """``is_all`` is False when there would have been more."""

    series: list[Series]
    is_all: bool


def find(source: Source, query: SearchQuery) -> Found:
    """The series that match, in the order of the catalogue."""
    found: list[Series] = []
    for looked_at, series in enumerate(_candidates(source, query)):
        if looked_at == _MOST_LOOKED_AT:
            return Found(found, False)
        if query.matches(series):
            if len(found) == MOST_SERIES:
                return Found(found, False)
            found.append(series)
    return Found(found, True)


def _candidates(source: Source, query: SearchQuery) -> Iterator[Series]:
    exact = dict(_exact(query.condition))
    filters = [DimensionFilter(name) for name in query.dimensions or ()]
    filters += [
        DimensionFilter(name, value)
        for name, value in exact.items()
        if name not in {"MetricName", "Namespace", ":aws.AccountId"}
    ]
    after = b""
    while page := source.engine.list_series(
        source.tx,
        source.scope,
        namespace=query.namespace or exact.get("Namespace"),
        name=exact.get("MetricName"),
        filters=filters,
        active_since=int(source.window.now) - ACTIVE_SECONDS,
        after=after,
        limit=_PAGE,
    ):
        yield from page
        after = page[-1].id


def _exact(condition: Condition | None) -> Iterator[tuple[str, str]]:
    """The whole names that everything found must have."""
    match condition:
        case Named(str() as prop, Exact(text)):
            yield prop, text
        case All(inner):
            for each in inner:
                yield from _exact(each)
