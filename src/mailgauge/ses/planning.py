"""Looks up what a message needs before it is sent, in the transaction that leases it; what to do with it is ``prepare``'s."""

import logging
from dataclasses import dataclass, field, replace

from mailgauge.base.scope import Scope
from mailgauge.delivery.row import Row
from mailgauge.events.facts import Facts
from mailgauge.ses import senders, subscriptions, suppression
from mailgauge.ses.engagement import Tracker
from mailgauge.ses.plan import Plan, Sender
from mailgauge.ses.unsubscribe_links import Links
from mailgauge.store.transaction import Tx
from mailgauge.tracking import rewriting

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Planner:
    """``links`` makes unsubscribe links, ``tracker`` those that count."""

    links: Links
    tracker: Tracker

    def within(self, tx: Tx) -> "Planning":
        return Planning(self, tx)


@dataclass(frozen=True, slots=True)
class Planning:
    """One transaction's plans. Messages that are leased together mostly have one sender and one configuration set, which are
    looked up once.
    """

    planner: Planner
    tx: Tx
    _senders: dict[str | None, Sender] = field(default_factory=dict)
    _tracking: dict[tuple[Scope, str | None], rewriting.Plan] = field(default_factory=dict)

    def plan(self, row: Row, facts: Facts) -> Plan | None:
        """None when it can't be told: a message costs nobody but itself."""
        if row.is_system:
            return Plan()
        try:
            return self._plan(row, facts)
        except Exception:
            log.exception("what a message needs can't be looked up", extra={"message_id": row.message_id})
            return None

    def _plan(self, row: Row, facts: Facts) -> Plan:
        return Plan(
            listed=suppression.listed(self.tx, row.scope, row.configuration_set, facts.destination),
            managed=subscriptions.managed(self.tx, facts, self.planner.links),
            tracked=self._tracked(row),
            sender=self._sender(facts.source_arn),
        )

    def _tracked(self, row: Row) -> rewriting.Plan:
        chosen = row.scope, row.configuration_set
        if chosen not in self._tracking:
            self._tracking[chosen] = self.planner.tracker.plan(self.tx, row)
        return replace(self._tracking[chosen], message_id=row.message_id)

    def _sender(self, arn: str | None) -> Sender:
        if arn not in self._senders:
            self._senders[arn] = senders.find(self.tx, arn)
        return self._senders[arn]
