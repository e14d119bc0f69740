"""Alarms that are rung by hand, with the real executors of their actions."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from mailgauge.cloudwatch.alarms.actions.runner import ActionRunner
from mailgauge.cloudwatch.alarms.actions.tally import ActionTally
from mailgauge.outgoing.client import OutgoingClient
from mailgauge.outgoing.names import SystemNames
from mailgauge.server import alarm_actions
from mailgauge.server.action_checks import action_checks
from mailgauge.ses.system_mail import system_mail
from tests.server.room import HERE, MASTER, Room

OWN = f"arn:aws:mailgauge:{HERE.region}:{HERE.account}"
ALARM = {
    "AlarmName": "complaints",
    "Namespace": "AWS/SES",
    "MetricName": "Reputation.ComplaintRate",
    "Statistic": "Average",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 0.001,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}


@dataclass
class Acting:
    """A room whose alarms are rung by hand, and whose actions run when they are told to."""

    room: Room
    runner: ActionRunner

    async def ring(self, *actions: str, name: str = "complaints") -> None:
        await self.put(*actions, name=name)
        await self.set("ALARM", name)
        await self.runner.run_due()

    async def put(self, *actions: str, name: str = "complaints") -> None:
        parameters: dict[str, Any] = ALARM | {"AlarmName": name, "AlarmActions": list(actions)}
        await self.room.call("cloudwatch", "PutMetricAlarm", **parameters)

    async def set(self, state: str, name: str = "complaints") -> None:
        parameters: dict[str, Any] = {"AlarmName": name, "StateValue": state, "StateReason": "a drill"}
        await self.room.call("cloudwatch", "SetAlarmState", **parameters)

    async def run_again(self) -> None:
        """What a kill between the deed and its note in the history leads to."""
        rows = "INSERT INTO alarm_action SELECT * FROM kept"
        await self.room.storage.metrics.write(lambda tx: tx.run(rows))
        await self.runner.run_due()

    async def keep_outbox(self) -> None:
        await self.room.storage.metrics.write(
            lambda tx: tx.run("CREATE TABLE kept AS SELECT * FROM alarm_action")
        )

    async def history(self) -> list[dict[str, Any]]:
        answer = await self.room.call(
            "cloudwatch", "DescribeAlarmHistory", HistoryItemType="Action", ScanBy="TimestampAscending"
        )
        return list(answer["AlarmHistoryItems"])

    async def summaries(self) -> list[str]:
        return [item["HistorySummary"] for item in await self.history()]

    async def warnings(self) -> list[str]:
        looks = action_checks(self.room.storage.metrics, self.room.clock)
        return [found.text for look in looks for found in await look() if found.level != "ok"]


@asynccontextmanager
async def acting_in(
    room: Room,
    *,
    commands: Mapping[str, Sequence[str]] | None = None,
    seconds: float = 60,
    allow_private: bool = True,
) -> AsyncIterator[Acting]:
    client = OutgoingClient(SystemNames(), allow_private=allow_private)
    made = alarm_actions.executors(
        room.storage.mail,
        room.clock,
        MASTER,
        client=client,
        send_mail=system_mail(room.clock, "Mailgauge", "mail.example.com", lambda: None),
        published=lambda: None,
        commands=commands,
        command_seconds=seconds,
    )
    try:
        yield Acting(room, ActionRunner(room.storage.metrics, room.clock, made, ActionTally()))
    finally:
        await client.close()
