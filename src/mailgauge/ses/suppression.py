"""The account's suppression list, and which of its reasons count for a message (sesv2/PutSuppressedDestination).

Addresses are the same whatever their case. Who adds to it by itself is ``reactions``, who asks it ``preparing``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailgauge.base.scope import Scope
from mailgauge.mail.address import AddressError, parse_address
from mailgauge.ses import account_attributes, configuration_sets
from mailgauge.ses.errors import InvalidParameterError, NotFoundError
from mailgauge.store.transaction import Row, Tx

_COLUMNS = "address, reason, updated, message_id, feedback_id"


class Reason(StrEnum):
    BOUNCE = "BOUNCE"
    COMPLAINT = "COMPLAINT"


class NotSuppressedError(NotFoundError):
    def __init__(self, address: str) -> None:
        super().__init__(f"Email address {address} does not exist on your suppression list.")


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An entry. ``updated`` in seconds; the ids are of the message and the event that put it there, if one did."""

    address: str
    reason: Reason
    updated: float
    message_id: str | None = None
    feedback_id: str | None = None


def put(tx: Tx, scope: Scope, entry: Suppressed) -> None:
    """Adds an address, or replaces what was known of it."""
    tx.run(
        "INSERT INTO suppressed_destination (scope, key, address, reason, updated, message_id, feedback_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (scope, key) DO UPDATE SET address = excluded.address,"
        " reason = excluded.reason, updated = excluded.updated, message_id = excluded.message_id,"
        " feedback_id = excluded.feedback_id",
        (
            scope.key,
            entry.address.lower(),
            entry.address,
            entry.reason,
            round(entry.updated * 1000),
            entry.message_id,
            entry.feedback_id,
        ),
    )


def get(tx: Tx, scope: Scope, address: str) -> Suppressed:
    """Raises NotSuppressedError."""
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM suppressed_destination WHERE scope = ? AND key = ?",
        (scope.key, address.lower()),
    )
    if not rows:
        raise NotSuppressedError(address)
    return _suppressed(rows[0])


def delete(tx: Tx, scope: Scope, address: str) -> None:
    """Raises NotSuppressedError."""
    get(tx, scope, address)
    tx.run("DELETE FROM suppressed_destination WHERE scope = ? AND key = ?", (scope.key, address.lower()))


def count(tx: Tx, address: str) -> int:
    """On how many lists, of all accounts and Regions, an address is."""
    [(found,)] = tx.run("SELECT count(*) FROM suppressed_destination WHERE key = ?", (address.lower(),))
    return int(found)


def erase(tx: Tx, address: str) -> None:
    """Takes it from all of them."""
    tx.run("DELETE FROM suppressed_destination WHERE key = ?", (address.lower(),))


def page(
    tx: Tx,
    scope: Scope,
    after: str,
    limit: int,
    *,
    reasons: Collection[str] = (),
    start: float | None = None,
    end: float | None = None,
) -> list[Suppressed]:
    """Entries by address, behind ``after`` (a key), with one of ``reasons`` if any is named, updated from ``start`` to ``end``."""
    wanted = tuple(reasons) or tuple(Reason)
    marks = ",".join("?" * len(wanted))
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM suppressed_destination WHERE scope = ? AND key > ? AND reason IN ({marks})"
        " AND updated >= ? AND updated <= ? ORDER BY key LIMIT ?",
        (
            scope.key,
            after,
            *wanted,
            0 if start is None else round(start * 1000),
            2**62 if end is None else round(end * 1000),
            limit,
        ),
    )
    return [_suppressed(row) for row in rows]


def effective_reasons(tx: Tx, scope: Scope, configuration_set: str | None) -> tuple[str, ...]:
    """What the configuration set says, even if that is "none"; else what the account says."""
    if configuration_set is not None:
        found = configuration_sets.current(tx, scope, configuration_set)
        if found is not None and found.options.suppressed_reasons is not None:
            return found.options.suppressed_reasons
    return account_attributes.get(tx, scope).suppressed_reasons


def listed(
    tx: Tx, scope: Scope, configuration_set: str | None, recipients: Sequence[str]
) -> dict[str, Reason]:
    """Those of the recipients that a message of this set is not sent to, and why."""
    keys = list({each.lower() for each in recipients})
    marks = ",".join("?" * len(keys))
    rows: dict[str, str] = dict(
        tx.run(
            f"SELECT key, reason FROM suppressed_destination WHERE scope = ? AND key IN ({marks})",
            (scope.key, *keys),
        )
    )
    if not rows:
        return {}
    reasons = effective_reasons(tx, scope, configuration_set)
    found = ((each, rows.get(each.lower())) for each in recipients)
    return {each: Reason(reason) for each, reason in found if reason is not None and reason in reasons}


def check_address(address: str) -> None:
    """Raises InvalidParameterError for what is not a bare address."""
    try:
        if parse_address(address).bare == address:
            return
    except AddressError:
        pass
    raise InvalidParameterError(f"Invalid email address<{address}>.")


def _suppressed(row: Row) -> Suppressed:
    address, reason, updated, message_id, feedback_id = row
    return Suppressed(address, Reason(reason), updated / 1000, message_id, feedback_id)
