"""Reads the AlarmRule of a composite alarm (``monitoring/PutCompositeAlarm``, the user guide's page on composite alarms).

    expr   = term {OR term}      term = factor {AND factor}      factor = [NOT] atom
    atom   = TRUE | FALSE | STATE "(" ref ")" | "(" expr ")" | AT_LEAST "(" n["%"] "," [NOT] STATE "," "(" ref {"," ref} ")" ")"

Pure, and without recursion: a stack of open parentheses and waiting operators. Keywords may have any case.
"""

import re
from typing import Final, NoReturn

from mailgauge.cloudwatch.alarms.alarm import StateValue
from mailgauge.cloudwatch.alarms.rule import Apply, AtLeast, Constant, InState, Operator, Rule, Step

LONGEST: Final = 10240
MOST_CHILDREN: Final = 100
MOST_ELEMENTS: Final = 500

_ATOMS: Final = "'(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA"
_STATES: Final = "ALARM, OK, or INSUFFICIENT_DATA"
_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"[^\s(),\"]+")
_REF = re.compile(r"[^\s(),\"][^\s(),]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')
_ALARM_ARN = re.compile(r"arn:[^:]*:cloudwatch:[^:]*:[^:]*:alarm:(.+)", re.DOTALL)
_BINDING: Final = {Operator.OR: 1, Operator.AND: 2, Operator.NOT: 3}
_OPEN = None
"""An open parenthesis among the operators that wait."""


class RuleError(Exception):
    """Why a text is no rule; the message is the one to show."""


def parse(text: str, arn_prefix: str) -> Rule:
    """Reads a rule whose alarms are those with ARNs that begin with ``arn_prefix``. Raises RuleError."""
    if len(text) > LONGEST:
        raise RuleError(f"AlarmRule must not be longer than {LONGEST} characters")
    if not text or text != text.strip():
        raise RuleError("AlarmRule must not contain leading or trailing whitespace or be null")
    rule = _Parser(text, arn_prefix).rule()
    if len(rule.children) > MOST_CHILDREN:
        raise _error(f"{len(rule.children)} alarms are referred to, the most is {MOST_CHILDREN}")
    return rule


def alarm_name(reference: str, arn_prefix: str) -> str:
    """The name of the alarm that a name or an ARN refers to. Raises RuleError for an ARN of elsewhere."""
    if not _ALARM_ARN.fullmatch(reference):
        return reference
    if not reference.startswith(arn_prefix):
        raise RuleError(f"{reference} is not an alarm of this account and Region")
    return reference.removeprefix(arn_prefix)


class _Parser:
    def __init__(self, text: str, arn_prefix: str) -> None:
        self._text = text
        self._arn_prefix = arn_prefix
        self._at = 0
        self._elements = 0
        self._steps: list[Step] = []
        self._waiting: list[Operator | None] = []

    def rule(self) -> Rule:
        self._operand()
        while self._skip():
            if self._take(")"):
                self._close()
            else:
                self._wait_for(self._operator())
                self._operand()
        if _OPEN in self._waiting:
            self._unsupported("')'")
        self._release(0)
        return Rule(tuple(self._steps))

    def _operand(self) -> None:
        """Everything up to and with an atom that is no parenthesis: NOTs and open parentheses wait."""
        negated = False
        while True:
            at = self._at if self._skip() else len(self._text)
            if self._take("("):
                self._count()
                self._waiting.append(_OPEN)
                negated = False
                continue
            word = self._word(_ATOMS)
            if word.upper() == Operator.NOT and not negated:
                self._waiting.append(Operator.NOT)
                negated = True
                continue
            return self._atom(word.upper(), at)

    def _atom(self, word: str, at: int) -> None:
        match word:
            case "TRUE" | "FALSE":
                self._count()
                self._steps.append(Constant(word == "TRUE"))
            case "AT_LEAST":
                self._steps.append(self._at_least())
            case _ if word in StateValue.__members__:
                self._expect("(")
                self._steps.append(InState(StateValue(word), self._reference()))
                self._expect(")")
            case _:
                self._at = at
                self._unsupported(_ATOMS)

    def _operator(self) -> Operator:
        at = self._at
        word = self._word("'AND' or 'OR'")
        if word.upper() not in (Operator.AND, Operator.OR):
            self._at = at
            self._unsupported("')'" if _OPEN in self._waiting else "'AND' or 'OR'")
        return Operator(word.upper())

    def _wait_for(self, operator: Operator) -> None:
        self._release(_BINDING[operator])
        self._waiting.append(operator)

    def _close(self) -> None:
        if _OPEN not in self._waiting:
            self._at -= 1
            self._unsupported()
        self._count()
        self._release(0)
        self._waiting.pop()

    def _release(self, binding: int) -> None:
        """Applies the operators that bind at least as tightly, back to the last open parenthesis."""
        while self._waiting and (last := self._waiting[-1]) is not _OPEN and _BINDING[last] >= binding:
            self._steps.append(Apply(last))
            self._waiting.pop()

    def _at_least(self) -> AtLeast:
        self._expect("(")
        at = self._at if self._skip() else len(self._text)
        quoted = self._take('"')
        threshold = self._word("a number or a percentage")
        if quoted:
            self._expect('"')
        self._expect(",")
        negated, state = self._condition()
        self._expect(",")
        self._expect("(")
        self._count()
        names = [self._reference()]
        while self._skip() and self._take(","):
            names.append(self._reference())
        self._expect(")")
        self._count()
        self._expect(")")
        needed = _needed(threshold, len(names))
        if needed is None:
            self._at = at
            self._unsupported(f"a number from 1 to {len(names)}, or a percentage from 1% to 100%")
        return AtLeast(needed, state, negated, tuple(names))

    def _condition(self) -> tuple[bool, StateValue]:
        self._skip()
        word = self._word(_STATES).upper()
        negated = word == Operator.NOT
        if negated:
            self._skip()
        at = self._at if negated else self._at - len(word)
        if negated:
            word = self._word(_STATES).upper()
        if word not in StateValue.__members__:
            self._at = at
            self._unsupported(_STATES)
        return negated, StateValue(word)

    def _reference(self) -> str:
        """The name that a name or an ARN, with quotes or without, refers to."""
        self._skip()
        self._count()
        if quoted := _QUOTED.match(self._text, self._at):
            reference = _ESCAPED.sub(r"\1", quoted[1])
        else:
            quoted = _REF.match(self._text, self._at)
            reference = quoted[0] if quoted else ""
        if quoted is None or not reference:
            self._unsupported("an alarm name or an alarm ARN")
        self._at = quoted.end()
        try:
            return alarm_name(reference, self._arn_prefix)
        except RuleError as error:
            raise _error(str(error)) from None

    def _skip(self) -> bool:
        """Passes over white space; whether anything follows."""
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at
        return self._at < len(self._text)

    def _take(self, sign: str) -> bool:
        found = self._text.startswith(sign, self._at)
        self._at += len(sign) if found else 0
        return found

    def _expect(self, sign: str) -> None:
        if not self._skip() or not self._take(sign):
            self._unsupported(f"'{sign}'")

    def _word(self, wanted: str) -> str:
        word = _WORD.match(self._text, self._at)
        if word is None:
            self._unsupported(None if self._text.startswith(")", self._at) else wanted)
        self._at = word.end()
        return word[0]

    def _count(self) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise _error(f"there are more than {MOST_ELEMENTS} elements")

    def _unsupported(self, wanted: str | None = None) -> NoReturn:
        """What stands at the present place does not belong there."""
        ending = "" if wanted is None else f", must be: {wanted}"
        if self._at >= len(self._text):
            raise _error(f"Unexpected end at char {len(self._text)}{ending}")
        word = _WORD.match(self._text, self._at)
        token = word[0] if word else self._text[self._at]
        raise _error(f"Unsupported token '{token}' at char {self._at}{ending}")


def _needed(threshold: str, of: int) -> int | None:
    """How many alarms a number or a percentage asks for; None when it is neither."""
    digits, percent, rest = threshold.partition("%")
    if rest or not digits.isascii() or not digits.isdecimal() or len(digits) > 3:
        return None
    number = int(digits)
    if not 1 <= number <= (100 if percent else of):
        return None
    return -(-number * of // 100) if percent else number


def _error(what: str) -> RuleError:
    return RuleError(f"Error in AlarmRule [{what}]")
