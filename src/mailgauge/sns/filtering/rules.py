"""One rule of a filter policy: a value, or an operator such as ``{"prefix": "auto-"}``, as a test of one value."""

import ipaddress
import math
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeGuard

from mailgauge.sns.filtering.faults import FilterPolicyError

# Numbers from here on have no digits after the point that are worth a look.
_MOST_EXACT: Final = 1e15
Scalar = str | int | float | bool | None
Test = Callable[[Scalar], bool]


class Exists(NamedTuple):
    """``{"exists": true}`` or false, which is about the place and not about a value."""

    wanted: bool


def rule(given: Any) -> Test | Exists:
    """Raises FilterPolicyError."""
    if given is None or isinstance(given, bool):
        return lambda value: value is given
    if isinstance(given, str | int | float):
        return _equals(given)
    if not isinstance(given, dict):
        raise FilterPolicyError.of("Match value must be String, number, true, false, or null")
    if len(given) != 1:
        raise FilterPolicyError.of("Only one key allowed in match expression")
    [(operator, operand)] = given.items()
    if operator == "exists":
        if not isinstance(operand, bool):
            raise FilterPolicyError.of("exists match pattern must be either true or false.")
        return Exists(operand)
    if operator not in _OPERATORS:
        raise FilterPolicyError.of(f"Unrecognized match type {operator}")
    return _OPERATORS[operator](operand)


def is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equals(wanted: str | float) -> Test:
    """Numbers are the same up to six digits after the point; SNS promises five."""
    if isinstance(wanted, str | int):
        return lambda value: value == wanted and not isinstance(value, bool)
    coarse = _coarse(wanted)
    return lambda value: is_number(value) and _coarse(value) == coarse


def _coarse(number: float) -> float:
    return math.trunc(number * 1_000_000) if abs(number) < _MOST_EXACT else number


def _of_text(operator: str, made: Callable[[str], Callable[[str], bool]]) -> Callable[[Any], Test]:
    """An operator whose pattern and values are texts."""

    def operate(pattern: Any) -> Test:
        if not isinstance(pattern, str):
            raise FilterPolicyError.of(f"{operator} match pattern must be a string")
        test = made(pattern)
        return lambda value: isinstance(value, str) and test(value)

    return operate


def _prefix(pattern: str) -> Callable[[str], bool]:
    return lambda value: value.startswith(pattern)


def _suffix(pattern: str) -> Callable[[str], bool]:
    return lambda value: value.endswith(pattern)


def _ignoring_case(pattern: str) -> Callable[[str], bool]:
    return lambda value: value.lower() == pattern.lower()


def _wildcard(pattern: str) -> Callable[[str], bool]:
    r"""``*`` stands for any text, ``\*`` for a star. Parts are looked for in their order, so it takes linear time."""
    if re.search(r"(?<!\\)\*\*", pattern):
        raise FilterPolicyError.of("Consecutive wildcard characters")
    parts = [_unescaped(part) for part in re.split(r"(?<!\\)\*", pattern)]

    def test(value: str) -> bool:
        if len(parts) == 1:
            return value == parts[0]
        first, *middle, last = parts
        if not value.startswith(first) or not value.endswith(last) or len(value) < len(first) + len(last):
            return False
        at, end = len(first), len(value) - len(last)
        for part in middle:
            at = value.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    return test


def _unescaped(part: str) -> str:
    return re.sub(r"\\([*\\])", r"\1", part)


def _cidr(pattern: str) -> Callable[[str], bool]:
    if pattern.count("/") != 1:
        raise FilterPolicyError.of("Malformed CIDR, one '/' required")
    try:
        network = ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        raise FilterPolicyError.of(f"Malformed CIDR: {pattern}") from None

    def test(value: str) -> bool:
        try:
            return ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return test


_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "=": lambda value, limit: value == limit,
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}


def _numeric(terms: Any) -> Test:
    if not isinstance(terms, list):
        raise FilterPolicyError.of("Value of numeric must be an array.")
    left = [*terms]
    operator = left.pop(0) if left else "]"
    if not isinstance(operator, str) or operator == "]":
        raise FilterPolicyError.of(f"Invalid member in numeric match: {operator}")
    if operator not in _COMPARISONS:
        raise FilterPolicyError.of(f"Unrecognized numeric range operator: {operator}")
    tests = [(operator, _limit(operator, left))]
    if left:
        if operator not in {">", ">="}:
            raise FilterPolicyError.of("Too many elements in numeric expression")
        upper = left.pop(0)
        if not isinstance(upper, str):
            raise FilterPolicyError.of(f"Bad value in numeric range: {upper}")
        if upper not in {"<", "<="}:
            raise FilterPolicyError.of(f"Bad numeric range operator: {upper}")
        tests.append((upper, _limit(upper, left)))
        if tests[1][1] <= tests[0][1]:
            raise FilterPolicyError.of("Bottom must be less than top")
        if left:
            raise FilterPolicyError.of("Too many terms in numeric range expression")
    return lambda value: is_number(value) and all(_COMPARISONS[name](value, limit) for name, limit in tests)


def _limit(operator: str, left: list[Any]) -> float:
    limit = left.pop(0) if left else None
    if not is_number(limit):
        named = "equals" if operator == "=" else operator
        raise FilterPolicyError.of(f"Value of {named} must be numeric")
    return limit


def _anything_but(given: Any) -> Test:
    """Values, or one pattern, or a list of patterns of one kind, none of which a value may match."""
    if isinstance(given, dict):
        tests = _patterns(given)
    else:
        values = given if isinstance(given, list) else [given]
        if not values:
            raise FilterPolicyError.of("Empty arrays are not allowed")
        if not all(isinstance(each, str) or is_number(each) for each in values):
            raise FilterPolicyError.of("Inside anything but list, start|null|boolean is not supported.")
        if len({isinstance(each, str) for each in values}) > 1:
            raise FilterPolicyError.of(
                "Inside anything but list, either all values are number or string, mixed type is not supported"
            )
        tests = [_equals(each) for each in values]
    return lambda value: not any(test(value) for test in tests)


def _patterns(given: dict[str, Any]) -> list[Test]:
    if len(given) != 1:
        raise FilterPolicyError.of("Only one key allowed in match expression")
    [(operator, patterns)] = given.items()
    if operator not in _TEXTUAL or operator == "cidr":
        raise FilterPolicyError.of(f"Unsupported anything-but pattern: {operator}")
    if patterns == []:
        raise FilterPolicyError.of("Empty arrays are not allowed")
    return [_TEXTUAL[operator](each) for each in (patterns if isinstance(patterns, list) else [patterns])]


_TEXTUAL: Final = {
    "prefix": _of_text("prefix", _prefix),
    "suffix": _of_text("suffix", _suffix),
    "equals-ignore-case": _of_text("equals-ignore-case", _ignoring_case),
    "wildcard": _of_text("wildcard", _wildcard),
    "cidr": _of_text("cidr", _cidr),
}
_OPERATORS: Final[dict[str, Callable[[Any], Test]]] = {
    **_TEXTUAL,
    "numeric": _numeric,
    "anything-but": _anything_but,
}
