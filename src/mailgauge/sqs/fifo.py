"""FIFO queues: the order of a group, and what is sent only once (developer guide, "FIFO queue delivery logic").

A group is closed while its first message is in somebody's hands. When it opens is kept beside it, so that finding what can
be received never passes over the messages of closed groups.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile
from typing import Final

import msgspec

from mailgauge.sqs.message import Draft, Sent
from mailgauge.sqs.queue import Queue
from mailgauge.store.transaction import Row, Tx

REMEMBERED: Final = 300_000
"""How long a deduplication id counts, in milliseconds."""

_COLUMNS = "id, receives, sent, first_received, message_group, secret"


def with_deduplication_id(draft: Draft) -> Draft:
    """The one given, or the digest of the body."""
    if draft.facts.deduplication_id is not None:
        return draft
    digest = hashlib.sha256(draft.body.encode()).hexdigest()
    return replace(draft, facts=msgspec.structs.replace(draft.facts, deduplication_id=digest))


def repeated(tx: Tx, queue: Queue, draft: Draft, now: int) -> Sent | None:
    """What the first message of this deduplication id was answered with."""
    rows = tx.run(
        "SELECT message_id, id FROM sqs_deduplication"
        " WHERE heap = ? AND message_group = ? AND deduplication_id = ? AND until > ?",
        (queue.heap, _space(queue, draft), draft.facts.deduplication_id, now),
    )
    return Sent(*rows[0]) if rows else None


def remember(tx: Tx, queue: Queue, draft: Draft, number: int, now: int) -> None:
    tx.run(
        "INSERT INTO sqs_deduplication (heap, message_group, deduplication_id, until, id, message_id)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (heap, message_group, deduplication_id)"
        " DO UPDATE SET until = excluded.until, id = excluded.id, message_id = excluded.message_id",
        (
            queue.heap,
            _space(queue, draft),
            draft.facts.deduplication_id,
            now + REMEMBERED,
            number,
            draft.message_id,
        ),
    )


def ready(tx: Tx, heap: int, limit: int, now: int) -> list[Row]:
    """The messages of open groups, each group's in their order up to the first that can't be seen."""
    found: list[Row] = []
    for (group,) in tx.run(
        "SELECT name FROM sqs_group WHERE heap = ? AND free <= ? ORDER BY free, name LIMIT ?",
        (heap, now, limit),
    ):
        rows = tx.run(
            f"SELECT visible, {_COLUMNS} FROM sqs_message WHERE heap = ? AND message_group = ? ORDER BY id LIMIT ?",
            (heap, group, limit - len(found)),
        )
        found += [row[1:] for row in takewhile(lambda row: row[0] <= now, rows)]
        if len(found) >= limit:
            break
    return found


def settle(tx: Tx, heap: int, groups: Iterable[str]) -> None:
    """Notes when these groups open, after their messages have changed; one without messages is forgotten."""
    for group in groups:
        first = tx.run(
            "SELECT visible FROM sqs_message WHERE heap = ? AND message_group = ? ORDER BY id LIMIT 1",
            (heap, group),
        )
        if not first:
            tx.run("DELETE FROM sqs_group WHERE heap = ? AND name = ?", (heap, group))
            continue
        tx.run(
            "INSERT INTO sqs_group (heap, name, free) VALUES (?, ?, ?)"
            " ON CONFLICT (heap, name) DO UPDATE SET free = excluded.free",
            (heap, group, first[0][0]),
        )


def _space(queue: Queue, draft: Draft) -> str:
    """Within what a deduplication id counts: the group, or the queue."""
    return (draft.facts.group or "") if queue.value("DeduplicationScope") == "messageGroup" else ""
