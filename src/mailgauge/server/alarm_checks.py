"""Health checks of alarms: which can't be evaluated as they should be, and whether all of them wait for the clock."""

from collections.abc import Sequence

from mailgauge.base.clock import Clock
from mailgauge.base.health import Check, Finding, Level
from mailgauge.cloudwatch.alarms import lease, standings
from mailgauge.store.transaction import Store

_BEHIND = 60.0


def alarm_checks(metrics: Store, clock: Clock) -> Sequence[Check]:
    async def evaluated() -> list[Finding]:
        return [
            Finding(
                "alarms",
                Level.WARNING,
                f"alarm {each.name} of account {each.scope.account} ({each.scope.region}): {each.evaluation.value}: "
                f"{each.reason}",
                "Put the alarm again as it can be evaluated, or delete it.",
            )
            for each in await metrics.read(standings.troubled)
        ]

    async def awaiting_the_clock() -> list[Finding]:
        now = clock.now()
        mark = (await metrics.read(lease.read)).mark(now)
        if mark is None or now >= mark - _BEHIND:
            return []
        return [
            Finding(
                "alarms",
                Level.WARNING,
                f"no alarm is evaluated for {mark - now:.0f} s: the clock is that far behind what they have seen",
                "Set the clock right. If it was ahead before, and is right now, alarms go on when that time has come.",
            )
        ]

    return evaluated, awaiting_the_clock
