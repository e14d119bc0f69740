"""Which values an expression has, found out before anything is read: scalar, series or array of series. Pure.

The table of functions and the operand pairs are those of the CloudWatch user guide ("Metric math functions").
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailgauge.cloudwatch.math.faults import MathError
from mailgauge.cloudwatch.math.syntax import (
    Array,
    Call,
    Chain,
    Keyword,
    Negation,
    Node,
    Number,
    Power,
    Reference,
    Text,
)


class Type(StrEnum):
    SCALAR = "S"
    SERIES = "TS"
    ARRAY = "TS[]"
    TEXT = "string"
    """Only as an argument."""
    KEYWORD = "keyword"


S, TS, ARRAY = Type.SCALAR, Type.SERIES, Type.ARRAY
_VALUES: Final = frozenset({S, TS, ARRAY})

_Shape = tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """The argument types a function takes, each with the type it then gives."""

    shapes: Mapping[_Shape, Type]

    def result(self, given: _Shape) -> Type | None:
        return self.shapes.get(given)


def _each() -> Signature:
    """A series for a series, and for each series of an array."""
    return Signature({(TS,): TS, (ARRAY,): ARRAY})


def _reduced() -> Signature:
    """A number of a series; of an array, a series across it."""
    return Signature({(TS,): S, (ARRAY,): TS})


_FILL: Final = Signature(
    {
        (TS, S): TS,
        (TS, Type.KEYWORD): TS,
        (ARRAY, S): ARRAY,
        (ARRAY, TS): ARRAY,
        (ARRAY, Type.KEYWORD): ARRAY,
    }
)
_IF: Final = Signature(
    {
        **{(TS, second): TS for second in (S, TS)},
        **{(TS, second, third): TS for second in (S, TS) for third in (S, TS)},
        (S, TS): TS,
        (S, TS, TS): TS,
    }
)

SIGNATURES: Final[Mapping[str, Signature]] = {
    **{name: _each() for name in ("ABS", "CEIL", "FLOOR", "LOG", "LOG10")},
    **{name: _each() for name in ("DIFF", "DIFF_TIME", "RATE", "RUNNING_SUM")},
    **{name: _reduced() for name in ("AVG", "DATAPOINT_COUNT", "MAX", "MIN", "STDDEV", "SUM")},
    **{name: Signature({(TS,): TS}) for name in ("MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH")},
    "FILL": _FILL,
    "FIRST": Signature({(ARRAY,): TS}),
    "IF": _IF,
    "LAST": Signature({(ARRAY,): TS}),
    "METRICS": Signature({(): ARRAY, (Type.TEXT,): ARRAY}),
    "METRIC_COUNT": Signature({(ARRAY,): S}),
    "PERIOD": Signature({(TS,): S}),
    "REMOVE_EMPTY": Signature({(ARRAY,): ARRAY}),
    "SEARCH": Signature({(Type.TEXT, Type.TEXT): ARRAY, (Type.TEXT, Type.TEXT, S): ARRAY}),
    "SLICE": Signature({(ARRAY, S): ARRAY, (ARRAY, S, S): ARRAY}),
    "SORT": Signature(
        {(ARRAY, Type.KEYWORD, Type.KEYWORD): ARRAY, (ARRAY, Type.KEYWORD, Type.KEYWORD, S): ARRAY}
    ),
    "TIME_SERIES": Signature({(S,): TS}),
}

KEYWORDS: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    "FILL": (frozenset({"REPEAT", "LINEAR"}),),
    "SORT": (frozenset({"AVG", "MIN", "MAX", "SUM"}), frozenset({"ASC", "DESC"})),
}
"""The keywords a function takes, in their order."""

NOT_HERE: Final = frozenset({"ANOMALY_DETECTION_BAND", "INSIGHT_RULE_METRIC", "SERVICE_QUOTA", "LAMBDA"})
"""Functions of CloudWatch that Mailgauge does not compute."""


def type_of(tree: Node, of_id: Callable[[Reference], Type]) -> Type:
    """The type of an expression; ``of_id`` gives that of another query or raises. Raises MathError."""
    match tree:
        case Number():
            return S
        case Reference():
            return of_id(tree)
        case Text():
            return Type.TEXT
        case Keyword():
            return Type.KEYWORD
        case Negation():
            return _value(type_of(tree.operand, of_id), tree.operand)
        case Array():
            for item in tree.items:
                if type_of(item, of_id) not in {TS, ARRAY}:
                    raise MathError("An array holds series only", item.position)
            return ARRAY
        case Chain():
            result = _value(type_of(tree.first, of_id), tree.first)
            for operator, operand in tree.rest:
                right = _value(type_of(operand, of_id), operand)
                result = _joined(operator, result, right, operand.position)
            return result
        case Power():
            kinds = [_value(type_of(operand, of_id), operand) for operand in tree.operands]
            result = kinds[-1]
            for kind in reversed(kinds[:-1]):
                result = _joined("^", kind, result, tree.position)
            return result
        case Call():
            return _called(tree, [type_of(argument, of_id) for argument in tree.arguments])


def _value(kind: Type, node: Node) -> Type:
    if kind not in _VALUES:
        raise MathError(f"A {kind} can't be computed with", node.position)
    return kind


def _joined(operator: str, left: Type, right: Type, position: int) -> Type:
    if left is ARRAY and right is ARRAY:
        raise MathError(f"Operator {operator} can't be used between two arrays of series", position)
    return ARRAY if ARRAY in {left, right} else TS if TS in {left, right} else S


def _called(call: Call, given: Sequence[Type]) -> Type:
    name = call.function
    if name in NOT_HERE:
        raise MathError(f"Function '{name}' is not supported by Mailgauge", call.position)
    signature = SIGNATURES.get(name)
    if signature is None:
        # CloudWatch's own text, so without a position.
        raise MathError(f"Function '{name}' not found")
    result = signature.result(tuple(given))
    if result is None:
        shown = ", ".join(given)
        wanted = " or ".join(f"({', '.join(shape)})" for shape in signature.shapes)
        raise MathError(f"Function {name} takes {wanted}, not ({shown})", call.position)
    if name == "PERIOD" and not isinstance(call.arguments[0], Reference):
        raise MathError("Function PERIOD takes the id of a metric", call.arguments[0].position)
    _check_keywords(call)
    return result


def _check_keywords(call: Call) -> None:
    words = [each for each in call.arguments if isinstance(each, Keyword)]
    for allowed, word in zip(KEYWORDS.get(call.function, ()), words, strict=False):
        if word.name not in allowed:
            raise MathError(
                f"Function {call.function} takes {' or '.join(sorted(allowed))} here, not {word.name}",
                word.position,
            )
