"""The operations on metric data, put together."""

from mailgauge.aws.request import Handler
from mailgauge.cloudwatch.api import get_metric_data, get_metric_statistics, list_metrics, put_metric_data
from mailgauge.cloudwatch.ingest import Append
from mailgauge.store.transaction import Store
from mailgauge.tsdb.engine import Engine


def data_operations(metrics: Store, engine: Engine, append: Append) -> dict[str, Handler]:
    """``metrics`` is the metrics database; ``append`` keeps what is put (``ingest.journal_append``)."""
    return {
        **put_metric_data.operations(append),
        **list_metrics.operations(metrics, engine),
        **get_metric_statistics.operations(metrics, engine),
        **get_metric_data.operations(metrics, engine),
    }
