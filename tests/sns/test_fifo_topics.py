"""FIFO topics: each message once within five minutes, those of a group one after the other."""

from functools import partial
from typing import Any, cast

import pytest

from mailgauge.sns import deliveries
from mailgauge.sns.deliveries import Delivery
from mailgauge.sns.envelope import document
from mailgauge.sns.signing import Signer
from tests.sns.topic_client import NOW, QUEUE, TOPIC, Client

FIFO = f"{TOPIC}.fifo"


async def make(client: Client, **attributes: str) -> None:
    await client.topic("news.fifo", FifoTopic="true", **attributes)
    await client.subscribe(FIFO, endpoint=f"{QUEUE}.fifo")


async def publish(client: Client, message: str, group: str = "one", **params: Any) -> dict[str, Any]:
    return await client.call("Publish", TopicArn=FIFO, Message=message, MessageGroupId=group, **params)


async def deliver(client: Client, leased: list[Delivery]) -> None:
    for each in leased:
        await client.store.write(partial(deliveries.done, delivery=each))


async def test_a_message_is_taken_once_in_five_minutes(client: Client) -> None:
    await make(client, ContentBasedDeduplication="true")
    first = await publish(client, "hello")
    assert len(first["SequenceNumber"]) == 20
    assert await publish(client, "hello", "two") == first
    assert (
        await client.by(now=NOW + 299).call("Publish", TopicArn=FIFO, Message="hello", MessageGroupId="x")
        == first
    )
    later = await client.by(now=NOW + 300).call("Publish", TopicArn=FIFO, Message="hello", MessageGroupId="x")
    assert later["SequenceNumber"] > first["SequenceNumber"]
    [delivery] = await client.leased()
    assert delivery.message.group == "one"
    assert delivery.message.sequence == first["SequenceNumber"]


async def test_its_messages_are_numbered_and_not_signed(client: Client) -> None:
    await make(client, ContentBasedDeduplication="true")
    number = (await publish(client, "hello"))["SequenceNumber"]
    [delivery] = await client.leased()
    written = document(delivery, cast(Signer, None), "http://here", "/certificate.pem")
    assert written["SequenceNumber"] == number
    assert list(written)[-3:] == ["Message", "Timestamp", "UnsubscribeURL"]


async def test_messages_may_say_themselves_what_they_repeat(client: Client) -> None:
    await make(client)
    first = await publish(client, "one", MessageDeduplicationId="x")
    assert await publish(client, "two", MessageDeduplicationId="x") == first
    assert await publish(client, "one", MessageDeduplicationId="y") != first


async def test_where_groups_have_their_own_throughput_they_repeat_by_themselves(client: Client) -> None:
    await make(client, ContentBasedDeduplication="true", FifoThroughputScope="MessageGroup")
    assert await publish(client, "hello", "one") != await publish(client, "hello", "two")


async def test_a_group_goes_one_after_the_other_and_groups_beside_each_other(client: Client) -> None:
    await make(client, ContentBasedDeduplication="true")
    for group, message in (("one", "a"), ("one", "b"), ("two", "c"), ("one", "d")):
        await publish(client, message, group)
    rounds = []
    while leased := await client.leased():
        rounds.append([each.body for each in leased])
        await deliver(client, leased)
    assert rounds == [["a", "c"], ["b"], ["d"]]


async def test_who_waits_for_another_try_holds_up_its_group(client: Client) -> None:
    await make(client, ContentBasedDeduplication="true")
    await publish(client, "a")
    await publish(client, "b")
    [first] = await client.leased()
    await client.store.write(lambda tx: deliveries.defer(tx, first, NOW + 20))
    assert await client.leased() == []
    [again] = await client.by(now=NOW + 20).leased()
    assert (again.body, again.attempts) == ("a", 1)


async def test_what_is_given_up_lets_the_next_of_its_group_go(client: Client) -> None:
    dead = f'{{"deadLetterTargetArn":"{QUEUE}-dead.fifo"}}'
    await client.topic("news.fifo", FifoTopic="true", ContentBasedDeduplication="true")
    await client.subscribe(FIFO, endpoint=f"{QUEUE}.fifo", RedrivePolicy=dead)
    for message in "ab":
        await publish(client, message)
    [first] = await client.leased()
    await client.store.write(lambda tx: deliveries.bury(tx, first, "gone", NOW))
    found = {(each.body, each.is_dead_letter) for each in await client.leased()}
    assert found == {("a", True), ("b", False)}


async def test_a_long_line_goes_with_its_subscription(client: Client) -> None:
    await make(client, ContentBasedDeduplication="true")
    for number in range(450):
        await publish(client, str(number), "one" if number % 3 else "two")
    [listed] = (await client.call("ListSubscriptions"))["Subscriptions"]
    await client.call("Unsubscribe", SubscriptionArn=listed["SubscriptionArn"])
    for _ in range(4):
        assert await client.leased() == []
    left = await client.store.read(
        lambda tx: tx.run("SELECT (SELECT count(*) FROM topic_delivery) + (SELECT count(*) FROM publication)")
    )
    assert left == [(0,)]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "The MessageGroupId parameter is required for FIFO topics"),
        ({"MessageGroupId": "one"}, "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"),
    ],
)  # fmt: skip
async def test_what_a_message_needs(client: Client, params: dict[str, str], text: str) -> None:
    await make(client)
    refused = await client.refusal("Publish", TopicArn=FIFO, Message="x", **params)
    assert refused == ("InvalidParameter", f"Invalid parameter: {text}")


async def test_only_queues_listen(client: Client) -> None:
    await make(client)
    refused = await client.refusal(
        "Subscribe", TopicArn=FIFO, Protocol="https", Endpoint="https://listener.example/"
    )
    assert refused == ("InvalidParameter", "Invalid parameter: Invalid protocol type: https")


async def test_the_attributes_of_a_fifo_topic(client: Client) -> None:
    await make(client)
    found = await client.attributes(FIFO)
    assert (found["FifoTopic"], found["ContentBasedDeduplication"]) == ("true", "false")
