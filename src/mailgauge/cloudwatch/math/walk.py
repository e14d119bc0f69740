"""What stands in a tree: the queries it refers to and the searches it makes. Pure."""

from dataclasses import dataclass

from mailgauge.cloudwatch.math.faults import MathError
from mailgauge.cloudwatch.math.syntax import (
    Array,
    Call,
    Chain,
    Negation,
    Node,
    Number,
    Power,
    Reference,
    Text,
)


@dataclass(frozen=True, slots=True)
class Search:
    """A SEARCH as it is written; ``period`` None is that of the query it stands in."""

    query: str
    statistic: str
    period: int | None


def walk(tree: Node) -> list[Node]:
    """All nodes of a tree."""
    found: list[Node] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        found.append(node)
        match node:
            case Call():
                waiting += node.arguments
            case Array():
                waiting += node.items
            case Negation():
                waiting.append(node.operand)
            case Power():
                waiting += node.operands
            case Chain():
                waiting += [node.first, *(operand for _, operand in node.rest)]
    return found


def references(tree: Node) -> list[Reference]:
    return [node for node in walk(tree) if isinstance(node, Reference)]


def searches(tree: Node) -> list[Search]:
    """Every SEARCH in a tree that was typed. Raises MathError for a period that is not written as a number."""
    return [search(node) for node in walk(tree) if isinstance(node, Call) and node.function == "SEARCH"]


def search(call: Call) -> Search:
    query, statistic, *period = call.arguments
    assert isinstance(query, Text)
    assert isinstance(statistic, Text)
    if not period:
        return Search(query.value, statistic.value, None)
    seconds = period[0]
    if not isinstance(seconds, Number) or not seconds.value.is_integer():
        raise MathError("The period of a SEARCH is a number of seconds", seconds.position)
    return Search(query.value, statistic.value, int(seconds.value))
