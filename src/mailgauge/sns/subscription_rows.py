"""Subscriptions in the store. Who may subscribe what, and how, is in ``subscriptions``."""

from collections.abc import Mapping

from mailgauge.base.scope import Scope
from mailgauge.sns import settings
from mailgauge.sns.model import COLUMNS, State, Subscription, Topic
from mailgauge.store.transaction import MARKS, Row, Tx, groups


def find(tx: Tx, uid: str) -> Subscription | None:
    return _first(tx.run(f"SELECT {COLUMNS} FROM topic_subscription WHERE uid = ?", (uid,)))


def of_endpoint(tx: Tx, scope: Scope, topic: str, protocol: str, endpoint: str) -> Subscription | None:
    sql = f"SELECT {COLUMNS} FROM topic_subscription WHERE scope = ? AND topic = ? AND protocol = ? AND endpoint = ?"
    return _first(tx.run(sql, (scope.key, topic, protocol, endpoint)))


def of_token(tx: Tx, scope: Scope, topic: str, token: str) -> Subscription | None:
    sql = f"SELECT {COLUMNS} FROM topic_subscription WHERE scope = ? AND topic = ? AND token = ?"
    return _first(tx.run(sql, (scope.key, topic, token)))


def some(tx: Tx, uids: list[str]) -> dict[str, Subscription]:
    """Those of the ids that are still there."""
    found: dict[str, Subscription] = {}
    for group in groups(uids):
        rows = tx.run(f"SELECT {COLUMNS} FROM topic_subscription WHERE uid IN ({MARKS})", group)
        found |= {row[1]: _subscription(row) for row in rows}
    return found


def add(tx: Tx, subscription: Subscription) -> None:
    tx.run(
        f"INSERT INTO topic_subscription ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        _row(subscription),
    )


def replace(tx: Tx, subscription: Subscription) -> None:
    """Keeps changed state, settings and token."""
    tx.run(
        "UPDATE topic_subscription SET state = ?, settings = ?, token = ?, token_expires = ? WHERE uid = ?",
        (
            int(subscription.state),
            settings.encode(subscription.settings),
            subscription.token,
            round(subscription.token_expires * 1000),
            subscription.uid,
        ),
    )


def delete(tx: Tx, uid: str) -> None:
    tx.run("DELETE FROM topic_subscription WHERE uid = ?", (uid,))


def slice_of(tx: Tx, topic: Topic, after: int, upto: int, limit: int) -> list[Subscription]:
    """Confirmed ones in the order they were made, behind ``after`` up to ``upto``."""
    rows = tx.run(
        f"SELECT {COLUMNS} FROM topic_subscription"
        " WHERE scope = ? AND topic = ? AND state = 1 AND id > ? AND id <= ? ORDER BY id LIMIT ?",
        (topic.scope.key, topic.name, after, upto, limit),
    )
    return [_subscription(row) for row in rows]


def page_of_topic(tx: Tx, scope: Scope, topic: str, after: int, limit: int) -> list[Subscription]:
    rows = tx.run(
        f"SELECT {COLUMNS} FROM topic_subscription"
        " WHERE scope = ? AND topic = ? AND state <> 2 AND id > ? ORDER BY id LIMIT ?",
        (scope.key, topic, after, limit),
    )
    return [_subscription(row) for row in rows]


def page_of_owner(tx: Tx, owner: Scope, after: int, limit: int) -> list[Subscription]:
    rows = tx.run(
        f"SELECT {COLUMNS} FROM topic_subscription WHERE owner = ? AND state <> 2 AND id > ? ORDER BY id LIMIT ?",
        (owner.key, after, limit),
    )
    return [_subscription(row) for row in rows]


def has_outside(tx: Tx) -> bool:
    """Whether anybody but queues is subscribed to anything."""
    return bool(tx.run("SELECT 1 FROM topic_subscription WHERE protocol <> 'sqs' LIMIT 1"))


def counts(tx: Tx, scope: Scope, topic: str) -> Mapping[State, int]:
    rows = tx.run(
        "SELECT state, count(*) FROM topic_subscription WHERE scope = ? AND topic = ? GROUP BY state",
        (scope.key, topic),
    )
    return {State(state): found for state, found in rows}


def expired(tx: Tx, now: float, limit: int) -> list[Subscription]:
    """Those that were not confirmed, or not taken back, in time."""
    rows = tx.run(
        f"SELECT {COLUMNS} FROM topic_subscription WHERE state <> 1 AND token_expires <= ? LIMIT ?",
        (round(now * 1000), limit),
    )
    return [_subscription(row) for row in rows]


def _first(rows: list[Row]) -> Subscription | None:
    return _subscription(rows[0]) if rows else None


def _row(subscription: Subscription) -> Row:
    uid, owner = subscription.uid, subscription.owner.key
    return (
        subscription.id, uid, subscription.scope.key, subscription.topic, owner, subscription.protocol,
        subscription.endpoint, int(subscription.state), settings.encode(subscription.settings), subscription.token,
        round(subscription.token_expires * 1000),
    )  # fmt: skip


def _subscription(row: Row) -> Subscription:
    row_id, uid, scope, topic, owner, protocol, endpoint, state, kept, token, expires = row
    return Subscription(
        row_id, uid, Scope.from_key(scope), topic, Scope.from_key(owner), protocol, endpoint, State(state),
        settings.decode(kept), token, expires / 1000,
    )  # fmt: skip
