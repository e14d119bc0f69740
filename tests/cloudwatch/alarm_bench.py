"""A metrics database on disk with alarms in it, on a clock that tests move: what the alarm tests work with."""

import json
from pathlib import Path
from typing import Any

from mailgauge.aws.request import Caller, Params, Result
from mailgauge.base.clock import ManualClock
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Wake
from mailgauge.cloudwatch.alarms import mute_store
from mailgauge.cloudwatch.alarms.actions.schema import SCHEMA as ACTIONS_SCHEMA
from mailgauge.cloudwatch.alarms.composite_store import SCHEMA as COMPOSITE_SCHEMA
from mailgauge.cloudwatch.alarms.mute_runner import MuteRunner
from mailgauge.cloudwatch.alarms.runner import AlarmRunner
from mailgauge.cloudwatch.alarms.schema import SCHEMA
from mailgauge.cloudwatch.api.alarms import alarm_operations
from mailgauge.cloudwatch.api.dashboards import dashboard_operations
from mailgauge.cloudwatch.api.mute_rules import mute_rule_operations
from mailgauge.cloudwatch.api.tags import tag_operations
from mailgauge.cloudwatch.dashboards import store as dashboards
from mailgauge.store.sqlite import SqliteStore
from mailgauge.tsdb.engine import Delta
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.schema import SCHEMA as TSDB_SCHEMA
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet

SCOPE = Scope("123456789012", "us-east-1")
MINUTE = 1_750_000_020
TOPIC = "arn:aws:sns:us-east-1:123456789012:on-call"

COMPLAINTS: Params = {
    "AlarmName": "complaints",
    "Namespace": "AWS/SES",
    "MetricName": "Complaint",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 2.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}


class Bench:
    """``call`` answers as the operations do; ``minute`` lets time pass and evaluates."""

    def __init__(self, folder: Path, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock(MINUTE + 5)
        schemas = (
            TSDB_SCHEMA,
            SCHEMA,
            COMPOSITE_SCHEMA,
            ACTIONS_SCHEMA,
            mute_store.SCHEMA,
            dashboards.SCHEMA,
        )
        self.metrics = SqliteStore.open(folder / "metrics.db", schemas)
        self.engine = RowEngine()
        self.wake = Wake()
        self.runner = AlarmRunner(self.metrics, self.engine, self.clock, self.wake)
        self.mutes = MuteRunner(self.metrics, self.clock, Wake())
        self._operations = (
            alarm_operations(self.metrics, self.clock, self.wake)
            | mute_rule_operations(self.metrics, self.clock, Wake())
            | dashboard_operations(self.metrics, self.clock)
            | tag_operations(self.metrics)
        )

    async def call(self, operation: str, /, **params: Any) -> Result:
        return await self.call_in(SCOPE, operation, **params)

    async def call_in(self, scope: Scope, operation: str, /, **params: Any) -> Result:
        caller = Caller(scope, "root", "AKIA", "127.0.0.1", None, "r-1", self.clock.now())
        return await self._operations[operation](caller, params)

    async def put(self, **params: Any) -> None:
        await self.call("PutMetricAlarm", **(COMPLAINTS | params))

    async def alarm(self, name: str = "complaints") -> dict[str, Any]:
        [alarm] = (await self.call("DescribeAlarms", AlarmNames=[name]))["MetricAlarms"]
        return dict(alarm)

    async def history(self, **params: Any) -> list[dict[str, Any]]:
        """Oldest first, with HistoryData read."""
        answer = await self.call("DescribeAlarmHistory", ScanBy="TimestampAscending", **params)
        return [
            item | {"HistoryData": json.loads(item["HistoryData"])} for item in answer["AlarmHistoryItems"]
        ]

    async def actions(self) -> list[str]:
        """What waits in the outbox to be run."""
        rows = await self.metrics.read(lambda tx: tx.run("SELECT action FROM alarm_action ORDER BY seq"))
        return [action for (action,) in rows]

    async def complaints(self, count: float, *, unit: str = "Count", resolution: int = 60) -> None:
        """Datapoints of this moment."""
        now = self.clock.now()
        series = Series.of(SCOPE, "AWS/SES", "Complaint", {})
        delta = Delta(series, unit, int(now), StatSet.of(count), resolution)
        await self.metrics.write(lambda tx: self.engine.apply(tx, [delta], now))

    async def pass_time(self, seconds: float = 60) -> int:
        self.clock.step(seconds)
        return await self.runner.evaluate_due()

    def close(self) -> None:
        self.metrics.close()
