"""The dimension values of one event for one CloudWatch destination. Pure: facts in, a datum's dimensions out.

The rules are those of ``sesv2/CloudWatchDimensionConfiguration`` and the guide's page on CloudWatch destinations.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from mailgauge.destinations.definitions import CloudWatchTarget, Dimension, RollUp, Source
from mailgauge.destinations.rules import MAX_DIMENSION_TEXT
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind

_LEGAL = re.compile(r"[A-Za-z0-9_\-@.]+")
_AUTO_PREFIX = "ses:"
# The two names under the reserved prefix that senders set themselves.
_SENDERS_OWN = frozenset({"ses:feedback-id-a", "ses:feedback-id-b"})


@dataclass(frozen=True, slots=True)
class Dropped:
    """The event publishes nothing to this destination, although it should: ``dimension`` got a value that is illegal."""

    dimension: str
    reason: str


def resolve(
    target: CloudWatchTarget, kind: Kind, facts: Facts, detail: Mapping[str, Any]
) -> dict[str, str] | Dropped | None:
    """The dimensions of the datum; None when there is nothing to publish.

    ``detail`` is the journal entry's: its ``tags`` are auto-tags known only at the time of the event (``name`` to a
    list of values), its ``linkTags`` those of a clicked link.
    """
    if kind is not Kind.CLICK and any(dimension.source is Source.LINK_TAG for dimension in target.dimensions):
        return None
    values = {}
    for dimension in target.published:
        value = _look_up(dimension, facts, detail)
        if value is None:
            values[dimension.name] = dimension.default
            continue
        if not _is_auto_tag(dimension) and (reason := _fault(value)):
            return Dropped(dimension.name, reason)
        values[dimension.name] = value
    return values


def rolled_up(target: CloudWatchTarget, dimensions: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The dimensions of the datums with fewer of them, for a destination that asks for such."""
    match target.roll_up:
        case None:
            return
        case RollUp.EACH:
            sizes = range(1, min(len(dimensions), 2))
        case RollUp.SUBSETS:
            sizes = range(1, len(dimensions))
    for size in sizes:
        for chosen in combinations(dimensions.items(), size):
            yield dict(chosen)


def _look_up(dimension: Dimension, facts: Facts, detail: Mapping[str, Any]) -> str | None:
    """The value an event brings for a dimension; an empty one counts as none, since a dimension can't be empty."""
    match dimension.source:
        case Source.MESSAGE_TAG:
            return _first(detail.get("tags"), dimension.name) or _first(facts.tags, dimension.name)
        case Source.LINK_TAG:
            return _first(detail.get("linkTags"), dimension.name)
        case Source.EMAIL_HEADER:
            wanted = dimension.name.lower()
            values = (value.strip() for name, value in facts.headers if name.lower() == wanted)
            return next(values, "") or None


def _first(tags: Mapping[str, list[str]] | None, name: str) -> str | None:
    values = (tags or {}).get(name)
    return (values[0] or None) if values else None


def _is_auto_tag(dimension: Dimension) -> bool:
    """Auto-tags are published as they are: an IPv6 source address has characters that senders may not use."""
    return (
        dimension.source is Source.MESSAGE_TAG
        and dimension.name.startswith(_AUTO_PREFIX)
        and dimension.name not in _SENDERS_OWN
    )


def _fault(value: str) -> str | None:
    if not _LEGAL.fullmatch(value):
        return "illegal character"
    if len(value) > MAX_DIMENSION_TEXT:
        return "too long"
    return None
