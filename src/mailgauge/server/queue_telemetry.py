"""How full queues are, for ``/metrics``: messages by state, and the age of the oldest."""

from typing import TYPE_CHECKING, Final

from mailgauge.sqs import queues
from mailgauge.sqs.operating import Queues

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

MOST: Final = 500
"""Queues that are shown, the first by account, Region and name."""
_LABELS: Final = ["account_id", "region", "queue"]


async def queue_metrics(state: Queues) -> list["Metric"]:
    from prometheus_client.core import GaugeMetricFamily

    now = state.now()
    depths = await state.read(lambda tx: queues.depths(tx, now, MOST))
    count = GaugeMetricFamily(
        "mailgauge_queue_messages",
        "Messages in a queue that wait, are in somebody's hands, or are delayed.",
        labels=[*_LABELS, "state"],
    )
    age = GaugeMetricFamily(
        "mailgauge_queue_oldest_message_seconds", "Age of the oldest message in a queue.", labels=_LABELS
    )
    for depth in depths:
        labels = [depth.scope.account, depth.scope.region, depth.name]
        for name, value in depth.counts._asdict().items():
            count.add_metric([*labels, name], value)
        if depth.oldest is not None:
            age.add_metric(labels, (now - depth.oldest) / 1000)
    return [count, age]
