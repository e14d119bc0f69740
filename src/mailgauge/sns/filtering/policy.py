"""A filter policy as a whole: its structure, its limits, and what it comes down to.

``$or`` is multiplied out, so a policy is alternatives of which one must hold; each is a tree of names with rules as leaves.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec

from mailgauge.sns.filtering.faults import FilterPolicyError
from mailgauge.sns.filtering.rules import Exists, Test, rule

MOST_KEYS: Final = 5
MOST_COMBINATIONS: Final = 150
MOST_BYTES: Final = 256 * 1024
_MOST_KEPT: Final = 4096

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Leaf:
    """One of the tests must hold for a value; ``present`` and ``absent`` say that being there, or not, is enough."""

    tests: tuple[Test, ...]
    present: bool
    absent: bool
    is_null: bool


Tree = Mapping[str, "Tree | Leaf"]


@dataclass(frozen=True, slots=True)
class FilterPolicy:
    """``alternatives`` are by attribute name, or with ``on_body`` by the names in a JSON body."""

    alternatives: tuple[Tree, ...]
    on_body: bool


def compiled(text: str, *, on_body: bool) -> FilterPolicy:
    """Raises FilterPolicyError."""
    # Policies are asked for again and again as messages come; none is so long that a thousand of them weigh much.
    return (_kept if len(text) <= _MOST_KEPT else _compiled)(text, on_body)


def _compiled(text: str, on_body: bool) -> FilterPolicy:
    policy = _parsed(text)
    _check(policy)
    if not on_body and any(isinstance(each, dict) for each in _members(policy)):
        raise FilterPolicyError("Filter policy scope MessageAttributes does not support nested filter policy")
    if _count_keys(policy) > MOST_KEYS:
        raise FilterPolicyError.of(f"Filter policy can not have more than {MOST_KEYS} keys")
    if _combinations(policy, 1) > MOST_COMBINATIONS:
        raise FilterPolicyError.of("Filter policy is too complex")
    return FilterPolicy(tuple(_alternatives(policy, dotted=on_body)), on_body)


_kept = lru_cache(1024)(_compiled)


def is_empty(text: str) -> bool:
    """Whether it takes a policy away rather than being one."""
    return not text or _parsed(text) == {}


def _parsed(text: str) -> dict[str, Json]:
    if len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        raise FilterPolicyError.of("Filter policy is too large")
    try:
        policy = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise FilterPolicyError.of("failed to parse JSON.") from None
    if not isinstance(policy, dict):
        raise FilterPolicyError.of("Filter is not an object")
    return policy


def _members(policy: dict[str, Json]) -> Iterator[Json]:
    """What stands at each name, also within ``$or``."""
    for name, value in policy.items():
        if name == "$or":
            for each in value:
                yield from _members(each)
        else:
            yield value


def _check(policy: dict[str, Json], depth: int = 1) -> None:
    """Every part is of a kind that may stand there."""
    if depth > MOST_COMBINATIONS:
        raise FilterPolicyError.of("Filter policy is too complex")
    for name, value in policy.items():
        if name == "$or":
            _check_or(value, depth)
        elif isinstance(value, dict):
            if not value:
                raise FilterPolicyError.of("Empty objects are not allowed")
            _check(value, depth + 1)
        elif not isinstance(value, list):
            raise FilterPolicyError.of(f'"{name}" must be an object or an array')
        elif not value:
            raise FilterPolicyError.of("Empty arrays are not allowed")
        else:
            for each in value:
                rule(each)


def _check_or(given: Json, depth: int) -> None:
    if not isinstance(given, list) or not all(isinstance(each, dict) and each for each in given):
        raise FilterPolicyError.of("There must have at least 2 elements in $or relationship")
    if len(given) < 2:
        raise FilterPolicyError.of("There must have at least 2 elements in $or relationship")
    for each in given:
        _check(each, depth + 1)


def _count_keys(policy: dict[str, Json]) -> int:
    """Only the outermost names count, those of the longest alternative of each ``$or``."""
    return sum(
        max(_count_keys(each) for each in value) if name == "$or" else 1 for name, value in policy.items()
    )


def _combinations(policy: dict[str, Json], depth: int) -> int:
    """The values of each name times how deep it lies, multiplied; alternatives are added up."""
    return math.prod(
        sum(_combinations(each, depth) for each in value)
        if name == "$or"
        else _combinations(value, depth + 1)
        if isinstance(value, dict)
        else len(value) * depth
        for name, value in policy.items()
    )


def _alternatives(policy: dict[str, Json], *, dotted: bool) -> list[Tree]:
    """There are no more of them than combinations."""
    found: list[dict[str, Any]] = [{}]
    for name, value in policy.items():
        path = name.split(".") if dotted else [name]
        if name == "$or":
            others: list[Tree] = [tree for each in value for tree in _alternatives(each, dotted=dotted)]
        elif isinstance(value, dict):
            others = [_at(path, tree) for tree in _alternatives(value, dotted=dotted)]
        else:
            others = [_at(path, _leaf(value))]
        found = [_merged(one, other) for one in found for other in others]
    return [*found]


def _at(path: list[str], what: "Tree | Leaf") -> Tree:
    *outer, last = path
    tree: Tree = {last: what}
    for name in reversed(outer):
        tree = {name: tree}
    return tree


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both; where both say something of one name, both trees, or a list of what must hold of one value."""
    merged = dict(one)
    for name, value in other.items():
        before = merged.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            merged[name] = _merged(before, value)
        elif before is not None:
            merged[f"{name}\0{len(merged)}"] = value  # asked for once more, beside the first
        else:
            merged[name] = value
    return merged


def _leaf(given: list[Json]) -> Leaf:
    rules = [rule(each) for each in given]
    exists = {each.wanted for each in rules if isinstance(each, Exists)}
    return Leaf(
        tests=tuple(each for each in rules if not isinstance(each, Exists)),
        present=True in exists,
        absent=False in exists,
        is_null=None in given,
    )
