"""Evaluates the tree of an expression. Pure: every series it needs is handed in, and how much it may compute is bounded.

The tree was typed before (``types.type_of``), so operands and arguments have types that go together.
"""

from collections.abc import Sequence

from mailgauge.cloudwatch.math import calls, operators
from mailgauge.cloudwatch.math.ground import Ground
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
from mailgauge.cloudwatch.math.values import TimeSeries, Value
from mailgauge.cloudwatch.math.walk import search


def evaluate(tree: Node, ground: Ground) -> Value:
    """The value of a tree. Raises MathError when it costs too much, or a number can't be used."""
    match tree:
        case Number():
            return tree.value
        case Reference():
            return ground.values[tree.id]
        case Negation():
            return _charged(operators.negate(evaluate(tree.operand, ground)), ground)
        case Array():
            # Charged before it is made: each array may hold the one before it many times over.
            return _flat([_charged(evaluate(item, ground), ground) for item in tree.items])
        case Chain():
            value = evaluate(tree.first, ground)
            for operator, operand in tree.rest:
                value = _charged(operators.apply(operator, value, evaluate(operand, ground)), ground)
            return value
        case Power():
            operands = [evaluate(operand, ground) for operand in tree.operands]
            value = operands[-1]
            for base in reversed(operands[:-1]):
                value = _charged(operators.apply("^", base, value), ground)
            return value
        case Call():
            return _charged(_call(tree, ground), ground)
        case Text() | Keyword():
            raise AssertionError(tree)


def _charged(value: Value, ground: Ground) -> Value:
    ground.budget.charge(value)
    return value


def _flat(items: Sequence[Value]) -> tuple[TimeSeries, ...]:
    """Arrays in an array are not nested."""
    found: list[TimeSeries] = []
    for item in items:
        assert not isinstance(item, float)
        found += item if isinstance(item, tuple) else (item,)
    return tuple(found)


def _call(call: Call, ground: Ground) -> Value:
    if call.function == "SEARCH":
        return ground.searches[search(call)]
    return calls.call(call.function, [_argument(each, ground) for each in call.arguments], ground)


def _argument(node: Node, ground: Ground) -> calls.Argument:
    match node:
        case Text():
            return node.value
        case Keyword():
            return node.name
    return evaluate(node, ground)
