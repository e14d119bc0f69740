"""From what happened in one attempt to outcomes and journal entries: pure, so that every rule is a row in a test.

One entry stands for all recipients of the attempt that share type and cause.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mailgauge.base.ids import new_message_id
from mailgauge.delivery.retry import next_attempt
from mailgauge.delivery.row import Row
from mailgauge.events.entry import Entry
from mailgauge.events.kinds import Kind
from mailgauge.events.weight import weight
from mailgauge.mail.bounce_class import (
    TIMEOUT_EXCEEDED,
    BounceClass,
    BounceType,
    DelayType,
    bounce_class,
    delay_type,
)
from mailgauge.mail.status import Reply


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt: the reply for each recipient that got one, why the others got none, and the peer. ``now`` in seconds.

    ``given_up`` is how those bounce at once who would be tried again, where that is of no use.
    """

    now: float
    replies: Mapping[str, Reply]
    failure: str = ""
    remote_ip: str | None = None
    tls_version: str | None = None
    local_ip: str | None = None
    given_up: BounceClass | None = None

    def reply_to(self, recipient: str) -> Reply:
        """What was answered; a failure of the connection itself counts as a temporary refusal (RFC 3463 X.4.1)."""
        return self.replies.get(recipient) or Reply(421, "4.4.1", self.failure)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What to commit: rows that are done, rows to try again and when, and the events."""

    done: list[Row] = field(default_factory=list)
    retry: list[tuple[float, Row]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def resolve(
    rows: Iterable[Row], attempted: Attempted, version: int | None, host: str, pauses: tuple[float, ...]
) -> Resolution:
    """Decides for each recipient: delivered, tried again, or bounced. ``host`` is our own name (``reportingMTA``)."""
    result = Resolution()
    delivered: dict[Reply, list[Row]] = {}
    delayed: dict[tuple[DelayType, int], list[Row]] = {}
    bounced: dict[BounceClass, list[_Failed]] = {}
    for row in rows:
        reply = attempted.reply_to(row.recipient)
        if reply.is_accepted:
            delivered.setdefault(reply, []).append(row)
        elif reply.is_permanent:
            bounced.setdefault(bounce_class(reply), []).append(_Failed(row, reply))
        elif attempted.given_up is not None:
            bounced.setdefault(attempted.given_up, []).append(_Failed(row, reply))
        elif (due := next_attempt(row.attempts + 1, attempted.now, row.expires, pauses)) is not None:
            result.retry.append((due, row))
            delayed.setdefault((_delay_type(row, attempted), round(row.expires * 1000)), []).append(row)
            continue
        else:
            bounced.setdefault(_expired(row, reply), []).append(_Failed(row, _expiry(row, reply)))
        result.done.append(row)
    make = _Entries(attempted, version, host)
    result.entries.extend(make.delivery(group, reply) for reply, group in delivered.items())
    result.entries.extend(make.bounce(group, kind) for kind, group in bounced.items())
    result.entries.extend(make.delay(group, kind, expires) for (kind, expires), group in delayed.items())
    return result


def _delay_type(row: Row, attempted: Attempted) -> DelayType:
    return delay_type(attempted.replies.get(row.recipient))


def _expired(row: Row, reply: Reply) -> BounceClass:
    """A soft bounce at the end of the retry period: of the last failure's kind, or because the set asked for less time."""
    if row.custom_expiry:
        return TIMEOUT_EXCEEDED
    found = bounce_class(reply)
    return BounceClass(
        BounceType.TRANSIENT, found.sub_type if found.bounce_type is BounceType.TRANSIENT else "General"
    )


def _expiry(row: Row, reply: Reply) -> Reply:
    """What SES writes at the end of the retry period, with the last refusal inside."""
    minutes = round((row.expires - row.accepted) / 60)
    return Reply(554, "4.4.7", f"Message expired: unable to deliver in {minutes} minutes.<{reply.line}>")


class _Failed(NamedTuple):
    row: Row
    reply: Reply

    def described(self) -> dict[str, str]:
        return {
            "emailAddress": self.row.recipient,
            "status": self.reply.status,
            "diagnosticCode": self.reply.diagnostic,
        }


@dataclass(frozen=True, slots=True)
class _Entries:
    attempted: Attempted
    version: int | None
    host: str

    def delivery(self, rows: list[Row], reply: Reply) -> Entry:
        detail: dict[str, Any] = {
            "recipients": [row.recipient for row in rows],
            "processingTimeMillis": max(round((self.attempted.now - rows[0].accepted) * 1000), 0),
            "smtpResponse": reply.line,
            "reportingMTA": self.host,
        }
        if self.attempted.remote_ip is not None:
            detail["remoteMtaIp"] = self.attempted.remote_ip
        tags = {
            "ses:outgoing-ip": self.attempted.local_ip,
            "ses:outgoing-tls-version": self.attempted.tls_version,
        }
        detail["tags"] = {name: [value] for name, value in tags.items() if value is not None}
        return self._entry(Kind.DELIVERY, rows, detail)

    def bounce(self, failed: list[_Failed], kind: BounceClass) -> Entry:
        rows = [each.row for each in failed]
        detail = {
            "bounceType": kind.bounce_type,
            "bounceSubType": kind.sub_type,
            "feedbackId": new_message_id(rows[0].scope.region, self.attempted.now),
            "recipients": [{**each.described(), "action": "failed"} for each in failed],
            "reportingMTA": f"dns; {self.host}",
        }
        if self.attempted.remote_ip is not None:
            detail["remoteMtaIp"] = self.attempted.remote_ip
        return self._entry(Kind.BOUNCE, rows, detail)

    def delay(self, rows: list[Row], kind: DelayType, expires: int) -> Entry:
        detail: dict[str, Any] = {
            "delayType": kind,
            "expires": expires,
            "recipients": [_Failed(row, self.attempted.reply_to(row.recipient)).described() for row in rows],
        }
        if self.attempted.local_ip is not None:
            detail["reportingMTA"] = self.attempted.local_ip
        return self._entry(Kind.DELIVERY_DELAY, rows, detail)

    def _entry(self, kind: Kind, rows: list[Row], detail: dict[str, Any]) -> Entry:
        first = rows[0]
        at = round(self.attempted.now * 1000)
        return Entry(at, first.scope, kind, first.message_id, self.version, weight(len(rows)), detail)
