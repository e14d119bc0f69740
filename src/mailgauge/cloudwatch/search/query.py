"""The language of SEARCH (CloudWatch user guide, "Search expression syntax"): from text to a tree that matches series. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from mailgauge.cloudwatch.math.faults import MathError
from mailgauge.tsdb.names import Term, whole
from mailgauge.tsdb.series import Series

MOST_CHARACTERS: Final = 1024
_DEEPEST: Final = 30
_TOKEN = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<sign>[(){}=,])|(?P<word>[^\s(){}=,"]+))')


@dataclass(frozen=True, slots=True)
class Exact:
    """A whole name, in its own case."""

    text: str

    @property
    def keys(self) -> frozenset[str]:
        """As of ``Term``."""
        return frozenset({whole(self.text)} - {""})

    def matches(self, name: str) -> bool:
        return name == self.text


@dataclass(frozen=True, slots=True)
class Named:
    """A term for one property, ``MetricName``, ``Namespace`` or a dimension; None is for any of them."""

    property: str | None
    term: Term | Exact

    def matches(self, series: Series) -> bool:
        return any(map(self.term.matches, self._names(series)))

    def _names(self, series: Series) -> list[str]:
        match self.property:
            case None:
                names = [part for dimension in series.dimensions for part in dimension]
                return [series.name, series.namespace, *names]
            case "MetricName":
                return [series.name]
            case "Namespace":
                return [series.namespace]
            case ":aws.AccountId":
                return [series.scope.account]
        return [value for name, value in series.dimensions if name == self.property]


@dataclass(frozen=True, slots=True)
class Not:
    inner: "Condition"

    def matches(self, series: Series) -> bool:
        return not self.inner.matches(series)


@dataclass(frozen=True, slots=True)
class All:
    inner: "tuple[Condition, ...]"

    def matches(self, series: Series) -> bool:
        return all(each.matches(series) for each in self.inner)


@dataclass(frozen=True, slots=True)
class Any:
    inner: "tuple[Condition, ...]"

    def matches(self, series: Series) -> bool:
        return any(each.matches(series) for each in self.inner)


Condition = Named | Not | All | Any


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """``namespace`` and ``dimensions`` are the schema: series of exactly these dimension names; None without one."""

    namespace: str | None
    dimensions: frozenset[str] | None
    condition: Condition | None

    @property
    def terms(self) -> int:
        """How many there are."""
        return _terms(self.condition)

    def matches(self, series: Series) -> bool:
        if self.namespace is not None and series.namespace != self.namespace:
            return False
        if self.dimensions is not None and {name for name, _ in series.dimensions} != self.dimensions:
            return False
        return self.condition is None or self.condition.matches(series)


def _terms(condition: Condition | None) -> int:
    match condition:
        case Not(inner):
            return _terms(inner)
        case All(several) | Any(several):
            return sum(map(_terms, several))
    return int(condition is not None)


def parse_search(text: str) -> SearchQuery:
    """Raises MathError."""
    if len(text) > MOST_CHARACTERS:
        raise MathError(f"The search is longer than {MOST_CHARACTERS} characters")
    parser = _Parser(text)
    namespace, dimensions = parser.schema()
    condition = None if parser.is_done else parser.any(None)
    if not parser.is_done:
        raise MathError(f"Unexpected '{parser.next}' in the search '{text}'")
    if namespace is None and condition is None:
        raise MathError("A search has a schema in braces, terms, or both")
    return SearchQuery(namespace, dimensions, condition)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    @property
    def is_done(self) -> bool:
        return self._at == len(self._tokens)

    @property
    def next(self) -> str:
        return "" if self.is_done else self._tokens[self._at]

    def _take(self) -> str:
        if self.is_done:
            raise MathError(f"The search '{self._text}' ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _skip(self, token: str) -> bool:
        found = self.next == token
        self._at += found
        return found

    def _expect(self, token: str) -> None:
        if not self._skip(token):
            raise MathError(f"'{token}' is missing in the search '{self._text}'")

    def schema(self) -> tuple[str | None, frozenset[str] | None]:
        if not self._skip("{"):
            return None, None
        namespace = _text(self._word())
        names = []
        while self._skip(","):
            names.append(_text(self._word()))
        self._expect("}")
        self._skip(",")
        return namespace, frozenset(names)

    def any(self, of: str | None) -> Condition:
        found = [self._all(of)]
        while self._skip("OR"):
            found.append(self._all(of))
        return found[0] if len(found) == 1 else Any(tuple(found))

    def _all(self, of: str | None) -> Condition:
        found = [self._not(of)]
        while self._skip("AND") or self.next not in {"", "OR", ")", "}", ",", "="}:
            found.append(self._not(of))
        return found[0] if len(found) == 1 else All(tuple(found))

    def _not(self, of: str | None) -> Condition:
        negations = 0
        while self._skip("NOT"):
            negations += 1
        inner = self._one(of)
        return Not(inner) if negations % 2 else inner

    def _one(self, of: str | None) -> Condition:
        if self._skip("("):
            return self._inner(of)
        word = self._word()
        if of is None and self._skip("="):
            prop = _text(word)
            return self._inner(prop) if self._skip("(") else Named(prop, _term(self._word()))
        return Named(of, _term(word))

    def _inner(self, of: str | None) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise MathError(f"The search is nested more than {_DEEPEST} levels deep")
        found = self.any(of)
        self._expect(")")
        self._depth -= 1
        return found

    def _word(self) -> str:
        word = self._take()
        if word in {"(", ")", "{", "}", "=", ",", "AND", "OR", "NOT"}:
            raise MathError(f"Unexpected '{word}' in the search '{self._text}'")
        return word


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise MathError(f"A quote is not closed in the search '{text}'")
        found.append(match[match.lastgroup])
        at = match.end()
    return found


def _text(word: str) -> str:
    """What a word says, without the quotes it may stand in."""
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word


def _term(word: str) -> Term | Exact:
    return Exact(_text(word)) if word.startswith('"') else Term(word)
