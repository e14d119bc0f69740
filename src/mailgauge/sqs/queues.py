"""Queues in the store: made, found, listed, changed, purged and deleted, within the caller's transaction.

To purge or delete takes no time however many messages there are: the queue leaves its heap, which ``sweeping`` clears.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import orjson

from mailgauge.base.scope import Scope
from mailgauge.sqs import attributes as rules
from mailgauge.sqs import schema
from mailgauge.sqs.errors import InvalidValueError, QueueExistsError, QueueNotFoundError
from mailgauge.sqs.queue import Queue, check_name, place
from mailgauge.store.transaction import Row, Tx

MOST_TAGS: Final = 50
_COLUMNS = "id, scope, name, heap, created, modified, attributes, tags"


class Counts(NamedTuple):
    visible: int
    in_flight: int
    delayed: int


class Depth(NamedTuple):
    """``oldest`` is when the oldest message was sent, in milliseconds."""

    scope: Scope
    name: str
    counts: Counts
    oldest: int | None


def create(
    tx: Tx, scope: Scope, name: str, given: Mapping[str, str], *, tags: Mapping[str, str], now: int
) -> Queue:
    """A new queue, or the one of this name where it has the attributes that were given."""
    is_fifo = given.get("FifoQueue", "").lower() == "true"
    check_name(name, fifo=is_fifo)
    kept = rules.changed({}, given, fifo=is_fifo)
    there = get(tx, scope, name)
    if there is not None:
        if (other := rules.difference(there.attributes, kept, fifo=is_fifo)) is not None:
            raise QueueExistsError(other)
        return there
    _check_tags(tags)
    queue = Queue(0, scope, name, _new_heap(tx), now, now, kept, tags)
    _check_redrive(tx, queue)
    tx.run(
        "INSERT INTO sqs_queue (id, scope, name, heap, created, modified, retention, attributes, tags)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            schema.next_id(tx),
            scope.key,
            name,
            queue.heap,
            now,
            now,
            queue.milliseconds("MessageRetentionPeriod"),
            orjson.dumps(kept),
            orjson.dumps(dict(tags)),
        ),
    )
    return find(tx, scope, name)


def get(tx: Tx, scope: Scope, name: str) -> Queue | None:
    rows = tx.run(f"SELECT {_COLUMNS} FROM sqs_queue WHERE scope = ? AND name = ?", (scope.key, name))
    return _queue(rows[0]) if rows else None


def find(tx: Tx, scope: Scope, name: str) -> Queue:
    """Raises QueueNotFoundError."""
    queue = get(tx, scope, name)
    if queue is None:
        raise QueueNotFoundError
    return queue


def by_arn(tx: Tx, arn: str) -> Queue | None:
    where = place(arn)
    queue = get(tx, *where) if where else None
    return queue if queue is not None and queue.arn == arn else None


def page(tx: Tx, scope: Scope, prefix: str, after: str, limit: int) -> list[Queue]:
    """By name, behind ``after``."""
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM sqs_queue WHERE scope = ? AND name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?",
        (scope.key, after, len(prefix), prefix, limit),
    )
    return [_queue(row) for row in rows]


def sources(tx: Tx, queue: Queue) -> list[Queue]:
    """The queues of the same account and Region whose dead letters come to this one, by name."""
    rows = tx.run(f"SELECT {_COLUMNS} FROM sqs_queue WHERE scope = ? ORDER BY name", (queue.scope.key,))
    others = (_queue(row) for row in rows)
    return [each for each in others if (redrive := each.redrive) is not None and redrive.target == queue.arn]


def set_attributes(tx: Tx, queue: Queue, given: Mapping[str, str], now: int) -> None:
    kept = rules.changed(queue.attributes, given, fifo=queue.is_fifo)
    after = Queue(queue.id, queue.scope, queue.name, queue.heap, queue.created, now, kept, queue.tags)
    if given.get("RedrivePolicy"):
        _check_redrive(tx, after)
    tx.run(
        "UPDATE sqs_queue SET attributes = ?, modified = ?, retention = ? WHERE id = ?",
        (orjson.dumps(kept), now, after.milliseconds("MessageRetentionPeriod"), queue.id),
    )


def set_tags(tx: Tx, queue: Queue, tags: Mapping[str, str]) -> None:
    _check_tags(tags)
    tx.run("UPDATE sqs_queue SET tags = ? WHERE id = ?", (orjson.dumps(dict(tags)), queue.id))


def purge(tx: Tx, queue: Queue) -> None:
    """Everything that is in it now is gone."""
    tx.run("UPDATE sqs_heap SET dropped = 1 WHERE id = ?", (queue.heap,))
    tx.run("UPDATE sqs_queue SET heap = ? WHERE id = ?", (_new_heap(tx), queue.id))


def delete(tx: Tx, queue: Queue) -> None:
    tx.run("UPDATE sqs_heap SET dropped = 1 WHERE id = ?", (queue.heap,))
    tx.run("DELETE FROM sqs_queue WHERE id = ?", (queue.id,))


def counts(tx: Tx, queue: Queue, now: int) -> Counts:
    """What waits, what is in somebody's hands, and what is held back."""
    [(shown,)] = tx.run("SELECT count(*) FROM sqs_message WHERE heap = ? AND hidden = 0", (queue.heap,))
    [(visible, in_flight, delayed)] = tx.run(
        "SELECT count(*) FILTER (WHERE visible <= ?), count(*) FILTER (WHERE visible > ? AND receives > 0),"
        " count(*) FILTER (WHERE visible > ? AND receives = 0) FROM sqs_message WHERE heap = ? AND hidden = 1",
        (now, now, now, queue.heap),
    )
    return Counts(shown + visible, in_flight, delayed)


def depths(tx: Tx, now: int, limit: int) -> list[Depth]:
    """Of all accounts' queues, in order."""
    found = [
        _queue(row)
        for row in tx.run(f"SELECT {_COLUMNS} FROM sqs_queue ORDER BY scope, name LIMIT ?", (limit,))
    ]
    return [_depth(tx, each, now) for each in found]


def _depth(tx: Tx, queue: Queue, now: int) -> Depth:
    [(oldest,)] = tx.run("SELECT min(sent) FROM sqs_message WHERE heap = ?", (queue.heap,))
    return Depth(queue.scope, queue.name, counts(tx, queue, now), oldest)


def _new_heap(tx: Tx) -> int:
    heap = schema.next_id(tx)
    tx.run("INSERT INTO sqs_heap (id, dropped) VALUES (?, 0)", (heap,))
    return heap


def _check_redrive(tx: Tx, queue: Queue) -> None:
    redrive = queue.redrive
    if redrive is None:
        return
    target = by_arn(tx, redrive.target)
    reason = ""
    if target is None or target.scope != queue.scope:
        reason = "Dead letter target does not exist."
    elif target.is_fifo != queue.is_fifo:
        reason = "Dead-letter queue must be same type of queue as the source."
    elif not rules.lets_in(target.attributes, queue.arn):
        reason = "The redrive allow policy of the dead letter target does not allow this queue."
    if reason:
        text = queue.attributes["RedrivePolicy"]
        raise InvalidValueError(f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}")


def _check_tags(tags: Mapping[str, str]) -> None:
    if len(tags) > MOST_TAGS:
        raise InvalidValueError(f"Too many tags added for queue. Maximum number of tags is {MOST_TAGS}.")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
            raise InvalidValueError(
                f"Tag {key} is invalid: keys have 1 to 128 characters and do not begin with aws:."
            )


def _queue(row: Row) -> Queue:
    number, scope, name, heap, created, modified, attributes, tags = row
    return Queue(
        number,
        Scope.from_key(scope),
        name,
        heap,
        created,
        modified,
        orjson.loads(attributes),
        orjson.loads(tags),
    )
