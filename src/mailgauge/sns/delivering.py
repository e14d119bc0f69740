"""The deliverer: takes due deliveries and hands each to the endpoint of its protocol, at least once.

When to try again is decided in ``retry_policy``, how many at once in ``lanes``; what is given up goes to a dead-letter
queue or is kept (``deliveries.bury``).
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import urlsplit

from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.sns import deliveries, retry_policy, spreading
from mailgauge.sns.deliveries import Delivery
from mailgauge.sns.lanes import Lanes
from mailgauge.sns.retry_policy import DeliveryPolicy, RetryPolicy
from mailgauge.store.transaction import Store

log = logging.getLogger(__name__)

BATCH: Final = 100
MOST: Final = 256
"""Deliveries under way, besides long ones."""
MOST_LONG: Final = 1024
LONG: Final = 2.0
"""Seconds after which one is long: it makes room for another, so that many slow endpoints hold up no quick one."""
HOLD: Final = 60.0
"""Seconds a lease lasts; no endpoint may take as long."""
IDLE: Final = 1.0
SHORTEST: Final = 0.05
"""Seconds between looks: what comes due together is taken together."""
PATIENCE: Final = 5.0
"""Seconds that deliveries under way have to come to their end when the deliverer stops."""


class NotDeliveredError(Exception):
    """The text says why; a ``permanent`` failure would be the same the next time."""

    def __init__(self, why: str, *, permanent: bool = False) -> None:
        super().__init__(why)
        self.permanent = permanent


class Endpoint(Protocol):
    """What brings a delivery to the subscribers of one protocol. It may do so twice."""

    async def deliver(self, delivery: Delivery) -> None:
        """Raises NotDeliveredError."""


@dataclass(slots=True)
class Counts:
    """Since the start."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0


@dataclass(slots=True)
class Deliverer:
    """Delivers until ``stop``. ``endpoints`` are by protocol: ``http``, ``https``, ``email``, ``email-json``, ``sqs``."""

    store: Store
    clock: Clock
    woken: Wake
    endpoints: Mapping[str, Endpoint]
    tasks: Supervisor
    counts: Counts = field(default_factory=Counts)
    _lanes: Lanes = field(default_factory=Lanes)
    _begun: dict[int, float] = field(default_factory=dict)
    """When each delivery under way began, by a number of its own."""
    _number: int = 0
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False

    async def run(self) -> None:
        while not self._stopping:
            taken = await self.deliver_due() if await self._pause() <= 0 else 0
            # Slices that nobody wants come one behind the other: others' are behind them.
            if taken < BATCH and not (self._room() > 0 and await self.store.read(spreading.is_left)):
                await self.woken.wait(min(max(await self._pause(), SHORTEST), IDLE))

    async def stop(self) -> None:
        """Takes no more, and waits a while for what is under way."""
        self._stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while self._begun:
                    self._idle.clear()
                    await self._idle.wait()

    async def deliver_due(self) -> int:
        """Begins to deliver what is due, as much as there is room for; returns how many rows were taken."""
        limit = min(BATCH, self._room())
        if limit <= 0 or self._stopping:
            return 0
        now, monotonic = self.clock.now(), self.clock.monotonic()
        leased = await self.store.write(
            lambda tx: deliveries.lease(tx, now=now, monotonic=monotonic, hold=HOLD, limit=limit)
        )
        put_off = list(self._begin(leased))
        if put_off:
            await self.store.write(lambda tx: deliveries.postpone(tx, put_off))
        return len(leased)

    async def _pause(self) -> float:
        """Seconds until something is due."""
        monotonic = self.clock.monotonic()
        due = await self.store.read(lambda tx: deliveries.next_due(tx, monotonic))
        return IDLE if due is None else due - self.clock.now()

    def _room(self) -> int:
        since = self.clock.monotonic() - LONG
        quick = sum(begun > since for begun in self._begun.values())
        return min(MOST - quick, MOST + MOST_LONG - len(self._begun))

    def _begin(self, leased: list[Delivery]) -> Iterator[tuple[Delivery, float]]:
        """Starts those there is room for, and gives the others with the time to come again."""
        for delivery in leased:
            place = place_of(delivery)
            policy = policy_of(delivery)
            when = self._lanes.take(place, delivery.subscription_arn, policy.per_second, self.clock.now())
            if when is not None:
                yield delivery, when
                continue
            self._number += 1
            self._begun[self._number] = self.clock.monotonic()
            work = self._deliver(self._number, place, policy.retries, delivery)
            self.tasks.spawn(f"deliver to {place}", work)

    async def _deliver(self, number: int, place: str, retries: RetryPolicy, delivery: Delivery) -> None:
        try:
            failure = await self._attempt(delivery)
            if failure is None:
                self.counts.delivered += 1
                await self.store.write(lambda tx: deliveries.done(tx, delivery))
            else:
                await self._fail(delivery, failure, retries)
        finally:
            was_full = self._room() <= 0
            took = self.clock.monotonic() - self._begun.pop(number)
            self._lanes.end(place, took, self.clock.now())
            self._idle.set()
            if was_full:
                self.woken.set()

    async def _attempt(self, delivery: Delivery) -> NotDeliveredError | None:
        """What went wrong."""
        endpoint = self.endpoints.get(delivery.protocol)
        if endpoint is None:
            return NotDeliveredError(f"nothing here delivers by {delivery.protocol}", permanent=True)
        try:
            await endpoint.deliver(delivery)
        except NotDeliveredError as error:
            return error
        except Exception:
            # A message that this release can't deliver is given up in its time like any other.
            log.exception("delivery failed", extra={"subscription": delivery.subscription_arn})
            return NotDeliveredError("internal failure")
        return None

    async def _fail(self, delivery: Delivery, failure: NotDeliveredError, retries: RetryPolicy) -> None:
        now = self.clock.now()
        pause = None if failure.permanent else retries.pause(delivery.attempts + 1)
        self.counts.failed += 1
        if pause is not None:
            await self.store.write(lambda tx: deliveries.defer(tx, delivery, now + pause))
        else:
            self.counts.given_up += 1
            about = {
                "subscription": delivery.subscription_arn,
                "message_id": delivery.message_id,
                "why": str(failure),
            }
            log.warning("notification given up", extra=about)
            await self.store.write(lambda tx: deliveries.bury(tx, delivery, str(failure), now))
        if not pause:
            self.woken.set()


def place_of(delivery: Delivery) -> str:
    """What shares room: the web server, or the endpoint itself."""
    if delivery.protocol in {"http", "https"}:
        with suppress(ValueError):
            return urlsplit(delivery.endpoint).netloc.rpartition("@")[2].lower()
    return delivery.protocol if delivery.protocol.startswith("email") else delivery.endpoint


def policy_of(delivery: Delivery) -> DeliveryPolicy:
    """SNS lets subscribers choose it for HTTP alone."""
    if delivery.protocol in {"http", "https"}:
        return retry_policy.effective(delivery.topic_settings.get("DeliveryPolicy"), delivery.delivery_policy)
    is_mail = delivery.protocol.startswith("email")
    return DeliveryPolicy(retry_policy.OF_MAIL if is_mail else retry_policy.OF_QUEUES)
