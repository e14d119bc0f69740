"""Questions asked at the same time are asked once, whoever gives up waiting and whatever goes wrong."""

import asyncio

import pytest

from mailgauge.base.joined import Joined


class Oracle:
    """Answers with how often it was asked, once it is let; fails while ``trouble`` is set."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.trouble = False

    async def answer(self) -> int:
        self.asked += 1
        number = self.asked
        await self.may_answer.wait()
        if self.trouble:
            raise ValueError("no answer")
        return number


async def test_who_asks_meanwhile_gets_the_same_answer_and_later_ones_a_new_one() -> None:
    joined: Joined[str, int] = Joined()
    oracle = Oracle()
    async with asyncio.TaskGroup() as group:
        first = [group.create_task(joined.ask("a", oracle.answer)) for _ in range(5)]
        other = group.create_task(joined.ask("b", oracle.answer))
        await asyncio.sleep(0)
        oracle.may_answer.set()
    assert ([each.result() for each in first], other.result()) == ([1] * 5, 2)
    assert await joined.ask("a", oracle.answer) == 3


async def test_when_the_asker_is_cancelled_another_asks() -> None:
    joined: Joined[str, int] = Joined()
    oracle = Oracle()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(joined.ask("a", oracle.answer))
        others = [group.create_task(joined.ask("a", oracle.answer)) for _ in range(3)]
        await asyncio.sleep(0)
        first.cancel()
        for _ in range(5):  # steps of the loop in which the others find out and ask
            await asyncio.sleep(0)
        oracle.may_answer.set()
    assert [each.result() for each in others] == [2] * 3


async def test_a_failure_is_that_of_the_asker_alone() -> None:
    joined: Joined[str, int] = Joined()
    oracle = Oracle()
    oracle.trouble = True
    oracle.may_answer.set()
    with pytest.raises(ValueError, match="no answer"):
        await joined.ask("a", oracle.answer)
    oracle.trouble = False
    assert await joined.ask("a", oracle.answer) == 2
