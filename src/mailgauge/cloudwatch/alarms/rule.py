"""The rule of a composite alarm as a value, and whether it holds for given states (``monitoring/PutCompositeAlarm``). Pure.

A rule is kept in the order of its evaluation, operands before their operator, so that neither reading, keeping nor
evaluating it recurses: how deep a rule is nested is up to those who write it.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec

from mailgauge.cloudwatch.alarms.alarm import StateValue


class Operator(StrEnum):
    NOT = "NOT"
    AND = "AND"
    OR = "OR"


class Constant(msgspec.Struct, frozen=True, tag="constant"):
    """TRUE or FALSE."""

    value: bool


class InState(msgspec.Struct, frozen=True, tag="state"):
    """``ALARM(name)`` and its like."""

    state: StateValue
    name: str


class AtLeast(msgspec.Struct, frozen=True, tag="at_least"):
    """``AT_LEAST(needed, [NOT] state, (names))``; a percentage was made a number when the rule was read."""

    needed: int
    state: StateValue
    negated: bool
    names: tuple[str, ...]


class Apply(msgspec.Struct, frozen=True, tag="apply"):
    """Takes one (NOT) or two truths and leaves one."""

    operator: Operator


Step = Constant | InState | AtLeast | Apply


class Rule(msgspec.Struct, frozen=True):
    """Steps of a stack machine, which leave one truth."""

    steps: tuple[Step, ...]

    @property
    def children(self) -> tuple[str, ...]:
        """The names of the alarms it refers to, each once, in the order of the rule."""
        return tuple(dict.fromkeys(name for step in self.steps for name in _names(step)))

    def holds(self, states: Mapping[str, StateValue]) -> bool:
        """Whether the rule is true. An alarm that is not in ``states`` is in no state."""
        truths: list[bool] = []
        for step in self.steps:
            match step:
                case Constant(value):
                    truths.append(value)
                case InState(state, name):
                    truths.append(states.get(name) is state)
                case AtLeast():
                    truths.append(_reached(step, states))
                case Apply(operator):
                    _apply(operator, truths)
        [truth] = truths
        return truth


def _names(step: Step) -> Iterator[str]:
    match step:
        case InState(_, name):
            yield name
        case AtLeast():
            yield from step.names


def _reached(step: AtLeast, states: Mapping[str, StateValue]) -> bool:
    found = sum((states.get(name) is step.state) is not step.negated for name in step.names)
    return found >= step.needed


def _apply(operator: Operator, truths: list[bool]) -> None:
    last = truths.pop()
    match operator:
        case Operator.NOT:
            truths.append(not last)
        case Operator.AND:
            truths[-1] = truths[-1] and last
        case Operator.OR:
            truths[-1] = truths[-1] or last
