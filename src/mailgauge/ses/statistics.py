"""GetSendStatistics: the account's own metrics of the last two weeks, in 15-minute intervals that had activity."""

from collections import defaultdict
from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.destinations.accounting import NAMESPACE
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.engine import Engine
from mailgauge.tsdb.series import Series

_INTERVAL = 15 * 60
_SPAN = 14 * 24 * 3600
# The finest tier that is kept for two weeks and divides a quarter of an hour.
_TIER = 300
_METRICS = {"Send": "attempts", "Bounce": "bounces", "Complaint": "complaints", "Reject": "rejects"}


@dataclass(slots=True)
class SendDataPoint:
    """``time`` is the start of the interval in epoch seconds. ``bounces`` are hard ones only."""

    time: int
    attempts: int = 0
    bounces: int = 0
    complaints: int = 0
    rejects: int = 0


def send_statistics(tx: Tx, engine: Engine, scope: Scope, now: float) -> list[SendDataPoint]:
    """By time. ``tx`` is one of the metrics database."""
    end = int(now) + 1
    start = (end - _SPAN) // _INTERVAL * _INTERVAL
    sums: defaultdict[int, dict[str, float]] = defaultdict(lambda: dict.fromkeys(_METRICS.values(), 0.0))
    for metric, field in _METRICS.items():
        for cell in engine.cells(tx, Series.of(scope, NAMESPACE, metric), _TIER, start, end):
            sums[cell.time // _INTERVAL * _INTERVAL][field] += cell.stats.sum
    return [
        SendDataPoint(time, **{field: round(value) for field, value in values.items()})
        for time, values in sorted(sums.items())
    ]
