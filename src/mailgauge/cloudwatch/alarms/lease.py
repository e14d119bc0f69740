"""Who evaluates alarms: one node at a time, of those that share the metrics database. Also how far the evaluation is.

The token of the lease rises whenever it passes to another holder, and everything an evaluation commits is fenced by
it: who was paused past the lease commits nothing. Nodes compare no clocks, they watch whether the row changes.
"""

from dataclasses import dataclass
from typing import Final

from mailgauge.store.transaction import Tx

HOLD: Final = 30.0
"""Seconds, on the observer's own monotonic clock, without a sign of the holder's life while something is due."""


class LostLeaseError(Exception):
    """Another node evaluates alarms now, or may."""


@dataclass(frozen=True, slots=True)
class Lease:
    """``beats`` changes with each sign of life; ``evaluated`` is the boundary (seconds) that all alarms are past."""

    node: str
    token: int
    beats: int
    evaluated: int | None


def read(tx: Tx) -> Lease:
    [row] = tx.run("SELECT node, token, beats, evaluated FROM alarm_lease WHERE one = 1")
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


def passed(tx: Tx, boundary: int) -> None:
    """All alarms were evaluated up to ``boundary``. It never goes back, whatever the clock does."""
    tx.run(
        "UPDATE alarm_lease SET evaluated = ? WHERE evaluated IS NULL OR evaluated < ?", (boundary, boundary)
    )
