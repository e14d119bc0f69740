"""Reputation: the rates that are published, the rule that pauses sending by itself, where the operator wants one, and the
pause, which alarms set off too.

How rates come about is in ``reputation_counts``; what is excluded from them is decided in ``reactions``.
"""

import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mailgauge.base.scope import Scope
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.kinds import Kind
from mailgauge.ses import account, account_attributes, configuration_sets, reputation_counts
from mailgauge.ses.reputation_counts import ACCOUNT, Counts
from mailgauge.store.transaction import Tx

log = logging.getLogger(__name__)

REVIEW_BOUNCE_RATE = 0.05
REVIEW_COMPLAINT_RATE = 0.001
"""From these rates on Amazon puts an account under review."""


class Enforcement(StrEnum):
    """``EnforcementStatus`` of sesv2/GetAccount."""

    HEALTHY = "HEALTHY"
    PROBATION = "PROBATION"
    SHUTDOWN = "SHUTDOWN"


@dataclass(frozen=True, slots=True)
class Rule:
    """Rates, as fractions, from which on sending is paused; 0 switches a rate off. Below ``least_sends`` nothing is judged."""

    pause_bounce_rate: float = 0.0
    pause_complaint_rate: float = 0.0
    least_sends: int = 100

    @property
    def is_on(self) -> bool:
        return bool(self.pause_bounce_rate or self.pause_complaint_rate)

    def crossed(self, counts: Counts) -> str | None:
        """Why to pause, in words, or None."""
        if counts.sends < self.least_sends:
            return None
        if self.pause_bounce_rate and counts.bounce_rate >= self.pause_bounce_rate:
            return _reason("bounce", counts.bounces, counts, self.pause_bounce_rate)
        if self.pause_complaint_rate and counts.complaint_rate >= self.pause_complaint_rate:
            return _reason("complaint", counts.complaints, counts, self.pause_complaint_rate)
        return None

    def reviews(self, counts: Counts) -> bool:
        """Whether the rates are high enough to be worth a warning."""
        return counts.sends >= self.least_sends and (
            counts.bounce_rate >= REVIEW_BOUNCE_RATE or counts.complaint_rate >= REVIEW_COMPLAINT_RATE
        )


def enforcement(tx: Tx, scope: Scope, now: float, rule: Rule) -> Enforcement:
    """How the account stands with the rule."""
    if account_attributes.get(tx, scope).pause_reason is not None:
        return Enforcement.SHUTDOWN
    if rule.is_on and rule.reviews(reputation_counts.representative(tx, scope, ACCOUNT, now)):
        return Enforcement.PROBATION
    return Enforcement.HEALTHY


def paused(tx: Tx) -> list[tuple[Scope, str, str]]:
    """What is paused by itself now: the account or set, and why."""
    accounts = [
        (scope, ACCOUNT, attributes.pause_reason)
        for scope, attributes in account_attributes.everybody(tx)
        if attributes.pause_reason is not None
    ]
    return accounts + configuration_sets.paused_by_itself(tx)


def publish(tx: Tx, at: float, now: float) -> None:
    """Journals the rates of every account that sent, and of every set that asks for them, as of ``at``."""
    for scope, name in reputation_counts.counted(tx, now):
        if name == ACCOUNT or _asks_for_metrics(tx, scope, name):
            counts = reputation_counts.representative(tx, scope, name, now)
            detail: dict[str, Any] = {
                "configurationSet": name or None,
                "bounceRate": counts.bounce_rate,
                "complaintRate": counts.complaint_rate,
            }
            _append(tx, scope, Kind.REPUTATION, detail, at)


def enforce(tx: Tx, scope: Scope, name: str, rule: Rule, now: float) -> None:
    """Pauses the account or the set when its rates have crossed the rule. Sets are judged only if they have metrics."""
    if not rule.is_on:
        return
    reason = rule.crossed(reputation_counts.representative(tx, scope, name, now))
    if reason is None:
        return
    if name != ACCOUNT and not _asks_for_metrics(tx, scope, name):
        return
    pause(tx, scope, name, reason, now)


def pause(tx: Tx, scope: Scope, name: str, reason: str, now: float) -> None:
    """Switches the sending of the account or the set off, for a reason that is kept until somebody switches it on again.

    What is off already stays as it is; a set that is gone is passed over.
    """
    if name == ACCOUNT:
        if not account.sending_enabled(tx, scope):
            return
        account.set_sending_enabled(tx, scope, enabled=False)
        account_attributes.change(tx, scope, pause_reason=reason, fresh_start=now)
    else:
        found = configuration_sets.current(tx, scope, name)
        if found is None or not found.sending_enabled:
            return
        configuration_sets.set_sending_enabled(tx, scope, name, now, enabled=False)
        configuration_sets.change_options(tx, scope, name, pause_reason=reason)
    _append(tx, scope, Kind.SENDING_PAUSED, {"configurationSet": name or None, "reason": reason}, now)
    extra = {"scope": scope.key, "configuration_set": name or None, "reason": reason}
    tx.after_commit(lambda: log.warning("sending paused", extra=extra))


def _reason(what: str, number: int, counts: Counts, threshold: float) -> str:
    rate = number / counts.sends
    return f"The {what} rate of {rate:.2%} ({number} of {counts.sends} sends) has reached {threshold:.2%}."


def _asks_for_metrics(tx: Tx, scope: Scope, name: str) -> bool:
    found = configuration_sets.current(tx, scope, name)
    return found is not None and found.options.reputation_metrics


def _append(tx: Tx, scope: Scope, kind: Kind, detail: dict[str, Any], at: float) -> None:
    journal.append(tx, Entry(round(at * 1000), scope, kind, None, None, 1, detail))
