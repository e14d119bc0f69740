"""What actions have done in the mail database, so that one that is run again there does it once.

The outbox is in the other database: whatever is killed between the two commits is run again.
"""

from typing import Final

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.actions.target import Kind
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

SCHEMA: Final = Schema(
    "alarm_actions_done",
    (
        """
        CREATE TABLE alarm_action_done (
            scope TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, time DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (scope, id)
        );
        CREATE INDEX alarm_action_done_time ON alarm_action_done (time);
        CREATE INDEX alarm_action_done_kind ON alarm_action_done (scope, kind, time)
        """,
    ),
)

_KEPT: Final = 2 * 86400
_SLICE: Final = 100


def first_time(tx: Tx, scope: Scope, action_id: str, kind: Kind, now: float) -> bool:
    """Notes that the action is carried out in this transaction. False when it was before."""
    # A few more than come: nothing else has to look after this table.
    tx.run(
        "DELETE FROM alarm_action_done WHERE (scope, id) IN"
        " (SELECT scope, id FROM alarm_action_done WHERE time < ? LIMIT ?)",
        (now - _KEPT, _SLICE),
    )
    return bool(
        tx.run(
            "INSERT INTO alarm_action_done (scope, id, kind, time) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING RETURNING 1",
            (scope.key, action_id, kind.value, now),
        )
    )


def since(tx: Tx, scope: Scope, kind: Kind, start: float) -> int:
    """How many actions of this kind the account has had in the Region since then."""
    [(count,)] = tx.run(
        "SELECT count(*) FROM alarm_action_done WHERE scope = ? AND kind = ? AND time > ?",
        (scope.key, kind.value, start),
    )
    return int(count)
