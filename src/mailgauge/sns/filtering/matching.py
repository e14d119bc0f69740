"""Whether a message matches a filter policy: its attributes, or the JSON of its body.

Work is counted in values looked at, so that whoever asks about many policies can stop in time.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from mailgauge.sns.filtering.policy import FilterPolicy, Leaf, Tree
from mailgauge.sns.filtering.rules import Scalar
from mailgauge.sns.message import Attribute, Message

MOST_LOOKED_AT: Final = 10_000
"""Values one policy may look at. A message that has more for it, or nests too deep, is taken: rather one too many than one
too few.
"""

_MISSING: Final = object()
_STRING = re.compile(r'"((?:[^"\\]++|\\.)*+)"\s*+(:?)')


class _TooMuchError(Exception):
    pass


@dataclass(slots=True)
class Candidate:
    """A message that many policies are asked about: what they look at is read once. ``looked_at`` is the work done."""

    message: Message
    looked_at: int = 0
    _limit: int = 0
    _attributes: dict[str, Any] | None = None
    _bodies: dict[str, Any] = field(default_factory=dict)

    def matches(self, policy: FilterPolicy, protocol: str) -> bool:
        self._limit = self.looked_at + MOST_LOOKED_AT
        try:
            return self._matches(policy, protocol)
        except (_TooMuchError, RecursionError):
            return True

    def _matches(self, policy: FilterPolicy, protocol: str) -> bool:
        if policy.on_body:
            body = self._body(protocol)
            return isinstance(body, dict) and any(self._holds(tree, body) for tree in policy.alternatives)
        attributes = self._values()
        return any(
            all(
                self._attribute_holds(leaf, attributes.get(_name(name), _MISSING))
                for name, leaf in tree.items()
            )
            for tree in policy.alternatives
        )

    def _values(self) -> dict[str, Any]:
        if self._attributes is None:
            self._attributes = {
                each.name: _value(each) for each in self.message.attributes if not each.is_binary
            }
        return self._attributes

    def _body(self, protocol: str) -> Any:
        text = self.message.body_for(protocol)
        if text not in self._bodies:
            self._bodies[text] = _read(text)
        return self._bodies[text]

    def _attribute_holds(self, leaf: "Tree | Leaf", value: Any) -> bool:
        # Recorded: null also takes messages that don't have the attribute.
        return isinstance(leaf, Leaf) and (
            self._leaf_holds(leaf, value) or (leaf.is_null and value is _MISSING)
        )

    def _holds(self, tree: "Tree | Leaf", node: Any) -> bool:
        """In a list, one and the same member must have all that a tree asks for."""
        if isinstance(tree, Leaf):
            return self._leaf_holds(tree, node)
        self._count(1)
        if isinstance(node, list) and node:
            return any(self._holds(tree, each) for each in node)
        members: Mapping[str, Any] = node if isinstance(node, dict) else {}
        return all(self._holds(below, members.get(_name(name), _MISSING)) for name, below in tree.items())

    def _leaf_holds(self, leaf: Leaf, node: Any) -> bool:
        values = _scalars(node)
        if not values:
            return leaf.absent
        self._count(len(values) * len(leaf.tests))
        return leaf.present or any(test(value) for value in values for test in leaf.tests)

    def _count(self, more: int) -> None:
        self.looked_at += more
        if self.looked_at > self._limit:
            raise _TooMuchError


def _value(attribute: Attribute) -> Any:
    """A text, a number, or the list in an array."""
    kind = attribute.data_type
    if kind.startswith("String.Array"):
        found = _json(attribute.value)
        return found if found is not _MISSING else attribute.value
    if kind.split(".")[0] == "Number":
        found = _json(attribute.value)
        return found if found is not _MISSING else float(attribute.value)
    return attribute.value


def _read(text: str) -> Any:
    found = _json(text)
    if found is _MISSING or not _has_dotted_names(text):
        return found
    try:
        return _undotted(found)
    except RecursionError:
        return _MISSING


def _has_dotted_names(text: str) -> bool:
    return _is_dotted(text) and any(each[2] and _is_dotted(each[1]) for each in _STRING.finditer(text))


def _is_dotted(text: str) -> bool:
    return "." in text or "\\u002" in text


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _MISSING


def _name(name: str) -> str:
    return name.partition("\0")[0]


def _scalars(node: Any) -> list[Scalar]:
    """The values at a place; an object is none."""
    if node is _MISSING or isinstance(node, dict):
        return []
    if isinstance(node, list):
        return [value for each in node for value in _scalars(each)]
    return [node]


def _undotted(node: Any) -> Any:
    """A name with dots is the same as nested ones, on both sides."""
    if isinstance(node, list):
        return [_undotted(each) for each in node]
    if not isinstance(node, dict):
        return node
    made: dict[str, Any] = {}
    for name, value in node.items():
        below = _undotted(value)
        first, *others = name.split(".")
        for each in reversed(others):
            below = {each: below}
        made[first] = _joined(made[first], below) if first in made else below
    return made


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        names = [*one, *(name for name in other if name not in one)]
        return {
            name: _joined(one[name], other[name])
            if name in one and name in other
            else one.get(name, other.get(name))
            for name in names
        }
    return [*(one if isinstance(one, list) else [one]), *(other if isinstance(other, list) else [other])]
