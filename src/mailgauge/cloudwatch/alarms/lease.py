"""Who evaluates alarms: one node at a time, of those that share the metrics database. Also how far the evaluation is.

The token of the lease rises whenever it passes to another holder, and everything an evaluation commits is fenced by
it: who was paused past the lease commits nothing. Nodes compare no clocks, they watch whether the row changes.
"""

from dataclasses import dataclass
from typing import Final

from mailgauge.store.transaction import Tx

HOLD: Final = 30.0
"""Seconds, on the observer's own monotonic clock, without a sign of the holder's life while something is due."""


_JUMP: Final = 3600
"""Seconds that pass between two evaluations only when something else does."""


class LostLeaseError(Exception):
    """Another node evaluates alarms now, or may."""


@dataclass(frozen=True, slots=True)
class Lease:
    """``beats`` changes with each sign of life; ``evaluated`` is the boundary (seconds) that all alarms are past.

    What lies between ``before_jump`` and ``evaluated`` was passed over at once: the service did not run, or its clock
    jumped.
    """

    node: str
    token: int
    beats: int
    evaluated: int | None
    before_jump: int | None = None

    def mark(self, now: float) -> int | None:
        """Up to where alarms were evaluated, as far as that concerns ``now``: a clock that was far ahead for a time, and
        is right again, comes back to where no window was evaluated.
        """
        if self.evaluated is None or self.before_jump is None:
            return self.evaluated
        was_ahead = self.before_jump < now < self.evaluated - _JUMP
        return self.before_jump if was_ahead else self.evaluated


def read(tx: Tx) -> Lease:
    [row] = tx.run("SELECT node, token, beats, evaluated, before_jump FROM alarm_lease WHERE one = 1")
    return Lease(*row)


def take(tx: Tx, node: str, seen: Lease) -> int | None:
    """The token for ``node``, None when the lease has changed since it was seen."""
    rows = tx.run(
        "UPDATE alarm_lease SET node = ?, token = token + 1 WHERE token = ? AND beats = ? RETURNING token",
        (node, seen.token, seen.beats),
    )
    return int(rows[0][0]) if rows else None


def beat(tx: Tx, token: int) -> None:
    """A sign of life, and the fence: raises LostLeaseError when the token is another's."""
    if not tx.run("UPDATE alarm_lease SET beats = beats + 1 WHERE token = ? RETURNING 1", (token,)):
        raise LostLeaseError


def passed(tx: Tx, boundary: int, mark: int | None) -> None:
    """All alarms were evaluated from ``mark`` up to ``boundary``."""
    if mark is not None and boundary <= mark:
        return  # only new alarms were due: the clock is behind
    there = read(tx)
    before = there.before_jump if mark == there.evaluated else None
    if mark is not None and boundary - mark > _JUMP:
        before = mark
    tx.run("UPDATE alarm_lease SET evaluated = ?, before_jump = ?", (boundary, before))
