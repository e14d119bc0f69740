"""FIFO queues: groups in order, one of each at a time, and nothing twice within five minutes."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailgauge.aws.errors import AwsError
from tests.sqs.queue_bench import Bench

FIFO = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}


async def queue(bench: Bench, name: str = "orders", **attributes: str) -> str:
    return await bench.queue(f"{name}.fifo", **{**FIFO, **attributes})


async def send(bench: Bench, url: str, group: str, *bodies: str, **parameters: Any) -> list[Any]:
    return [await bench.send(url, body, MessageGroupId=group, **parameters) for body in bodies]


async def test_a_group_comes_in_its_order(bench: Bench) -> None:
    url = await queue(bench)
    sent = await send(bench, url, "g", "1", "2", "3")
    found = await bench.receive(url, AttributeNames=["All"])
    assert [each["Body"] for each in found] == ["1", "2", "3"]
    numbers = [each["Attributes"]["SequenceNumber"] for each in found]
    assert numbers == sorted(numbers) == [each["SequenceNumber"] for each in sent]
    assert {each["Attributes"]["MessageGroupId"] for each in found} == {"g"}


async def test_a_group_waits_while_one_of_its_messages_is_in_somebodys_hands(bench: Bench) -> None:
    url = await queue(bench, VisibilityTimeout="30")
    await send(bench, url, "a", "a1", "a2")
    await send(bench, url, "b", "b1")
    [first] = await bench.receive(url, 1)
    assert first["Body"] == "a1"
    assert await bench.bodies(url) == ["b1"]
    await bench.delete(url, first)
    assert await bench.bodies(url) == ["a2"]


async def test_a_message_that_comes_back_comes_before_those_behind_it(bench: Bench) -> None:
    url = await queue(bench, VisibilityTimeout="30")
    await send(bench, url, "a", "a1", "a2", "a3")
    assert await bench.bodies(url, 2) == ["a1", "a2"]
    bench.clock.step(30)
    assert await bench.bodies(url) == ["a1", "a2", "a3"]


async def test_a_message_that_is_given_back_opens_its_group_up_to_the_next_in_flight(bench: Bench) -> None:
    url = await queue(bench)
    await send(bench, url, "a", "a1", "a2", "a3")
    await send(bench, url, "b", "b1")
    bench.clock.step(1)
    held = await bench.receive(url, 2)
    assert [each["Body"] for each in held] == ["a1", "a2"]
    await bench.call(
        "ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=held[0]["ReceiptHandle"], VisibilityTimeout=0
    )
    assert await bench.bodies(url) == ["b1", "a1"]


async def test_a_group_that_was_received_from_comes_behind_the_others(bench: Bench) -> None:
    url = await queue(bench)
    for group, body in (("1", "g1-m1"), ("2", "g2-m1"), ("2", "g2-m2"), ("3", "g3-m1"), ("1", "g1-m2")):
        await send(bench, url, group, body)
        bench.clock.step(0.01)
    assert await bench.bodies(url, 3, VisibilityTimeout=0) == ["g1-m1", "g1-m2", "g2-m1"]
    assert await bench.bodies(url, 10) == ["g3-m1", "g1-m1", "g1-m2", "g2-m1", "g2-m2"]


async def test_an_older_handle_does_not_count(bench: Bench) -> None:
    url = await queue(bench, VisibilityTimeout="1")
    await send(bench, url, "g", "x")
    [first] = await bench.receive(url)
    bench.clock.step(1)
    await bench.receive(url, VisibilityTimeout=60)
    with pytest.raises(AwsError, match="The receipt handle has expired"):
        await bench.delete(url, first)


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"MessageDeduplicationId": "d"}, "must contain the parameter MessageGroupId"),
        ({"MessageGroupId": "g"}, "ContentBasedDeduplication enabled"),
    ],
)
async def test_an_entry_without_its_place_spoils_the_batch(
    bench: Bench, entry: dict[str, str], text: str
) -> None:
    url = await bench.queue("strict.fifo", FifoQueue="true")
    good = {"Id": "1", "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "e"}
    with pytest.raises(AwsError, match=text) as refused:
        await bench.call(
            "SendMessageBatch", QueueUrl=url, Entries=[good, {"Id": "2", "MessageBody": "y", **entry}]
        )
    assert refused.value.code == "InvalidParameterValue"
    assert await bench.counts(url) == (0, 0, 0)


async def test_what_is_sent_again_within_five_minutes_is_kept_once(bench: Bench) -> None:
    url = await queue(bench)
    [first] = await send(bench, url, "g", "x")
    [message] = await bench.receive(url)
    await bench.delete(url, message)
    [again] = await send(bench, url, "other-group", "x")
    assert again["MessageId"] == first["MessageId"]
    assert again["SequenceNumber"] == first["SequenceNumber"]
    await send(bench, url, "g", "x", MessageDeduplicationId="another")
    assert await bench.bodies(url) == ["x"]
    bench.clock.step(301)
    await bench.sweep()
    assert await bench.rows("sqs_deduplication") == 0
    await send(bench, url, "g", "x")
    assert await bench.bodies(url) == ["x", "x"]


async def test_deduplication_may_be_the_groups_own(bench: Bench) -> None:
    url = await queue(bench, DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    for group in ("a", "b", "a"):
        await send(bench, url, group, "x")
    assert await bench.bodies(url) == ["x", "x"]


async def test_an_expired_handle_deletes_nothing(bench: Bench) -> None:
    url = await queue(bench, VisibilityTimeout="1")
    await send(bench, url, "g", "x")
    [held] = await bench.receive(url)
    bench.clock.step(1)
    with pytest.raises(AwsError, match="The receipt handle has expired"):
        await bench.delete(url, held)
    assert await bench.bodies(url) == ["x"]


async def test_dead_letters_let_the_rest_of_the_group_go_on(bench: Bench) -> None:
    dead = await queue(bench, "dead")
    redrive = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:dead.fifo","maxReceiveCount":1}'
    url = await queue(bench, RedrivePolicy=redrive, VisibilityTimeout="0")
    await send(bench, url, "g", "bad", "good")
    assert await bench.bodies(url, 1) == ["bad"]
    assert await bench.bodies(url, 1) == ["good"]
    [letter] = await bench.receive(dead, AttributeNames=["All"])
    assert letter["Body"] == "bad"
    assert letter["Attributes"]["MessageGroupId"] == "g"


async def test_a_dead_letter_is_no_repetition(bench: Bench) -> None:
    dead = await queue(bench, "dead")
    redrive = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:dead.fifo","maxReceiveCount":1}'
    url = await queue(bench, RedrivePolicy=redrive, VisibilityTimeout="0")
    await send(bench, dead, "g", "same")
    await send(bench, url, "g", "same")
    await bench.receive(url)
    assert await bench.bodies(url) == []
    assert await bench.bodies(dead) == ["same", "same"]


@pytest.mark.parametrize(
    ("parameters", "code", "text"),
    [
        ({}, "MissingParameter", "must contain the parameter MessageGroupId"),
        ({"MessageGroupId": "g"}, "InvalidParameterValue", "ContentBasedDeduplication enabled"),
        (
            {"MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 2},
            "InvalidParameterValue",
            "Value 2 for parameter DelaySeconds is invalid",
        ),
        (
            {"MessageGroupId": "a b", "MessageDeduplicationId": "d"},
            "InvalidParameterValue",
            "alphanumeric and punctuation",
        ),
    ],
)
async def test_what_has_no_place_in_the_order_is_refused(
    bench: Bench, parameters: dict[str, Any], code: str, text: str
) -> None:
    url = await bench.queue("strict.fifo", FifoQueue="true")
    with pytest.raises(AwsError, match=text) as refused:
        await bench.send(url, "x", **parameters)
    assert refused.value.code == code


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from("sssrdvt"), st.integers(0, 2)), max_size=40))
async def test_every_group_is_handed_out_in_order_whatever_happens(
    bench: Bench, steps: list[tuple[str, int]]
) -> None:
    """A message is deleted only when all of its group before it were: so each group's deletions are in order."""
    url = await bench.queue("any.fifo", FifoQueue="true", VisibilityTimeout="10")
    await bench.call("PurgeQueue", QueueUrl=url)
    sent = {0: 0, 1: 0, 2: 0}
    gone = {0: 0, 1: 0, 2: 0}
    held: list[dict[str, Any]] = []
    for step, number in steps:
        if step == "s":
            body = f"{number}:{sent[number]}"
            sent[number] += 1
            await bench.send(
                url, body, MessageGroupId=str(number), MessageDeduplicationId=f"{bench.clock.now()}:{body}"
            )
        elif step == "r":
            found = await bench.receive(url, number + 1)
            for each in found:
                group, position = map(int, each["Body"].split(":"))
                assert position == gone[group] + sum(one["Body"].startswith(f"{group}:") for one in held), (
                    "not the next of its group"
                )
                held.append(each)
        elif step == "d" and held:
            message = held.pop(0)
            await bench.delete(url, message)
            gone[int(message["Body"].split(":")[0])] += 1
        elif step == "v" and held:
            for each in held:
                await bench.call(
                    "ChangeMessageVisibility",
                    QueueUrl=url,
                    ReceiptHandle=each["ReceiptHandle"],
                    VisibilityTimeout=0,
                )
            held.clear()
        elif step == "t":
            bench.clock.step(10)
            held.clear()
    bench.clock.step(400)
    left = sum(sent.values()) - sum(gone.values())
    assert await bench.counts(url) == (left, 0, 0)
