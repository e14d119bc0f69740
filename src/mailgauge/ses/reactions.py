"""Reactions: the journal's consumer that acts on bounces and complaints: suppression list, reputation, automatic pause,
mail that tells the sender.

Its position and what it does commit in one transaction of the mail database, so that each entry has its effect once.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from mailgauge.base.clock import Clock
from mailgauge.base.scope import Scope
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.mail.bounce_class import ON_ACCOUNT_SUPPRESSION_LIST, UNSUBSCRIBED_RECIPIENT, BounceType
from mailgauge.ses import (
    account_attributes,
    configuration_sets,
    forwarding,
    identities,
    reputation,
    reputation_counts,
    suppression,
)
from mailgauge.ses.forwarding import Forward, Forwarding
from mailgauge.ses.reputation import Rule
from mailgauge.ses.reputation_counts import ACCOUNT, Counts
from mailgauge.ses.suppression import Reason, Suppressed
from mailgauge.simulator.addresses import is_simulator
from mailgauge.store.transaction import Lane, Store, Tx

KINDS = (Kind.SEND, Kind.BOUNCE, Kind.COMPLAINT)
BATCH = 500
MOST_MAIL = 50
"""Mails queued in one transaction, which has to stay short."""
PAUSE = 0.5
"""Seconds between looks at an idle journal."""
EVERY = 300
"""Seconds between publications of the reputation metrics, which are on the clock."""

_POSITION, _PUBLISHED = "position", "reputation published"

Counted = tuple[Scope, str]
"""An account (``ACCOUNT``) or one of its configuration sets."""


@dataclass(slots=True)
class _Plan:
    """What the entries behind ``after`` up to ``upto`` bring about, worked out in a reader.

    ``counts`` are [sends, bounces, complaints] by account or set, and hour; ``since`` is what they were worked out with.
    """

    after: int
    upto: int
    entries: int
    counts: dict[tuple[Counted, int], Counter[str]] = field(default_factory=dict)
    since: dict[Counted, float | None] = field(default_factory=dict)
    suppress: list[tuple[Scope, Suppressed]] = field(default_factory=list)
    forward: list[Forward] = field(default_factory=list)


class Reactions:
    """``run`` goes on for ever; ``react`` handles what is there now, ``publish_rates`` what the clock asks for.

    With ``forwarding`` senders are told by mail; ``woken`` hints, from any thread, that there is some to prepare.
    """

    def __init__(
        self,
        mail: Store,
        clock: Clock,
        rule: Rule,
        forwarding: Forwarding | None = None,
        woken: Callable[[], None] = lambda: None,
    ) -> None:
        self._mail = mail
        self._clock = clock
        self._rule = rule
        self._forwarding = forwarding
        self._woken = woken
        self._published = 0

    async def run(self) -> None:
        while True:
            if await self.react() < BATCH:
                await self.publish_rates()
                await asyncio.sleep(PAUSE)

    async def react(self) -> int:
        """Acts on the next entries and returns how many there were."""
        plan = await self._mail.read(lambda tx: _plan(tx, self._forwarding, self._clock.now()))
        if plan.upto > plan.after:
            await self._mail.write(lambda tx: self._apply(tx, plan), Lane.BACKGROUND)
        return plan.entries

    async def publish_rates(self) -> None:
        """Journals the reputation metrics, once for each full five minutes on the clock."""
        mark = int(self._clock.now() // EVERY) * EVERY
        if mark > self._published:
            await self._mail.write(lambda tx: self._publish(tx, mark), Lane.BACKGROUND)
            self._published = mark

    def _publish(self, tx: Tx, mark: int) -> None:
        before = _value(tx, _PUBLISHED)
        if mark <= before:
            return
        now = self._clock.now()
        reputation.publish(tx, mark, now)
        # Sends that came since the last bounce may have made enough of them to judge by.
        self._enforce(tx, reputation_counts.counted(tx, now), now)
        reputation_counts.forget(tx, now)
        _set_value(tx, _PUBLISHED, mark)

    def _apply(self, tx: Tx, plan: _Plan) -> None:
        if position(tx) != plan.after:  # another process was here: it has acted on these entries
            return
        if any(_since(tx, *counted) != since for counted, since in plan.since.items()):
            return  # a fresh start came between: these entries are looked at again
        for (counted, hour), counts in plan.counts.items():
            reputation_counts.add(tx, *counted, hour, Counts(**counts))
        for scope, entry in plan.suppress:
            suppression.put(tx, scope, entry)
        now = self._clock.now()
        for forward in plan.forward:
            forwarding.put(tx, forward, now)
        if plan.forward:
            tx.after_commit(self._woken)
        self._enforce(tx, {counted for (counted, _), counts in plan.counts.items() if _is_bad(counts)}, now)
        _set_value(tx, _POSITION, plan.upto)

    def _enforce(self, tx: Tx, counted: Iterable[Counted], now: float) -> None:
        # Sets before their account: one bad set need not stop everything.
        for scope, name in sorted(counted, reverse=True):
            reputation.enforce(tx, scope, name, self._rule, now)


def position(tx: Tx) -> int:
    """The last entry that was acted on."""
    return _value(tx, _POSITION)


def _plan(tx: Tx, telling: Forwarding | None, now: float) -> _Plan:
    after, upto = position(tx), journal.head(tx)
    entries = journal.read_kinds(tx, after, KINDS, BATCH) if upto > after else []
    if len(entries) == BATCH:
        upto = entries[-1].seq
    plan = _Plan(after, upto, len(entries))
    facts = journal.get_facts(tx, list({each.message_id for each in entries if each.message_id is not None}))
    look = _Look(tx, plan)
    for entry in entries:
        known = facts.get(entry.message_id or "")
        if known is None or known.is_system:
            continue
        look.at(entry, known)
        if telling is not None and entry.kind is not Kind.SEND:
            plan.forward += filter(None, [telling.of(tx, entry, known, now)])
        if len(plan.forward) == MOST_MAIL:
            plan.upto, plan.entries = entry.seq, BATCH  # the rest comes next
            break
    return plan


class _Look:
    """Fills a plan; remembers what it asked the store, since the entries of a batch have much in common."""

    def __init__(self, tx: Tx, plan: _Plan) -> None:
        self._tx = tx
        self._plan = plan
        self._own: dict[tuple[Scope, str], bool] = {}
        self._reasons: dict[tuple[Scope, str | None], tuple[str, ...]] = {}

    def at(self, entry: Entry, facts: Facts) -> None:
        if entry.kind is Kind.SEND:
            self._count(entry.scope, facts, sends=self._strangers(entry.scope, facts.destination))
        elif _was_suppressed(entry):
            # It was never sent, so it is no part of what rates are worked out from.
            self._count(entry.scope, facts, sends=-self._strangers(entry.scope, entry.recipients))
        elif entry.detail.get("complaintFeedbackType") in _NO_COMPLAINTS:
            return
        elif entry.kind is Kind.COMPLAINT:
            # A report that hides its recipient names all it might have been; it is one complaint all the same.
            self._count(entry.scope, facts, complaints=min(self._strangers(entry.scope, entry.recipients), 1))
            if len(entry.recipients) == 1:
                self._suppress(entry, facts, Reason.COMPLAINT)
        elif entry.detail["bounceType"] == BounceType.PERMANENT:
            self._count(entry.scope, facts, bounces=self._strangers(entry.scope, entry.recipients))
            self._suppress(entry, facts, Reason.BOUNCE)

    def _strangers(self, scope: Scope, recipients: list[str]) -> int:
        """How many recipients count for reputation: neither simulated ones nor the account's own."""
        return sum(not is_simulator(each) and not self._is_own(scope, each) for each in recipients)

    def _is_own(self, scope: Scope, address: str) -> bool:
        key = scope, address
        if key not in self._own:
            self._own[key] = identities.find_verified(self._tx, scope, address) is not None
        return self._own[key]

    def _count(self, scope: Scope, facts: Facts, **counts: int) -> None:
        if not any(counts.values()):
            return
        for name in _names(facts):
            counted = scope, name
            if counted not in self._plan.since:
                self._plan.since[counted] = _since(self._tx, scope, name)
            since = self._plan.since[counted]
            if since is not None and facts.time >= since:
                key = counted, int(facts.time // 3600)
                self._plan.counts.setdefault(key, Counter()).update(counts)

    def _suppress(self, entry: Entry, facts: Facts, reason: Reason) -> None:
        key = entry.scope, facts.configuration_set
        if key not in self._reasons:
            self._reasons[key] = suppression.effective_reasons(self._tx, *key)
        if reason not in self._reasons[key]:
            return
        self._plan.suppress += [
            (
                entry.scope,
                Suppressed(each, reason, entry.time / 1000, facts.message_id, entry.detail["feedbackId"]),
            )
            for each in entry.recipients
            if not is_simulator(each)
        ]


def _names(facts: Facts) -> Iterator[str]:
    yield ACCOUNT
    if facts.configuration_set is not None:
        yield facts.configuration_set


def _since(tx: Tx, scope: Scope, name: str) -> float | None:
    """From when on mail counts: a fresh start leaves what was before behind. None for a set that is gone."""
    if name == ACCOUNT:
        return account_attributes.get(tx, scope).fresh_start
    found = configuration_sets.current(tx, scope, name)
    return None if found is None else found.last_fresh_start or found.created


# Bounces of mail that no server was asked to take: they say nothing about an address or a sender.
_NEVER_SENT = frozenset({ON_ACCOUNT_SUPPRESSION_LIST.sub_type, UNSUBSCRIBED_RECIPIENT.sub_type})


# Reports that are Complaint events, though nobody complains in them (RFC 5965, RFC 6591).
_NO_COMPLAINTS = frozenset({"not-spam", "auth-failure"})


def _was_suppressed(entry: Entry) -> bool:
    sub_type = entry.detail.get("bounceSubType") or entry.detail.get("complaintSubType")
    return sub_type in _NEVER_SENT


def _is_bad(counts: Counter[str]) -> bool:
    return counts["bounces"] > 0 or counts["complaints"] > 0


def _value(tx: Tx, name: str) -> int:
    rows = tx.run("SELECT value FROM reaction WHERE name = ?", (name,))
    return int(rows[0][0]) if rows else 0


def _set_value(tx: Tx, name: str, value: int) -> None:
    tx.run(
        "INSERT INTO reaction (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )
