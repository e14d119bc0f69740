"""Waiting until accepted mail, and what was published to queues, has been tried. Programs under test send and look at once; nobody else need wait."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from mailgauge.base.clock import Clock
from mailgauge.delivery import queue
from mailgauge.sns import deliveries
from mailgauge.store.transaction import Store, Tx

Settle = Callable[[], Awaitable[None]]

_PAUSE: Final = 0.01
# What takes longer is slow or stuck; the reader sees that better in what is missing than in an answer that hangs.
_LONGEST: Final = 5.0


def mail_settled(mail: Store, clock: Clock) -> Settle:
    """Returns once everything that was accepted before the call has had its first attempt."""
    return _settled(mail, clock, queue.has_untried)


def queues_settled(mail: Store, clock: Clock) -> Settle:
    """Returns once everything that was published to queues before the call has been put there."""
    return _settled(mail, clock, lambda tx, time: deliveries.has_untried(tx, "sqs", time))


def _settled(mail: Store, clock: Clock, is_waiting: Callable[[Tx, float], bool]) -> Settle:
    async def settle() -> None:
        asked, last = clock.now(), clock.monotonic() + _LONGEST
        while await mail.read(lambda tx: is_waiting(tx, asked)) and clock.monotonic() < last:  # noqa: ASYNC110 - workers in other tasks
            await asyncio.sleep(_PAUSE)

    return settle
