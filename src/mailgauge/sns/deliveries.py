"""What is still to be delivered to subscriptions: rows that are leased, then done, put off or buried.

A message is kept once, with a row for each subscription that gets it. Where there are many subscriptions the rows are
made in slices, the first as the message is published and the others as rows are leased.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import orjson

from mailgauge.base.scope import Scope
from mailgauge.sns import message as messages
from mailgauge.sns import spreading, subscription_rows, topics
from mailgauge.sns.message import Message
from mailgauge.sns.model import State, Subscription, Topic
from mailgauge.store.transaction import MARKS, Row, Tx, groups

_MOST_DROPPED: Final = 200


class Kind(IntEnum):
    """The values of ``Type`` in what subscribers are sent."""

    Notification = 0
    SubscriptionConfirmation = 1
    UnsubscribeConfirmation = 2


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one subscription. ``endpoint`` and the settings are the subscription's as they are now.

    ``attempts`` is how many failed. ``token`` is what confirms a subscription, empty in notifications.
    ``is_dead_letter``: it goes to the subscription's dead-letter queue, ``endpoint`` is that queue's ARN and ``protocol``
    is ``sqs``, while ``subscribed`` stays the protocol that decides the body.
    """

    id: int
    publication: int
    topic_arn: str
    subscription_arn: str
    protocol: str
    subscribed: str
    endpoint: str
    raw: bool
    message: Message
    message_id: str
    timestamp: float
    attempts: int
    due: float
    kind: Kind
    scope: Scope
    token: str = ""
    is_dead_letter: bool = False
    delivery_policy: str | None = None
    topic_settings: dict[str, str] = field(default_factory=dict)
    """``DisplayName``, ``DeliveryPolicy``, ``SignatureVersion`` and the others that are set."""

    @property
    def body(self) -> str:
        """The text that this subscriber gets."""
        return self.message.body_for(self.subscribed)


def lease(tx: Tx, *, now: float, monotonic: float, hold: float, limit: int) -> list[Delivery]:
    """Takes up to ``limit`` due rows for ``hold`` seconds, and makes the next slice of rows where some are to be made.

    Leases run on the monotonic clock. Rows of subscriptions that ended are dropped here.
    """
    spreading.spread_next(tx, now)
    rows = tx.run(
        "UPDATE topic_delivery SET leased = ? WHERE id IN ("
        " SELECT id FROM topic_delivery WHERE due <= ? AND leased <= ? ORDER BY due, id LIMIT ?"
        ") RETURNING id, publication, subscription, kind, token, dead_letter, attempts, due",
        (_ms(monotonic + hold), _ms(now), _ms(monotonic), limit),
    )
    rows.sort(key=lambda row: (row[7], row[0]))
    subscriptions = subscription_rows.some(tx, list({row[2] for row in rows}))
    published = _publications(tx, list({row[1] for row in rows}))
    owners = {each: topics.find(tx, *each) for each in {(s.scope, s.topic) for s in subscriptions.values()}}
    leased: list[Delivery] = []
    for row in rows:
        subscription, publication = subscriptions.get(row[2]), published.get(row[1])
        topic = owners[subscription.scope, subscription.topic] if subscription else None
        if subscription is None or publication is None or topic is None or not _is_wanted(row, subscription):
            _remove(tx, row[0], row[1], row[6])
            if subscription is None:
                _drop_end_of_lines(tx, row[2])
        else:
            leased.append(_delivery(row, subscription, publication, topic))
    return leased


def next_due(tx: Tx, monotonic: float) -> float | None:
    """When the next row that nobody holds is due, in the past where a slice is to be made."""
    if spreading.is_left(tx):
        return 0.0
    rows = tx.run(
        "SELECT due FROM topic_delivery WHERE leased <= ? AND due < ? ORDER BY due LIMIT 1",
        (_ms(monotonic), spreading.BEHIND),
    )
    return rows[0][0] / 1000 if rows else None


def oldest_due(tx: Tx) -> float | None:
    """When the row that waits longest was or is due."""
    [(due,)] = tx.run("SELECT min(due) FROM topic_delivery")
    return None if due is None or due == spreading.BEHIND else due / 1000


def waiting(tx: Tx) -> int:
    """How many rows there are, those under way among them."""
    [(found,)] = tx.run("SELECT count(*) FROM topic_delivery")
    return int(found)


def has_untried(tx: Tx, protocol: str, time: float) -> bool:
    """Whether any delivery by this protocol that was due by ``time`` has not been attempted."""
    found = tx.run(
        "SELECT 1 FROM topic_delivery JOIN topic_subscription ON topic_subscription.uid = topic_delivery.subscription"
        " WHERE due <= ? AND attempts = 0 AND protocol = ? LIMIT 1",
        (_ms(time), protocol),
    )
    return bool(found) or spreading.is_left(tx)


def release_all(tx: Tx) -> None:
    """Forgets every lease: for the start of the only process tree that uses this store."""
    tx.run("UPDATE topic_delivery SET leased = 0 WHERE leased > 0")


def release(tx: Tx, some: Iterable[Delivery]) -> None:
    """Gives leased rows back unattempted."""
    tx.many(
        "UPDATE topic_delivery SET leased = 0 WHERE id = ? AND publication = ? AND attempts = ?",
        [(each.id, each.publication, each.attempts) for each in some],
    )


def is_as_leased(tx: Tx, delivery: Delivery) -> bool:
    """Whether nobody has settled the row since, its lease having ended: for endpoints that share the transaction."""
    sql = "SELECT 1 FROM topic_delivery WHERE id = ? AND publication = ? AND attempts = ?"
    return bool(tx.run(sql, (delivery.id, delivery.publication, delivery.attempts)))


def done(tx: Tx, delivery: Delivery) -> None:
    """It was delivered."""
    _remove(tx, delivery.id, delivery.publication, delivery.attempts)


def defer(tx: Tx, delivery: Delivery, due: float) -> None:
    """Counts a failed attempt and sets the time of the next."""
    tx.run(
        "UPDATE topic_delivery SET attempts = attempts + 1, due = ?, leased = 0 WHERE id = ? AND publication = ? AND attempts = ?",
        (_ms(due), delivery.id, delivery.publication, delivery.attempts),
    )


def postpone(tx: Tx, some: Iterable[tuple[Delivery, float]]) -> None:
    """Gives leased rows back unattempted, each with the time to take it again."""
    tx.many(
        "UPDATE topic_delivery SET due = ?, leased = 0 WHERE id = ? AND publication = ? AND attempts = ?",
        [(_ms(due), each.id, each.publication, each.attempts) for each, due in some],
    )


def bury(tx: Tx, delivery: Delivery, why: str, now: float) -> None:
    """Gives up. A notification goes to its dead-letter queue where it has one, else among the dead letters that are kept."""
    if not is_as_leased(tx, delivery):
        return
    subscription = subscription_rows.find(tx, delivery.subscription_arn.rpartition(":")[2])
    redrive = subscription and dead_letter_target(subscription)
    if redrive and not delivery.is_dead_letter and delivery.kind is Kind.Notification:
        lines = tx.run("SELECT subscription, line FROM topic_delivery WHERE id = ?", (delivery.id,))
        # The count goes on, so that whoever still holds the row finds it changed.
        tx.run(
            "UPDATE topic_delivery SET dead_letter = 1, attempts = attempts + 1, due = ?, leased = 0, line = NULL WHERE id = ?",
            (_ms(now), delivery.id),
        )
        _move_up(tx, lines)
        return
    tx.run(
        "INSERT INTO topic_dead_letter (scope, subscription, protocol, endpoint, message_id, published, message, attempts, why,"
        " time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            delivery.scope.key, delivery.subscription_arn, delivery.protocol, delivery.endpoint, delivery.message_id,
            _ms(delivery.timestamp), messages.encode(delivery.message), delivery.attempts + 1, why, _ms(now),
        ),
    )  # fmt: skip
    _remove(tx, delivery.id, delivery.publication, delivery.attempts)


def dead_letter_target(subscription: Subscription) -> str | None:
    """The ARN of the queue that gets what could not be delivered."""
    policy = subscription.settings.get("RedrivePolicy")
    return orjson.loads(policy).get("deadLetterTargetArn") if policy else None


def enqueue(tx: Tx, publication: int, subscription: Subscription, kind: Kind, now: float) -> None:
    """One row by itself: for confirmations."""
    tx.run(
        "INSERT INTO topic_delivery (publication, subscription, kind, token, dead_letter, attempts, due)"
        " VALUES (?, ?, ?, ?, 0, 0, ?)",
        (publication, subscription.uid, int(kind), subscription.token, _ms(now)),
    )


def expire_dead_letters(tx: Tx, before: float, limit: int) -> int:
    """Drops old ones, and says how many."""
    rows = tx.run(
        "DELETE FROM topic_dead_letter WHERE id IN (SELECT id FROM topic_dead_letter WHERE time < ? LIMIT ?) RETURNING id",
        (_ms(before), limit),
    )
    return len(rows)


def _is_wanted(row: Row, subscription: Subscription) -> bool:
    """Whether the subscription still is in the state that this row is for."""
    wanted = {
        Kind.Notification: State.CONFIRMED,
        Kind.SubscriptionConfirmation: State.PENDING,
        Kind.UnsubscribeConfirmation: State.UNSUBSCRIBED,
    }
    return subscription.state is wanted[Kind(row[3])]


def _delivery(row: Row, subscription: Subscription, publication: Row, topic: Topic) -> Delivery:
    row_id, publication_id, _, kind, token, dead_letter, attempts, due = row
    _, message_id, time, message = publication
    target = dead_letter_target(subscription) if dead_letter else None
    return Delivery(
        id=row_id,
        publication=publication_id,
        topic_arn=topic.arn,
        subscription_arn=subscription.arn,
        protocol="sqs" if target else subscription.protocol,
        subscribed=subscription.protocol,
        endpoint=target or subscription.endpoint,
        raw=subscription.is_raw,
        message=messages.decode(message),
        message_id=message_id,
        timestamp=time / 1000,
        attempts=attempts,
        due=due / 1000,
        kind=Kind(kind),
        scope=topic.scope,
        token=token,
        is_dead_letter=bool(dead_letter),
        delivery_policy=subscription.settings.get("DeliveryPolicy"),
        topic_settings=dict(topic.settings),
    )


def _publications(tx: Tx, ids: list[int]) -> dict[int, Row]:
    found: dict[int, Row] = {}
    for group in groups(ids):
        rows = tx.run(f"SELECT id, message_id, time, message FROM publication WHERE id IN ({MARKS})", group)
        found |= {row[0]: row for row in rows}
    return found


def _remove(tx: Tx, row_id: int, publication: int, attempts: int) -> None:
    """The row, and the message with its last one."""
    lines = tx.run(
        "DELETE FROM topic_delivery WHERE id = ? AND publication = ? AND attempts = ? RETURNING subscription, line",
        (row_id, publication, attempts),
    )
    _move_up(tx, lines)
    spreading.forget_if_done(tx, publication)


def _move_up(tx: Tx, lines: Iterable[Row]) -> None:
    """Whoever is first in a line now may go."""
    for subscription, line in lines:
        if line is not None:
            tx.run(
                "UPDATE topic_delivery SET due = 0 WHERE due = ?"
                " AND id = (SELECT min(id) FROM topic_delivery WHERE subscription = ? AND line = ?)",
                (spreading.BEHIND, subscription, line),
            )


def _drop_end_of_lines(tx: Tx, subscription: str) -> None:
    """A subscription that ended leaves whole lines. The last go first: whoever is first now leads to the others."""
    gone = tx.run(
        "DELETE FROM topic_delivery WHERE id IN (SELECT id FROM topic_delivery"
        " WHERE subscription = ? AND line IS NOT NULL ORDER BY line DESC, id DESC LIMIT ?) RETURNING publication",
        (subscription, _MOST_DROPPED),
    )
    for (publication,) in gone:
        spreading.forget_if_done(tx, publication)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
