"""Where the queries of one call read: one transaction of the store, one account and Region, one time range."""

from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.read import Buckets, MetricStat, Points, buckets, points
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.engine import Engine
from mailgauge.tsdb.series import Series


@dataclass(frozen=True, slots=True)
class Source:
    tx: Tx
    engine: Engine
    scope: Scope
    window: Window

    def buckets(self, series: Series, period: int) -> dict[str, Buckets]:
        return buckets(self.tx, self.engine, series, period, self.window)

    def points(self, metric: MetricStat) -> Points:
        return points(self.tx, self.engine, metric, self.window)
