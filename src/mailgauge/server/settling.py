"""Waiting until accepted mail has been tried. Programs under test send and look at once; nobody else need wait."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from mailgauge.base.clock import Clock
from mailgauge.delivery import queue
from mailgauge.store.transaction import Store

_PAUSE: Final = 0.01
# What takes longer is slow or stuck; the reader sees that better in what is missing than in an answer that hangs.
_LONGEST: Final = 5.0


def mail_settled(mail: Store, clock: Clock) -> Callable[[], Awaitable[None]]:
    """Returns once everything that was accepted before the call has had its first attempt."""

    async def settle() -> None:
        asked, last = clock.now(), clock.monotonic() + _LONGEST
        while await mail.read(lambda tx: queue.has_untried(tx, asked)) and clock.monotonic() < last:  # noqa: ASYNC110 - workers in other tasks
            await asyncio.sleep(_PAUSE)

    return settle
