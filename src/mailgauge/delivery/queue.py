"""The durable queue: one row to prepare a message, then one row per recipient to deliver.

It leases rows and finishes them; it neither connects to anything nor decides what an outcome means.
"""

from collections.abc import Iterable
from typing import Any

from mailgauge.base.ids import pack_message_id, unpack_message_id
from mailgauge.base.scope import Scope
from mailgauge.delivery.row import Row, Stage
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import MARKS, Tx, groups
from mailgauge.store.transaction import Row as StoreRow

SCHEMA = Schema(
    "delivery",
    (
        """
        CREATE TABLE queue (
            id INTEGER PRIMARY KEY, message BLOB NOT NULL, stage INTEGER NOT NULL, scope TEXT NOT NULL,
            configuration_set TEXT, recipient TEXT NOT NULL, site TEXT NOT NULL, attempts INTEGER NOT NULL,
            due INTEGER NOT NULL, leased INTEGER NOT NULL DEFAULT 0, accepted INTEGER NOT NULL, expires INTEGER NOT NULL,
            custom_expiry INTEGER NOT NULL, is_system INTEGER NOT NULL
        );
        CREATE INDEX queue_due ON queue (stage, due);
        CREATE INDEX queue_message ON queue (message);
        CREATE TABLE content (message BLOB NOT NULL, piece INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (message, piece));
        CREATE TABLE finished (message BLOB PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX finished_time ON finished (time)
        """,
        # The rows of one site are found without a walk through those of the others, which may be many and stand still.
        "CREATE INDEX queue_site ON queue (site, due) WHERE stage = 1",
        "ALTER TABLE queue ADD COLUMN return_domain TEXT NOT NULL DEFAULT ''",
        # Each site's line is read from its front, and what waited too long is found without a walk through all lines.
        """
        DROP INDEX queue_site;
        CREATE INDEX queue_line ON queue (site, due) WHERE stage = 4;
        CREATE INDEX queue_line_expiry ON queue (site, expires) WHERE stage = 4
        """,
        # The accounts whose templates are slow have turns, however many messages one of them has there.
        "CREATE INDEX queue_slow ON queue (scope, due) WHERE stage = 3",
    ),
)


_COLUMNS = (
    "id, message, stage, scope, configuration_set, recipient, site, attempts, due, accepted, expires, custom_expiry,"
    " is_system, return_domain"
)

_AS_LEASED = "id = ? AND message = ? AND stage = ? AND attempts = ?"
"""A row that nobody has settled since: ids of rows that have gone are given to others."""


def add(tx: Tx, rows: Iterable[Row]) -> None:
    _insert(tx, map(_values, rows))


def add_at_end(tx: Tx, rows: Iterable[Row]) -> None:
    """The same at the end of the transaction, together with what others add: cheaper, for who need not see the rows before."""
    for row in rows:
        tx.defer(_insert, _values(row))


def _values(row: Row) -> tuple[Any, ...]:
    return (
        pack_message_id(row.message_id), int(row.stage), row.scope.key, row.configuration_set, row.recipient, row.site,
        row.attempts, _ms(row.due), _ms(row.accepted), _ms(row.expires), int(row.custom_expiry), int(row.is_system),
        row.return_domain,
    )  # fmt: skip


def _insert(tx: Tx, rows: Iterable[tuple[Any, ...]]) -> None:
    tx.many(
        "INSERT INTO queue (message, stage, scope, configuration_set, recipient, site, attempts, due, accepted, expires,"
        " custom_expiry, is_system, return_domain) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        rows,
    )


def lease(tx: Tx, stage: Stage, *, now: float, monotonic: float, hold: float, limit: int) -> list[Row]:
    """Takes up to ``limit`` due rows for ``hold`` seconds, and with rows to deliver all due ones of the same message.

    Leases run on the monotonic clock: a stepped clock must not let two workers deliver the same row.
    """
    rows = tx.run(
        "UPDATE queue SET leased = ? WHERE id IN ("
        " SELECT id FROM queue WHERE stage = ? AND due <= ? AND leased <= ? ORDER BY due LIMIT ?"
        f") RETURNING {_COLUMNS}",
        (_ms(monotonic + hold), int(stage), _ms(now), _ms(monotonic), limit),
    )
    if len(rows) == limit and stage is Stage.DELIVER:
        for messages in groups(list({row[1] for row in rows})):
            # The plus keeps the planner from the index over due times: that would walk the whole backlog.
            rows += tx.run(
                f"UPDATE queue SET leased = ? WHERE message IN ({MARKS}) AND +stage = ? AND due <= ? AND leased <= ?"
                f" RETURNING {_COLUMNS}",
                (_ms(monotonic + hold), *messages, int(stage), _ms(now), _ms(monotonic)),
            )
    return [_row(row) for row in rows]


def lease_in_turns(tx: Tx, *, now: float, monotonic: float, hold: float, limit: int) -> list[Row]:
    """Messages to render slowly, of each account its oldest, then of each the next, and so on."""
    due: list[tuple[int, int, int]] = []
    for scope in _slow_scopes(tx):
        found = tx.run(
            "SELECT due, id FROM queue INDEXED BY queue_slow WHERE stage = 3 AND scope = ? AND due <= ? AND leased <= ?"
            " ORDER BY due LIMIT ?",
            (scope, _ms(now), _ms(monotonic), limit),
        )
        due += ((turn, when, row_id) for turn, (when, row_id) in enumerate(found))
    leased = []
    for _, _, row_id in sorted(due)[:limit]:
        leased += tx.run(
            f"UPDATE queue SET leased = ? WHERE id = ? RETURNING {_COLUMNS}", (_ms(monotonic + hold), row_id)
        )
    return [_row(row) for row in leased]


def _slow_scopes(tx: Tx) -> list[str]:
    """Who has messages to render slowly, one look-up in the index for each."""
    found = tx.run(
        "WITH RECURSIVE slow (scope) AS ("
        " SELECT min(scope) FROM queue INDEXED BY queue_slow WHERE stage = 3"
        " UNION ALL SELECT (SELECT min(scope) FROM queue INDEXED BY queue_slow WHERE stage = 3 AND scope > slow.scope) FROM slow"
        " WHERE slow.scope IS NOT NULL"
        ") SELECT scope FROM slow WHERE scope IS NOT NULL"
    )
    return [scope for (scope,) in found]


def lease_line(tx: Tx, site: str, *, monotonic: float, hold: float, limit: int) -> list[Row]:
    """The same from the front of a site's line."""
    rows = tx.run(
        "UPDATE queue SET leased = ? WHERE id IN ("
        " SELECT id FROM queue INDEXED BY queue_line WHERE stage = 4 AND site = ? AND leased <= ? ORDER BY due LIMIT ?"
        f") RETURNING {_COLUMNS}",
        (_ms(monotonic + hold), site, _ms(monotonic), limit),
    )
    if len(rows) == limit:
        for messages in groups(list({row[1] for row in rows})):
            rows += tx.run(
                f"UPDATE queue SET leased = ? WHERE message IN ({MARKS}) AND +stage = 4 AND +site = ? AND leased <= ?"
                f" RETURNING {_COLUMNS}",
                (_ms(monotonic + hold), *messages, site, _ms(monotonic)),
            )
    return [_row(row) for row in rows]


def overdue(tx: Tx, site: str, *, now: float, monotonic: float, limit: int) -> list[Row]:
    """Rows whose time ran out while they stood in a site's line."""
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM queue INDEXED BY queue_line_expiry"
        " WHERE stage = 4 AND site = ? AND expires <= ? AND leased <= ? LIMIT ?",
        (site, _ms(now), _ms(monotonic), limit),
    )
    return [_row(row) for row in rows]


def line_up(tx: Tx, rows: Iterable[Row], site: str) -> None:
    """Puts leased rows into a site's line, unattempted. Who was due first stands first."""
    tx.many(
        f"UPDATE queue SET stage = ?, site = ?, leased = 0 WHERE {_AS_LEASED}",
        ((int(Stage.WAIT), site, *_as_leased(row)) for row in rows),
    )


def lines(tx: Tx) -> list[str]:
    """The sites that have a line, one look-up in the index for each."""
    found = tx.run(
        "WITH RECURSIVE line (site) AS ("
        " SELECT min(site) FROM queue INDEXED BY queue_line WHERE stage = 4"
        " UNION ALL SELECT (SELECT min(site) FROM queue INDEXED BY queue_line WHERE stage = 4 AND site > line.site) FROM line"
        " WHERE line.site IS NOT NULL"
        ") SELECT site FROM line WHERE site IS NOT NULL"
    )
    return [site for (site,) in found]


def release_all(tx: Tx) -> None:
    """Forgets every lease: for the start of the only process tree that uses this store."""
    tx.run("UPDATE queue SET leased = 0 WHERE leased > 0")


def is_as_leased(tx: Tx, row: Row) -> bool:
    """Whether a row is still to be worked on, and not settled by somebody else after its lease ended."""
    return bool(tx.run(f"SELECT 1 FROM queue WHERE {_AS_LEASED}", _as_leased(row)))


def finish(tx: Tx, rows: Iterable[Row]) -> None:
    """Removes rows whose work is done."""
    tx.many(f"DELETE FROM queue WHERE {_AS_LEASED}", map(_as_leased, rows))


def defer(tx: Tx, rows: Iterable[Row], due: float) -> None:
    """Counts a failed attempt and sets the time of the next. Who stood in a line is routed anew by then."""
    tx.many(
        f"UPDATE queue SET attempts = attempts + 1, due = ?, leased = 0, stage = ?, site = ? WHERE {_AS_LEASED}",
        ((_ms(due), *_home(row), *_as_leased(row)) for row in rows),
    )


def _as_leased(row: Row) -> tuple[int, bytes, int, int]:
    return row.id, pack_message_id(row.message_id), int(row.stage), row.attempts


def _home(row: Row) -> tuple[int, str]:
    if row.stage is Stage.WAIT:
        return int(Stage.DELIVER), row.domain
    return int(row.stage), row.site


def pass_on(tx: Tx, rows: Iterable[Row], stage: Stage) -> None:
    """Hands leased rows over to another stage."""
    tx.many(
        f"UPDATE queue SET stage = ?, leased = 0 WHERE {_AS_LEASED}",
        ((int(stage), *_as_leased(row)) for row in rows),
    )


def release(tx: Tx, rows: Iterable[Row]) -> None:
    """Gives leased rows back unattempted."""
    tx.many(f"UPDATE queue SET leased = 0 WHERE {_AS_LEASED}", map(_as_leased, rows))


def note_if_finished(tx: Tx, message_id: str, now: float) -> None:
    """Remembers when the last row of a message has gone, so that its content can be dropped a day later."""
    message = pack_message_id(message_id)
    tx.run(
        "INSERT INTO finished (message, time) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM queue WHERE message = ?)"
        " ON CONFLICT (message) DO UPDATE SET time = excluded.time",
        (message, _ms(now), message),
    )


def has_untried(tx: Tx, time: float) -> bool:
    """Whether anything that was accepted and due by ``time`` has not been attempted."""
    # With the stages named, the index leaves out what waits for another attempt.
    marks = ",".join("?" * len(Stage))
    sql = f"SELECT 1 FROM queue WHERE stage IN ({marks}) AND due <= ? AND accepted <= ? AND attempts = 0 LIMIT 1"
    return bool(tx.run(sql, (*map(int, Stage), _ms(time), _ms(time))))


def out_of_time(tx: Tx, stage: Stage, *, now: float, monotonic: float, limit: int) -> list[Row]:
    """Rows of a stage that nobody works on and whose time is over. It reads the whole stage, so not where time is short."""
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM queue WHERE stage = ? AND expires <= ? AND leased <= ? LIMIT ?",
        (int(stage), _ms(now), _ms(monotonic), limit),
    )
    return [_row(row) for row in rows]


def waiting(tx: Tx) -> dict[str, int]:
    """How many rows wait: to be prepared, due now or later to be delivered."""
    counts: dict[int, int] = dict(tx.run("SELECT stage, count(*) FROM queue GROUP BY stage"))
    deliver = counts.get(int(Stage.DELIVER), 0) + counts.get(int(Stage.WAIT), 0)
    return {"prepare": sum(counts.values()) - deliver, "deliver": deliver}


def of_message(tx: Tx, message_id: str) -> list[Row]:
    """What is still to be done for a message."""
    message = pack_message_id(message_id)
    return [
        _row(row) for row in tx.run(f"SELECT {_COLUMNS} FROM queue WHERE message = ? ORDER BY id", (message,))
    ]


def recipients_waiting(tx: Tx) -> dict[str, set[str]]:
    """Message id -> recipients still queued; an empty string stands for a message that is still to be prepared."""
    found: dict[str, set[str]] = {}
    for message, recipient in tx.run("SELECT message, recipient FROM queue"):
        found.setdefault(unpack_message_id(message), set()).add(recipient)
    return found


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _row(row: StoreRow) -> Row:
    (
        row_id,
        message,
        stage,
        scope,
        configuration_set,
        recipient,
        site,
        attempts,
        due,
        accepted,
        expires,
        custom,
        system,
        return_domain,
    ) = row
    return Row(
        message_id=unpack_message_id(message),
        stage=Stage(stage),
        scope=Scope.from_key(scope),
        configuration_set=configuration_set,
        accepted=accepted / 1000,
        expires=expires / 1000,
        custom_expiry=bool(custom),
        is_system=bool(system),
        return_domain=return_domain,
        recipient=recipient,
        site=site,
        attempts=attempts,
        due=due / 1000,
        id=row_id,
    )
