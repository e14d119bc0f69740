"""Which alarms of a scope are meant, of either type: as a condition on their tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.alarm import StateValue


@dataclass(frozen=True, slots=True)
class Filter:
    """None is any."""

    names: Sequence[str] | None = None
    name_prefix: str | None = None
    state: StateValue | None = None
    action_prefix: str | None = None

    def acts(self, actions: Callable[[StateValue], Sequence[str]]) -> bool:
        """Whether an alarm with these actions is meant: its one condition that the tables can't check."""
        prefix = self.action_prefix
        return prefix is None or any(
            each.startswith(prefix) for state in StateValue for each in actions(state)
        )


def where(scope: Scope, wanted: Filter, after: str) -> tuple[str, list[Any]]:
    """The condition on rows behind the name ``after``, with its parameters."""
    clauses: list[str] = ["scope = ?", "name > ?"]
    params: list[Any] = [scope.key, after]
    if wanted.names is not None:
        clauses.append(f"name IN ({', '.join('?' * len(wanted.names))})")
        params += wanted.names
    if wanted.name_prefix is not None:
        clauses.append("substr(name, 1, ?) = ?")
        params += [len(wanted.name_prefix), wanted.name_prefix]
    if wanted.state is not None:
        clauses.append("state = ?")
        params.append(wanted.state.value)
    return " AND ".join(clauses), params
