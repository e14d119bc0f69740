"""Batches of messages whose content is small together, and large content that is replaced in transactions that stay short."""

from dataclasses import dataclass

from mailgauge.delivery import contents, queue
from mailgauge.delivery.row import Row, Stage
from mailgauge.store.transaction import Store, Tx

BYTES = 4_000_000
"""Content above ``contents.SMALL`` that a batch holds at once, unless a single one is larger."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A row, and its content unless that is large (or lost) and is to be read on its own."""

    row: Row
    content: bytes | None


def lease(tx: Tx, stage: Stage, *, now: float, monotonic: float, hold: float, limit: int) -> list[Leased]:
    """Leases rows of messages up to ``limit`` and ``BYTES``; of large ones always the first, so that each has its turn."""
    if stage is Stage.RENDER_SLOWLY:
        rows = queue.lease_in_turns(tx, now=now, monotonic=monotonic, hold=hold, limit=limit)
    else:
        rows = queue.lease(tx, stage, now=now, monotonic=monotonic, hold=hold, limit=limit)
    taken, left = [], BYTES
    small = contents.get_small(tx, [row.message_id for row in rows])
    for row in rows:
        content = small.get(row.message_id)
        if content is None:
            size = contents.size(tx, row.message_id)
            if left < BYTES and size > left:
                queue.release(tx, [row])
                continue
            left -= size
        taken.append(Leased(row, content))
    return taken


async def stage(store: Store, message_id: str, content: bytes) -> None:
    """Writes large content beside the old, which stays valid until ``put`` is committed."""
    if len(content) <= contents.PIECE:
        return
    first = await store.write(lambda tx: contents.begin(tx, message_id))
    for number, piece in enumerate(contents.pieces(content), start=first):
        await _put_piece(store, message_id, number, piece)


async def _put_piece(store: Store, message_id: str, number: int, piece: bytes) -> None:
    await store.write(lambda tx: contents.put_piece(tx, message_id, number, piece))


def put(tx: Tx, message_id: str, content: bytes) -> None:
    """Replaces the content of a message by what ``stage`` was given."""
    if len(content) > contents.PIECE:
        contents.switch(tx, message_id)
    else:
        contents.put(tx, message_id, content)


def put_at_end(tx: Tx, message_id: str, content: bytes) -> None:
    """The same, small content at the end of the transaction. See ``contents.put_at_end``."""
    if len(content) > contents.PIECE:
        contents.switch(tx, message_id)
    else:
        contents.put_at_end(tx, message_id, content)
