"""The service's parts put together as the service does it, but under a clock that stands still, and without HTTP."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from mailgauge.aws.request import Caller
from mailgauge.base.clock import ManualClock
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.config.options import Scan, local_defaults
from mailgauge.delivery import queue
from mailgauge.destinations.dispatcher import Dispatcher
from mailgauge.destinations.publisher import Publisher
from mailgauge.dns.answers import LiteralResolver
from mailgauge.iam.secrets import MasterKey
from mailgauge.server.apis import Operations, operations, reputation_rule, sending
from mailgauge.server.audit import Report, audit
from mailgauge.server.data import DataDirectory
from mailgauge.server.housekeeping import Housekeeper, Keep
from mailgauge.server.mail_side import MailSide
from mailgauge.server.storage import Storage
from mailgauge.ses import service_keys
from mailgauge.ses.engagement import Tracker
from mailgauge.ses.identity_notices import IdentityNotices
from mailgauge.ses.reactions import Reactions
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.service_keys import ServiceKey
from mailgauge.ses.template_rendering import INTERACTIVE
from mailgauge.ses.unsubscribe_links import Links
from mailgauge.ses.verification import Mode, Verification
from mailgauge.sns import message as messages
from mailgauge.sns import subscription_rows, topics
from mailgauge.sns.message import Message
from mailgauge.sns.model import State, Subscription, Topic
from mailgauge.sns.schema import next_id
from mailgauge.store.transaction import Tx
from mailgauge.tracking.tokens import Tokens
from mailgauge.tsdb.rows import RowEngine

HERE = Scope("111122223333", "us-east-1")
SENDER = "sender@example.com"
SET = "news"
MASTER = MasterKey(bytes(32))


@dataclass(frozen=True)
class Room:
    """``publisher``, ``dispatcher`` and ``housekeeper`` act when they are told to; mail is prepared and delivered by itself."""

    storage: Storage
    clock: ManualClock
    operations: Operations
    publisher: Publisher
    housekeeper: Housekeeper
    reactions: Reactions
    dispatcher: Dispatcher

    async def call(self, service: str, operation: str, scope: Scope = HERE, **parameters: Any) -> Any:
        now = self.clock.now()
        caller = Caller(scope, "root", scope.account, "127.0.0.1", None, "request", now)
        return await self.operations[service][operation](caller, parameters)

    async def send(self, *recipients: str, tags: dict[str, str] | None = None) -> str:
        answer = await self.call(
            "sesv2",
            "SendEmail",
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": list(recipients)},
            Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}},
            EmailTags=[{"Name": name, "Value": value} for name, value in (tags or {}).items()],
            ConfigurationSetName=SET,
        )
        return str(answer["MessageId"])

    async def topic(self, name: str, scope: Scope = HERE) -> str:
        """Makes a topic with somebody who listens and is never reached; its ARN."""
        topic = Topic(scope, name)

        def make(tx: Tx) -> None:
            topics.add(tx, topic)
            subscription_rows.add(tx, _listener(tx, topic, name, State.CONFIRMED))

        await self.storage.mail.write(make)
        return topic.arn

    async def pending(self, name: str, token: str, scope: Scope = HERE) -> None:
        """Somebody who did not yet confirm by this token that they want to listen."""
        await self.storage.mail.write(
            lambda tx: subscription_rows.add(
                tx, _listener(tx, Topic(scope, name), f"{name}-pending", State.PENDING, token)
            )
        )

    async def told(self, arn: str) -> list[Message]:
        """What was published to a topic, in order."""
        scope_and_name = (HERE.key, arn.rpartition(":")[2])

        def read(tx: Tx) -> list[Message]:
            sql = "SELECT message FROM publication WHERE scope = ? AND topic = ? ORDER BY id"
            return [messages.decode(blob) for (blob,) in tx.run(sql, scope_and_name)]

        return await self.storage.mail.read(read)

    async def put(self, *values: float, name: str = "Orders", ahead: float = 0) -> None:
        time = datetime.fromtimestamp(self.clock.now() + ahead, UTC)
        datums = [{"MetricName": name, "Value": value, "Timestamp": time} for value in values]
        await self.call("cloudwatch", "PutMetricData", Namespace="Shop", MetricData=datums)

    async def until(self, holds: Callable[[Tx], Any]) -> None:
        """Waits for something of the mail database."""
        async with asyncio.timeout(90):
            while not await self.storage.mail.read(holds):  # noqa: ASYNC110 - other threads commit it
                await asyncio.sleep(0.01)

    async def until_delivered(self) -> None:
        """Waits until no mail is under way, and no simulated mailbox has anything more to say."""
        await self.until(lambda tx: not _under_way(tx))

    async def publish(self) -> int:
        while await self.reactions.react():
            pass
        published = 0
        while count := await self.publisher.publish():
            published += count
        while await self.dispatcher.dispatch():
            pass
        return published

    async def settle(self) -> None:
        await self.until_delivered()
        await self.publish()

    def audit(self) -> Report:
        return audit(self.storage.mail, self.storage.metrics)


def _under_way(tx: Tx) -> int:
    [(reports,)] = tx.run("SELECT count(*) FROM simulator_report")
    return int(reports) + sum(queue.waiting(tx).values())


@cache
def service_keys_of_all_rooms() -> list[ServiceKey]:
    """Made once, since that takes a while."""
    return service_keys.make(MASTER)


async def open_room(path: Path, running: AsyncExitStack, *, clamd: str = "") -> Room:
    config = local_defaults()
    config.scan = Scan(clamd=clamd, timeout=5.0)
    config.server.inbound = "127.0.0.1:0"
    config.delivery.addresses = ["127.0.0.2"]
    storage = Storage.open(DataDirectory(path))
    running.callback(storage.close)
    clock, engine, tasks = ManualClock(), RowEngine(), Supervisor()
    prepare, render = Wake(), Wake()
    links = Links(b"secret", lambda: "http://localhost")
    mail = MailSide(
        config,
        storage.mail,
        clock,
        tasks,
        return_secret=b"secret" * 6,
        master=MASTER,
        prepare=prepare,
        render=render,
        links=links,
        tracker=Tracker(Tokens(b"secret"), lambda: "http://localhost", 60 * 86_400),
        resolver=LiteralResolver({}),
        may_leave=False,
    )
    running.push_async_callback(mail.stop)
    running.push_async_callback(tasks.close)
    running.push_async_callback(mail.finish_attempts)
    made = service_keys_of_all_rooms()
    await storage.mail.write(lambda tx: service_keys.keep(tx, made, clock.now()))
    await mail.start()
    renderer = Renderer(INTERACTIVE)
    running.push_async_callback(renderer.close)
    keep = Keep(content=24 * 3600, journal=60 * 86400, metric_data=48 * 3600)
    return Room(
        storage,
        clock,
        operations(
            config,
            storage,
            engine,
            clock,
            Verification(Mode.AUTOMATIC, master=MASTER),
            sending=sending(config, storage, prepare, render),
            alarms=Wake(),
            mutes=Wake(),
            deliver=Wake(),
            renderer=renderer,
        ),
        Publisher(storage.mail, storage.metrics, engine, clock),
        Housekeeper(storage.mail, storage.metrics, engine, clock, keep),
        Reactions(storage.mail, clock, reputation_rule(config)),
        Dispatcher(storage.mail, clock, IdentityNotices()),
    )


def _listener(tx: Tx, topic: Topic, name: str, state: State, token: str = "") -> Subscription:
    return Subscription(
        id=next_id(tx),
        uid=f"{topic.scope.key}/{name}",
        scope=topic.scope,
        topic=topic.name,
        owner=topic.scope,
        protocol="sqs",
        endpoint=f"arn:aws:sqs:{topic.scope.region}:{topic.scope.account}:{name}",
        state=state,
        settings={},
        token=token,
        token_expires=4e9 if token else 0,
    )


async def prepare_set(room: Room) -> None:
    """A sender, and a set that publishes everything by campaign and by a header that senders choose freely."""
    await room.call("sesv2", "CreateEmailIdentity", EmailIdentity=SENDER)
    await room.call("sesv2", "CreateConfigurationSet", ConfigurationSetName=SET)
    for name, source in (("campaign", "MESSAGE_TAG"), ("Subject", "EMAIL_HEADER")):
        dimension = {"DimensionName": name, "DimensionValueSource": source, "DefaultDimensionValue": "none"}
        await room.call(
            "sesv2",
            "CreateConfigurationSetEventDestination",
            ConfigurationSetName=SET,
            EventDestinationName=f"by-{name.lower()}",
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT"],
                "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
            },
        )
