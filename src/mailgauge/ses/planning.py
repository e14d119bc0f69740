"""Looks up what a message needs before it is sent, in the transaction that leases it; what to do with it is ``prepare``'s."""

import logging
from dataclasses import dataclass

from mailgauge.delivery.row import Row
from mailgauge.events.facts import Facts
from mailgauge.ses import senders, subscriptions, suppression
from mailgauge.ses.engagement import Tracker
from mailgauge.ses.plan import Plan
from mailgauge.ses.unsubscribe_links import Links
from mailgauge.store.transaction import Tx

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Planner:
    """``links`` makes unsubscribe links, ``tracker`` those that count."""

    links: Links
    tracker: Tracker

    def plan(self, tx: Tx, row: Row, facts: Facts) -> Plan | None:
        """None when it can't be told: a message costs nobody but itself."""
        if row.is_system:
            return Plan()
        try:
            return self._plan(tx, row, facts)
        except Exception:
            log.exception("what a message needs can't be looked up", extra={"message_id": row.message_id})
            return None

    def _plan(self, tx: Tx, row: Row, facts: Facts) -> Plan:
        return Plan(
            listed=suppression.listed(tx, row.scope, row.configuration_set, facts.destination),
            managed=subscriptions.managed(tx, facts, self.links),
            tracked=self.tracker.plan(tx, row),
            sender=senders.find(tx, facts.source_arn),
        )
