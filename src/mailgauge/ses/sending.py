"""Sending: from an authenticated request to an accepted message. Accepted means that everything of it is on disk.

Tags, addresses and content are checked in ``composing``; what happens after the answer is in ``preparing``.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mailgauge.aws.request import Caller
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Wake
from mailgauge.delivery import contents, queue
from mailgauge.delivery.retry import RETRY_PERIOD
from mailgauge.delivery.row import Row, Stage
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.events.weight import weight
from mailgauge.mail.mime import SimpleMessage
from mailgauge.ses import (
    account,
    authorization,
    configuration_sets,
    identities,
    mail_from,
    subscriptions,
    templates,
    vdm_metrics,
)
from mailgauge.ses.composing import Composed, Submission, compose, settle
from mailgauge.ses.configuration_sets import ConfigurationSet
from mailgauge.ses.errors import ConfigurationSetNotFoundError, InvalidParameterError
from mailgauge.ses.identities import Identity
from mailgauge.ses.limits import AMAZON, Limits
from mailgauge.ses.refusals import (
    AccountPausedError,
    ConfigurationSetPausedError,
    DailyQuotaError,
    MailFromNotVerifiedError,
    NotVerifiedError,
    SendRateError,
)
from mailgauge.ses.templated import TemplateUse
from mailgauge.simulator.addresses import is_simulator
from mailgauge.store.transaction import Lane, Store, Tx


@dataclass(frozen=True, slots=True)
class Call:
    """What the messages of one call have in common. ``template`` is the name of a stored one."""

    senders: list[str]
    configuration_set: str | None
    template: str | None


@dataclass(frozen=True, slots=True)
class Sending:
    """The sending service. ``domain`` is the host part of Message-IDs; ``rate`` says whether an account may send now.

    ``prepare`` and ``render`` are told of accepted messages, ``render`` of those with a template.
    """

    store: Store
    policy: account.Policy
    domain: str
    prepare: Wake
    render: Wake
    rate: Callable[[Scope, float, int], bool]
    limits: Limits = AMAZON

    async def send(self, caller: Caller, submission: Submission) -> str:
        """Accepts one message and returns its id. Raises SesError, and then nothing was kept."""
        if _size(submission.content) <= contents.SMALL:
            composed = compose(caller, submission, self.domain, self.limits)
        else:  # the loop would stand still
            composed = await asyncio.to_thread(compose, caller, submission, self.domain, self.limits)
        pieces = contents.pieces(composed.content)
        try:
            for number, piece in enumerate(pieces[:-1]):
                # Large content goes in before the transaction that refers to it, which must stay short.
                await self.store.write(_put_piece(composed.facts.message_id, number, piece))
            await self.store.write(lambda tx: self._accept(tx, caller, composed, pieces), Lane.ACCEPT)
        except Exception:
            if len(pieces) > 1:
                await self.store.write(lambda tx: contents.discard(tx, composed.facts.message_id))
            raise
        (self.prepare if composed.template is None else self.render).set()
        return composed.facts.message_id

    async def check(self, caller: Caller, call: Call) -> None:
        """Raises what stands against every message of a call. Each is checked again when it is accepted."""

        def look(tx: Tx) -> None:
            self._configuration_set(tx, caller.scope, call.configuration_set)
            self._check_account(tx, caller.scope)
            if call.template is not None:
                templates.require(tx, caller.scope, call.template)
            senders = {each: identities.find_verified(tx, caller.scope, each) for each in call.senders}
            self._verified(tx, caller.scope, senders, ())

        await self.store.read(look)

    def _accept(self, tx: Tx, caller: Caller, composed: Composed, pieces: list[bytes]) -> None:
        scope, facts = caller.scope, composed.facts
        chosen = self._configuration_set(tx, scope, facts.configuration_set)
        self._check_account(tx, scope)
        if composed.template is not None:
            pieces = [*pieces[:-1], pieces[-1] + _template(tx, scope, composed.template, facts.time)]
        senders = authorization.senders(tx, caller, composed)
        identity = self._verified(tx, scope, senders, facts.destination)[composed.senders[0]]
        chosen = chosen or self._default_set(tx, scope, identity)
        charged = self._check_quota(tx, scope, facts)
        _check_mail_from(tx, identity)
        subscriptions.admit(tx, scope, facts)
        # Last, because what it takes can't be given back when the message is refused.
        if not self.rate(scope, facts.time, len(facts.destination)):
            raise SendRateError
        vdm_tags = vdm_metrics.tags_of(tx, scope, identity.name, facts.destination)
        settled = settle(facts, chosen.name if chosen else None, identity.arn, vdm_tags)
        self._commit(tx, scope, settled, chosen, pieces, is_templated=composed.template is not None)
        count = account.count_sent_at_end if self.policy.max_24_hour_send < 0 else account.count_sent
        count(tx, scope, facts.time, charged)

    def _configuration_set(self, tx: Tx, scope: Scope, name: str | None) -> ConfigurationSet | None:
        if name is None:
            return None
        found = configuration_sets.current(tx, scope, name)
        if found is None:
            raise ConfigurationSetNotFoundError(name)
        return _unpaused(found)

    def _check_account(self, tx: Tx, scope: Scope) -> None:
        if not account.sending_enabled(tx, scope):
            raise AccountPausedError

    def _verified(
        self, tx: Tx, scope: Scope, senders: Mapping[str, Identity | None], recipients: Sequence[str]
    ) -> dict[str, Identity]:
        """The identities of the senders, when everybody who must be verified is."""
        found = {address: identity for address, identity in senders.items() if identity is not None}
        unverified = [address for address in senders if address not in found]
        if self.policy.sandbox:
            outside = [each for each in recipients if not is_simulator(each)]
            unverified += identities.unverified_of(tx, scope, outside)
        if unverified:
            raise NotVerifiedError(scope.region, list(dict.fromkeys(unverified)))
        return found

    def _default_set(self, tx: Tx, scope: Scope, identity: Identity) -> ConfigurationSet | None:
        name = identity.default_configuration_set
        # Another account's identity brings its owner's set by name only, and sets are the sender's.
        if name is None or identity.scope != scope:
            return None
        found = configuration_sets.current(tx, scope, name)
        if found is None:
            raise InvalidParameterError(f"Configuration set <{name}> does not exist.")
        return _unpaused(found)

    def _check_quota(self, tx: Tx, scope: Scope, facts: Facts) -> int:
        """Returns how many recipients count against the daily quota; those of the simulator don't."""
        charged = sum(not is_simulator(each) for each in facts.destination)
        limit = self.policy.max_24_hour_send
        if limit >= 0 and charged and account.sent_last_24_hours(tx, scope, facts.time) + charged > limit:
            raise DailyQuotaError
        return charged

    def _commit(
        self,
        tx: Tx,
        scope: Scope,
        facts: Facts,
        chosen: ConfigurationSet | None,
        pieces: list[bytes],
        *,
        is_templated: bool,
    ) -> None:
        custom = chosen.max_delivery_seconds if chosen else None
        contents.put_last_piece(tx, facts.message_id, len(pieces) - 1, pieces[-1])
        journal.put_facts(tx, facts)
        row = Row(
            message_id=facts.message_id,
            stage=Stage.RENDER if is_templated else Stage.PREPARE,
            scope=scope,
            configuration_set=chosen.name if chosen else None,
            accepted=facts.time,
            expires=facts.time + (custom or RETRY_PERIOD),
            custom_expiry=custom is not None,
            due=facts.time,
        )
        queue.add_at_end(tx, [row])
        if is_templated:  # its Send is journalled when it is rendered
            return
        version = chosen.version if chosen else None
        weighs = weight(len(facts.destination))
        journal.append(
            tx, Entry(round(facts.time * 1000), scope, Kind.SEND, facts.message_id, version, weighs, {})
        )


def _template(tx: Tx, scope: Scope, use: TemplateUse, now: float) -> bytes:
    """The digest of the content to render, which stays as it is now until then. Raises TemplateNotFoundError."""
    if use.content is not None:
        return templates.keep_content(tx, scope, use.content, now)
    return templates.digest_of(tx, scope, use.name, now)


def _check_mail_from(tx: Tx, identity: Identity) -> None:
    custom = mail_from.in_force(tx, identity)
    if custom is not None and custom.refuses:
        raise MailFromNotVerifiedError(custom.domain)


def _unpaused(found: ConfigurationSet) -> ConfigurationSet:
    if not found.sending_enabled:
        raise ConfigurationSetPausedError(found.name)
    return found


def _size(content: SimpleMessage | bytes) -> int:
    """What is to be composed, about; it need not be exact."""
    if isinstance(content, bytes):
        return len(content)
    return sum(len(each.content) for each in content.attachments) + sum(
        len(each or "") for each in (content.text, content.html, content.subject)
    )


def _put_piece(message_id: str, number: int, piece: bytes) -> Callable[[Tx], None]:
    return lambda tx: contents.put_piece(tx, message_id, number, piece)
