"""The tables of queues. A *heap* is what a queue's messages lie on: to purge or delete a queue is to leave its heap.

What changes with every receive stands apart from bodies, which would be written again otherwise. Messages that can be
seen are found by their age, the others by when they can (``hidden``). Ids are never used twice: a receipt handle must not
fit a later message.
"""

from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

SCHEMA = Schema(
    "sqs",
    (
        """
        CREATE TABLE sqs_head (one INTEGER PRIMARY KEY, next INTEGER NOT NULL);
        INSERT INTO sqs_head (one, next) VALUES (1, 1);
        CREATE TABLE sqs_heap (
            id INTEGER PRIMARY KEY, dropped INTEGER NOT NULL
        );
        CREATE TABLE sqs_queue (
            id INTEGER PRIMARY KEY,
            scope TEXT NOT NULL, name TEXT NOT NULL,
            heap INTEGER NOT NULL,
            created INTEGER NOT NULL, modified INTEGER NOT NULL,
            retention INTEGER NOT NULL,
            attributes BLOB NOT NULL, tags BLOB NOT NULL,
            UNIQUE (scope, name)
        );
        CREATE TABLE sqs_message (
            id INTEGER PRIMARY KEY,
            heap INTEGER NOT NULL,
            visible INTEGER NOT NULL,
            hidden INTEGER NOT NULL,
            receives INTEGER NOT NULL,
            sent INTEGER NOT NULL,
            first_received INTEGER,
            received INTEGER,
            secret BLOB NOT NULL,
            message_group TEXT
        );
        CREATE INDEX sqs_message_sent ON sqs_message (heap, sent);
        CREATE INDEX sqs_message_ready ON sqs_message (heap, id) WHERE hidden = 0;
        CREATE INDEX sqs_message_hidden ON sqs_message (heap, visible, receives) WHERE hidden = 1;
        CREATE INDEX sqs_message_group ON sqs_message (heap, message_group, id) WHERE message_group IS NOT NULL;
        CREATE TABLE sqs_body (
            id INTEGER PRIMARY KEY, message_id TEXT NOT NULL, facts BLOB NOT NULL, body TEXT NOT NULL
        );
        CREATE TABLE sqs_group (
            heap INTEGER NOT NULL, name TEXT NOT NULL, free INTEGER NOT NULL, PRIMARY KEY (heap, name)
        );
        CREATE INDEX sqs_group_free ON sqs_group (heap, free);
        CREATE TABLE sqs_deduplication (
            heap INTEGER NOT NULL, message_group TEXT NOT NULL, deduplication_id TEXT NOT NULL,
            until INTEGER NOT NULL, id INTEGER NOT NULL, message_id TEXT NOT NULL,
            PRIMARY KEY (heap, message_group, deduplication_id)
        );
        CREATE INDEX sqs_deduplication_until ON sqs_deduplication (until)
        """,
    ),
)


def next_id(tx: Tx) -> int:
    """For a queue, a heap or a message: greater than any before."""
    [(following,)] = tx.run("UPDATE sqs_head SET next = next + 1 RETURNING next")
    return int(following) - 1
