"""Ends waiting and extension periods of composite alarms: on the clock, out of rows, so that a restart loses none."""

from functools import partial
from typing import Final

from mailgauge.base.clock import Clock
from mailgauge.cloudwatch.alarms import composite_store, composite_telling
from mailgauge.store.transaction import Store, Tx

# Periods that began meanwhile, in whichever process, are noticed this late, in seconds.
_LONGEST_WAIT: Final = 1.0
# No transaction keeps the writer for long.
_SLICE: Final = 50


class SuppressionRunner:
    """Runs the actions that a period held back, once it is over."""

    def __init__(self, metrics: Store, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            ends = await self.release_due()
            latest = self._clock.now() + _LONGEST_WAIT
            await self._clock.sleep_until(latest if ends is None else min(latest, ends / 1000))

    async def release_due(self) -> int | None:
        """Ends the periods that are over by now. Returns when the next one is, in milliseconds."""
        while True:
            ends = await self._metrics.read(composite_store.next_end)
            now_ms = int(self._clock.now() * 1000)
            if ends is None or ends > now_ms:
                return ends
            await self._metrics.write(partial(_release, now_ms=now_ms))


def _release(tx: Tx, now_ms: int) -> None:
    for alarm in composite_store.ended(tx, now_ms, _SLICE):
        composite_telling.release(tx, alarm, now_ms=now_ms)
