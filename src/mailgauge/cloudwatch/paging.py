"""Pages of metric data: which points of which results one answer holds, and where the next one goes on. Pure.

A place is the index of a result, and the time of its last point that was answered; so points that arrive between
two pages neither repeat others nor hide them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Points = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins. ``now`` is when the first page was asked for: later ones round times as it did."""

    now: float
    index: int = 0
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The points of the result ``index`` that one page holds; ``complete`` if none are left for later pages."""

    index: int
    points: Points
    complete: bool


@dataclass(frozen=True, slots=True)
class Page:
    parts: list[Part]
    following: Place | None


def page(results: Iterable[Points], place: Place, most: int, *, descending: bool) -> Page:
    """The page from ``place`` on, with at most ``most`` points.

    ``results`` begin with the one at ``place``, each complete and in ascending order; what lies behind the page is not
    asked for.
    """
    parts: list[Part] = []
    left = most
    for index, points in enumerate(results, start=place.index):
        last = place.last if index == place.index else None
        due = _due(points, last, descending=descending)
        if due and not left:
            return Page(parts, Place(place.now, index, last))
        shown = due[:left]
        left -= len(shown)
        complete = len(shown) == len(due)
        parts.append(Part(index, shown, complete))
        if not complete:
            return Page(parts, Place(place.now, index, shown[-1][0]))
    return Page(parts, None)


def _due(points: Points, last: int | None, *, descending: bool) -> list[tuple[int, float]]:
    if descending:
        return [point for point in reversed(points) if last is None or point[0] < last]
    return [point for point in points if last is None or point[0] > last]
