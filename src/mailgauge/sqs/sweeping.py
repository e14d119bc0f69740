"""What is cleared away: expired messages, heaps that queues have left, deduplication ids. One call is one short slice."""

from typing import Final

from mailgauge.sqs import fifo, messages
from mailgauge.store.transaction import Tx

SLICE: Final = 100
"""Few, because each may have a large body."""
_GROUP: Final = ("heap", "name")
_ONCE: Final = ("heap", "message_group", "deduplication_id")


def sweep(tx: Tx, now: int) -> int:
    """How many rows went; 0 when nothing is left to do. ``now`` is in milliseconds."""
    return _expire(tx, now) or _clear_heap(tx) or _forget(tx, now)


def _expire(tx: Tx, now: int) -> int:
    """What was sent too long ago, also what is in somebody's hands."""
    rows = tx.run(
        "SELECT m.id, m.heap, m.message_group FROM sqs_queue q"
        " JOIN sqs_message m ON m.heap = q.heap AND m.sent <= ? - q.retention LIMIT ?",
        (now, SLICE),
    )
    messages.remove(tx, [number for number, _, _ in rows])
    for heap, group in {(heap, group) for _, heap, group in rows if group is not None}:
        fifo.settle(tx, heap, {group})
    return len(rows)


def _clear_heap(tx: Tx) -> int:
    heaps = tx.run("SELECT id FROM sqs_heap WHERE dropped = 1 LIMIT 1")
    if not heaps:
        return 0
    [heap] = heaps[0]
    rows = tx.run("SELECT id FROM sqs_message WHERE heap = ? LIMIT ?", (heap, SLICE))
    messages.remove(tx, [number for (number,) in rows])
    if rows:
        return len(rows)
    if gone := _delete(tx, "sqs_group", _GROUP, "heap = ?", heap):
        return gone
    if gone := _delete(tx, "sqs_deduplication", _ONCE, "heap = ?", heap):
        return gone
    tx.run("DELETE FROM sqs_heap WHERE id = ?", (heap,))
    return 1


def _forget(tx: Tx, now: int) -> int:
    return _delete(tx, "sqs_deduplication", _ONCE, "until <= ?", now)


def _delete(tx: Tx, table: str, key: tuple[str, ...], where: str, value: int) -> int:
    """Of the rows for which this holds, one slice."""
    rows = tx.run(f"SELECT {', '.join(key)} FROM {table} WHERE {where} LIMIT ?", (value, SLICE))
    tx.many(f"DELETE FROM {table} WHERE {' AND '.join(f'{each} = ?' for each in key)}", rows)
    return len(rows)
