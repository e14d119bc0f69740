"""How many attempts at actions came to what, since the start: for the service's own telemetry."""

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum

from mailgauge.cloudwatch.alarms.actions.target import Kind


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETRIED = "retried"


class ActionTally:
    """Iterated it gives a number for each kind and outcome, also for those that never came."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[Kind, Outcome]] = Counter()

    def count(self, kind: Kind, outcome: Outcome) -> None:
        self._counts[kind, outcome] += 1

    def __iter__(self) -> Iterator[tuple[Kind, Outcome, int]]:
        return ((kind, outcome, self._counts[kind, outcome]) for kind in Kind for outcome in Outcome)
