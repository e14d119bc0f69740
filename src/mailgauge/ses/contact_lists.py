"""Contact lists and their topics (``sesv2/CreateContactList``): what people can subscribe to. Who did is ``contacts``."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.ses import arns, resource_tags
from mailgauge.ses.errors import (
    AlreadyExistsError,
    InvalidParameterError,
    LimitExceededError,
    NotFoundError,
)
from mailgauge.ses.limits import AMAZON, Limits
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Row, Tx

SCHEMA = Schema(
    "contacts",
    (
        """
        CREATE TABLE contact_list (
            scope TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
            description TEXT, topics BLOB NOT NULL, PRIMARY KEY (scope, name)
        ) WITHOUT ROWID;
        CREATE TABLE contact (
            scope TEXT NOT NULL, list TEXT NOT NULL, key TEXT NOT NULL, address TEXT NOT NULL,
            created INTEGER NOT NULL, updated INTEGER NOT NULL, unsubscribe_all INTEGER NOT NULL, attributes TEXT,
            PRIMARY KEY (scope, list, key)
        ) WITHOUT ROWID;
        CREATE TABLE contact_preference (
            scope TEXT NOT NULL, list TEXT NOT NULL, key TEXT NOT NULL, topic TEXT NOT NULL, status TEXT NOT NULL,
            PRIMARY KEY (scope, list, key, topic)
        ) WITHOUT ROWID
        """,
    ),
)

_COLUMNS = "name, created, updated, description, topics"
# The pattern and lengths of AWS::SES::ContactList.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_DISPLAY_NAME = 128
_MAX_DESCRIPTION = 500


class Status(StrEnum):
    OPT_IN = "OPT_IN"
    OPT_OUT = "OPT_OUT"


class Topic(msgspec.Struct, frozen=True):
    """A theme within a list. ``default`` counts for contacts that state no preference for it."""

    name: str
    display_name: str
    default: Status
    description: str | None = None


@dataclass(frozen=True, slots=True)
class ContactList:
    """``created`` and ``updated`` in seconds."""

    name: str
    created: float
    updated: float
    description: str | None
    topics: tuple[Topic, ...]

    def topic(self, name: str) -> Topic | None:
        return next((each for each in self.topics if each.name == name), None)

    @property
    def resource(self) -> str:
        """Its key among tagged resources."""
        return resource_tags.key(arns.CONTACT_LIST, self.name)


class ContactListNotFoundError(NotFoundError):
    def __init__(self, name: str) -> None:
        super().__init__(f"List with name: {name} doesn't exist.")


class ContactListExistsError(AlreadyExistsError):
    def __init__(self, name: str) -> None:
        super().__init__(f"List with name: {name} already exists.")


class TopicNotFoundError(NotFoundError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Topic with name: {name} doesn't exist.")


def create(
    tx: Tx,
    scope: Scope,
    name: str,
    now: float,
    *,
    description: str | None = None,
    topics: Sequence[Topic] = (),
    tags: Mapping[str, str] | None = None,
    limits: Limits = AMAZON,
) -> None:
    """A new list. Raises ContactListExistsError; LimitExceededError since an account has one list in a Region."""
    if not _NAME.fullmatch(name):
        raise InvalidParameterError(
            f"Invalid contact list name <{name}>: only alphanumeric ASCII characters, '_', '-' are allowed."
        )
    _check(description, topics, limits)
    if find(tx, scope, name) is not None:
        raise ContactListExistsError(name)
    [(count,)] = tx.run("SELECT count(*) FROM contact_list WHERE scope = ?", (scope.key,))
    if count >= limits.contact_lists:
        raise LimitExceededError(f"An account can't have more than {limits.contact_lists} contact list.")
    at = round(now * 1000)
    tx.run(
        f"INSERT INTO contact_list (scope, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
        (scope.key, name, at, at, description, msgspec.json.encode(topics)),
    )
    resource_tags.add(tx, scope, resource_tags.key(arns.CONTACT_LIST, name), tags or {}, limits)


def find(tx: Tx, scope: Scope, name: str) -> ContactList | None:
    rows = tx.run(f"SELECT {_COLUMNS} FROM contact_list WHERE scope = ? AND name = ?", (scope.key, name))
    return _list(rows[0]) if rows else None


def get(tx: Tx, scope: Scope, name: str) -> ContactList:
    """Raises ContactListNotFoundError."""
    found = find(tx, scope, name)
    if found is None:
        raise ContactListNotFoundError(name)
    return found


def page(tx: Tx, scope: Scope, after: str, limit: int) -> list[ContactList]:
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM contact_list WHERE scope = ? AND name > ? ORDER BY name LIMIT ?",
        (scope.key, after, limit),
    )
    return [_list(row) for row in rows]


def replace(
    tx: Tx,
    scope: Scope,
    name: str,
    now: float,
    *,
    description: str | None,
    topics: Sequence[Topic],
    limits: Limits = AMAZON,
) -> None:
    """Replaces description and topics altogether; preferences for topics that go away are forgotten."""
    found = get(tx, scope, name)
    _check(description, topics, limits)
    tx.run(
        "UPDATE contact_list SET updated = ?, description = ?, topics = ? WHERE scope = ? AND name = ?",
        (round(now * 1000), description, msgspec.json.encode(topics), scope.key, name),
    )
    gone = {each.name for each in found.topics} - {each.name for each in topics}
    tx.many(
        "DELETE FROM contact_preference WHERE scope = ? AND list = ? AND topic = ?",
        [(scope.key, name, each) for each in gone],
    )


def empty(tx: Tx, scope: Scope, name: str, limit: int) -> bool:
    """Removes at most ``limit`` contacts, so that no transaction gets long; whether the list is empty then."""
    get(tx, scope, name)
    keys = tx.run("SELECT key FROM contact WHERE scope = ? AND list = ? LIMIT ?", (scope.key, name, limit))
    for table in ("contact", "contact_preference"):
        tx.many(
            f"DELETE FROM {table} WHERE scope = ? AND list = ? AND key = ?",
            [(scope.key, name, key) for (key,) in keys],
        )
    return len(keys) < limit


def delete(tx: Tx, scope: Scope, name: str) -> None:
    """Removes a list with all that is left in it. Raises ContactListNotFoundError."""
    found = get(tx, scope, name)
    for table in ("contact", "contact_preference"):
        tx.run(f"DELETE FROM {table} WHERE scope = ? AND list = ?", (scope.key, name))
    tx.run("DELETE FROM contact_list WHERE scope = ? AND name = ?", (scope.key, name))
    resource_tags.forget(tx, scope, found.resource)


def _check(description: str | None, topics: Sequence[Topic], limits: Limits) -> None:
    _check_length("Description", description, _MAX_DESCRIPTION)
    if len(topics) > limits.topics:
        raise InvalidParameterError(f"A contact list can't have more than {limits.topics} topics.")
    seen: set[str] = set()
    for topic in topics:
        if not _NAME.fullmatch(topic.name):
            raise InvalidParameterError(
                f"Invalid topic name <{topic.name}>: only alphanumeric ASCII characters, '_', '-' are allowed."
            )
        if topic.name in seen:
            raise InvalidParameterError(f"Duplicate topic name <{topic.name}>.")
        seen.add(topic.name)
        if not topic.display_name:
            raise InvalidParameterError("The display name of a topic must be specified.")
        _check_length("DisplayName", topic.display_name, _MAX_DISPLAY_NAME)
        _check_length("Description", topic.description, _MAX_DESCRIPTION)


def _check_length(member: str, text: str | None, limit: int) -> None:
    if text is not None and len(text) > limit:
        raise InvalidParameterError(f"{member} can't have more than {limit} characters.")


def _list(row: Row) -> ContactList:
    name, created, updated, description, topics = row
    decoded = msgspec.json.decode(topics, type=tuple[Topic, ...])
    return ContactList(name, created / 1000, updated / 1000, description, decoded)
