"""What is known of every alarm between evaluations: enough to tell which are due, and kept up to date by what changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import lease, schedule
from mailgauge.cloudwatch.alarms.alarm import EvaluationState, StateValue
from mailgauge.cloudwatch.alarms.lease import Lease
from mailgauge.store.transaction import Row, Tx

Key = tuple[str, str]
"""Scope and name."""

_SELECT = (
    "SELECT scope, name, version, revision, period, evaluation_periods, state, evaluation_state, updated, evaluated"
    " FROM alarm"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm without its configuration: when it is due, and the state that an evaluation begins with."""

    scope_key: str
    name: str
    version: int
    revision: int
    period: int
    evaluation_periods: int
    state: StateValue
    evaluation: EvaluationState | None
    updated: int
    evaluated: int | None

    @property
    def key(self) -> Key:
        return self.scope_key, self.name

    def is_due(self, mark: int | None, now: float) -> bool:
        """``mark`` is the boundary that all alarms are past."""
        if self.evaluated is None:
            # Put and not evaluated since. What has an old state was changed, and need not wait.
            updated = self.updated / 1000
            return updated > now or schedule.is_first_due(updated, now)
        past = self.evaluated
        if mark is not None:
            # Its own may lie in a future that the clock has left; the mark knows of that.
            past = mark if past > now else max(past, mark)
        return schedule.is_due(self.period, self.evaluation_periods, past, now)


@dataclass(frozen=True, slots=True)
class News:
    """What changed: standings behind a revision, how many alarms there are by now, and the lease."""

    standings: list[Standing]
    count: int
    lease: Lease


def news(tx: Tx, behind: int) -> News:
    [(count,)] = tx.run("SELECT count(*) FROM alarm")
    changed = [_standing(row) for row in tx.run(f"{_SELECT} WHERE revision > ?", (behind,))]
    return News(changed, count, lease.read(tx))


@dataclass(frozen=True, slots=True)
class Troubled:
    """An alarm whose last evaluation was not as it should be."""

    scope: Scope
    name: str
    evaluation: EvaluationState
    reason: str


def troubled(tx: Tx, limit: int = 20) -> list[Troubled]:
    rows = tx.run(
        "SELECT scope, name, evaluation_state, reason FROM alarm WHERE evaluation_state IS NOT NULL LIMIT ?",
        (limit,),
    )
    return [
        Troubled(Scope.from_key(scope), name, EvaluationState(state), reason)
        for scope, name, state, reason in rows
    ]


def note_first(tx: Tx, standing: Standing, end: int) -> None:
    """An alarm that was put has been evaluated for the first time since, and its state stays."""
    tx.run(
        "UPDATE alarm SET evaluated = ? WHERE scope = ? AND name = ? AND version = ? AND evaluated IS NULL",
        (end, standing.scope_key, standing.name, standing.version),
    )


def _standing(row: Row) -> Standing:
    scope, name, version, revision, period, periods, state, evaluation, updated, evaluated = row
    wrong = None if evaluation is None else EvaluationState(evaluation)
    return Standing(
        scope, name, version, revision, period, periods, StateValue(state), wrong, updated, evaluated
    )


class Standings:
    """All alarms of all scopes, as of the last news."""

    def __init__(self) -> None:
        self._all: dict[Key, Standing] = {}
        # Those put and not evaluated since; and the mark and boundary at which none of the others was due.
        self._fresh: dict[Key, Standing] = {}
        self._quiet: tuple[int | None, int] | None = None
        self.revision = 0
        """The newest that is known."""

    def learn(self, news: News) -> bool:
        """False when alarms were deleted: which, only a new beginning tells."""
        self.replace(news.standings)
        return len(self._all) == news.count

    def replace(self, standings: Iterable[Standing]) -> None:
        for each in standings:
            self._all[each.key] = each
            self.revision = max(self.revision, each.revision)
            if each.evaluated is None:
                self._fresh[each.key] = each
            else:
                self._fresh.pop(each.key, None)
                self._quiet = None

    def forget(self) -> None:
        self._all.clear()
        self._fresh.clear()
        self._quiet = None
        self.revision = 0

    def __iter__(self) -> Iterator[Standing]:
        return iter(self._all.values())

    def due(self, mark: int | None, now: float) -> list[Standing]:
        """Asked for every alarm that is put, so it looks at all of them only where a boundary may have been reached."""
        at = mark, schedule.boundary(now)
        asked = self._fresh if at == self._quiet else self._all
        found = [each for each in asked.values() if each.is_due(mark, now)]
        if not found:
            self._quiet = at
        return found
