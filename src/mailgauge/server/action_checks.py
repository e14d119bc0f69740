"""Health checks of alarm actions: which are being tried again, and which have failed for good lately."""

from collections.abc import Sequence
from functools import partial

from mailgauge.base.clock import Clock
from mailgauge.base.health import Check, Finding, Level
from mailgauge.cloudwatch.alarms import history_store
from mailgauge.cloudwatch.alarms.actions import outbox
from mailgauge.store.transaction import Store

_LATELY = 86_400.0
_ADVICE = "The alarm's history says when and why. Mend the target, or take it out of the alarm's actions."


def action_checks(metrics: Store, clock: Clock) -> Sequence[Check]:
    async def waiting() -> list[Finding]:
        found = await metrics.read(outbox.waiting)
        if not found.failing or found.scope is None:
            return [Finding("actions", Level.OK, f"{found.count} alarm actions wait to be run")]
        text = (
            f"{found.failing} alarm actions failed and are tried again, among them {found.action} of account "
            f"{found.scope.account} ({found.scope.region}): {found.problem}"
        )
        return [Finding("actions", Level.WARNING, text, _ADVICE)]

    async def failed() -> list[Finding]:
        since_ms = int((clock.now() - _LATELY) * 1000)
        found = await metrics.read(partial(history_store.failed_actions, since_ms=since_ms))
        return [
            Finding(
                "actions",
                Level.WARNING,
                f"alarm {each.name} of account {each.scope.account} ({each.scope.region}), failures in "
                f"the last day: {each.count}. {each.summary}",
                _ADVICE,
            )
            for each in found
        ]

    return waiting, failed
