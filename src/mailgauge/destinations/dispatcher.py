"""The dispatcher: the journal's consumer that publishes events to topics, each once for each destination that wants it.

What it publishes and its position commit in one transaction of the mail database, where topics are too. It delivers
nothing: that is the topics' business.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mailgauge.base.clock import Clock
from mailgauge.destinations import notified, topics, versions
from mailgauge.destinations.notices import (
    Notice,
    Outcome,
    Recipient,
    of_destinations,
    undocumented,
)
from mailgauge.destinations.versions import Version
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.sns.errors import UnknownTopicError
from mailgauge.sns.message_checks import MOST_BYTES
from mailgauge.store.transaction import Lane, Store, Tx

log = logging.getLogger(__name__)

BATCH = 100
"""Entries that are told in one transaction."""
LOOK = 2000
"""Entries that are looked at in one go: of most only the outline is read."""
MOST_SECONDS = 0.01
"""When a transaction ends early: a topic may have many subscriptions."""
PAUSE = 0.2
"""Seconds between looks at the journal."""
IDLE = 1.0
"""The same while nobody has asked for anything."""


class Others(Protocol):
    """Who has topics besides event destinations."""

    def kinds(self, tx: Tx) -> frozenset[Kind]:
        """The kinds of entries that there may be notices of."""

    def notices(self, tx: Tx, entry: Entry, facts: Facts) -> Iterable[Notice]:
        """Those of one entry."""

    def lost(self, tx: Tx, notice: Notice) -> None:
        """Told in the transaction in which a topic was found to be gone."""


@dataclass(slots=True)
class _Plan:
    """The notices of the entries behind ``after``, worked out in a reader; none of those up to ``upto`` has any other."""

    after: int
    upto: int
    is_asked: bool
    has_more: bool = False
    told: list[tuple[int, list[Notice]]] = field(default_factory=list)


class Dispatcher:
    """``run`` goes on for ever; ``dispatch`` handles what is there now. ``woken`` hints, from any thread, at new deliveries."""

    def __init__(
        self,
        mail: Store,
        clock: Clock,
        others: Others | None = None,
        woken: Callable[[], None] = lambda: None,
    ) -> None:
        self._mail = mail
        self._clock = clock
        self._others = others
        self._woken = woken

    async def run(self) -> None:
        while True:
            plan = await self._dispatch()
            if not plan.has_more:
                await asyncio.sleep(PAUSE if plan.is_asked else IDLE)

    async def dispatch(self) -> bool:
        """Publishes what the next entries give, and says whether there may be more of them."""
        return (await self._dispatch()).has_more

    async def _dispatch(self) -> _Plan:
        plan = await self._mail.read(lambda tx: _plan(tx, self._others))
        if plan.upto > plan.after:
            plan.has_more |= not await self._mail.write(lambda tx: self._apply(tx, plan), Lane.BACKGROUND)
        return plan

    def _apply(self, tx: Tx, plan: _Plan) -> bool:
        """Whether all of the plan was carried out."""
        if notified.position(tx) != plan.after:  # another process was here: it has told of these entries
            return False
        outcomes: list[tuple[Recipient, Outcome]] = []
        end, upto = self._clock.monotonic() + MOST_SECONDS, plan.upto
        for seq, notices in plan.told:
            outcomes += [(each.recipient, self._publish(tx, each)) for each in notices]
            if self._clock.monotonic() > end:
                upto = seq
                break
        notified.add(tx, outcomes, self._clock.now())
        notified.move(tx, upto)
        if outcomes:
            tx.after_commit(self._woken)
        return upto == plan.upto

    def _publish(self, tx: Tx, notice: Notice) -> Outcome:
        if notice.message is None:
            return notice.why_not or Outcome.NO_DOCUMENT
        if len(notice.message.body.encode()) > MOST_BYTES:
            return Outcome.TOO_LONG
        try:
            topics.publish(tx, notice.recipient.scope, notice.topic, notice.message, self._clock.now())
        except UnknownTopicError:
            if self._others is not None:
                self._others.lost(tx, notice)
            return Outcome.NO_TOPIC
        return Outcome.PUBLISHED


def _plan(tx: Tx, others: Others | None) -> _Plan:
    after, head = notified.position(tx), journal.head(tx)
    by_others = others.kinds(tx) if others is not None else frozenset()
    if not by_others and not versions.any_notifies(tx):
        return _Plan(after, head, is_asked=False)
    outline = journal.outline(tx, after, LOOK) if head > after else []
    upto = outline[-1][0] if len(outline) == LOOK else head
    notifying = versions.notified_kinds(tx, {version for _, _, version in outline if version is not None})
    concerned = [
        seq for seq, kind, version in outline if kind in by_others or kind in notifying.get(version or 0, ())
    ]
    plan = _Plan(after, upto, is_asked=True, has_more=upto < head)
    if len(concerned) > BATCH:
        concerned = concerned[:BATCH]
        plan.upto, plan.has_more = concerned[-1], True
    plan.told = _told(tx, journal.at(tx, concerned), others)
    return plan


def _told(tx: Tx, entries: Sequence[Entry], others: Others | None) -> list[tuple[int, list[Notice]]]:
    known = versions.load(tx, {each.version for each in entries if each.version is not None})
    facts = journal.get_facts(tx, list({each.message_id for each in entries if each.message_id is not None}))
    found = ((each.seq, _notices(tx, each, facts, known, others)) for each in entries)
    return [(seq, notices) for seq, notices in found if notices]


def _notices(
    tx: Tx, entry: Entry, facts: Mapping[str, Facts], known: Mapping[int, Version], others: Others | None
) -> list[Notice]:
    of_message = facts.get(entry.message_id or "")
    version = known.get(entry.version or 0)
    try:
        notices = of_destinations(entry, of_message, version)
    except Exception:  # what can't be told must not hold up what follows in the journal
        log.exception("an event can't be told", extra={"message_id": entry.message_id, "seq": entry.seq})
        notices = undocumented(entry, version)
    if others is not None and of_message is not None:
        notices += others.notices(tx, entry, of_message)
    return notices
