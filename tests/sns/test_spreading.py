"""Topics with many subscribers: every one of them gets each message once, and no transaction makes rows for all."""

from dataclasses import replace
from functools import partial

from mailgauge.base.scope import Scope
from mailgauge.sns import deliveries, publishing, schema, spreading, subscription_rows, topics
from mailgauge.sns.deliveries import Delivery
from mailgauge.sns.message import Message
from mailgauge.sns.model import State, Subscription, Topic
from mailgauge.store.transaction import Tx
from tests.sns.topic_client import HERE, NOW, TOPIC, Client

MANY = 2 * spreading.SLICE + 50


def subscription(tx: Tx, number: int, **settings: str) -> Subscription:
    url = f"https://listener.example/{number}"
    return Subscription(
        schema.next_id(tx), f"uid-{number}", HERE, "news", HERE, "https", url, State.CONFIRMED, settings, "", 0.0
    )  # fmt: skip


async def subscribe(client: Client, count: int, **settings: str) -> None:
    def add(tx: Tx) -> None:
        topics.add(tx, Topic(HERE, "news"))
        for number in range(count):
            subscription_rows.add(tx, subscription(tx, number, **settings))

    await client.store.write(add)


async def publish(client: Client, body: str = "hello") -> None:
    await client.store.write(lambda tx: publishing.accept(tx, Topic(HERE, "news"), Message(body), NOW))


async def count(client: Client, table: str) -> int:
    [(found,)] = await client.store.read(lambda tx: tx.run(f"SELECT count(*) FROM {table}"))
    return int(found)


async def is_left(client: Client) -> bool:
    """Whether anything is still to be delivered, or to be made a row of."""
    return bool(await count(client, "publication") + await count(client, "topic_delivery"))


async def lease(client: Client, limit: int = 100) -> list[Delivery]:
    return await client.store.write(
        lambda tx: deliveries.lease(tx, now=NOW, monotonic=0.0, hold=60.0, limit=limit)
    )


async def next_due(client: Client) -> float | None:
    return await client.store.read(lambda tx: deliveries.next_due(tx, 0.0))


async def deliver_all(client: Client) -> list[Delivery]:
    delivered: list[Delivery] = []

    def settle(tx: Tx, some: list[Delivery]) -> None:
        for each in some:
            deliveries.done(tx, each)

    while leased := await lease(client):
        delivered += leased
        await client.store.write(partial(settle, some=leased))
    return delivered


async def test_every_subscriber_gets_every_message_once(client: Client) -> None:
    await subscribe(client, MANY)
    await publish(client, "first")
    await publish(client, "second")
    assert await count(client, "topic_delivery") == 2 * spreading.SLICE
    delivered = [(each.endpoint, each.body) for each in await deliver_all(client)]
    assert len(delivered) == len(set(delivered)) == 2 * MANY
    assert await count(client, "publication") == 0
    assert await next_due(client) is None


async def test_messages_come_to_each_subscriber_in_their_order(client: Client) -> None:
    await subscribe(client, MANY)
    for body in "abc":
        await publish(client, body)
    order: dict[str, str] = {}
    for each in await deliver_all(client):
        order[each.endpoint] = order.get(each.endpoint, "") + each.body
    assert set(order.values()) == {"abc"}


async def test_slices_that_nobody_wants_are_passed_over(client: Client) -> None:
    await subscribe(client, MANY, FilterPolicy='{"colour":["red"]}')
    await publish(client)
    assert await next_due(client) == 0.0
    while await next_due(client) is not None:
        assert await lease(client) == []
    assert await count(client, "publication") == 0


async def test_a_message_that_is_long_to_look_at_makes_shorter_slices(client: Client) -> None:
    await subscribe(client, 10, FilterPolicy='{"a":{"b":[1]}}', FilterPolicyScope="MessageBody")
    body = '{"a":[' + '{"b":2},' * 3000 + '{"b":1}]}'
    await publish(client, body)
    assert await count(client, "topic_delivery") == 2
    assert len(await deliver_all(client)) == 10


async def test_who_subscribes_later_does_not_get_what_was_published_before(client: Client) -> None:
    await subscribe(client, MANY)
    await publish(client)
    await client.store.write(lambda tx: subscription_rows.add(tx, subscription(tx, MANY)))
    assert len(await deliver_all(client)) == MANY


async def test_ids_are_not_given_out_again(client: Client) -> None:
    """Whoever subscribes in the place of somebody who left does not get what was meant for them."""
    await client.topic()
    first = await client.subscribe()
    await client.call("Publish", TopicArn=TOPIC, Message="for the first")
    await client.call("Unsubscribe", SubscriptionArn=first)
    await client.subscribe()
    assert await client.notified() == []


async def test_a_large_topic_goes_with_all_its_subscriptions(client: Client) -> None:
    await subscribe(client, 1100)
    await client.call("DeleteTopic", TopicArn=TOPIC)
    assert await count(client, "topic_subscription") == await count(client, "topic") == 0


async def test_a_topic_that_goes_away_leaves_nothing(client: Client) -> None:
    await subscribe(client, MANY)
    await publish(client)
    await client.call("DeleteTopic", TopicArn=TOPIC)
    assert await deliver_all(client) == []
    while await next_due(client) is not None:
        await lease(client)
    assert await count(client, "publication") == await count(client, "topic_delivery") == 0


async def test_what_was_settled_meanwhile_is_left_alone(client: Client) -> None:
    """A worker whose lease ended does not undo what another made of the row."""
    await subscribe(client, 1)
    await publish(client)
    [slow] = await lease(client)
    await client.store.write(deliveries.release_all)
    [quick] = await lease(client)
    await client.store.write(lambda tx: deliveries.defer(tx, quick, NOW + 20))
    for settle in (
        partial(deliveries.done, delivery=slow),
        partial(deliveries.bury, delivery=slow, why="late", now=NOW),
    ):
        await client.store.write(settle)
    assert await count(client, "topic_delivery") == 1
    assert await count(client, "topic_dead_letter") == 0


async def test_what_is_given_up_goes_to_its_dead_letter_queue_and_then_among_the_dead_letters(
    client: Client,
) -> None:
    queue = "arn:aws:sqs:us-east-1:111122223333:dead"
    await subscribe(client, 1, RedrivePolicy=f'{{"deadLetterTargetArn":"{queue}"}}')
    await publish(client)
    [delivery] = await lease(client)
    await client.store.write(lambda tx: deliveries.bury(tx, delivery, "gone", NOW))
    [dead] = await lease(client)
    assert (dead.protocol, dead.endpoint, dead.subscribed, dead.is_dead_letter) == (
        "sqs",
        queue,
        "https",
        True,
    )
    await client.store.write(lambda tx: deliveries.bury(tx, dead, "no such queue", NOW))
    assert await lease(client) == []
    assert await count(client, "topic_dead_letter") == 1
    dropped = await client.store.write(lambda tx: deliveries.expire_dead_letters(tx, NOW + 1, 10))
    assert (dropped, await count(client, "publication")) == (1, 0)


async def test_topics_of_other_accounts_are_others(client: Client) -> None:
    await subscribe(client, 1)
    theirs = client.by(Scope("999988887777", HERE.region))
    arn = await theirs.topic()
    await theirs.call("Publish", TopicArn=arn, Message="theirs")
    assert await lease(client) == []


async def test_many_subscribers_of_one_topic_hold_up_no_other(client: Client) -> None:
    await subscribe(client, 10 * spreading.SLICE)
    await publish(client, "to very many")

    def publish_elsewhere(tx: Tx) -> None:
        quiet = Topic(HERE, "quiet")
        topics.add(tx, quiet)
        subscription_rows.add(tx, replace(subscription(tx, -1), topic="quiet"))
        publishing.accept(tx, quiet, Message("to one"), NOW + 1)

    await client.store.write(publish_elsewhere)
    delivered: list[Delivery] = []
    for number in range(3):
        now = NOW + 2 + number
        delivered += await client.store.write(
            partial(deliveries.lease, now=now, monotonic=0.0, hold=60.0, limit=100)
        )
    assert "to one" in [each.body for each in delivered]
