"""Values that a model's shape allows, for hypothesis; types as botocore's models have them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

_DEEPEST = 6
_FIRST = datetime(1990, 1, 1, tzinfo=UTC)
# What XML 1.0, JSON and form fields can all carry.
TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\n\t&<>\"'%+="),
    min_size=1,
    max_size=12,
)
# To the millisecond, which is what every protocol keeps.
TIMESTAMPS = st.integers(0, 10**12 * 2).map(lambda ms: _FIRST + timedelta(milliseconds=ms))


def values(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a shape. Nothing is empty, as emptiness is what protocols differ in."""
    scalars: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "integer": lambda: st.integers(-(2**31), 2**31 - 1),
        "long": lambda: st.integers(-(2**63), 2**63 - 1),
        "float": lambda: st.floats(allow_nan=False, allow_infinity=False),
        "double": lambda: st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.booleans,
        "timestamp": lambda: TIMESTAMPS,
        "blob": lambda: st.binary(min_size=1, max_size=12),
    }
    match shape.type_name:
        case "structure":
            return _structures(shape, depth)
        case "list":
            return st.lists(values(shape.member, depth + 1), min_size=1, max_size=2)
        case "map":
            return st.dictionaries(TEXT, values(shape.value, depth + 1), min_size=1, max_size=2)
        case kind if kind in scalars:
            return scalars[kind]()
        case _:
            return st.sampled_from(shape.enum) if getattr(shape, "enum", None) else TEXT


def _structures(shape: Any, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    if depth > _DEEPEST:
        return st.just({})
    members = {name: values(member, depth + 1) for name, member in shape.members.items()}
    if getattr(shape, "is_tagged_union", False):
        return st.sampled_from(sorted(members)).flatmap(
            lambda name: st.fixed_dictionaries({name: members[name]})
        )
    labels = {n for n, m in shape.members.items() if m.serialization.get("location") == "uri"}
    needed = {name: members.pop(name) for name in sorted(labels)}
    return st.fixed_dictionaries(needed, optional=members)


def whole(shape: Any, depth: int = 0) -> Any:
    """One value with every member given, the same every time."""
    match shape.type_name:
        case "structure":
            members = shape.members
            if getattr(shape, "is_tagged_union", False):
                members = dict(list(members.items())[:1])
            deeper = members if depth <= _DEEPEST else {}
            return {name: whole(member, depth + 1) for name, member in deeper.items()}
        case "list":
            return [whole(shape.member, depth + 1)] * 2
        case "map":
            return {"a key": whole(shape.value, depth + 1), "k<2>": whole(shape.value, depth + 1)}
        case "integer" | "long":
            return 7
        case "float" | "double":
            return 1.25
        case "boolean":
            return True
        case "timestamp":
            return _FIRST + timedelta(days=12345, milliseconds=678)
        case "blob":
            return b"\x00\xff blob"
        case _:
            return "a+b@exämple.com/%41 <&>"


def pruned(value: Any) -> Any:
    """Without empty structures and lists, which the query protocol does not send."""
    if isinstance(value, dict):
        kept = {key: pruned(child) for key, child in value.items()}
        return {key: child for key, child in kept.items() if child not in ({}, [])}
    if isinstance(value, list):
        kept_items = [pruned(child) for child in value]
        return [child for child in kept_items if child not in ({}, [])]
    return value
