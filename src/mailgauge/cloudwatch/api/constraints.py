"""The checks that the service model states: required, length, range, enum. All violations of a call are told at once.

The sentences are those of AWS's validation framework, which names members in lower camel case.
"""

import re
from collections.abc import Collection, Sequence
from typing import Any

from mailgauge.aws.errors import AwsError


class Constraints:
    """Collects violations; ``verify`` raises them together as one ``ValidationError``."""

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params
        self._found: list[str] = []

    def required(self, *names: str) -> "Constraints":
        for name in names:
            if self._params.get(name) is None:
                self._add("null", name, "Member must not be null")
        return self

    def length(self, name: str, low: int, high: int) -> "Constraints":
        value = self._params.get(name)
        if value is not None:
            self._length(value, name, low, high)
        return self

    def size(self, name: str, high: int) -> "Constraints":
        """At most so many elements of a list."""
        value = self._params.get(name)
        if value is not None and len(value) > high:
            printed = "[" + ", ".join(map(str, value)) + "]"
            self._add(f"'{printed}'", name, f"Member must have length less than or equal to {high}")
        return self

    def lengths(self, name: str, low: int, high: int) -> "Constraints":
        """The length of each element of a list."""
        for number, value in enumerate(self._params.get(name) or (), start=1):
            self._length(value, f"{name}.{number}.member", low, high)
        return self

    def between(self, name: str, low: int, high: int | None = None) -> "Constraints":
        value = self._params.get(name)
        if value is not None and value < low:
            self._add(f"'{value}'", name, f"Member must have value greater than or equal to {low}")
        if value is not None and high is not None and value > high:
            self._add(f"'{value}'", name, f"Member must have value less than or equal to {high}")
        return self

    def one_of(self, name: str, allowed: Sequence[str]) -> "Constraints":
        value = self._params.get(name)
        if value is not None and value not in allowed:
            self._add(f"'{value}'", name, _enum(allowed))
        return self

    def each_of(self, name: str, allowed: Collection[str]) -> "Constraints":
        values = self._params.get(name) or ()
        if any(value not in allowed for value in values):
            printed = "[" + ", ".join(map(str, values)) + "]"
            self._add(f"'{printed}'", name, f"Member must satisfy constraint: [{_enum(allowed)}]")
        return self

    def pattern(self, name: str, pattern: str) -> "Constraints":
        value = self._params.get(name)
        if value is not None and not re.fullmatch(pattern, value, re.DOTALL):
            self._add(f"'{value}'", name, f"Member must satisfy regular expression pattern: {pattern}")
        return self

    def verify(self) -> None:
        if self._found:
            count = len(self._found)
            plural = "" if count == 1 else "s"
            raise AwsError(
                "ValidationError", f"{count} validation error{plural} detected: {'; '.join(self._found)}"
            )

    def _length(self, value: str, name: str, low: int, high: int) -> None:
        if len(value) < low:
            self._add(f"'{value}'", name, f"Member must have length greater than or equal to {low}")
        elif len(value) > high:
            self._add(f"'{value}'", name, f"Member must have length less than or equal to {high}")

    def _add(self, printed: str, name: str, constraint: str) -> None:
        self._found.append(f"Value {printed} at '{_camel(name)}' failed to satisfy constraint: {constraint}")


def _enum(allowed: Collection[str]) -> str:
    return f"Member must satisfy enum value set: [{', '.join(allowed)}]"


def _camel(name: str) -> str:
    """``OKActions`` is ``oKActions`` there: only the first letter changes."""
    return name[:1].lower() + name[1:]
