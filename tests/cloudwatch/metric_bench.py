"""A bench for the data operations: the real handlers, journal and metrics store, and a publisher on demand."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller
from mailgauge.base.clock import ManualClock
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.api.data import data_operations
from mailgauge.cloudwatch.datums import deltas_of_datums
from mailgauge.cloudwatch.ingest import journal_append
from mailgauge.events import journal
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.schema import SCHEMA

SCOPE = Scope("000000000000", "us-east-1")
HOUR = 1_750_003_200
"""A whole hour. The clock of a bench begins half an hour later."""


def at(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)


class MetricBench:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(HOUR + 1800.0)
        self.mail = SqliteStore.open(folder / "mail.db", [journal.SCHEMA])
        self.metrics = SqliteStore.open(folder / "metrics.db", [SCHEMA])
        self.engine = RowEngine()
        self.position = 0
        self._handlers = data_operations(self.metrics, self.engine, journal_append(self.mail, self.clock))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.mail.close()
        self.metrics.close()

    async def call(self, operation: str, *, scope: Scope = SCOPE, **params: Any) -> dict[str, Any]:
        caller = Caller(scope, "root", "AKIA", "127.0.0.1", None, "request", self.clock.now())
        answer = await self._handlers[operation](caller, params)
        for result in answer.get("MetricDataResults", ()):
            # Whole seconds until they are written; then they are times.
            result["Timestamps"] = list(map(at, result["Timestamps"]))
        return answer

    async def refused(self, operation: str, **params: Any) -> AwsError:
        try:
            answer = await self.call(operation, **params)
        except AwsError as error:
            return error
        raise AssertionError(f"{operation} answered {answer}")

    async def put(self, *datums: dict[str, Any], namespace: str = "Shop", scope: Scope = SCOPE) -> None:
        """PutMetricData, and everything published."""
        await self.call("PutMetricData", scope=scope, Namespace=namespace, MetricData=list(datums))
        await self.publish()

    async def publish(self) -> None:
        entries = self.mail.read_now(lambda tx: journal.read(tx, self.position, 10_000))

        def apply(tx: Tx) -> None:
            deltas = [delta for e in entries for delta in deltas_of_datums(e.scope, e.detail)]
            self.engine.apply(tx, deltas, self.clock.now())

        await self.metrics.write(apply)
        self.position += len(entries)
