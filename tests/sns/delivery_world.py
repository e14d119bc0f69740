"""A topic with subscribers, a deliverer, and endpoints that a test decides about."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mailgauge.base.clock import ManualClock
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.sns import deliveries, publishing, schema, signing_key, spreading, subscription_rows, topics
from mailgauge.sns.deliveries import Delivery, Kind
from mailgauge.sns.delivering import Deliverer, Endpoint
from mailgauge.sns.message import Message
from mailgauge.sns.model import State, Subscription, Topic
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx

SCOPE = Scope("123456789012", "us-east-1")
NAME = "alarms"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
ADDRESS = "https://mail.sender.example"


class Noting:
    """An endpoint that notes what it is given, and fails as long as there are failures."""

    def __init__(self) -> None:
        self.got: list[Delivery] = []
        self.failures: list[Exception] = []
        self.open: Callable[[Delivery], asyncio.Event | None] = lambda _: None

    async def deliver(self, delivery: Delivery) -> None:
        self.got.append(delivery)
        if (gate := self.open(delivery)) is not None:
            await gate.wait()
        if self.failures:
            raise self.failures.pop(0)


@dataclass
class World:
    store: SqliteStore
    clock: ManualClock
    tasks: Supervisor
    endpoint: Noting = field(default_factory=Noting)
    deliverer: Deliverer = field(init=False)

    def __post_init__(self) -> None:
        self.deliverer = self.new_deliverer()

    def new_deliverer(self, endpoints: Mapping[str, Endpoint] | None = None) -> Deliverer:
        by_protocol = endpoints or dict.fromkeys(
            ("http", "https", "sqs", "email", "email-json"), self.endpoint
        )
        return Deliverer(self.store, self.clock, Wake(), by_protocol, self.tasks)

    async def subscribe(
        self, endpoint: str = "https://shop.example/in", protocol: str = "https", **settings: str
    ) -> Subscription:
        def add(tx: Tx) -> Subscription:
            number = schema.next_id(tx)
            state = State.CONFIRMED
            made = Subscription(
                number, f"uid-{number}", SCOPE, NAME, SCOPE, protocol, endpoint, state, settings, "token", 0.0
            )
            subscription_rows.add(tx, made)
            return made

        return await self.store.write(add)

    async def publish(self, *bodies: str, **settings: Any) -> None:
        now = self.clock.now()
        for body in bodies or ("hello",):
            message = Message(body, **settings)
            await self.store.write(
                partial(publishing.accept, topic=Topic(SCOPE, NAME), message=message, now=now)
            )

    async def ask_to_confirm(self, subscription: Subscription, kind: Kind) -> None:
        now = self.clock.now()

        def enqueue(tx: Tx) -> None:
            topic = topics.get(tx, SCOPE, NAME)
            publication = spreading.keep(tx, topic, Message(""), "confirmation-id", now=now)
            deliveries.enqueue(tx, publication, subscription, kind, now)

        await self.store.write(enqueue)

    async def round(self) -> int:
        """Takes what is due, and waits until it has been dealt with."""
        taken = await self.deliverer.deliver_due()
        await self.tasks.settle()
        return taken

    async def rounds(self) -> None:
        while await self.round():
            pass

    async def left(self) -> list[tuple[int, float]]:
        """Attempts that failed, and seconds until the next."""
        rows = await self.store.read(
            lambda tx: tx.run("SELECT attempts, due FROM topic_delivery ORDER BY id")
        )
        return [(attempts, round(due / 1000 - self.clock.now(), 2)) for attempts, due in rows]


_names = itertools.count()


@asynccontextmanager
async def world(folder: Path, **topic_settings: str) -> AsyncIterator[World]:
    store = SqliteStore.open(folder / f"mail-{next(_names)}.db", (schema.SCHEMA, signing_key.SCHEMA))
    clock = ManualClock()
    tasks = Supervisor()
    try:
        await store.write(lambda tx: topics.add(tx, Topic(SCOPE, NAME, topic_settings)))
        yield World(store, clock, tasks)
    finally:
        await tasks.close()
        store.close()
