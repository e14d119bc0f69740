"""The deliverer: every notification reaches its endpoint at least once, in spite of failures, slow places and kills."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailgauge.base.tasks import Wake
from mailgauge.sns import dead_letters, deliveries, spreading
from mailgauge.sns.deliveries import Delivery
from mailgauge.sns.delivering import HOLD, Deliverer, NotDeliveredError
from mailgauge.store.transaction import Tx
from tests.sns.delivery_world import Noting, World, world

QUEUE = "arn:aws:sqs:us-east-1:123456789012:dead"
REDRIVE = json.dumps({"deadLetterTargetArn": QUEUE})


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


def bodies(endpoint: Noting) -> list[str]:
    return [each.body for each in endpoint.got]


async def test_each_subscription_gets_what_is_published_once(there: World) -> None:
    await there.subscribe("https://a.example/")
    await there.subscribe("https://b.example/")
    await there.publish("one", "two")
    await there.rounds()
    assert sorted((each.endpoint, each.body) for each in there.endpoint.got) == [
        (f"https://{host}.example/", body) for host in "ab" for body in ("one", "two")
    ]
    assert await there.left() == []
    assert there.deliverer.counts.delivered == 4


async def test_a_failure_is_tried_again_as_the_policy_says_and_then_kept_for_the_operator(
    there: World,
) -> None:
    await there.subscribe()
    await there.publish("hello")
    there.endpoint.failures = [NotDeliveredError(f"no {each}") for each in range(4)]
    for attempts in (1, 2, 3):
        assert await there.round() == 1
        assert await there.left() == [(attempts, 20)]
        there.clock.step(19.9)
        assert await there.round() == 0
        there.clock.step(0.2)
    assert await there.round() == 1
    assert await there.left() == []
    [letter] = await there.store.read(lambda tx: dead_letters.page(tx, 0, 10))
    assert (letter.message.body, letter.attempts, letter.why) == ("hello", 4, "no 3")
    assert (there.deliverer.counts.failed, there.deliverer.counts.given_up) == (4, 1)


async def test_what_would_fail_again_is_given_up_at_once(there: World) -> None:
    await there.subscribe()
    await there.publish()
    there.endpoint.failures = [NotDeliveredError("gone", permanent=True)]
    await there.rounds()
    assert len(there.endpoint.got) == 1
    assert await there.store.read(dead_letters.count) == 1


async def test_what_is_given_up_goes_to_the_dead_letter_queue_that_was_set(there: World) -> None:
    await there.subscribe(RedrivePolicy=REDRIVE)
    await there.publish("hello")
    there.endpoint.failures = [NotDeliveredError("gone", permanent=True)]
    await there.rounds()
    first, second = there.endpoint.got
    assert (first.is_dead_letter, first.protocol) == (False, "https")
    assert (second.is_dead_letter, second.protocol, second.endpoint) == (True, "sqs", QUEUE)
    assert second.body == "hello"
    assert await there.store.read(dead_letters.count) == 0


async def test_where_the_dead_letter_queue_is_gone_too_it_is_kept(there: World) -> None:
    await there.subscribe(RedrivePolicy=REDRIVE)
    await there.publish("hello")
    there.endpoint.failures = [
        NotDeliveredError("gone", permanent=True),
        NotDeliveredError("no queue", permanent=True),
    ]
    await there.rounds()
    [letter] = await there.store.read(lambda tx: dead_letters.page(tx, 0, 10))
    assert (letter.why, letter.protocol) == ("no queue", "sqs")


async def test_a_kept_one_can_be_sent_again(there: World) -> None:
    await there.subscribe()
    await there.publish("hello", subject="About")
    there.endpoint.failures = [NotDeliveredError("gone", permanent=True)]
    await there.rounds()
    [letter] = await there.store.read(lambda tx: dead_letters.page(tx, 0, 10))
    now = there.clock.step(3600)

    def redrive(tx: Tx) -> bool:
        return dead_letters.redrive(tx, letter.id, now)

    assert await there.store.write(redrive)
    assert not await there.store.write(redrive)
    await there.rounds()
    first, second = there.endpoint.got
    assert (second.message, second.message_id, second.timestamp) == (
        first.message,
        first.message_id,
        first.timestamp,
    )
    assert await there.store.read(dead_letters.count) == 0


async def test_a_failure_of_ours_is_tried_again_and_told_without_its_details(there: World) -> None:
    await there.subscribe()
    await there.publish()
    there.endpoint.failures = [ValueError("secret"), NotDeliveredError("x", permanent=True)]
    await there.round()
    assert await there.left() == [(1, 20)]


async def test_what_was_being_delivered_as_the_process_died_is_delivered_again(there: World) -> None:
    await there.subscribe()
    await there.publish()
    now, monotonic = there.clock.now(), there.clock.monotonic()
    leased = await there.store.write(
        lambda tx: deliveries.lease(tx, now=now, monotonic=monotonic, hold=HOLD, limit=10)
    )
    assert len(leased) == 1
    assert await there.round() == 0
    await there.store.write(deliveries.release_all)  # as the next start does
    assert await there.round() == 1
    assert len(there.endpoint.got) == 1


async def test_a_slow_place_holds_up_no_other(there: World) -> None:
    gate = asyncio.Event()
    there.endpoint.open = lambda delivery: gate if "slow" in delivery.endpoint else None
    await there.subscribe("https://slow.example/")
    await there.publish(*(f"slow {number}" for number in range(150)))
    await there.subscribe("https://quick.example/")
    await there.publish("quick")
    while "quick" not in [each.body for each in there.endpoint.got if "quick" in each.endpoint]:
        await there.deliverer.deliver_due()
        there.clock.step(0.01)
        await asyncio.sleep(0)
    assert sum("slow" in each.endpoint for each in there.endpoint.got) <= 20
    gate.set()
    there.endpoint.open = lambda _: None
    await there.tasks.settle()
    while await there.left():
        there.clock.step(30)
        await there.rounds()
    assert sorted(set(bodies(there.endpoint))) == sorted(
        {f"slow {number}" for number in range(150)} | {"quick"}
    )
    assert len(there.endpoint.got) == 152


async def test_a_throttle_spreads_what_one_subscription_receives(there: World) -> None:
    await there.subscribe(DeliveryPolicy=json.dumps({"throttlePolicy": {"maxReceivesPerSecond": 2}}))
    await there.publish("a", "b", "c")
    received = []
    for _ in range(30):
        await there.rounds()
        received.append(len(there.endpoint.got))
        there.clock.step(0.1)
    assert received[0] == 1
    assert received[4] == 1
    assert received[6] == 2
    assert received[-1] == 3


async def test_a_protocol_that_nothing_here_delivers_by_is_given_up_with_the_reason(there: World) -> None:
    await there.subscribe("arn:aws:lambda:us-east-1:123456789012:function:f", "lambda")
    await there.publish()
    await there.rounds()
    [letter] = await there.store.read(lambda tx: dead_letters.page(tx, 0, 10))
    assert letter.why == "nothing here delivers by lambda"


async def test_it_runs_by_itself_and_ends_when_it_is_told_to(there: World) -> None:
    done = asyncio.Event()

    class Told(Noting):
        async def deliver(self, delivery: Delivery) -> None:
            done.set()

    deliverer = there.new_deliverer({"https": Told()})
    there.tasks.keep("deliver", deliverer.run)
    await there.subscribe()
    await there.publish()
    deliverer.woken.set()
    async with asyncio.timeout(60):
        await done.wait()
        await deliverer.stop()
        await there.tasks.settle()


class Resting(Wake):
    """Ends the deliverer when it would wait."""

    def __init__(self, deliverer: Deliverer) -> None:
        super().__init__()
        self._deliverer = deliverer

    async def wait(self, at_most: float) -> None:
        await self._deliverer.stop()


async def test_subscribers_who_want_nothing_are_passed_over_without_a_rest(there: World) -> None:
    for number in range(3 * spreading.SLICE):
        await there.subscribe(f"https://shop.example/{number}", FilterPolicy='{"colour":["red"]}')
    await there.subscribe("https://shop.example/last")
    await there.publish("hello")
    there.deliverer.woken = Resting(there.deliverer)
    await there.deliverer.run()
    await there.tasks.settle()
    assert [each.endpoint for each in there.endpoint.got] == ["https://shop.example/last"]
