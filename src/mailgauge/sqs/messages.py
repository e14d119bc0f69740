"""Messages in the store: put into a queue, handed out, given back and deleted, within the caller's transaction.

A message that was handed out is only hidden until its visibility timeout ends, so whatever dies meanwhile, it comes back.
Times are in milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from mailgauge.sqs import fifo, queues, receipts, schema
from mailgauge.sqs.errors import InvalidReceiptError, InvalidValueError
from mailgauge.sqs.message import Draft, Facts, Received, Sent
from mailgauge.sqs.message_checks import check, invalid
from mailgauge.sqs.queue import Queue
from mailgauge.store.transaction import Row, Tx

LONGEST_HIDDEN: Final = 43_200_000
_COLUMNS = "id, receives, sent, first_received, message_group, secret"
# What is looked at in one transaction beyond what is asked for: expired messages and dead letters on the way.
_LOOKED_AT: Final = 50
# How many that were hidden until now are put among the others in one transaction.
_SHOWN: Final = 500


@dataclass(slots=True)
class Taken:
    """``next`` is when the next hidden message can be seen, and ``unlooked`` that there may be more than was looked at.

    ``redriven`` is the queue that got dead letters. ``wait`` is the queue's own way of waiting, in milliseconds.
    """

    messages: list[Received] = field(default_factory=list)
    next: int | None = None
    unlooked: bool = False
    redriven: Queue | None = None
    wait: int = 0


class _Held(NamedTuple):
    """A message that was received: when it can be seen again, when it was received last, and how often."""

    visible: int
    received: int
    group: str | None
    receives: int


def send(tx: Tx, queue: Queue, draft: Draft, now: int) -> Sent:
    """Raises what is wrong with the message. A repetition in a FIFO queue is answered as the first was."""
    check(draft, queue)
    return put(tx, queue, draft, now)


def put(tx: Tx, queue: Queue, draft: Draft, now: int) -> Sent:
    """The same without looking at it."""
    visible = now + (queue.milliseconds("DelaySeconds") if draft.delay is None else draft.delay * 1000)
    if not queue.is_fifo:
        _insert(tx, queue, draft, visible, sent=now, now=now)
        return Sent(draft.message_id)
    draft = fifo.with_deduplication_id(draft)
    before = fifo.repeated(tx, queue, draft, now)
    if before is not None:
        return before
    number = _insert(tx, queue, draft, visible, sent=now, now=now)
    fifo.remember(tx, queue, draft, number, now)
    return Sent(draft.message_id, number)


def receive(tx: Tx, queue: Queue, most: int, hidden: int | None, now: int) -> Taken:
    """Up to ``most`` messages, hidden from others for ``hidden`` milliseconds or as long as the queue says."""
    taken = Taken(wait=queue.milliseconds("ReceiveMessageWaitTimeSeconds"))
    until = now + (queue.milliseconds("VisibilityTimeout") if hidden is None else hidden)
    oldest = now - queue.milliseconds("MessageRetentionPeriod")
    looked_at = most + _LOOKED_AT
    find = fifo.ready if queue.is_fifo else _ready
    rows = find(tx, queue.heap, looked_at, now)
    groups = set()
    for row in rows:
        if len(taken.messages) == most:
            break
        if queue.is_fifo:
            groups.add(row[4])
        if row[2] <= oldest:
            _remove(tx, row[0])
        elif (target := _dead_letter_queue(tx, queue, row[1])) is not None:
            _bury(tx, queue, target, row, now)
            taken.redriven = target
        else:
            taken.messages.append(_take(tx, queue, row, until, now))
    fifo.settle(tx, queue.heap, groups)
    taken.unlooked = not taken.messages and len(rows) >= looked_at
    if not taken.messages:
        taken.next = _next(tx, queue, now)
    return taken


def delete(tx: Tx, queue: Queue, handle: str, now: int) -> bool:
    """Whether it was there. In a FIFO queue only who has it now can delete it, elsewhere whoever received it."""
    receipt = receipts.read(handle, queue.id)
    held = _held(tx, queue, handle)
    if held is None:
        return False
    if queue.is_fifo and (held.visible <= now or receipt.number != held.receives):
        raise invalid("ReceiptHandle", handle, "The receipt handle has expired.")
    _remove(tx, receipt.message)
    if held.group is not None:
        fifo.settle(tx, queue.heap, {held.group})
    return True


def change_visibility(tx: Tx, queue: Queue, handle: str, seconds: int, now: int) -> None:
    """Hides it for so long from now on; 0 gives it back."""
    if not 0 <= seconds <= LONGEST_HIDDEN // 1000:
        raise hidden_too_long(seconds)
    held = _held(tx, queue, handle)
    if held is None:
        raise invalid(
            "ReceiptHandle",
            handle,
            "Message does not exist or is not available for visibility timeout change.",
        )
    until = now + seconds * 1000
    if until - held.received > LONGEST_HIDDEN:
        raise invalid(
            "VisibilityTimeout",
            seconds,
            f"Total VisibilityTimeout for the message is beyond the limit [{LONGEST_HIDDEN // 1000} seconds]",
        )
    sql = "UPDATE sqs_message SET visible = ?, hidden = ? WHERE id = ?"
    tx.run(sql, (until, until > now, receipts.read(handle, queue.id).message))
    if held.group is not None:
        fifo.settle(tx, queue.heap, {held.group})


def hidden_too_long(seconds: int) -> InvalidValueError:
    return invalid("VisibilityTimeout", seconds, "Must be between 0 and 43200, if provided.")


def remove(tx: Tx, numbers: Sequence[int]) -> None:
    """Messages by the ids of their rows."""
    for table in ("sqs_message", "sqs_body"):
        tx.many(f"DELETE FROM {table} WHERE id = ?", [(number,) for number in numbers])


def _insert(tx: Tx, queue: Queue, draft: Draft, visible: int, *, sent: int, now: int) -> int:
    group = (draft.facts.group or "") if queue.is_fifo else None
    number = schema.next_id(tx)
    tx.run(
        "INSERT INTO sqs_message (id, heap, visible, hidden, receives, sent, secret, message_group)"
        " VALUES (?, ?, ?, ?, 0, ?, ?, ?)",
        (number, queue.heap, visible, visible > now, sent, receipts.new_secret(), group),
    )
    tx.run(
        "INSERT INTO sqs_body (id, message_id, facts, body) VALUES (?, ?, ?, ?)",
        (number, draft.message_id, msgspec.msgpack.encode(draft.facts), draft.body),
    )
    if group is not None:
        fifo.settle(tx, queue.heap, {group})
    return number


def _ready(tx: Tx, heap: int, limit: int, now: int) -> list[Row]:
    """The oldest first, also of those that were hidden until now."""
    tx.run(
        "UPDATE sqs_message SET hidden = 0 WHERE id IN"
        " (SELECT id FROM sqs_message WHERE heap = ? AND hidden = 1 AND visible <= ? ORDER BY visible LIMIT ?)",
        (heap, now, _SHOWN),
    )
    return tx.run(
        f"SELECT {_COLUMNS} FROM sqs_message WHERE heap = ? AND hidden = 0 ORDER BY id LIMIT ?", (heap, limit)
    )


def _next(tx: Tx, queue: Queue, now: int) -> int | None:
    if queue.is_fifo:
        [(when,)] = tx.run("SELECT min(free) FROM sqs_group WHERE heap = ? AND free > ?", (queue.heap, now))
    else:
        [(when,)] = tx.run(
            "SELECT min(visible) FROM sqs_message WHERE heap = ? AND hidden = 1 AND visible > ?",
            (queue.heap, now),
        )
    return None if when is None else int(when)


def _take(tx: Tx, queue: Queue, row: Row, until: int, now: int) -> Received:
    number, receives, sent, first, group, secret = row
    handle = receipts.made(queue.id, number, receives + 1, secret).handle
    first = now if first is None else first
    tx.run(
        "UPDATE sqs_message SET visible = ?, hidden = ?, receives = ?, first_received = ?, received = ? WHERE id = ?",
        (until, until > now, receives + 1, first, now, number),
    )
    message_id, body, facts = _content(tx, number)
    sequence = None if group is None else number
    return Received(message_id, handle, body, facts, sent, first, receives + 1, sequence)


def _dead_letter_queue(tx: Tx, queue: Queue, receives: int) -> Queue | None:
    redrive = queue.redrive if receives else None
    if redrive is None or receives < redrive.most:
        return None
    target = queues.by_arn(tx, redrive.target)
    # A queue that would be its own keeps its messages, and one whose target is gone does too.
    return None if target is None or target.id == queue.id else target


def _bury(tx: Tx, queue: Queue, target: Queue, row: Row, now: int) -> None:
    """It keeps its id and, in a standard queue, its age. No deduplication: it would be lost."""
    number, _, sent, *_ = row
    message_id, body, facts = _content(tx, number)
    _remove(tx, number)
    facts = msgspec.structs.replace(facts, came_from=queue.arn)
    _insert(tx, target, Draft(body, facts, 0, message_id), now, sent=now if target.is_fifo else sent, now=now)


def _content(tx: Tx, number: int) -> tuple[str, str, Facts]:
    [(message_id, facts, body)] = tx.run(
        "SELECT message_id, facts, body FROM sqs_body WHERE id = ?", (number,)
    )
    return message_id, body, msgspec.msgpack.decode(facts, type=Facts)


def _held(tx: Tx, queue: Queue, handle: str) -> _Held | None:
    """What a handle was given out for; None where it is gone. Raises InvalidReceiptError."""
    receipt = receipts.read(handle, queue.id)
    rows = tx.run(
        "SELECT visible, received, message_group, receives, secret FROM sqs_message WHERE id = ? AND heap = ?",
        (receipt.message, queue.heap),
    )
    if not rows:
        return None
    *facts, secret = rows[0]
    held = _Held(*facts)
    if not receipt.fits(secret) or not 0 < receipt.number <= held.receives:
        raise InvalidReceiptError(handle)
    return held


def _remove(tx: Tx, number: int) -> None:
    remove(tx, (number,))
