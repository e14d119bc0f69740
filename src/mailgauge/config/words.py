"""Types and values of options in TOML's words, for messages and for the reference page. Pure."""

from typing import Any

import msgspec
from msgspec import inspect


def expected(kind: Any) -> str:
    """What an option of this type takes: ``a number of at least 1``."""
    return _described(inspect.type_info(kind))


def is_secret(kind: Any) -> bool:
    """Whether an option of this type is marked as one whose value nobody may read in a log."""
    described = inspect.type_info(kind)
    return isinstance(described, inspect.Metadata) and bool((described.extra or {}).get("secret"))


def _described(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata():
            return _described(kind.type)
        case inspect.LiteralType():
            return "one of " + ", ".join(toml(value) for value in kind.values)
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return f"a whole number{_bounds(kind)}"
        case inspect.FloatType():
            return f"a number{_bounds(kind)}"
        case inspect.ListType() | inspect.VarTupleType():
            some = "one or more" if kind.min_length else "any number"
            return f"a list, {some} of: {_described(kind.item_type)}"
        case inspect.DictType():
            return f"a table, of each name: {_described(kind.value_type)}"
        case _:
            return "text"


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    words = []
    if kind.gt is not None:
        words.append(f"above {kind.gt:g}")
    if kind.ge is not None:
        words.append(f"of at least {kind.ge:g}")
    if kind.le is not None:
        words.append(f"at most {kind.le:,.0f}".replace(",", "_"))
    return " " + " and ".join(words) if words else ""


def toml(value: Any) -> str:
    """The value as a TOML file has it, as near as matters to a reader."""
    try:
        return msgspec.json.encode(value).decode()
    except TypeError:
        return str(value)
