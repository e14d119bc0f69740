"""What topics put into queues: each notification once, in the form that was asked for, and only where it is welcome."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailgauge.base.scope import Scope
from mailgauge.iam.secrets import MasterKey
from mailgauge.server.queue_delivery import QueueEndpoint
from mailgauge.sns import deliveries
from mailgauge.sns.delivering import Deliverer, NotDeliveredError
from mailgauge.sns.envelope import Envelopes
from mailgauge.sns.message import Attribute
from mailgauge.sns.signing_key import SigningKey
from mailgauge.sqs import messages, queues
from mailgauge.sqs import schema as sqs
from mailgauge.sqs.message import Received
from mailgauge.sqs.operating import Queues
from mailgauge.sqs.queue import Queue
from mailgauge.store.migrations import migrate
from tests.sns.delivery_world import ADDRESS, SCOPE, TOPIC, World, world

OTHER = Scope("999988887777", SCOPE.region)


@dataclass(frozen=True)
class Place:
    world: World
    endpoint: QueueEndpoint
    deliverer: Deliverer

    async def queue(self, name: str, scope: Scope = SCOPE, **attributes: str) -> Queue:
        return await self.world.store.write(
            lambda tx: queues.create(tx, scope, name, attributes, tags={}, now=0)
        )

    async def deliver(self) -> None:
        while await self.deliverer.deliver_due():
            await self.world.tasks.settle()

    async def received(self, queue: Queue) -> list[Received]:
        now = round(self.world.clock.now() * 1000)
        return (await self.world.store.write(lambda tx: messages.receive(tx, queue, 10, None, now))).messages

    async def buried(self) -> list[str]:
        rows = await self.world.store.read(lambda tx: tx.run("SELECT why FROM topic_dead_letter"))
        return [str(why) for (why,) in rows]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with world(tmp_path) as there:
        await there.store.write(lambda tx: migrate(tx, [sqs.SCHEMA]))
        key = SigningKey(there.store, MasterKey(bytes(32)), "abc", "Mailgauge", there.clock.real)
        envelopes = Envelopes(key, lambda: ADDRESS)
        endpoint = QueueEndpoint(there.store, Queues(there.store, there.clock), envelopes)
        yield Place(there, endpoint, there.new_deliverer({"sqs": endpoint}))


async def test_a_queue_gets_the_signed_document(place: Place) -> None:
    queue = await place.queue("readers")
    await place.world.subscribe(queue.arn, "sqs")
    await place.world.publish("Hello.", subject="About")
    await place.deliver()
    [found] = await place.received(queue)
    document = json.loads(found.body)
    assert (document["Type"], document["TopicArn"], document["Message"]) == ("Notification", TOPIC, "Hello.")
    assert document["Signature"]
    assert found.facts.attributes == ()


async def test_a_raw_subscription_gets_text_and_attributes(place: Place) -> None:
    queue = await place.queue("readers")
    await place.world.subscribe(queue.arn, "sqs", RawMessageDelivery="true")
    given = (
        Attribute("n", "Number", "7"),
        Attribute("b", "Binary", base64.b64encode(b"\x00\xff").decode()),
    )
    await place.world.publish("Hello.", attributes=given)
    await place.deliver()
    [found] = await place.received(queue)
    assert found.body == "Hello."
    assert {each.name: (each.type, each.value) for each in found.facts.attributes} == {
        "n": ("Number", b"7"),
        "b": ("Binary", b"\x00\xff"),
    }


async def test_it_is_there_once_though_it_was_leased_twice(place: Place) -> None:
    queue = await place.queue("readers")
    await place.world.subscribe(queue.arn, "sqs")
    await place.world.publish("Hello.")
    now = place.world.clock.now()
    [delivery] = await place.world.store.write(
        lambda tx: deliveries.lease(tx, now=now, monotonic=now, hold=60, limit=10)
    )
    await place.endpoint.deliver(delivery)
    await place.endpoint.deliver(delivery)
    assert len(await place.received(queue)) == 1
    assert await place.world.left() == []


async def test_another_accounts_queue_must_let_the_topic_in(place: Place) -> None:
    queue = await place.queue("theirs", OTHER)
    await place.world.subscribe(queue.arn, "sqs")
    await place.world.publish("Hello.")
    await place.deliver()
    assert await place.buried() == [f"the policy of {queue.arn} does not let {TOPIC} send to it"]


@pytest.mark.parametrize(
    ("changes", "is_welcome"),
    [
        ({}, True),
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"Service": "ses.amazonaws.com"}}, False),
        ({"Action": "sqs:ReceiveMessage"}, False),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"ArnLike": {"aws:SourceArn": f"{TOPIC[:-2]}*"}}}, True),
        ({"Condition": {"ArnEquals": {"aws:SourceArn": f"{TOPIC}x"}}}, False),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": SCOPE.account}}}, True),
        ({"Condition": {"Nonsense": {"aws:SourceAccount": SCOPE.account}}}, False),
        ({"Resource": "arn:aws:sqs:us-east-1:999988887777:mine"}, False),
    ],
)
async def test_its_policy_says_which_topics_are_let_in(
    place: Place, changes: dict[str, Any], is_welcome: bool
) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
        **changes,
    }
    queue = await place.queue("theirs", OTHER, Policy=json.dumps({"Statement": [statement]}))
    await place.world.subscribe(queue.arn, "sqs")
    await place.world.publish("Hello.")
    await place.deliver()
    assert len(await place.received(queue)) == is_welcome
    assert len(await place.buried()) == (not is_welcome)


async def test_a_queue_that_is_gone_is_given_up_at_once(place: Place) -> None:
    await place.world.subscribe("arn:aws:sqs:us-east-1:123456789012:gone", "sqs")
    await place.world.publish("Hello.")
    await place.deliver()
    assert await place.buried() == ["there is no queue arn:aws:sqs:us-east-1:123456789012:gone"]


async def test_what_a_queue_can_not_hold_is_given_up(place: Place) -> None:
    queue = await place.queue("short", MaximumMessageSize="1024")
    await place.world.subscribe(queue.arn, "sqs", RawMessageDelivery="true")
    await place.world.publish("x" * 1025)
    await place.deliver()
    [why] = await place.buried()
    assert "Message must be shorter than 1024 bytes" in why


async def test_a_dead_letter_queue_gets_what_an_endpoint_did_not(place: Place) -> None:
    dead = await place.queue("dead")
    policy = json.dumps({"deadLetterTargetArn": dead.arn})
    await place.world.subscribe("arn:aws:sqs:us-east-1:123456789012:gone", "sqs", RedrivePolicy=policy)
    await place.world.publish("Hello.")
    await place.deliver()
    [letter] = await place.received(dead)
    assert json.loads(letter.body)["Message"] == "Hello."
    assert await place.buried() == []


async def test_the_error_says_that_trying_again_is_no_use(place: Place) -> None:
    await place.world.subscribe("arn:aws:sqs:us-east-1:123456789012:gone", "sqs")
    await place.world.publish("Hello.")
    now = place.world.clock.now()
    [delivery] = await place.world.store.write(
        lambda tx: deliveries.lease(tx, now=now, monotonic=now, hold=60, limit=10)
    )
    with pytest.raises(NotDeliveredError) as refused:
        await place.endpoint.deliver(delivery)
    assert refused.value.permanent
