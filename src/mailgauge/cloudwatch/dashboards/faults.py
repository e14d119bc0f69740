"""What is wrong with a dashboard's body, in the sentences of AWS: those of a validator of JSON schemas. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """``path`` leads to the place, such as ``/widgets/0/properties/metrics``. A warning keeps nobody from being put."""

    path: str
    text: str
    is_warning: bool = False


def is_a(kind: str, value: object) -> bool:
    """Whether a value is of this JSON type; true and false are no numbers."""
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def should_be(kind: str, path: str) -> Fault:
    return Fault(path, f"Should be {kind}")


def required(name: str, path: str) -> Fault:
    return Fault(path, f"Should have required property '{name}'")


def not_allowed(path: str) -> Fault:
    return Fault(path, "Should be equal to one of the allowed values")


def too_many(most: int, path: str) -> Fault:
    return Fault(path, f"Should NOT have more than {most} items")


def ignored(name: str, path: str) -> Fault:
    text = f'The "{name}" property is not expected to be part of a widget definition, will be ignored'
    return Fault(path, text, is_warning=True)


def types(given: Mapping[str, Any], path: str, **kinds: str) -> Iterator[Fault]:
    """Of the properties that are there."""
    for name, kind in kinds.items():
        if name in given and not is_a(kind, given[name]):
            yield should_be(kind, f"{path}/{name}")


def choices(given: Mapping[str, Any], path: str, **allowed: tuple[str, ...]) -> Iterator[Fault]:
    """Of the properties that are there."""
    for name, values in allowed.items():
        if name in given and given[name] not in values:
            yield not_allowed(f"{path}/{name}")


def sizes(value: list[Any], least: int, most: int, path: str) -> Iterator[Fault]:
    if len(value) > most:
        yield too_many(most, path)
    elif len(value) < least:
        yield Fault(path, f"Should NOT have fewer than {least} items")


def within(value: object, least: int, most: int, path: str) -> Iterator[Fault]:
    """A whole number between the two."""
    if not is_a("integer", value):
        yield should_be("integer", path)
    elif isinstance(value, int) and value < least:
        yield Fault(path, f"Should be >= {least}")
    elif isinstance(value, int) and value > most:
        yield Fault(path, f"Should be <= {most}")
