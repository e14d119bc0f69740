"""From one publication to a row for each subscription that wants it, in slices so short that nobody waits for them."""

from dataclasses import dataclass
from typing import Final

from mailgauge.base.scope import Scope
from mailgauge.sns import message as messages
from mailgauge.sns import subscription_rows, topics
from mailgauge.sns.filtering.matching import Candidate
from mailgauge.sns.filtering.policy import compiled
from mailgauge.sns.message import Message
from mailgauge.sns.model import Subscription, Topic
from mailgauge.sns.schema import last_id, next_id
from mailgauge.store.transaction import Tx

SLICE: Final = 100
"""Subscriptions that are looked at together."""
MOST_WORK: Final = 10_000
"""Values that filter policies look at before a slice ends early."""


BEHIND: Final = 2**62
"""The due time of a row that has another before it in its line, which is a message group of a FIFO topic."""


@dataclass(frozen=True, slots=True)
class _Publication:
    """``due`` in milliseconds; ``after`` and ``upto`` are the ids of subscriptions that are still to be looked at."""

    id: int
    topic: Topic
    message: Message
    due: int
    after: int
    upto: int


def publish(tx: Tx, topic: Topic, message: Message, message_id: str, now: float) -> None:
    """Keeps a message and makes the first slice of its rows."""
    upto = last_id(tx)
    publication = keep(tx, topic, message, message_id, now=now, upto=upto)
    _spread(tx, _Publication(publication, topic, message, round(now * 1000), 0, upto))


def keep(tx: Tx, topic: Topic, message: Message, message_id: str, *, now: float, upto: int = 0) -> int:
    """Keeps a message for the subscriptions up to an id; for none, where rows are made by hand."""
    publication = next_id(tx)
    tx.run(
        "INSERT INTO publication (id, scope, topic, message_id, time, message, spread, upto) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
        (
            publication,
            topic.scope.key,
            topic.name,
            message_id,
            round(now * 1000),
            messages.encode(message),
            upto,
        ),
    )
    return publication


def spread_next(tx: Tx, now: float) -> None:
    """Makes a slice of the oldest message that has some left to make.

    It is due from now on, and so behind what others have published meanwhile: many subscribers of one topic hold up nobody.
    """
    rows = tx.run(
        "SELECT id, scope, topic, message, spread, upto FROM publication WHERE spread < upto ORDER BY id LIMIT 1"
    )
    for publication, scope, name, message, after, upto in rows:
        topic = topics.find(tx, Scope.from_key(scope), name)
        if topic is None:
            tx.run("UPDATE publication SET spread = upto WHERE id = ?", (publication,))
            forget_if_done(tx, publication)
        else:
            _spread(
                tx,
                _Publication(publication, topic, messages.decode(message), round(now * 1000), after, upto),
            )


def is_left(tx: Tx) -> bool:
    """Whether there are slices to make."""
    return bool(tx.run("SELECT 1 FROM publication WHERE spread < upto LIMIT 1"))


def forget_if_done(tx: Tx, publication: int) -> None:
    """Drops a message that nobody is still to get."""
    tx.run(
        "DELETE FROM publication WHERE id = ? AND spread >= upto"
        " AND NOT EXISTS (SELECT 1 FROM topic_delivery WHERE publication = ?)",
        (publication, publication),
    )


def _spread(tx: Tx, publication: _Publication) -> None:
    candidate, upto = Candidate(publication.message), publication.upto
    line = publication.message.group if publication.topic.is_fifo else None
    found = subscription_rows.slice_of(tx, publication.topic, publication.after, upto, SLICE)
    wanted: list[str] = []
    reached = found[-1].id if len(found) == SLICE else upto
    for each in found:
        if _wants(each, candidate):
            wanted.append(each.uid)
        if candidate.looked_at > MOST_WORK and each is not found[-1]:
            reached = each.id
            break
    tx.many(
        "INSERT INTO topic_delivery (publication, subscription, kind, line, token, dead_letter, attempts, due)"
        " VALUES (?, ?, 0, ?, '', 0, 0, ?)",
        [
            (publication.id, uid, line, BEHIND if _stands(tx, uid, line) else publication.due)
            for uid in wanted
        ],
    )
    tx.run("UPDATE publication SET spread = ? WHERE id = ?", (reached, publication.id))
    if reached >= upto:
        forget_if_done(tx, publication.id)


def _stands(tx: Tx, subscription: str, line: str | None) -> bool:
    """Whether there is a line to stand in."""
    sql = "SELECT 1 FROM topic_delivery WHERE subscription = ? AND line = ? LIMIT 1"
    return line is not None and bool(tx.run(sql, (subscription, line)))


def _wants(subscription: Subscription, candidate: Candidate) -> bool:
    policy = subscription.settings.get("FilterPolicy")
    if policy is None:
        return True
    on_body = subscription.settings.get("FilterPolicyScope") == "MessageBody"
    return candidate.matches(compiled(policy, on_body=on_body), subscription.protocol)
