"""The faults that operations on metric data find in their parameters, collected so that a call tells them together.

The wordings are those of the data operations; what the service model states is checked by ``constraints``.
"""

from collections.abc import Iterable
from typing import Final

from mailgauge.aws.errors import AwsError

MISSING: Final = "MissingParameter"
COMBINATION: Final = "InvalidParameterCombination"
VALUE: Final = "InvalidParameterValue"


class Faults:
    """Raises the gravest kind of fault with one sentence a line; with a ``code``, all of them under that code."""

    def __init__(self, code: str | None = None) -> None:
        self._code = code
        self._found: list[tuple[str, str]] = []

    def missing(self, parameter: str) -> None:
        self._found.append((MISSING, f"The parameter {parameter} is required."))

    def exclusive(self, one: str, other: str) -> None:
        text = f"The parameters {one} and {other} are mutually exclusive and you have specified both."
        self._found.append((COMBINATION, text))

    def combination(self, text: str) -> None:
        self._found.append((COMBINATION, text))

    def too_many(self, parameter: str, most: int) -> None:
        self.value(f"The collection {parameter} must not have a size greater than {most}.")

    def invalid(self, parameter: str, value: object) -> None:
        self.value(f"The value {value} for parameter {parameter} is invalid.")

    def not_in_set(self, parameter: str, allowed: Iterable[str]) -> None:
        self.value(f"The parameter {parameter} must be a value in the set [ {', '.join(allowed)} ].")

    def value(self, text: str) -> None:
        self._found.append((VALUE, text))

    def verify(self) -> None:
        """Raises AwsError if anything was found so far."""
        for kind in (MISSING, COMBINATION, VALUE):
            texts = [text for found, text in self._found if self._code or found == kind]
            if texts:
                raise AwsError(self._code or kind, "\n".join(texts))
