"""The operations on metric data, put together."""

from collections.abc import Awaitable, Callable

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.cloudwatch.api import (
    get_metric_data,
    get_metric_statistics,
    list_metrics,
    put_metric_data,
    widget_image,
)
from mailgauge.cloudwatch.ingest import Append
from mailgauge.store.transaction import Store
from mailgauge.tsdb.engine import Engine

Settle = Callable[[], Awaitable[object]]


def data_operations(
    metrics: Store, engine: Engine, append: Append, settle: Settle | None = None
) -> dict[str, Handler]:
    """``metrics`` is the metrics database; ``append`` keeps what is put (``ingest.journal_append``).

    ``settle`` publishes what waits in the journal: given one, a read shows all that was answered before it. AWS
    promises no such thing, but programs under test are easier to follow.
    """
    reads: dict[str, Handler] = {
        **list_metrics.operations(metrics, engine),
        **get_metric_statistics.operations(metrics, engine),
        **get_metric_data.operations(metrics, engine),
        **widget_image.operations(metrics, engine),
    }
    return put_metric_data.operations(append) | settled(reads, settle, *reads)


def settled(operations: dict[str, Handler], settle: Settle | None, *names: str) -> dict[str, Handler]:
    """The operations, of which those named wait for ``settle`` first."""
    if settle is None:
        return operations
    return operations | {name: _settled(operations[name], settle) for name in names}


def _settled(handler: Handler, settle: Settle) -> Handler:
    async def handle(caller: Caller, params: Params) -> Result:
        await settle()
        return await handler(caller, params)

    return handle
