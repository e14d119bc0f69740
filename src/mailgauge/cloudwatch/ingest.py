"""The way of put metric data into the journal: committed before the call is answered, published like every event.

It is the default for ``append`` of PutMetricData; the publisher turns the entries into samples.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from mailgauge.base.clock import Clock
from mailgauge.base.scope import Scope
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.kinds import Kind
from mailgauge.store.transaction import Lane, Store, Tx

Append = Callable[[Scope, Sequence[dict[str, Any]]], Awaitable[None]]
"""Keeps the details of metric data entries, all or none, and returns once they are durable."""


def journal_append(store: Store, clock: Clock) -> Append:
    """Appends to the journal in ``store``."""

    async def append(scope: Scope, details: Sequence[dict[str, Any]]) -> None:
        if not details:
            return
        time = int(clock.now() * 1000)

        def work(tx: Tx) -> None:
            for detail in details:
                journal.append(
                    tx, Entry(time, scope, Kind.METRIC_DATA, None, None, len(detail["datums"]), detail)
                )

        await store.write(work, Lane.ACCEPT)

    return append
