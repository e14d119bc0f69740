"""The tables of the built-in mailbox: captured messages with their envelopes, the newest of them up to a limit.

It knows nothing of who may read them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Row, Tx

MOST_MESSAGES = 10_000
MOST_BYTES = 1024**3
# One slice of trimming: few enough rows to stay below 20 ms.
_SLICE = 100

SCHEMA = Schema(
    "mailbox",
    (
        """CREATE TABLE mailbox_message (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            message_id TEXT NOT NULL,
            scope TEXT NOT NULL,
            source TEXT NOT NULL,
            received REAL NOT NULL,
            mail_from TEXT NOT NULL,
            recipients BLOB NOT NULL,
            size INTEGER NOT NULL,
            content BLOB NOT NULL
        );
        CREATE INDEX mailbox_by_message ON mailbox_message (message_id);
        CREATE INDEX mailbox_by_size ON mailbox_message (id, size)""",
    ),
)


@dataclass(frozen=True, slots=True)
class Captured:
    """One message as it would have gone out. ``message_id`` is SES's; ``scope`` is its key, empty when nobody knows."""

    message_id: str
    scope: str
    source: str
    received: float
    mail_from: str
    recipients: tuple[str, ...]
    content: bytes


def keep(tx: Tx, message: Captured) -> None:
    """Adds a message. More recipients of one that is there already, or a repetition, join it instead."""
    rows = tx.run(
        "SELECT id, recipients FROM mailbox_message WHERE message_id = ? AND content = ?",
        (message.message_id, message.content),
    )
    if rows:
        [(row_id, known)] = rows[:1]
        together = list(dict.fromkeys([*orjson.loads(known), *message.recipients]))
        tx.run("UPDATE mailbox_message SET recipients = ? WHERE id = ?", (orjson.dumps(together), row_id))
        return
    tx.run(
        "INSERT INTO mailbox_message (message_id, scope, source, received, mail_from, recipients, size, content)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.message_id,
            message.scope,
            message.source,
            message.received,
            message.mail_from,
            orjson.dumps(message.recipients),
            len(message.content),
            message.content,
        ),
    )


_COLUMNS = "message_id, scope, source, received, mail_from, recipients, content"


def messages(tx: Tx, message_id: str | None = None) -> list[Captured]:
    """All messages, or those of one id, oldest first."""
    if message_id:
        rows = tx.run(
            f"SELECT {_COLUMNS} FROM mailbox_message WHERE message_id = ? ORDER BY id", (message_id,)
        )
    else:
        rows = tx.run(f"SELECT {_COLUMNS} FROM mailbox_message ORDER BY id")
    return [_captured(row) for row in rows]


def _captured(row: Row) -> Captured:
    message_id, scope, source, received, mail_from, recipients, content = row
    return Captured(message_id, scope, source, received, mail_from, tuple(orjson.loads(recipients)), content)


def ids(tx: Tx, message_id: str | None = None) -> list[int]:
    """The rows to delete, for ``delete_rows`` in slices."""
    if message_id:
        rows = tx.run("SELECT id FROM mailbox_message WHERE message_id = ?", (message_id,))
    else:
        rows = tx.run("SELECT id FROM mailbox_message ORDER BY id")
    return [row[0] for row in rows]


def excess(tx: Tx, most_messages: int, most_bytes: int) -> list[int]:
    """The oldest rows beyond the limits, at most one slice of them; the newest message stays, whatever its size."""
    [(count, size)] = tx.run("SELECT count(*), coalesce(sum(size), 0) FROM mailbox_message")
    too_many: list[int] = []
    for row_id, row_size in tx.run("SELECT id, size FROM mailbox_message ORDER BY id LIMIT ?", (_SLICE,)):
        if count <= 1 or (count <= most_messages and size <= most_bytes):
            break
        too_many.append(row_id)
        count -= 1
        size -= row_size
    return too_many


def delete_rows(tx: Tx, row_ids: Sequence[int]) -> None:
    tx.many("DELETE FROM mailbox_message WHERE id = ?", [(each,) for each in row_ids])


def slices(row_ids: Sequence[int]) -> list[Sequence[int]]:
    return [row_ids[at : at + _SLICE] for at in range(0, len(row_ids), _SLICE)]
