"""Opens and clicks as a part of the service: the application that answers them, and what brings them into the journal."""

import asyncio
import logging
from collections.abc import Callable

from mailgauge.base.clock import Clock
from mailgauge.config.options import Config
from mailgauge.gateway.app import Mount
from mailgauge.gateway.guards import FromElsewhere
from mailgauge.ses.engagement import Tracker
from mailgauge.store.transaction import Store
from mailgauge.tracking.app import TrackingApp
from mailgauge.tracking.privacy import ClientIp
from mailgauge.tracking.tokens import Tokens
from mailgauge.tracking.visits import Visit

log = logging.getLogger(__name__)

_PAUSES = (0.1, 1.0, 5.0, 30.0)
"""Seconds between attempts to keep a visit: a full disk may have room again."""


def tracker(config: Config, secret: bytes, address: Callable[[], str]) -> Tracker:
    """``address`` is where links in mail lead, unless the configuration has another for those that count."""
    tracking = config.tracking
    return Tracker(
        Tokens(secret),
        lambda: tracking.url or address(),
        tracking.days * 86_400,
        ClientIp(config.privacy.client_ip),
        tracking.hidden_link,
    )


def tracking_mount(store: Store, tracker: Tracker, clock: Clock) -> Mount:
    async def record(visit: Visit) -> None:
        for pause in _PAUSES:
            try:
                await store.write(lambda tx: tracker.record(tx, visit))
            except Exception:
                log.exception("visit not journalled yet", extra={"message_id": visit.message_id})
                await asyncio.sleep(pause)
            else:
                return
        log.error("visit not counted", extra={"message_id": visit.message_id})

    return Mount(TrackingApp(tracker.tokens, record, clock), FromElsewhere.EMBED_ANYWHERE)
