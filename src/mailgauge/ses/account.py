"""The account in a Region: its sending switch, its quota, and how much it sent in the last 24 hours."""

from collections import Counter
from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.ses import account_attributes, reputation_counts
from mailgauge.ses.limits import UNLIMITED
from mailgauge.store.transaction import Tx

_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator allows every account. ``sandbox`` restricts recipients to verified identities."""

    sandbox: bool = False
    max_24_hour_send: float = UNLIMITED
    max_send_rate: float = 1000.0


@dataclass(frozen=True, slots=True)
class Quota:
    """``sent_last_24_hours`` counts recipients; ``max_24_hour_send`` of -1 is unlimited."""

    max_24_hour_send: float
    max_send_rate: float
    sent_last_24_hours: float


def sending_enabled(tx: Tx, scope: Scope) -> bool:
    rows = tx.run("SELECT sending_enabled FROM account_sending WHERE scope = ?", (scope.key,))
    return not rows or bool(rows[0][0])


def set_sending_enabled(tx: Tx, scope: Scope, *, enabled: bool) -> None:
    """The sending switch. Switching it on after the service paused it by itself is a fresh start for its reputation."""
    if enabled and account_attributes.get(tx, scope).pause_reason is not None:
        account_attributes.change(tx, scope, pause_reason=None)
        reputation_counts.reset(tx, scope, reputation_counts.ACCOUNT)
    tx.run(
        "INSERT INTO account_sending (scope, sending_enabled) VALUES (?, ?)"
        " ON CONFLICT (scope) DO UPDATE SET sending_enabled = excluded.sending_enabled",
        (scope.key, int(enabled)),
    )


def quota(tx: Tx, scope: Scope, now: float, policy: Policy) -> Quota:
    return Quota(policy.max_24_hour_send, policy.max_send_rate, float(sent_last_24_hours(tx, scope, now)))


def count_sent(tx: Tx, scope: Scope, now: float, recipients: int) -> None:
    """Counts recipients of an accepted message, at once, so that the next message of the same commit sees them."""
    _count(tx, [(scope.key, int(now // 60), recipients)])


def count_sent_at_end(tx: Tx, scope: Scope, now: float, recipients: int) -> None:
    """The same at the end of the transaction, together with others': cheaper, where there is no quota to keep to."""
    tx.defer(_count, (scope.key, int(now // 60), recipients))


def _count(tx: Tx, sent: list[tuple[str, int, int]]) -> None:
    minutes: Counter[tuple[str, int]] = Counter()
    hours: Counter[tuple[str, int]] = Counter()
    for scope, minute, recipients in sent:
        minutes[scope, minute] += recipients
        hours[scope, minute // 60] += recipients
    tx.many(
        "INSERT INTO sent_minute (scope, minute, recipients) VALUES (?, ?, ?)"
        " ON CONFLICT (scope, minute) DO UPDATE SET recipients = sent_minute.recipients + excluded.recipients",
        ((*key, count) for key, count in minutes.items()),
    )
    tx.many(
        "INSERT INTO sent_hour (scope, hour, recipients) VALUES (?, ?, ?)"
        " ON CONFLICT (scope, hour) DO UPDATE SET recipients = sent_hour.recipients + excluded.recipients",
        ((*key, count) for key, count in hours.items()),
    )


def forget_sent(tx: Tx, now: float) -> None:
    """Drops the counts of more than a day ago."""
    before = _day_before(now)
    tx.run("DELETE FROM sent_minute WHERE minute <= ?", (before,))
    tx.run("DELETE FROM sent_hour WHERE hour < ?", (before // 60,))


def sent_last_24_hours(tx: Tx, scope: Scope, now: float) -> int:
    """Recipients in the last 24 hours, by the minute.

    Every message asks for it where there is a quota: minutes are read of the hour that is half over only.
    """
    before = _day_before(now)
    cut = before // 60
    [(recipients,)] = tx.run(
        "SELECT coalesce(sum(recipients), 0) FROM ("
        "SELECT recipients FROM sent_hour WHERE scope = ? AND hour > ? UNION ALL "
        "SELECT recipients FROM sent_minute WHERE scope = ? AND minute > ? AND minute < ?) AS sent",
        (scope.key, cut, scope.key, before, (cut + 1) * 60),
    )
    return int(recipients)


def _day_before(now: float) -> int:
    """The last minute that counts no longer."""
    return (int(now) - _DAY) // 60
