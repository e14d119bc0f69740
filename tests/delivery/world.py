"""A delivery worker with its store, and real SMTP servers that it delivers to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mailgauge.base.clock import ManualClock
from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.delivery import contents, queue, transcripts
from mailgauge.delivery.routes import Always
from mailgauge.delivery.row import Row, Stage
from mailgauge.delivery.sites import Sites
from mailgauge.delivery.transcripts import Attempt
from mailgauge.delivery.transport import NoRoute, Route
from mailgauge.delivery.worker import DeliveryWorker, Settings
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.smtp.client import Connections, Destination, Tls
from mailgauge.smtp.server import Envelope, SmtpServer
from mailgauge.store.sqlite import SqliteStore

SCOPE = Scope("123456789012", "eu-west-1")
SECRET = b"secret"


@dataclass
class Receiver:
    """Takes every message, except for recipients it has another reply for."""

    replies: dict[str, str] = field(default_factory=dict)
    stalls: set[str] = field(default_factory=set)
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    end: asyncio.Event = field(default_factory=asyncio.Event)
    messages: list[Envelope] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answering.set()

    @property
    def recipients(self) -> list[str]:
        """Of all messages, in their order."""
        return [each for envelope in self.messages for each in envelope.recipients]

    async def on_rcpt(self, envelope: Envelope, address: str) -> str:
        if address in self.stalls:
            await self.end.wait()
        return self.replies.get(address, "250 2.1.5 Ok")

    async def on_message(self, envelope: Envelope) -> str:
        self.messages.append(envelope)
        await self.answering.wait()
        return "250 2.0.0 kept"


@dataclass
class World:
    """``restart`` is what a start after a kill does: the store is opened again, and another worker takes over."""

    path: Path
    store: SqliteStore
    clock: ManualClock
    receiver: Receiver
    port: int
    tasks: Supervisor
    client: Connections
    worker: DeliveryWorker

    def work(self, sites: Sites) -> DeliveryWorker:
        """A worker in place of the one before, with other limits."""
        settings = Settings("mail.example", "mail.example", SECRET, (60.0,))
        self.worker = DeliveryWorker(
            self.store,
            self.clock,
            self.worker.router,
            self.client,
            settings,
            lambda tx, scope, name: None,
            Wake(),
            self.tasks,
            sites,
        )
        return self.worker

    async def restart(self) -> None:
        await self.tasks.close()
        self.store.close()
        self.store, self.tasks = open_store(self.path), Supervisor()
        await self.store.write(queue.release_all)
        self.work(Sites(20))

    async def enqueue(
        self,
        *recipients: str,
        content: bytes | None = b"Subject: hi\r\n\r\nhello\r\n",
        configuration_set: str | None = None,
    ) -> str:
        now = self.clock.now()
        message_id = new_message_id("eu-west-1", now)
        rows = [
            Row(
                message_id=message_id,
                stage=Stage.DELIVER,
                scope=SCOPE,
                configuration_set=configuration_set,
                accepted=now,
                expires=now + 3600,
                custom_expiry=False,
                recipient=each,
                site=each.rpartition("@")[2],
                due=now,
            )
            for each in recipients
        ]
        await self.store.write(lambda tx: queue.add(tx, rows))
        if content is not None:
            await self.store.write(lambda tx: contents.put(tx, message_id, content))
        return message_id

    def reroute(self, *hosts: str, tls: Tls = Tls.OFF) -> None:
        """All mail goes to these hosts from now on, at the port of the receiver."""
        destinations = tuple(Destination(host, self.port, tls=tls) for host in hosts or ("127.0.0.1",))
        self.worker.router = Always(Route("mx", "mx", destinations))

    def to(self, **routes: Route | NoRoute) -> None:
        """Mail for ``name.example`` takes the route of that name."""
        self.worker.router = ByName({f"{name}.example": route for name, route in routes.items()})

    async def deliver(self) -> list[Entry]:
        """Attempts what is due, and returns the events of all time."""
        await self.worker.deliver_due()
        await self.tasks.settle()
        return await self.events()

    async def events(self) -> list[Entry]:
        return await self.store.read(lambda tx: journal.read(tx, 0, 1000))

    async def waiting(self) -> int:
        return (await self.store.read(queue.waiting))["deliver"]

    async def transcript(self, message_id: str) -> list[Attempt]:
        return await self.store.read(lambda tx: transcripts.of_message(tx, message_id))


@dataclass(frozen=True)
class ByName:
    routes: Mapping[str, Route | NoRoute]

    async def route(self, domain: str) -> Route | NoRoute:
        return self.routes[domain]


def open_store(path: Path) -> SqliteStore:
    return SqliteStore.open(path, [journal.SCHEMA, queue.SCHEMA, transcripts.SCHEMA])


@asynccontextmanager
async def receiving(
    receiver: Receiver, host: str, *, most_connections: int = 500
) -> AsyncIterator[Destination]:
    """A receiving server at one of loopback's addresses."""
    server = SmtpServer(receiver, host, most_connections=most_connections)
    await server.start()
    try:
        yield Destination(host, server.port, tls=Tls.OFF)
    finally:
        receiver.end.set()
        receiver.answering.set()
        await server.stop()


def route(site: str, *destinations: Destination, most: int | None = None) -> Route:
    return Route("mx", site, destinations, most_connections=most)


async def poll(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - a server hears of it, which has nothing to wait for
            await asyncio.sleep(0.01)
