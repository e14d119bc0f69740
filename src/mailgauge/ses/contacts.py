"""The contacts of a list: who wants which of its topics (``sesv2/CreateContact``). Addresses are the same whatever their case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailgauge.base.scope import Scope
from mailgauge.mail.address import AddressError, parse_address
from mailgauge.ses import contact_lists
from mailgauge.ses.contact_lists import ContactList, Status, TopicNotFoundError
from mailgauge.ses.errors import AlreadyExistsError, InvalidParameterError, NotFoundError
from mailgauge.ses.limits import MAX_ATTRIBUTES_DATA
from mailgauge.store.transaction import Row, Tx

_COLUMNS = "address, created, updated, unsubscribe_all, attributes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """``preferences`` are the topics it stated a wish for; ``unsubscribe_all`` overrides them. Times in seconds."""

    address: str
    created: float
    updated: float
    unsubscribe_all: bool = False
    preferences: Mapping[str, Status] = field(default_factory=dict)
    attributes: str | None = None

    def status(self, topics: ContactList, topic: str) -> Status:
        """Its wish for a topic, else the topic's default; what is no topic of the list any more is taken as wanted."""
        known = topics.topic(topic)
        return self.preferences.get(topic) or (known.default if known else Status.OPT_IN)

    def wants(self, topics: ContactList, topic: str | None) -> bool:
        """Whether mail of the list, or of one topic of it, may go to this contact."""
        if self.unsubscribe_all:
            return False
        return topic is None or self.status(topics, topic) is Status.OPT_IN


@dataclass(frozen=True, slots=True)
class Filter:
    """Which contacts a page shows: all of a status for a topic, or, without a topic, for the list as a whole."""

    status: Status | None = None
    topic: str | None = None
    use_default: bool = False


class ContactNotFoundError(NotFoundError):
    def __init__(self, address: str) -> None:
        super().__init__(f"{address} doesn't exist in List.")


class ContactExistsError(AlreadyExistsError):
    def __init__(self, address: str) -> None:
        super().__init__(f"{address} already exists in List.")


def create(tx: Tx, scope: Scope, name: str, contact: Contact) -> None:
    """Adds a contact to the list of that name. Raises ContactListNotFoundError, ContactExistsError."""
    found = contact_lists.get(tx, scope, name)
    _check(found, contact)
    if _rows(tx, scope, name, contact.address):
        raise ContactExistsError(contact.address)
    put(tx, scope, name, contact)


def put(tx: Tx, scope: Scope, name: str, contact: Contact) -> None:
    """Writes a contact as it is given, new or not."""
    key = contact.address.lower()
    tx.run(
        f"INSERT INTO contact (scope, list, key, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (scope, list, key) DO UPDATE SET updated = excluded.updated,"
        " unsubscribe_all = excluded.unsubscribe_all, attributes = excluded.attributes",
        (
            scope.key,
            name,
            key,
            contact.address,
            round(contact.created * 1000),
            round(contact.updated * 1000),
            int(contact.unsubscribe_all),
            contact.attributes,
        ),
    )
    tx.run("DELETE FROM contact_preference WHERE scope = ? AND list = ? AND key = ?", (scope.key, name, key))
    tx.many(
        "INSERT INTO contact_preference (scope, list, key, topic, status) VALUES (?, ?, ?, ?, ?)",
        [(scope.key, name, key, topic, status) for topic, status in contact.preferences.items()],
    )


def find(tx: Tx, scope: Scope, name: str, address: str) -> Contact | None:
    rows = _rows(tx, scope, name, address)
    if not rows:
        return None
    key = address.lower()
    return _contact(rows[0], _preferences(tx, scope, name, key, key).get(key, {}))


def get(tx: Tx, scope: Scope, name: str, address: str) -> tuple[ContactList, Contact]:
    """A contact with its list. Raises ContactListNotFoundError, ContactNotFoundError."""
    found = contact_lists.get(tx, scope, name)
    contact = find(tx, scope, name, address)
    if contact is None:
        raise ContactNotFoundError(address)
    return found, contact


def update(
    tx: Tx,
    scope: Scope,
    name: str,
    address: str,
    now: float,
    *,
    preferences: Mapping[str, Status],
    unsubscribe_all: bool | None = None,
    attributes: str | None = None,
) -> None:
    """Replaces all preferences; what else is None stays. Raises ContactListNotFoundError, ContactNotFoundError."""
    found, old = get(tx, scope, name, address)
    contact = Contact(
        address=old.address,
        created=old.created,
        updated=now,
        unsubscribe_all=old.unsubscribe_all if unsubscribe_all is None else unsubscribe_all,
        preferences=preferences,
        attributes=old.attributes if attributes is None else attributes,
    )
    _check(found, contact)
    put(tx, scope, name, contact)


def delete(tx: Tx, scope: Scope, name: str, address: str) -> None:
    """Raises ContactListNotFoundError, ContactNotFoundError."""
    get(tx, scope, name, address)
    for table in ("contact", "contact_preference"):
        tx.run(
            f"DELETE FROM {table} WHERE scope = ? AND list = ? AND key = ?",
            (scope.key, name, address.lower()),
        )


def erase(tx: Tx, address: str, *, refusals: bool) -> tuple[int, int]:
    """Deletes an address from every list of every account, and returns of how many. Where it has opted out of something
    it stays unless ``refusals`` is set, since it would get mail again; the second number is how many stayed.
    """
    key = address.lower()
    found = tx.run(
        "SELECT scope, list, key, unsubscribe_all OR EXISTS (SELECT 1 FROM contact_preference AS p WHERE p.scope = contact.scope"
        " AND p.list = contact.list AND p.key = contact.key AND p.status = ?) FROM contact WHERE key = ?",
        (Status.OPT_OUT.value, key),
    )
    gone = [row[:3] for row in found if refusals or not row[3]]
    for table in ("contact", "contact_preference"):
        tx.many(f"DELETE FROM {table} WHERE scope = ? AND list = ? AND key = ?", gone)
    tx.run("UPDATE contact SET attributes = NULL WHERE key = ?", (key,))
    return len(gone), len(found) - len(gone)


def page(
    tx: Tx, scope: Scope, name: str, after: str, limit: int, *, wanted: Filter
) -> tuple[ContactList, list[Contact]]:
    """Contacts by address, behind ``after`` (lower case). Raises ContactListNotFoundError, TopicNotFoundError."""
    found = contact_lists.get(tx, scope, name)
    condition, values = _condition(found, wanted)
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM contact WHERE scope = ? AND list = ? AND key > ? AND ({condition})"
        " ORDER BY key LIMIT ?",
        (scope.key, name, after, *values, limit),
    )
    if not rows:
        return found, []
    stated = _preferences(tx, scope, name, rows[0][0].lower(), rows[-1][0].lower())
    return found, [_contact(row, stated.get(row[0].lower(), {})) for row in rows]


def _condition(found: ContactList, wanted: Filter) -> tuple[str, list[str]]:
    """Who unsubscribed from the list is out of each of its topics."""
    if wanted.topic is None:
        if wanted.status is None:
            return "1", []
        return ("unsubscribe_all" if wanted.status is Status.OPT_OUT else "NOT unsubscribe_all"), []
    topic = found.topic(wanted.topic)
    if topic is None:
        raise TopicNotFoundError(wanted.topic)
    if wanted.status is None:
        raise InvalidParameterError("A topic filter needs the FilteredStatus.")
    of_topic = (
        "SELECT 1 FROM contact_preference p WHERE p.scope = contact.scope AND p.list = contact.list"
        " AND p.key = contact.key AND p.topic = ?"
    )
    condition, values = f"EXISTS ({of_topic} AND p.status = ?)", [topic.name, wanted.status.value]
    if wanted.use_default and topic.default is wanted.status:
        condition, values = f"{condition} OR NOT EXISTS ({of_topic})", [*values, topic.name]
    if wanted.status is Status.OPT_OUT:
        return f"unsubscribe_all OR {condition}", values
    return f"NOT unsubscribe_all AND ({condition})", values


def _check(found: ContactList, contact: Contact) -> None:
    try:
        if parse_address(contact.address).bare != contact.address:
            raise InvalidParameterError(f"Invalid email address<{contact.address}>.")
    except AddressError as error:
        raise InvalidParameterError(f"Invalid email address<{contact.address}>.") from error
    for topic in contact.preferences:
        if found.topic(topic) is None:
            raise InvalidParameterError(f"Topic with name: {topic} doesn't exist.")
    if contact.attributes is not None and len(contact.attributes) > MAX_ATTRIBUTES_DATA:
        raise InvalidParameterError(f"AttributesData can't have more than {MAX_ATTRIBUTES_DATA} characters.")


def _rows(tx: Tx, scope: Scope, name: str, address: str) -> Sequence[Row]:
    return tx.run(
        f"SELECT {_COLUMNS} FROM contact WHERE scope = ? AND list = ? AND key = ?",
        (scope.key, name, address.lower()),
    )


def _preferences(tx: Tx, scope: Scope, name: str, first: str, last: str) -> dict[str, dict[str, Status]]:
    """By key, of all contacts from one key to another."""
    stated: dict[str, dict[str, Status]] = {}
    for key, topic, status in tx.run(
        "SELECT key, topic, status FROM contact_preference"
        " WHERE scope = ? AND list = ? AND key >= ? AND key <= ? ORDER BY key, topic",
        (scope.key, name, first, last),
    ):
        stated.setdefault(key, {})[topic] = Status(status)
    return stated


def _contact(row: Row, preferences: Mapping[str, Status]) -> Contact:
    address, created, updated, unsubscribe_all, attributes = row
    return Contact(
        address=address,
        created=created / 1000,
        updated=updated / 1000,
        unsubscribe_all=bool(unsubscribe_all),
        preferences=preferences,
        attributes=attributes,
    )
