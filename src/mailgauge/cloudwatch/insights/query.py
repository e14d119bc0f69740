"""The grammar of Metrics Insights (CloudWatch user guide, "Metrics Insights query components and syntax"). Pure.

Keywords may be in any case, identifiers may not; values stand in single quotes, identifiers may stand in double ones.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from mailgauge.cloudwatch.math.faults import MathError

MOST_SERIES: Final = 500
_LONGEST: Final = 2048
_FUNCTIONS: Final = frozenset({"AVG", "COUNT", "MAX", "MIN", "SUM"})
_RESERVED: Final = frozenset(
    {"AND", "ASC", "BY", "DESC", "FROM", "GROUP", "LIMIT", "ORDER", "SCHEMA", "SELECT", "WHERE"}
)

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<value>'(?:[^'\\]|\\.)*')
    | (?P<quoted>"(?:[^"\\]|\\.)*")
    | (?P<word>[A-Za-z0-9_][A-Za-z0-9_./:-]*)
    | (?P<sign>!=|[=(),])
    )""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A dimension that has a value, or has another or none."""

    label: str
    value: str
    is_equal: bool


@dataclass(frozen=True, slots=True)
class Order:
    """By a statistic of each result over the whole time."""

    function: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Select:
    """``schema`` None stands for series of any dimensions; otherwise they have exactly these."""

    function: str
    metric: str
    namespace: str
    schema: tuple[str, ...] | None = None
    where: tuple[Condition, ...] = ()
    group_by: tuple[str, ...] = ()
    order: Order | None = None
    limit: int = MOST_SERIES


def is_select(expression: str) -> bool:
    """Whether it is such a query and no metric math."""
    return re.match(r"\s*SELECT\b", expression, re.IGNORECASE) is not None


def parse_select(expression: str) -> Select:
    """Raises MathError with the position of what is wrong."""
    if len(expression) > _LONGEST:
        raise MathError(f"The query is longer than {_LONGEST} characters")
    return _Parser(expression).select()


@dataclass(frozen=True, slots=True)
class _Word:
    kind: Literal["value", "quoted", "word", "sign", "end"]
    text: str
    position: int


class _Parser:
    def __init__(self, text: str) -> None:
        self._words = _words(text)
        self._at = 0

    @property
    def _next(self) -> _Word:
        return self._words[self._at]

    def _take(self) -> _Word:
        word = self._next
        self._at += word.kind != "end"
        return word

    def _skip(self, keyword: str) -> bool:
        """Takes a keyword or a sign if it is next."""
        found = self._next.kind in {"word", "sign"} and self._next.text.upper() == keyword
        self._at += found
        return found

    def _expect(self, keyword: str) -> None:
        if not self._skip(keyword):
            raise _unexpected(self._next, keyword)

    def select(self) -> Select:
        self._expect("SELECT")
        function = self._function()
        self._expect("(")
        metric = self._identifier("the name of a metric")
        self._expect(")")
        self._expect("FROM")
        namespace, schema = self._from()
        where = self._where() if self._skip("WHERE") else ()
        group_by = self._group_by() if self._skip("GROUP") else ()
        order = self._order() if self._skip("ORDER") else None
        limit = self._limit() if self._skip("LIMIT") else MOST_SERIES
        if self._next.kind != "end":
            raise _unexpected(self._next, "the end")
        return Select(function, metric, namespace, schema, where, group_by, order, limit)

    def _function(self) -> str:
        word = self._take()
        if word.kind != "word" or word.text.upper() not in _FUNCTIONS:
            raise _unexpected(word, "AVG, COUNT, MAX, MIN or SUM")
        return word.text.upper()

    def _from(self) -> tuple[str, tuple[str, ...] | None]:
        if not self._skip("SCHEMA"):
            return self._identifier("a namespace"), None
        self._expect("(")
        namespace = self._identifier("a namespace")
        labels = []
        while self._skip(","):
            labels.append(self._identifier("the name of a dimension"))
        self._expect(")")
        return namespace, tuple(labels)

    def _where(self) -> tuple[Condition, ...]:
        found = [self._condition()]
        while self._skip("AND"):
            found.append(self._condition())
        return tuple(found)

    def _condition(self) -> Condition:
        label = self._identifier("the name of a dimension")
        is_equal = self._skip("=")
        if not is_equal and not self._skip("!="):
            raise _unexpected(self._next, "= or !=")
        value = self._take()
        if value.kind != "value":
            raise _unexpected(value, "a value in single quotes")
        return Condition(label, value.text, is_equal)

    def _group_by(self) -> tuple[str, ...]:
        self._expect("BY")
        labels = [self._identifier("the name of a dimension")]
        while self._skip(","):
            labels.append(self._identifier("the name of a dimension"))
        return tuple(labels)

    def _order(self) -> Order:
        self._expect("BY")
        function = self._function()
        self._expect("(")
        self._expect(")")
        descending = self._skip("DESC")
        if not descending:
            self._skip("ASC")
        return Order(function, descending)

    def _limit(self) -> int:
        word = self._take()
        if word.kind != "word" or not word.text.isdigit():
            raise _unexpected(word, "a number")
        if not 0 < int(word.text[:9]) <= MOST_SERIES:
            raise MathError(f"LIMIT is 1 to {MOST_SERIES}", word.position)
        return int(word.text)

    def _identifier(self, what: str) -> str:
        word = self._take()
        if word.kind == "quoted":
            return word.text
        if word.kind != "word" or word.text.upper() in _RESERVED:
            raise _unexpected(word, what)
        if not re.fullmatch(r"\w+", word.text, re.ASCII):
            raise MathError(f"'{word.text}' has to be in double quotes", word.position)
        return word.text


def _words(text: str) -> list[_Word]:
    found: list[_Word] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise MathError(f"Unexpected character '{text[at]}'", at)
        found.append(_word(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        at = match.end()
    return [*found, _Word("end", "", end)]


def _word(kind: str, text: str, position: int) -> _Word:
    match kind:
        case "value":
            return _Word("value", re.sub(r"\\(.)", r"\1", text[1:-1]), position)
        case "quoted":
            return _Word("quoted", re.sub(r"\\(.)", r"\1", text[1:-1]), position)
        case "word":
            return _Word("word", text, position)
    return _Word("sign", text, position)


def _unexpected(word: _Word, wanted: str) -> MathError:
    if word.kind == "end":
        return MathError(f"The query ends where {wanted} is expected", word.position)
    return MathError(f"Unexpected '{word.text}' where {wanted} is expected", word.position)
