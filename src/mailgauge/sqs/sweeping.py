"""What is cleared away: expired messages, heaps that queues have left, deduplication ids. One call is one short slice."""

from typing import Final

from mailgauge.sqs import fifo, messages
from mailgauge.store.transaction import Tx

SLICE: Final = 100
"""Few, because each may have a large body."""


def sweep(tx: Tx, now: int) -> int:
    """How many rows went; 0 when nothing is left to do. ``now`` is in milliseconds."""
    return _expire(tx, now) or _clear_heap(tx) or _forget(tx, now)


def _expire(tx: Tx, now: int) -> int:
    """What nobody received since it expired; what somebody did is noticed when it would be received again."""
    rows = tx.run(
        "SELECT m.id, m.heap, m.message_group FROM sqs_queue q"
        " JOIN sqs_message m ON m.heap = q.heap AND m.visible <= ? - q.retention LIMIT ?",
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
    for table in ("sqs_group", "sqs_deduplication"):
        slice_of = f"SELECT rowid FROM {table} WHERE heap = ? LIMIT ?"
        gone = tx.run(f"DELETE FROM {table} WHERE rowid IN ({slice_of}) RETURNING heap", (heap, SLICE))
        if gone:
            return len(gone)
    tx.run("DELETE FROM sqs_heap WHERE id = ?", (heap,))
    return 1


def _forget(tx: Tx, now: int) -> int:
    return len(
        tx.run(
            "DELETE FROM sqs_deduplication WHERE rowid IN"
            " (SELECT rowid FROM sqs_deduplication WHERE until <= ? LIMIT ?) RETURNING id",
            (now, SLICE),
        )
    )
