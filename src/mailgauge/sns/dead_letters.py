"""Notifications that could not be delivered and had no dead-letter queue: kept for the operator to look at and send again."""

from collections.abc import Callable
from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.sns import deliveries, spreading, subscription_rows, topics
from mailgauge.sns import message as messages
from mailgauge.sns.arns import parse_subscription
from mailgauge.sns.deliveries import Kind
from mailgauge.sns.message import Message
from mailgauge.sns.model import State
from mailgauge.store.transaction import Row, Tx

_COLUMNS = "id, scope, subscription, protocol, endpoint, message_id, published, message, attempts, why, time"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """``time`` is when it was given up. The address of the endpoint is what it was then."""

    id: int
    scope: Scope
    subscription_arn: str
    protocol: str
    endpoint: str
    message_id: str
    published: float
    message: Message
    attempts: int
    why: str
    time: float


def page(tx: Tx, after: int, limit: int) -> list[DeadLetter]:
    """In the order in which they were given up, behind the id ``after``."""
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM topic_dead_letter WHERE id > ? ORDER BY id LIMIT ?", (after, limit)
    )
    return [_letter(row) for row in rows]


def ids(tx: Tx) -> list[int]:
    return [found for (found,) in tx.run("SELECT id FROM topic_dead_letter ORDER BY id")]


def count(tx: Tx) -> int:
    [(found,)] = tx.run("SELECT count(*) FROM topic_dead_letter")
    return int(found)


def latest(tx: Tx) -> DeadLetter | None:
    rows = tx.run(f"SELECT {_COLUMNS} FROM topic_dead_letter ORDER BY id DESC LIMIT 1")
    return _letter(rows[0]) if rows else None


def redrive(tx: Tx, letter_id: int, now: float) -> bool:
    """Delivers one anew, with all its retries; False where it or its subscription is no longer there."""
    rows = tx.run(f"SELECT {_COLUMNS} FROM topic_dead_letter WHERE id = ?", (letter_id,))
    if not rows:
        return False
    letter = _letter(rows[0])
    place = parse_subscription(letter.subscription_arn)
    subscription = subscription_rows.find(tx, place[1]) if place else None
    if subscription is None or subscription.state is not State.CONFIRMED:
        return False
    topic = topics.get(tx, subscription.scope, subscription.topic)
    publication = spreading.keep(tx, topic, letter.message, letter.message_id, now=letter.published)
    deliveries.enqueue(tx, publication, subscription, Kind.Notification, now)
    tx.run("DELETE FROM topic_dead_letter WHERE id = ?", (letter_id,))
    return True


def erase(tx: Tx, concerns: Callable[[str], bool], after: int, limit: int) -> tuple[int, int | None]:
    """Of the letters behind an id, at most ``limit``, deletes those whose text concerns somebody: how many, and where to go
    on.
    """
    rows = tx.run(
        "SELECT id, message FROM topic_dead_letter WHERE id > ? ORDER BY id LIMIT ?", (after, limit)
    )
    found = [letter for letter, message in rows if concerns(messages.decode(message).body)]
    tx.many("DELETE FROM topic_dead_letter WHERE id = ?", [(letter,) for letter in found])
    return len(found), rows[-1][0] if len(rows) == limit else None


def _letter(row: Row) -> DeadLetter:
    (
        letter_id,
        scope,
        subscription,
        protocol,
        endpoint,
        message_id,
        published,
        message,
        attempts,
        why,
        time,
    ) = row
    return DeadLetter(
        letter_id, Scope.from_key(scope), subscription, protocol, endpoint, message_id, published / 1000,
        messages.decode(message), attempts, why, time / 1000,
    )  # fmt: skip
