"""The world of a delivery worker: one receiving server, which everything goes to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailgauge.base.clock import ManualClock
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.delivery.routes import Always, ByDomain
from mailgauge.delivery.sites import Sites
from mailgauge.delivery.worker import DeliveryWorker, Settings
from mailgauge.smtp.client import Connections
from tests.delivery.world import SECRET, Receiver, World, open_store, receiving, route


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    path = tmp_path / "mail.db"
    store, clock, receiver, tasks = open_store(path), ManualClock(), Receiver(), Supervisor()
    client = Connections(clock, "mail.example", most_per_destination=100)
    async with receiving(receiver, "127.0.0.1") as here:
        router = ByDomain(Always(route("capture", here)), {"quick.example": Always(route("quick", here))}, {})
        settings = Settings("mail.example", "mail.example", SECRET, (60.0,))
        worker = DeliveryWorker(
            store, clock, router, client, settings, lambda tx, scope, name: None, Wake(), tasks, Sites(20)
        )
        made = World(path, store, clock, receiver, here.port, tasks, client, worker)
        yield made
        await made.tasks.close()
        await client.close()
    made.store.close()
