"""What in the queue refers to something that is not there: for whoever checks a store. Each answers how many messages."""

from mailgauge.delivery.contents import RANGE
from mailgauge.store.transaction import Tx


def without_content(tx: Tx) -> int:
    return _count(
        tx,
        "SELECT DISTINCT message FROM queue q WHERE NOT EXISTS (SELECT 1 FROM content c WHERE c.message = q.message)",
    )


def with_torn_content(tx: Tx) -> int:
    """A piece is missing between others, or the first."""
    sql = (
        f"SELECT message FROM content GROUP BY message, piece / {RANGE}"
        f" HAVING min(piece) % {RANGE} <> 0 OR max(piece) - min(piece) + 1 <> count(*)"
    )
    return _count(tx, f"SELECT DISTINCT message FROM queue WHERE message IN ({sql})")


def without_facts(tx: Tx) -> int:
    return _count(
        tx,
        "SELECT DISTINCT message FROM queue q"
        " WHERE NOT EXISTS (SELECT 1 FROM message_facts f WHERE f.message = q.message)",
    )


def _count(tx: Tx, sql: str) -> int:
    [(count,)] = tx.run(f"SELECT count(*) FROM ({sql}) found")
    return int(count)
