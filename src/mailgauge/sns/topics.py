"""Topics (``sns/CreateTopic`` and what follows). What their attributes may be is in ``topic_attributes``."""

from collections.abc import Mapping

from mailgauge.base.scope import Scope
from mailgauge.sns import settings
from mailgauge.sns.errors import UnknownTopicError
from mailgauge.sns.model import Tags, Topic
from mailgauge.store.transaction import Row, Tx

_COLUMNS = "scope, name, settings, tags, deleted"


def find(tx: Tx, scope: Scope, name: str) -> Topic | None:
    rows = tx.run(f"SELECT {_COLUMNS} FROM topic WHERE scope = ? AND name = ?", (scope.key, name))
    return _topic(rows[0]) if rows else None


def get(tx: Tx, scope: Scope, name: str) -> Topic:
    """The same, but a missing one raises UnknownTopicError."""
    found = find(tx, scope, name)
    if found is None:
        raise UnknownTopicError
    return found


def add(tx: Tx, topic: Topic) -> None:
    tx.run(
        "INSERT INTO topic (scope, name, settings, tags) VALUES (?, ?, ?, ?)",
        (topic.scope.key, topic.name, settings.encode(topic.settings), settings.encode(topic.tags)),
    )


def delete(tx: Tx, scope: Scope, name: str) -> None:
    """The topic with all its subscriptions; what was not delivered to them is dropped."""
    tx.run("DELETE FROM topic WHERE scope = ? AND name = ?", (scope.key, name))
    tx.run("DELETE FROM topic_subscription WHERE scope = ? AND topic = ?", (scope.key, name))
    tx.run("DELETE FROM topic_deduplication WHERE scope = ? AND topic = ?", (scope.key, name))


def thin_out(tx: Tx, scope: Scope, name: str, limit: int) -> int:
    """Removes up to ``limit`` of its subscriptions, and says how many: so a large topic goes without holding up others."""
    rows = tx.run(
        "DELETE FROM topic_subscription WHERE id IN"
        " (SELECT id FROM topic_subscription WHERE scope = ? AND topic = ? LIMIT ?) RETURNING id",
        (scope.key, name, limit),
    )
    return len(rows)


def page(tx: Tx, scope: Scope, after: str, limit: int) -> list[str]:
    """Names in order, behind ``after``."""
    sql = "SELECT name FROM topic WHERE scope = ? AND name > ? ORDER BY name LIMIT ?"
    return [name for (name,) in tx.run(sql, (scope.key, after, limit))]


def count(tx: Tx, scope: Scope) -> int:
    [(found,)] = tx.run("SELECT count(*) FROM topic WHERE scope = ?", (scope.key,))
    return int(found)


def set_settings(tx: Tx, topic: Topic, given: Mapping[str, str]) -> None:
    tx.run(
        "UPDATE topic SET settings = ? WHERE scope = ? AND name = ?",
        (settings.encode(given), topic.scope.key, topic.name),
    )


def set_tags(tx: Tx, topic: Topic, tags: Tags) -> None:
    tx.run(
        "UPDATE topic SET tags = ? WHERE scope = ? AND name = ?",
        (settings.encode(tags), topic.scope.key, topic.name),
    )


def count_deleted(tx: Tx, scope: Scope, name: str) -> None:
    """One more of its subscriptions has ended."""
    tx.run("UPDATE topic SET deleted = deleted + 1 WHERE scope = ? AND name = ?", (scope.key, name))


def _topic(row: Row) -> Topic:
    scope, name, kept, tags, deleted = row
    return Topic(Scope.from_key(scope), name, settings.decode(kept), settings.decode_tags(tags), deleted)
