"""The tables of topics: what the API configures, what was published, and what is still to be delivered.

Ids of subscriptions and publications come from ``topic_head``, so that none is ever used again.
"""

from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

SCHEMA = Schema(
    "sns",
    (
        """
        CREATE TABLE topic_head (next INTEGER NOT NULL);
        INSERT INTO topic_head (next) VALUES (1);
        CREATE TABLE topic (
            scope TEXT NOT NULL, name TEXT NOT NULL, settings BLOB NOT NULL, tags BLOB NOT NULL,
            deleted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (scope, name)
        );
        CREATE TABLE topic_subscription (
            id INTEGER PRIMARY KEY, uid TEXT NOT NULL, scope TEXT NOT NULL, topic TEXT NOT NULL, owner TEXT NOT NULL,
            protocol TEXT NOT NULL, endpoint TEXT NOT NULL, state INTEGER NOT NULL, settings BLOB NOT NULL,
            token TEXT NOT NULL, token_expires INTEGER NOT NULL
        );
        CREATE UNIQUE INDEX topic_subscription_uid ON topic_subscription (uid);
        CREATE UNIQUE INDEX topic_subscription_endpoint ON topic_subscription (scope, topic, protocol, endpoint);
        CREATE INDEX topic_subscription_topic ON topic_subscription (scope, topic, state, id);
        CREATE INDEX topic_subscription_owner ON topic_subscription (owner, id);
        CREATE INDEX topic_subscription_expiry ON topic_subscription (token_expires) WHERE state <> 1;
        CREATE TABLE publication (
            id INTEGER PRIMARY KEY, scope TEXT NOT NULL, topic TEXT NOT NULL, message_id TEXT NOT NULL,
            time INTEGER NOT NULL, message BLOB NOT NULL, spread INTEGER NOT NULL, upto INTEGER NOT NULL
        );
        CREATE INDEX publication_unspread ON publication (id) WHERE spread < upto;
        CREATE TABLE topic_delivery (
            id INTEGER PRIMARY KEY, publication INTEGER NOT NULL, subscription TEXT NOT NULL, kind INTEGER NOT NULL,
            line TEXT, token TEXT NOT NULL, dead_letter INTEGER NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL,
            leased INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX topic_delivery_due ON topic_delivery (due);
        CREATE INDEX topic_delivery_publication ON topic_delivery (publication);
        CREATE INDEX topic_delivery_line ON topic_delivery (subscription, line, id) WHERE line IS NOT NULL;
        CREATE TABLE topic_dead_letter (
            id INTEGER PRIMARY KEY, scope TEXT NOT NULL, subscription TEXT NOT NULL, protocol TEXT NOT NULL,
            endpoint TEXT NOT NULL, message_id TEXT NOT NULL, published INTEGER NOT NULL, message BLOB NOT NULL,
            attempts INTEGER NOT NULL, why TEXT NOT NULL, time INTEGER NOT NULL
        );
        CREATE INDEX topic_dead_letter_scope ON topic_dead_letter (scope, id);
        CREATE INDEX topic_dead_letter_time ON topic_dead_letter (time)
        """,
        """
        CREATE TABLE topic_deduplication (
            scope TEXT NOT NULL, topic TEXT NOT NULL, key TEXT NOT NULL, message_id TEXT NOT NULL, sequence TEXT NOT NULL,
            time INTEGER NOT NULL, PRIMARY KEY (scope, topic, key)
        );
        CREATE INDEX topic_deduplication_time ON topic_deduplication (time)
        """,
    ),
)


def next_id(tx: Tx) -> int:
    [(following,)] = tx.run("UPDATE topic_head SET next = next + 1 RETURNING next")
    return int(following) - 1


def last_id(tx: Tx) -> int:
    """The newest id that was given out."""
    [(following,)] = tx.run("SELECT next FROM topic_head")
    return int(following) - 1
