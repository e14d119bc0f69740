"""The outbox: an action to run is written in the transaction of the change of state, and goes with its history item.

Rows are leased on the monotonic clock, so that two processes don't run the same action; what is killed in between runs
again. Their ids stay the same, so that receivers can tell.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.actions.notice import Notice
from mailgauge.cloudwatch.alarms.actions.target import Target, target
from mailgauge.cloudwatch.alarms.history_store import next_seq
from mailgauge.store.transaction import Row, Tx

_IDS: Final = uuid.UUID("6f2c3a51-8e0b-5d5f-9a3c-0d2b6f7f1c54")
_COLUMNS = "scope, seq, action, notice, attempts"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Notice).decode


@dataclass(frozen=True, slots=True)
class Work:
    """An action to run. ``attempts`` were made before."""

    scope: Scope
    seq: int
    action: str
    notice: Notice
    attempts: int

    @property
    def target(self) -> Target:
        return target(self.action)

    @property
    def id(self) -> str:
        """The same for each attempt, and no other action has it."""
        return str(
            uuid.uuid5(_IDS, f"{self.scope.key}/{self.seq}/{self.notice.alarm_name}/{self.notice.time}")
        )


def enqueue(tx: Tx, scope: Scope, notice: Notice, actions: Iterable[str], *, now_ms: int) -> None:
    """Writes one row for each of ``actions``, due now. Who asks has asked the gate."""
    encoded = _encode(notice)
    rows = [
        (scope.key, next_seq(tx), action, int(target(action).kind.is_remote), encoded, now_ms)
        for action in dict.fromkeys(actions)
    ]
    tx.many(
        "INSERT INTO alarm_action (scope, seq, action, is_remote, notice, due) VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )


def due(
    tx: Tx, *, now_ms: int, monotonic: float, limit: int, is_remote: bool, each: int
) -> list[tuple[str, int]]:
    """The keys of up to ``limit`` due rows that nobody has leased, to be leased.

    Of one action at most ``each`` are under way at a time, and who has the fewest under way is served first, so that
    nobody crowds the others out. It reads all that is due: it is not for the writer.
    """
    mark = _ms(monotonic)
    rows = tx.run(
        "SELECT scope, seq FROM ("
        " SELECT scope, seq, due, leased,"
        "  row_number() OVER (PARTITION BY scope, action ORDER BY leased > ? DESC, due, seq) AS place,"
        "  row_number() OVER (PARTITION BY scope ORDER BY leased > ? DESC, due, seq) AS turn"
        " FROM alarm_action WHERE is_remote = ? AND due <= ?"
        ") AS waiting WHERE leased <= ? AND place <= ? ORDER BY turn, due, seq LIMIT ?",
        (mark, mark, int(is_remote), now_ms, mark, each, limit),
    )
    return [(scope, seq) for scope, seq in rows]


def lease(tx: Tx, keys: Iterable[tuple[str, int]], *, monotonic: float, hold: float) -> list[Work]:
    """Takes rows for ``hold`` seconds, unless somebody else has taken them meanwhile."""
    leased: list[Row] = []
    for key in keys:
        leased += tx.run(
            f"UPDATE alarm_action SET leased = ? WHERE scope = ? AND seq = ? AND leased <= ? RETURNING {_COLUMNS}",
            (_ms(monotonic + hold), *key, _ms(monotonic)),
        )
    return [_work(row) for row in leased]


def release_all(tx: Tx) -> None:
    """Forgets every lease: for the start of the only process tree that uses this store."""
    tx.run("UPDATE alarm_action SET leased = 0 WHERE leased > 0")


def defer(tx: Tx, work: Work, due_ms: int, problem: str) -> None:
    """To be tried again at ``due_ms``."""
    tx.run(
        "UPDATE alarm_action SET attempts = attempts + 1, due = ?, leased = 0, problem = ?"
        " WHERE scope = ? AND seq = ? AND attempts = ?",
        (due_ms, problem, work.scope.key, work.seq, work.attempts),
    )


def done(tx: Tx, work: Work) -> bool:
    """Takes the row out. False when somebody else has settled it since it was leased."""
    return bool(
        tx.run(
            "DELETE FROM alarm_action WHERE scope = ? AND seq = ? AND attempts = ? RETURNING 1",
            (work.scope.key, work.seq, work.attempts),
        )
    )


def _work(row: Row) -> Work:
    scope, seq, action, notice, attempts = row
    return Work(Scope.from_key(scope), seq, action, _decode(notice), attempts)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has not been carried out yet: how many actions, and of those that failed already, one and why."""

    count: int
    failing: int
    scope: Scope | None = None
    action: str = ""
    problem: str = ""


def waiting(tx: Tx) -> Waiting:
    """How the outbox stands."""
    [(count, failing)] = tx.run("SELECT count(*), coalesce(sum(attempts > 0), 0) FROM alarm_action")
    if not failing:
        return Waiting(count, 0)
    sql = "SELECT scope, action, problem FROM alarm_action WHERE attempts > 0 ORDER BY attempts DESC LIMIT 1"
    [(scope, action, problem)] = tx.run(sql)
    return Waiting(count, failing, Scope.from_key(scope), action, problem)
