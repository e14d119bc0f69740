"""What alarm actions do: the executors of each kind, built out of parts that don't know each other.

What stands in the mail database is done once; what others are told may reach them again after a kill.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from mailgauge.base.clock import Clock
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.actions import once
from mailgauge.cloudwatch.alarms.actions.command import Command
from mailgauge.cloudwatch.alarms.actions.outbox import Work
from mailgauge.cloudwatch.alarms.actions.runner import Executor, NotExecutedError
from mailgauge.cloudwatch.alarms.actions.target import Kind
from mailgauge.cloudwatch.alarms.actions.text import in_words
from mailgauge.cloudwatch.alarms.actions.webhook import Webhook
from mailgauge.iam import webhook_secrets
from mailgauge.iam.secrets import MasterKey
from mailgauge.mail.address import AddressError, parse_address
from mailgauge.outgoing.client import OutgoingClient
from mailgauge.ses import configuration_sets, reputation
from mailgauge.ses.reputation_counts import ACCOUNT
from mailgauge.sns import access, publishing
from mailgauge.sns.errors import SnsError
from mailgauge.sns.message import Message
from mailgauge.store.transaction import Store, Tx

MOST_MAIL: Final = 100
"""Mails to addresses that the alarms of an account send in an hour, in a Region: who is written to was not asked."""

SendMail = Callable[[Tx, Scope, str, str, str], None]
"""Queues a mail of the service: scope, recipient, subject, text."""


def executors(
    mail: Store,
    clock: Clock,
    master: MasterKey,
    *,
    client: OutgoingClient,
    send_mail: SendMail,
    published: Callable[[], None],
    commands: Mapping[str, Sequence[str]] | None,
    command_seconds: float,
) -> dict[Kind, Executor]:
    """One for each kind of action. ``published`` hints, from any thread, that topics have something to deliver.

    ``commands`` are argument lists by name; None where nothing may be run.
    """

    async def secrets(account: str) -> Sequence[bytes]:
        now = clock.now()
        known = await mail.read(lambda tx: webhook_secrets.in_force(tx, master, account, now))
        return known or await mail.write(lambda tx: webhook_secrets.ensure(tx, master, account, now))

    run: Executor = (
        _Refused("Commands are not run in this mode: everybody may use it.")
        if commands is None
        else Command(commands, command_seconds)
    )
    return {
        Kind.TOPIC: _Topic(mail, clock, published),
        Kind.MAIL: _Mail(mail, clock, send_mail),
        Kind.WEBHOOK: Webhook(client, clock, secrets),
        Kind.COMMAND: run,
        Kind.PAUSE_SENDING: _PauseSending(mail, clock),
        Kind.OTHER: _Elsewhere(),
    }


class _Topic:
    """Publishes as CloudWatch does: JSON for programs, words for people."""

    def __init__(self, mail: Store, clock: Clock, published: Callable[[], None]) -> None:
        self._mail = mail
        self._clock = clock
        self._published = published

    async def execute(self, work: Work) -> Sequence[str]:
        try:
            await self._mail.write(partial(self._publish, work=work))
        except SnsError as error:
            raise NotExecutedError(f'Received error: "{error}"', permanent=True) from error
        default = {"default": work.notice.message}
        full = default | {"sms": work.notice.subject, "email": in_words(work.notice)}
        return [msgspec.json.encode(each).decode() for each in (full, default)]

    def _publish(self, tx: Tx, work: Work) -> None:
        notice, arn, now = work.notice, work.target.value, self._clock.now()
        who = access.Principal(work.scope, f"arn:{work.scope.partition}:iam::{work.scope.account}:root")
        topic = access.topic(tx, who, arn, "Publish")
        if not once.first_time(tx, work.scope, work.id, Kind.TOPIC, now):
            return
        message = Message(
            body=notice.message,
            subject=notice.subject,
            by_protocol={"sms": notice.subject, "email": in_words(notice)},
            group=_group(notice.alarm_arn) if topic.is_fifo else None,
            deduplication=work.id if topic.is_fifo else None,
        )
        publishing.accept(tx, topic, message, now, work.id)
        tx.after_commit(self._published)


def _group(alarm_arn: str) -> str:
    """So that what one alarm says comes in order."""
    return hashlib.sha256(alarm_arn.encode()).hexdigest()


class _Mail:
    """Mail of the service itself to an address."""

    def __init__(self, mail: Store, clock: Clock, send: SendMail) -> None:
        self._mail = mail
        self._clock = clock
        self._send = send

    async def execute(self, work: Work) -> Sequence[str]:
        try:
            address = parse_address(work.target.value).bare
        except AddressError as error:
            raise NotExecutedError(f"{error}.", permanent=True) from error
        await self._mail.write(partial(self._queue, work=work, address=address))
        return (in_words(work.notice),)

    def _queue(self, tx: Tx, work: Work, address: str) -> None:
        now = self._clock.now()
        if once.since(tx, work.scope, Kind.MAIL, now - 3600) >= MOST_MAIL:
            raise NotExecutedError(f"{MOST_MAIL} mails went out in the last hour, which is as many as may.")
        if once.first_time(tx, work.scope, work.id, Kind.MAIL, now):
            text = (
                f"{in_words(work.notice)}\nThis address is among the actions of the alarm; whoever looks after account "
                f"{work.scope.account} can take it out there.\n"
            )
            self._send(tx, work.scope, address, work.notice.subject, text)


class _PauseSending:
    """Switches the sending of the account or of a configuration set off, as the rule of reputation does."""

    def __init__(self, mail: Store, clock: Clock) -> None:
        self._mail = mail
        self._clock = clock

    async def execute(self, work: Work) -> Sequence[str]:
        await self._mail.write(partial(self._pause, work=work))
        return ()

    def _pause(self, tx: Tx, work: Work) -> None:
        notice, now, name = work.notice, self._clock.now(), work.target.value or ACCOUNT
        if name != ACCOUNT and configuration_sets.current(tx, work.scope, name) is None:
            raise NotExecutedError(f"There is no configuration set {name}.", permanent=True)
        # Once: it may have been switched on again since.
        if once.first_time(tx, work.scope, work.id, Kind.PAUSE_SENDING, now):
            reason = f'The alarm "{notice.alarm_name}" went to {notice.new}: {notice.reason}'
            reputation.pause(tx, work.scope, name, reason, now)


class _Elsewhere:
    """Targets that exist at Amazon only, and those that nobody knows."""

    async def execute(self, work: Work) -> Sequence[str]:
        service = work.target.value
        what = f"The service {service} is not part of Mailgauge" if service else "No such target is known"
        raise NotExecutedError(f"{what}.", permanent=True)


@dataclass(frozen=True, slots=True)
class _Refused:
    why: str

    async def execute(self, work: Work) -> Sequence[str]:
        raise NotExecutedError(self.why, permanent=True)
