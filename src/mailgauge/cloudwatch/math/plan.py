"""The queries of a call as a whole: parsed, checked for what they refer to, put in an order to evaluate, typed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailgauge.cloudwatch.insights.query import Select, is_select, parse_select
from mailgauge.cloudwatch.math.faults import MathError
from mailgauge.cloudwatch.math.syntax import Call, Node, Reference, parse
from mailgauge.cloudwatch.math.types import Type, type_of
from mailgauge.cloudwatch.math.walk import Search, references, searches, walk

MOST_SEARCHES: Final = 100

Expression = Node | Select
"""A tree of metric math, or a Metrics Insights query."""


class ExpressionError(Exception):
    """What is wrong with one of the expressions, as CloudWatch words it."""

    def __init__(self, query_id: str, error: MathError) -> None:
        super().__init__(f"Error in expression '{query_id}': {error}")


@dataclass(frozen=True, slots=True)
class Plan:
    """Expressions by id in the order of evaluation; ``types`` has the metrics too; ``searches`` are those of all of them."""

    expressions: Mapping[str, Expression]
    types: Mapping[str, Type]
    searches: Mapping[str, Sequence[Search]]


def plan(expressions: Mapping[str, str], metrics: Sequence[str]) -> Plan:
    """Raises ExpressionError: for what can't be read, for unknown functions and ids, wrong types, and cycles."""
    trees = {query_id: _parsed(query_id, text) for query_id, text in expressions.items()}
    _check_selects(trees)
    order = _in_order(trees, frozenset(metrics))
    types = dict.fromkeys(metrics, Type.SERIES)
    found: dict[str, Sequence[Search]] = {}
    for query_id in order:
        tree = trees[query_id]
        try:
            types[query_id] = _type(tree, types, metrics)
            found[query_id] = () if isinstance(tree, Select) else searches(tree)
        except MathError as error:
            raise ExpressionError(query_id, error) from error
        if sum(map(len, found.values())) > MOST_SEARCHES:
            raise ExpressionError(
                query_id, MathError(f"There are more than {MOST_SEARCHES} searches in one call")
            )
    return Plan({query_id: trees[query_id] for query_id in order}, types, found)


def _check_selects(trees: Mapping[str, Expression]) -> None:
    selects = [query_id for query_id, tree in trees.items() if isinstance(tree, Select)]
    if len(selects) > 1:
        fault = MathError("There is more than one Metrics Insights query in one call")
        raise ExpressionError(selects[1], fault)


def _parsed(query_id: str, text: str) -> Expression:
    try:
        return parse_select(text) if is_select(text) else parse(text)
    except MathError as error:
        raise ExpressionError(query_id, error) from error


def _type(expression: Expression, types: Mapping[str, Type], metrics: Sequence[str]) -> Type:
    if isinstance(expression, Select):
        return Type.ARRAY if expression.group_by else Type.SERIES
    found = type_of(expression, lambda reference: types[reference.id])
    for node in walk(expression):
        match node:
            case Call("PERIOD", (Reference() as metric,)) if metric.id not in metrics:
                raise MathError(f"Function PERIOD takes a metric, and '{metric.id}' is none", metric.position)
    if found in {Type.TEXT, Type.KEYWORD}:
        raise MathError(f"A {found} by itself is no result", expression.position)
    return found


def _in_order(trees: Mapping[str, Expression], metrics: frozenset[str]) -> list[str]:
    """Each behind those it refers to. Without recursion: five hundred queries may refer to one another in a row."""
    order: list[str] = []
    done: set[str] = set()
    for first in trees:
        path: list[tuple[str, list[Reference]]] = []
        _enter(first, trees, path, done)
        while path:
            query_id, waiting = path[-1]
            if not waiting:
                path.pop()
                done.add(query_id)
                order.append(query_id)
                continue
            reference = waiting.pop()
            if reference.id in metrics or reference.id in done:
                continue
            fault = _fault(reference, trees, [each for each, _ in path])
            if fault is not None:
                raise ExpressionError(query_id, fault)
            _enter(reference.id, trees, path, done)
    return order


def _enter(
    query_id: str, trees: Mapping[str, Expression], path: list[tuple[str, list[Reference]]], done: set[str]
) -> None:
    if query_id not in done:
        tree = trees[query_id]
        path.append((query_id, [] if isinstance(tree, Select) else references(tree)))


def _fault(reference: Reference, trees: Mapping[str, Expression], path: Sequence[str]) -> MathError | None:
    if reference.id not in trees:
        return MathError(f"There is no query with the id '{reference.id}'", reference.position)
    if reference.id in path:
        return MathError(f"'{reference.id}' refers to itself", reference.position)
    return None
