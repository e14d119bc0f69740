"""The grammar of metric math: from text to a tree. Pure; what names and functions mean is not its business.

Chains of operators become one node each, so that a tree is only as deep as its parentheses, brackets and calls are.
"""

from dataclasses import dataclass
from typing import Final

from mailgauge.cloudwatch.math.faults import MathError
from mailgauge.cloudwatch.math.tokens import Kind, Token, tokens

MOST_CHARACTERS: Final = 2048
_DEEPEST: Final = 50


@dataclass(frozen=True, slots=True)
class Number:
    value: float
    position: int


@dataclass(frozen=True, slots=True)
class Reference:
    """Another query, by its id."""

    id: str
    position: int


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal: an argument of a function."""

    value: str
    position: int


@dataclass(frozen=True, slots=True)
class Keyword:
    """A bare word: REPEAT, LINEAR, ASC, DESC, or a statistic to sort by."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Node", ...]
    position: int


@dataclass(frozen=True, slots=True)
class Array:
    items: tuple["Node", ...]
    position: int


@dataclass(frozen=True, slots=True)
class Negation:
    operand: "Node"
    position: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one precedence and their right operands, applied from the left."""

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]
    position: int


@dataclass(frozen=True, slots=True)
class Power:
    """Operands of ``^``, applied from the right."""

    operands: tuple["Node", ...]
    position: int


Node = Number | Reference | Text | Keyword | Call | Array | Negation | Chain | Power

COMPARISONS: Final = frozenset({"==", "!=", "<=", ">=", "<", ">"})
_LEVELS: Final = (frozenset({"OR"}), frozenset({"AND"}), COMPARISONS, frozenset("+-"), frozenset("*/"))
"""Operators from the loosest to the tightest; ``^`` and the unary minus bind more."""


def parse(expression: str) -> Node:
    """The tree of an expression. Raises MathError with the position of what is wrong."""
    if len(expression) > MOST_CHARACTERS:
        raise MathError(f"The expression is longer than {MOST_CHARACTERS} characters")
    if not expression.strip():
        raise MathError("The expression is empty")
    parser = _Parser(tokens(expression))
    tree = parser.chain(0)
    parser.expect_end()
    return tree


class _Parser:
    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._words[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _is_next(self, sign: str) -> bool:
        return self._next.kind is Kind.SIGN and self._next.text == sign

    def _expect(self, sign: str) -> None:
        if not self._is_next(sign):
            raise _unexpected(self._next, f"'{sign}'")
        self._at += 1

    def expect_end(self) -> None:
        if self._next.kind is not Kind.END:
            raise _unexpected(self._next, "the end or an operator")

    def chain(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._power()
        start = self._next.position
        first = self.chain(level + 1)
        rest: list[tuple[str, Node]] = []
        while self._next.kind in {Kind.SIGN, Kind.WORD} and self._next.text in _LEVELS[level]:
            operator = self._take()
            if rest and operator.text in COMPARISONS:
                raise MathError("Comparisons can't be chained; use AND", operator.position)
            rest.append((operator.text, self.chain(level + 1)))
        return Chain(first, tuple(rest), start) if rest else first

    def _power(self) -> Node:
        start = self._next.position
        operands = [self._unary()]
        while self._is_next("^"):
            self._at += 1
            operands.append(self._unary())
        return operands[0] if len(operands) == 1 else Power(tuple(operands), start)

    def _unary(self) -> Node:
        start = self._next.position
        minuses = 0
        while self._is_next("-"):
            self._at += 1
            minuses += 1
        operand = self._primary()
        return Negation(operand, start) if minuses % 2 else operand

    def _primary(self) -> Node:
        token = self._take()
        match token.kind:
            case Kind.NUMBER:
                return Number(float(token.text), token.position)
            case Kind.WORD | Kind.NAME if self._is_next("("):
                return Call(token.text, self._items("(", ")"), token.position)
            case Kind.NAME:
                return Reference(token.text, token.position)
            case Kind.TEXT:
                return Text(token.text, token.position)
            case Kind.WORD if token.text not in {"AND", "OR"}:
                return Keyword(token.text, token.position)
            case Kind.SIGN if token.text == "[":
                self._at -= 1
                return Array(self._items("[", "]"), token.position)
            case Kind.SIGN if token.text == "(":
                return self._inner(token)
        raise _unexpected(token, "a number, an id or a function")

    def _inner(self, token: Token) -> Node:
        self._deeper(token)
        inside = self.chain(0)
        self._expect(")")
        self._depth -= 1
        return inside

    def _items(self, opening: str, closing: str) -> tuple[Node, ...]:
        self._deeper(self._next)
        self._expect(opening)
        items: list[Node] = []
        while not self._is_next(closing):
            if items:
                self._expect(",")
            items.append(self.chain(0))
        self._at += 1
        self._depth -= 1
        return tuple(items)

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise MathError(f"The expression is nested more than {_DEEPEST} levels deep", token.position)


def _unexpected(token: Token, wanted: str) -> MathError:
    if token.kind is Kind.END:
        return MathError(f"The expression ends where {wanted} is expected", token.position)
    return MathError(f"Unexpected '{token.text}' where {wanted} is expected", token.position)
