"""Which listings of the catalogue hold everything a search can match: so that it need not look at every series.

A search is narrowed by whichever of its terms that must hold has the fewest places; what is read is matched again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mailgauge.cloudwatch.math.ground import Budget
from mailgauge.cloudwatch.search.query import All, Any, Condition, Exact, Named, Not, SearchQuery
from mailgauge.cloudwatch.source import Source
from mailgauge.tsdb.engine import DimensionFilter

_MOST: Final = 300
"""Listings a term may stand for; one that is in more places narrows nothing."""
_ANYWHERE: Final = _MOST + 1
ACCOUNT: Final = ":aws.AccountId"
_NAME: Final = 50
"""Looking at a name costs as much as computing so many points: a search may hold hundreds of terms for each of thousands."""


@dataclass(frozen=True, slots=True)
class Access:
    """A listing: of a namespace, and of a metric name and dimensions where they are known."""

    namespace: str
    name: str | None = None
    filters: tuple[DimensionFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class _Lookup:
    """What the catalogue knows of names, at a cost."""

    source: Source
    budget: Budget

    def metric_names(self, namespace: str) -> Iterator[str]:
        source = self.source
        for name in source.engine.metric_names(source.tx, source.scope, namespace):
            self.budget.charge_points(_NAME)
            yield name

    def dimensions(self, namespace: str, keys: frozenset[str], most: int) -> list[tuple[str, str]]:
        source = self.source
        found = source.engine.dimensions(source.tx, source.scope, namespace, keys, most)
        self.budget.charge_points(_NAME * (1 + len(found)))
        return found


def accesses(source: Source, query: SearchQuery, budget: Budget) -> list[Access]:
    """The listings, by namespace. Raises MathError when finding them costs too much."""
    lookup = _Lookup(source, budget)
    conditions = list(_required(query.condition))
    exact = {
        each.property: each.term.text
        for each in conditions
        if isinstance(each, Named) and isinstance(each.term, Exact)
    }
    namespace = query.namespace or exact.get("Namespace")
    namespaces = [namespace] if namespace is not None else source.engine.namespaces(source.tx, source.scope)
    present = tuple(DimensionFilter(each) for each in sorted(query.dimensions or ()))
    present += tuple(
        DimensionFilter(prop, text)
        for prop, text in exact.items()
        if prop is not None and prop not in {"MetricName", "Namespace", ACCOUNT}
    )
    found: list[Access] = []
    for each in namespaces:
        base = Access(each, exact.get("MetricName"), present)
        found += _narrowed(lookup, base, conditions)
    return found


def _narrowed(lookup: _Lookup, base: Access, conditions: Sequence[Condition]) -> list[Access]:
    known = [_places(lookup, base, condition) for condition in conditions]
    return min([[base], *(each for each in known if each is not None)], key=_cost)


def _cost(places: Sequence[Access]) -> int:
    """How much there is to read, about: a metric name may have any number of series, a dimension's value has few."""
    return sum(1 if any(each.value is not None for each in place.filters) else _MOST for place in places)


def _required(condition: Condition | None) -> Iterator[Condition]:
    """What must hold of everything that is found."""
    if isinstance(condition, All):
        for each in condition.inner:
            yield from _required(each)
    elif condition is not None:
        yield condition


def _places(lookup: _Lookup, base: Access, condition: Condition) -> list[Access] | None:
    """Where series that meet a condition are; None when that could be anywhere, or in too many places."""
    found: list[Access] | None = None
    match condition:
        case Named():
            found = _named(lookup, base, condition)
        case Any(inner):
            several = [_places(lookup, base, each) for each in inner]
            known = [each for each in several if each is not None]
            found = [access for each in known for access in each] if len(known) == len(several) else None
        case All(inner):
            several = [_places(lookup, base, each) for each in inner]
            found = min((each for each in several if each is not None), key=len, default=None)
        case Not():
            return None
    return found if found is not None and len(found) <= _MOST else None


def _named(lookup: _Lookup, base: Access, condition: Named) -> list[Access] | None:
    match condition.property:
        case "MetricName":
            return _by_name(lookup, base, condition)
        case "Namespace":
            return [base] if condition.term.matches(base.namespace) else []
        case ":aws.AccountId":
            return None
        case None:
            if condition.term.matches(base.namespace):
                return None
            return [*_by_name(lookup, base, condition), *_by_dimension(lookup, base, condition)]
    return _by_dimension(lookup, base, condition)


def _by_name(lookup: _Lookup, base: Access, condition: Named) -> list[Access]:
    if base.name is not None:
        return [base] if condition.term.matches(base.name) else []
    names = lookup.metric_names(base.namespace)
    return [replace(base, name=each) for each in names if condition.term.matches(each)]


def _by_dimension(lookup: _Lookup, base: Access, condition: Named) -> list[Access]:
    """Of a dimension's name, all its values are one place."""
    term = condition.term
    if isinstance(term, Exact) and condition.property is not None:
        return [_with(base, DimensionFilter(condition.property, term.text))]
    if not term.keys:  # nothing of it is a letter or a digit
        return _ANYWHERE * [base]
    found = lookup.dimensions(base.namespace, term.keys, 2 * _MOST)
    filters: dict[DimensionFilter, None] = {}
    for name, value in found:
        if condition.property is None and term.matches(name):
            filters[DimensionFilter(name)] = None
        elif condition.property in {None, name} and term.matches(value):
            filters[DimensionFilter(name, value)] = None
    if len(found) == 2 * _MOST:
        # More than were looked at: no fewer than what narrows nothing.
        return _ANYWHERE * [base]
    return [_with(base, each) for each in filters]


def _with(base: Access, added: DimensionFilter) -> Access:
    others = tuple(each for each in base.filters if each not in {added, DimensionFilter(added.name)})
    return replace(base, filters=(added, *others))
