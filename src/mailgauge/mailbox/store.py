"""The tables of the built-in mailbox: captured messages with their envelopes, the newest of them up to a limit.

It knows nothing of who may read them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from mailgauge.mail.address import AddressError, bare
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Row, Tx

MOST_MESSAGES = 10_000
MOST_BYTES = 1024**3
# What one listing holds at most, unless the caller asks for less.
MOST_LISTED = 1000
MOST_LISTED_BYTES = 64 * 1024**2
# One slice of trimming: few enough rows to stay below 20 ms.
_SLICE = 100

SCHEMA = Schema(
    "mailbox",
    (
        """CREATE TABLE mailbox_message (
            id INTEGER PRIMARY KEY,
            message_id TEXT NOT NULL,
            scope TEXT NOT NULL,
            source TEXT NOT NULL,
            address TEXT NOT NULL,
            received INTEGER NOT NULL,
            mail_from TEXT NOT NULL,
            recipients BLOB NOT NULL,
            size INTEGER NOT NULL,
            content BLOB NOT NULL
        );
        CREATE INDEX mailbox_by_message ON mailbox_message (message_id);
        CREATE INDEX mailbox_by_address ON mailbox_message (address, id);
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
        "INSERT INTO mailbox_message"
        " (message_id, scope, source, address, received, mail_from, recipients, size, content)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.message_id,
            message.scope,
            message.source,
            bare_or_same(message.source),
            round(message.received * 1000),
            message.mail_from,
            orjson.dumps(message.recipients),
            len(message.content),
            message.content,
        ),
    )


def bare_or_same(text: str) -> str:
    try:
        return bare(text)
    except AddressError:
        return text


def count(tx: Tx, message_id: str | None = None, source: str | None = None) -> int:
    where, values = _where(message_id, source)
    [(found,)] = tx.run(f"SELECT count(*) FROM mailbox_message WHERE {where}", values)
    return int(found)


def messages(
    tx: Tx,
    message_id: str | None = None,
    source: str | None = None,
    *,
    most: int = MOST_LISTED,
    most_bytes: int = MOST_LISTED_BYTES,
) -> list[Captured]:
    """The newest messages within the limits, oldest first; the newest comes whatever its size.

    ``source`` is that of the messages as written, or its address alone.
    """
    where, values = _where(message_id, source)
    chosen: list[int] = []
    for row_id, size in tx.run(
        f"SELECT id, size FROM mailbox_message WHERE {where} ORDER BY id DESC LIMIT ?", [*values, most]
    ):
        most_bytes -= size
        if chosen and most_bytes < 0:
            break
        chosen.append(row_id)
    return [
        _captured(*tx.run(f"SELECT {_COLUMNS} FROM mailbox_message WHERE id = ?", (row_id,)))
        for row_id in reversed(chosen)
    ]


def _where(message_id: str | None, source: str | None) -> tuple[str, list[str]]:
    conditions, values = ["1 = 1"], []
    if message_id:
        conditions.append("message_id = ?")
        values.append(message_id)
    if source:
        conditions.append("address = ? AND ? IN (source, address)")
        values += [bare_or_same(source), source]
    return " AND ".join(conditions), values


_COLUMNS = "message_id, scope, source, received, mail_from, recipients, content"


def _captured(row: Row) -> Captured:
    message_id, scope, source, received, mail_from, recipients, content = row
    return Captured(
        message_id, scope, source, received / 1000, mail_from, tuple(orjson.loads(recipients)), content
    )


Key = tuple[int, str]
"""Row and message id of a message. A row's number alone may be another message's by the time it is deleted."""


def keys(tx: Tx, message_id: str | None = None) -> list[Key]:
    """The messages to delete, for ``delete`` in slices."""
    where, values = _where(message_id, None)
    return [
        (row_id, found)
        for row_id, found in tx.run(
            f"SELECT id, message_id FROM mailbox_message WHERE {where} ORDER BY id", values
        )
    ]


def keys_to(tx: Tx, address: str) -> list[Key]:
    """The messages that one recipient got, whoever else did."""
    wanted = address.lower()
    return [
        (row_id, message_id)
        for row_id, message_id, recipients in tx.run("SELECT id, message_id, recipients FROM mailbox_message")
        if wanted in (each.lower() for each in orjson.loads(recipients))
    ]


def excess(tx: Tx, most_messages: int, most_bytes: int) -> list[Key]:
    """The oldest messages beyond the limits, at most one slice; the newest stays, whatever its size."""
    [(found, size)] = tx.run("SELECT count(*), coalesce(sum(size), 0) FROM mailbox_message")
    too_many: list[Key] = []
    for row_id, row_size, message_id in tx.run(
        "SELECT id, size, message_id FROM mailbox_message ORDER BY id LIMIT ?", (_SLICE,)
    ):
        if found <= 1 or (found <= most_messages and size <= most_bytes):
            break
        too_many.append((row_id, message_id))
        found -= 1
        size -= row_size
    return too_many


def delete(tx: Tx, some: Sequence[Key]) -> None:
    tx.many("DELETE FROM mailbox_message WHERE id = ? AND message_id = ?", some)


def slices(found: Sequence[Key]) -> list[Sequence[Key]]:
    return [found[at : at + _SLICE] for at in range(0, len(found), _SLICE)]
