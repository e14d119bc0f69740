"""An alarm bench with composite alarms: what their tests work with. Children are metric alarms that are set by hand."""

from typing import Any

from mailgauge.cloudwatch.alarms.suppression_runner import SuppressionRunner
from tests.cloudwatch.alarm_bench import Bench

PREFIX = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"


def topic(name: str) -> str:
    return f"arn:aws:sns:us-east-1:123456789012:{name}"


ACTIONS = {"OKActions": [topic("ok")], "AlarmActions": [topic("alarm")]}


class CompositeBench(Bench):
    """``children`` are in INSUFFICIENT_DATA until they are ``set``."""

    async def children(self, *names: str) -> None:
        for name in names:
            await self.put(AlarmName=name)

    async def compose(self, name: str, rule: str, **params: Any) -> None:
        await self.call("PutCompositeAlarm", AlarmName=name, AlarmRule=rule, **params)

    async def set(self, name: str, value: str, reason: str = "by hand") -> None:
        await self.call("SetAlarmState", AlarmName=name, StateValue=value, StateReason=reason)

    async def composite(self, name: str) -> dict[str, Any]:
        answer = await self.call("DescribeAlarms", AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
        [alarm] = answer["CompositeAlarms"]
        return dict(alarm)

    async def state(self, name: str) -> str:
        return str((await self.composite(name))["StateValue"])

    async def ran(self) -> list[str]:
        """The topics that were told so far, in their order."""
        return [action.rpartition(":")[2] for action in await self.actions()]

    async def composite_history(self, name: str, **params: Any) -> list[dict[str, Any]]:
        """Oldest first, with HistoryData read."""
        return await self.history(AlarmName=name, AlarmTypes=["CompositeAlarm"], **params)

    async def wait(self, seconds: float) -> None:
        """Lets time pass for what is suppressed."""
        self.clock.step(seconds)
        await SuppressionRunner(self.metrics, self.clock).release_due()
