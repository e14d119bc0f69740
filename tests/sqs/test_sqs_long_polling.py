"""Long polling: an empty queue is waited at, and whatever makes a message visible ends the wait at once."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.sqs import messages
from mailgauge.sqs.access import Asked
from mailgauge.sqs.queue import Queue
from mailgauge.store.transaction import Tx
from tests.sqs.queue_bench import HERE, Bench

T = TypeVar("T")


async def polling(bench: Bench, url: str) -> "asyncio.Task[list[str]]":
    """One that waits by now."""
    task = asyncio.ensure_future(bench.bodies(url, WaitTimeSeconds=20))
    await waits(bench, url, 1)
    return task


async def waits(bench: Bench, url: str, count: int) -> None:
    """Until so many wait at the queue, each of which has looked and found nothing."""
    key = (HERE.key, url.rpartition("/")[2])
    async with asyncio.timeout(60):
        while len(bench.state.bells._waiting.get(key, ())) < count:  # noqa: ASYNC110 - they wait in other tasks
            await asyncio.sleep(0.001)
    await bench.store.write(lambda tx: None)


async def soon(awaited: Awaitable[T]) -> T:
    async with asyncio.timeout(60):
        return await awaited


async def test_a_send_wakes_who_waits(bench: Bench) -> None:
    url = await bench.queue("orders")
    task = await polling(bench, url)
    assert not task.done()
    await bench.send(url, "x")
    assert await soon(task) == ["x"]


async def test_each_of_many_who_wait_gets_one(bench: Bench) -> None:
    url = await bench.queue("orders")
    tasks = [asyncio.ensure_future(bench.bodies(url, 1, WaitTimeSeconds=20)) for _ in range(20)]
    await waits(bench, url, 20)
    for number in range(20):
        await bench.send(url, str(number))
    found = await soon(asyncio.gather(*tasks))
    assert sorted(int(body) for each in found for body in each) == list(range(20))


async def test_the_end_of_a_delay_or_of_a_visibility_timeout_ends_the_wait(bench: Bench) -> None:
    url = await bench.queue("orders", VisibilityTimeout="5")
    await bench.send(url, "x", DelaySeconds=10)
    for seconds in (10, 5):
        task = await polling(bench, url)
        bench.clock.step(seconds + 0.01)
        assert await soon(task) == ["x"]


async def test_a_message_that_is_given_back_ends_the_wait(bench: Bench) -> None:
    url = await bench.queue("orders")
    await bench.send(url, "x")
    [held] = await bench.receive(url)
    task = await polling(bench, url)
    await bench.call(
        "ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=held["ReceiptHandle"], VisibilityTimeout=0
    )
    assert await soon(task) == ["x"]


async def test_a_deleted_message_lets_its_group_go_on(bench: Bench) -> None:
    url = await bench.queue("orders.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for body in ("first", "second"):
        await bench.send(url, body, MessageGroupId="g")
    [held] = await bench.receive(url, 1)
    task = await polling(bench, url)
    await bench.delete(url, held)
    assert await soon(task) == ["second"]


async def test_an_empty_queue_answers_when_the_time_is_over(bench: Bench) -> None:
    url = await bench.queue("orders", ReceiveMessageWaitTimeSeconds="1")
    assert await soon(bench.bodies(url, WaitTimeSeconds=0)) == []
    assert await soon(bench.bodies(url, WaitTimeSeconds=1)) == []


async def test_a_stop_answers_who_waits(bench: Bench) -> None:
    url = await bench.queue("orders", ReceiveMessageWaitTimeSeconds="20")
    task = asyncio.ensure_future(bench.bodies(url))
    await waits(bench, url, 1)
    bench.state.bells.close()
    assert await soon(task) == []
    assert await soon(bench.bodies(url)) == []


async def test_who_gives_up_leaves_no_bell_behind(bench: Bench) -> None:
    url = await bench.queue("orders")
    task = await polling(bench, url)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.state.bells._waiting == {}


async def test_a_deleted_queue_ends_the_wait_at_the_next_look(bench: Bench) -> None:
    url = await bench.queue("orders")
    await bench.call("DeleteQueue", QueueUrl=url)
    with pytest.raises(AwsError, match="The specified queue does not exist") as refused:
        await bench.bodies(url, WaitTimeSeconds=20)
    assert refused.value.code == "QueueDoesNotExist"


async def test_who_has_gone_takes_no_message_along(bench: Bench) -> None:
    url = await bench.queue("orders")
    left = asyncio.Event()

    async def gone() -> None:
        await left.wait()

    asked = Asked(HERE, "", HERE.account, "orders", "ReceiveMessage")
    task = asyncio.ensure_future(bench.state.receive(asked, 10, None, 20, gone))
    await waits(bench, url, 1)
    left.set()
    assert await soon(task) == []
    await bench.send(url, "x")
    assert await bench.bodies(url) == ["x"]


async def test_a_message_wakes_one_of_many_who_wait(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    url = await bench.queue("orders")
    tasks = [asyncio.ensure_future(bench.bodies(url, WaitTimeSeconds=20)) for _ in range(50)]
    await waits(bench, url, 50)
    looks: list[int] = []
    look = messages.receive

    def counted(tx: Tx, queue: Queue, most: int, hidden: int | None, now: int) -> messages.Taken:
        looks.append(now)
        return look(tx, queue, most, hidden, now)

    monkeypatch.setattr(messages, "receive", counted)
    await bench.send(url, "x")
    done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=60)
    assert [task.result() for task in done] == [["x"]]
    await bench.store.write(lambda tx: None)
    # One takes it, and one looks what is left.
    assert len(looks) <= 3
    bench.state.bells.close()
    assert await soon(asyncio.gather(*waiting)) == [[]] * 49


async def test_what_the_one_who_was_told_of_leaves_behind_is_not_forgotten(bench: Bench) -> None:
    url = await bench.queue("orders", VisibilityTimeout="5")
    first = await polling(bench, url)
    second = asyncio.ensure_future(bench.bodies(url, WaitTimeSeconds=20))
    await waits(bench, url, 2)
    await bench.send(url, "x", DelaySeconds=10)
    await bench.store.write(lambda tx: None)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    bench.clock.step(10.01)
    assert await soon(second) == ["x"]


async def test_everything_that_is_sent_while_many_wait_is_received(bench: Bench) -> None:
    url = await bench.queue("orders")
    found: list[str] = []

    async def consume() -> None:
        while True:
            found.extend(await bench.bodies(url, 3, WaitTimeSeconds=20))

    consumers = [asyncio.ensure_future(consume()) for _ in range(20)]
    for at in range(20):
        await asyncio.gather(*(bench.send(url, f"{at}-{number}") for number in range(10)))
    async with asyncio.timeout(60):
        while len(found) < 200:  # noqa: ASYNC110 - they receive in other tasks
            await asyncio.sleep(0.001)
    for each in consumers:
        each.cancel()
    await asyncio.wait(consumers)
    assert len(set(found)) == len(found) == 200
