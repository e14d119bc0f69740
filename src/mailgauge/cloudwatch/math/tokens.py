"""The words of an expression, with their positions (CloudWatch user guide, "Using math expressions"). Pure."""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from mailgauge.cloudwatch.math.faults import MathError


class Kind(Enum):
    NUMBER = auto()
    NAME = auto()
    """An id of a query: it starts with a lower-case letter."""
    WORD = auto()
    """Upper case: a function, a keyword or an operator in letters."""
    TEXT = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` of a string literal is what stands between its quotes, where a backslash may lead such a quote."""

    kind: Kind
    text: str
    position: int


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[a-z][A-Za-z0-9_]*)
    | (?P<word>[A-Z][A-Za-z0-9_]*)
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^()\[\],<>])
    )""",
    re.VERBOSE | re.ASCII,
)
_KINDS: Final = {
    "number": Kind.NUMBER,
    "name": Kind.NAME,
    "word": Kind.WORD,
    "text": Kind.TEXT,
    "sign": Kind.SIGN,
}
_SAME: Final = {"&&": "AND", "||": "OR"}


def tokens(expression: str) -> list[Token]:
    """All of them and one of kind END. Raises MathError."""
    found: list[Token] = []
    at, end = 0, len(expression.rstrip())
    while at < end:
        match = _TOKEN.match(expression, at)
        if match is None or match.lastgroup is None:
            at += len(expression[at:]) - len(expression[at:].lstrip())
            if expression[at] in "\"'":
                raise MathError("The string has no closing quote", at)
            raise MathError(f"Unexpected character '{expression[at]}'", at)
        text = match[match.lastgroup]
        kind, position = _KINDS[match.lastgroup], match.start(match.lastgroup)
        if kind is Kind.TEXT:
            text = text[1:-1].replace(f"\\{text[0]}", text[0])
        found.append(Token(kind, _SAME.get(text, text) if kind is Kind.SIGN else text, position))
        at = match.end()
    return [*found, Token(Kind.END, "", end)]
