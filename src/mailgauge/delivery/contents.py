"""The content of messages that are on their way, in pieces where it is large. The queue's tables hold it; see ``queue.SCHEMA``.

Whose content it is and how long it is wanted others decide: it neither reads nor changes the queue, but for what nothing
refers to any more.
"""

from collections.abc import Iterable

from mailgauge.base.ids import pack_message_id, unpack_message_id
from mailgauge.store.transaction import MARKS, Tx, groups

SMALL = 65_536
"""Content up to this many bytes is read in the transaction that leases its row, which saves a read."""
PIECE = 1_000_000
"""Content above this many bytes is written in pieces, each in a transaction of its own, before the message refers to it."""
RANGE = 1000
"""Pieces are numbered from a multiple of this. Of several such ranges the first is the content; what follows is to replace
it, and counts once the first is gone.
"""
DROPPED = 32_000_000
"""Bytes of old content that are dropped together: about what 20 ms allow."""


def put(tx: Tx, message_id: str, content: bytes) -> None:
    """Stores content in one transaction, replacing what was there; larger content is given to ``put_piece`` first."""
    _replace(tx, [(pack_message_id(message_id), content)])


def put_at_end(tx: Tx, message_id: str, content: bytes) -> None:
    """The same at the end of the transaction, together with others': cheaper, where nobody may read it before.

    Whoever can be given the message within this transaction must be queued at its end, too.
    """
    tx.defer(_replace, (pack_message_id(message_id), content))


def _replace(tx: Tx, contents: list[tuple[bytes, bytes]]) -> None:
    tx.many("DELETE FROM content WHERE message = ?", ((message,) for message, _ in contents))
    _write_pieces(
        tx, [(message, n, piece) for message, content in contents for n, piece in enumerate(pieces(content))]
    )


def put_last_piece(tx: Tx, message_id: str, number: int, piece: bytes) -> None:
    """What ``put_piece`` does, at the end of this transaction."""
    tx.defer(_write_pieces, (pack_message_id(message_id), number, piece))


def _write_pieces(tx: Tx, rows: list[tuple[bytes, int, bytes]]) -> None:
    tx.many("INSERT INTO content (message, piece, bytes) VALUES (?, ?, ?)", rows)


def begin(tx: Tx, message_id: str) -> int:
    """Makes room beside the content for what is to replace it, and returns the number of its first piece."""
    first = _next_range(tx, message_id)
    tx.run("DELETE FROM content WHERE message = ? AND piece >= ?", (pack_message_id(message_id), first))
    return first


def switch(tx: Tx, message_id: str) -> None:
    """Lets the content that was put beside the old one replace it."""
    first = _next_range(tx, message_id)
    tx.run("DELETE FROM content WHERE message = ? AND piece < ?", (pack_message_id(message_id), first))


def _next_range(tx: Tx, message_id: str) -> int:
    [(lowest,)] = tx.run("SELECT min(piece) FROM content WHERE message = ?", (pack_message_id(message_id),))
    return 0 if lowest is None else (int(lowest) // RANGE + 1) * RANGE


def put_piece(tx: Tx, message_id: str, number: int, piece: bytes) -> None:
    tx.run(
        "INSERT INTO content (message, piece, bytes) VALUES (?, ?, ?)",
        (pack_message_id(message_id), number, piece),
    )


def discard(tx: Tx, message_id: str) -> None:
    """Removes content that no message refers to, after a send was refused."""
    tx.run("DELETE FROM content WHERE message = ?", (pack_message_id(message_id),))


def discard_orphans(tx: Tx) -> int:
    """Removes content that nothing refers to, because the process died between its pieces; of how many messages.

    For the start only: a send or a replacement that is under way has such pieces too.
    """
    orphans = tx.run(
        "SELECT DISTINCT message FROM content WHERE message NOT IN (SELECT message FROM queue)"
        " AND message NOT IN (SELECT message FROM finished)"
    )
    tx.many("DELETE FROM content WHERE message = ?", orphans)
    torn = tx.run(
        "SELECT message, (min(piece) / ? + 1) * ? FROM content GROUP BY message HAVING max(piece) / ? > min(piece) / ?",
        (RANGE, RANGE, RANGE, RANGE),
    )
    tx.many("DELETE FROM content WHERE message = ? AND piece >= ?", torn)
    return len(orphans) + len(torn)


def pieces(content: bytes) -> list[bytes]:
    return [content[at : at + PIECE] for at in range(0, len(content), PIECE)] or [b""]


def get(tx: Tx, message_id: str) -> bytes:
    """Raises KeyError when the content is not (or no longer) kept."""
    found = tx.run(
        "SELECT bytes FROM content WHERE message = ? AND piece < ? ORDER BY piece",
        (pack_message_id(message_id), _next_range(tx, message_id)),
    )
    if not found:
        raise KeyError(message_id)
    return b"".join(piece for (piece,) in found)


def get_small(tx: Tx, message_ids: Iterable[str]) -> dict[str, bytes]:
    """Content that may be read along with its lease; not what is large (or lost) and is better read on its own."""
    found: dict[str, bytes] = {}
    for messages in groups([pack_message_id(each) for each in message_ids]):
        rows = tx.run(
            f"SELECT message, bytes FROM content WHERE message IN ({MARKS}) AND piece = 0 AND length(bytes) <= ?",
            (*messages, SMALL),
        )
        found |= {unpack_message_id(message): content for message, content in rows}
    return found


def size(tx: Tx, message_id: str) -> int:
    [(size,)] = tx.run(
        "SELECT sum(length(bytes)) FROM content WHERE message = ?", (pack_message_id(message_id),)
    )
    return int(size or 0)


def drop_finished(tx: Tx, *, finished_before: float, limit: int = 200) -> int:
    """Drops the content of messages whose last outcome is older; returns how many, so that callers go on in slices."""
    old = tx.run(
        "SELECT message, (SELECT sum(length(bytes)) FROM content WHERE content.message = finished.message)"
        " FROM finished WHERE time < ? ORDER BY time LIMIT ?",
        (round(finished_before * 1000), limit),
    )
    slice_: list[tuple[bytes]] = []
    size = 0
    for message, length in old:
        size += length or 0
        if slice_ and size > DROPPED:
            break
        slice_.append((message,))
    tx.many("DELETE FROM content WHERE message = ?", slice_)
    tx.many("DELETE FROM finished WHERE message = ?", slice_)
    return len(slice_)
