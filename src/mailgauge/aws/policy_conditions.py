"""Conditions of policies: operators on the keys of a request (IAM's policy language, condition elements). Pure.

A key of several values, such as ``ses:Recipients``, meets a condition when one of them does; ``ForAllValues:`` wants all.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

Values = tuple[str, ...]
Test = Callable[[str, str], bool]
"""The request's value and the policy's."""

_ALL, _ANY, _IF_EXISTS = "forallvalues:", "foranyvalue:", "ifexists"
_KEY = re.compile(r"([a-z0-9-]+):[A-Za-z0-9/_-]+", re.IGNORECASE)


class PolicyError(ValueError):
    """A policy that can't be kept; the text says why."""


def check(conditions: object, service: str) -> None:
    """Raises PolicyError for conditions that can't be decided; keys are of the service (``ses``) or of ``aws``."""
    if not isinstance(conditions, dict):
        raise PolicyError("Condition must be an object.")
    for operator, keys in conditions.items():
        test, _ = _operator(operator)
        if not isinstance(keys, dict) or not keys:
            raise PolicyError(f"Condition {operator} must name keys.")
        for key, values in keys.items():
            named = _KEY.fullmatch(key)
            if named is None or named[1].lower() not in {service, "aws"}:
                raise PolicyError(f"{key} is not a condition key.")
            for value in texts(values):
                _check_value(test, operator, value)


def met(conditions: Mapping[str, Mapping[str, object]], request: Mapping[str, Values]) -> bool:
    """Whether all of them are met; ``request`` has its keys in lower case."""
    return all(
        _meets(operator, request.get(key.lower(), ()), texts(values))
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def texts(values: object) -> list[str]:
    """A value or a list of values, as text. Raises PolicyError for what is neither."""
    found = values if isinstance(values, list) else [values]
    if not found or not all(isinstance(each, (str, int, float, bool)) for each in found):
        raise PolicyError("A value must be a string or a list of strings.")
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in found]


def like(pattern: str, value: str) -> bool:
    """``*`` stands for any characters, ``?`` for one. Never slow: a regular expression of many stars would be."""
    at, here, star, resume = 0, 0, -1, 0
    while here < len(value):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in {"?", value[here]}:
            at, here = at + 1, here + 1
        elif star >= 0:
            # The last star takes one character more; the ones before it need not be tried again.
            resume += 1
            at, here = star + 1, resume
        else:
            return False
    return not pattern[at:].strip("*")


def _meets(operator: str, actual: Values, wanted: Sequence[str]) -> bool:
    test, negated = _operator(operator)
    lowered = operator.lower()
    if lowered == "null":
        return any((value == "true") == (not actual) for value in wanted)
    if not actual:
        lets_pass = negated and not lowered.startswith(_ANY)
        return lowered.endswith(_IF_EXISTS) or lowered.startswith(_ALL) or lets_pass
    each = [any(_holds(test, value, want) for want in wanted) for value in actual]
    if lowered.startswith(_ALL):
        return not any(each) if negated else all(each)
    if lowered.startswith(_ANY):
        return not all(each) if negated else any(each)
    return not any(each) if negated else any(each)


def _holds(test: Test, actual: str, wanted: str) -> bool:
    """A value that isn't of the operator's type, such as an address where it wants a date, is like none."""
    try:
        return test(actual, wanted)
    except ValueError:
        return False


def _operator(name: str) -> tuple[Test, bool]:
    """The test behind an operator, and whether its result is turned around."""
    plain = name.lower().removeprefix(_ALL).removeprefix(_ANY).removesuffix(_IF_EXISTS)
    if plain in _TESTS:
        return _TESTS[plain], False
    positive = plain.replace("not", "", 1)
    if "not" in plain and positive in _NEGATABLE:
        return _TESTS[positive], True
    raise PolicyError(f"{name} is not a condition operator.")


def _check_value(test: Test, operator: str, value: str) -> None:
    try:
        test(value, value)
    except ValueError:
        raise PolicyError(f"{value} is not a value for {operator}.") from None


def _same(actual: str, wanted: str) -> bool:
    return actual == wanted


def _same_in_any_case(actual: str, wanted: str) -> bool:
    return actual.lower() == wanted.lower()


def _alike(actual: str, wanted: str) -> bool:
    return like(wanted, actual)


def _in_network(actual: str, wanted: str) -> bool:
    network = ipaddress.ip_network(wanted, strict=False)
    return ipaddress.ip_address(actual.partition("/")[0]) in network


def _on_date(compare: Callable[[float, float], bool]) -> Test:
    return lambda actual, wanted: compare(_moment(actual), _moment(wanted))


def _as_number(compare: Callable[[float, float], bool]) -> Test:
    return lambda actual, wanted: compare(float(actual), float(wanted))


def _moment(text: str) -> float:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "equals": lambda actual, wanted: actual == wanted,
    "lessthan": lambda actual, wanted: actual < wanted,
    "lessthanequals": lambda actual, wanted: actual <= wanted,
    "greaterthan": lambda actual, wanted: actual > wanted,
    "greaterthanequals": lambda actual, wanted: actual >= wanted,
}
_TESTS: Mapping[str, Test] = {
    "stringequals": _same,
    "stringequalsignorecase": _same_in_any_case,
    "stringlike": _alike,
    "arnequals": _alike,
    "arnlike": _alike,
    "ipaddress": _in_network,
    "bool": _same_in_any_case,
    "null": _same_in_any_case,
    **{f"date{name}": _on_date(compare) for name, compare in _COMPARISONS.items()},
    **{f"numeric{name}": _as_number(compare) for name, compare in _COMPARISONS.items()},
}
_NEGATABLE = frozenset(
    [
        "stringequals",
        "stringequalsignorecase",
        "stringlike",
        "arnequals",
        "arnlike",
        "ipaddress",
        "dateequals",
        "numericequals",
    ]
)
