"""Attempts that take long make room for others; how many may, and what may not, is bounded."""

import asyncio

from mailgauge.delivery.slots import Slots


def slots(**more: int) -> Slots:
    return Slots(lambda: None, long_seconds=0.01, **more)


async def hold(of: Slots, end: asyncio.Event, begun: asyncio.Event, *, may_be_long: bool = True) -> None:
    async with of.one(may_be_long=may_be_long):
        begun.set()
        await end.wait()


async def test_one_that_takes_long_makes_room_and_says_so() -> None:
    told, end, second = asyncio.Event(), asyncio.Event(), asyncio.Event()
    some = Slots(told.set, most=1, long_seconds=0.01)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(hold(some, end, asyncio.Event()))
        tasks.create_task(hold(some, end, second))
        await second.wait()
        assert told.is_set()
        assert some.long >= 1
        end.set()
    assert some.long == 0


async def test_no_more_than_so_many_make_room() -> None:
    end, third = asyncio.Event(), asyncio.Event()
    some = slots(most=1, most_long=1)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        second = asyncio.Event()
        tasks.create_task(hold(some, end, asyncio.Event()))
        tasks.create_task(hold(some, end, second))
        await second.wait()
        waiting = tasks.create_task(hold(some, end, third))
        await asyncio.wait([waiting], timeout=0.05)
        assert not third.is_set()
        assert some.long == 1
        end.set()
    assert third.is_set()


async def test_what_takes_much_memory_keeps_its_slot() -> None:
    end, second = asyncio.Event(), asyncio.Event()
    some = slots(most=1)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(hold(some, end, asyncio.Event(), may_be_long=False))
        waiting = tasks.create_task(hold(some, end, second))
        await asyncio.wait([waiting], timeout=0.05)
        assert not second.is_set()
        end.set()


async def test_all_waits_for_the_long_ones_too() -> None:
    end, begun = asyncio.Event(), asyncio.Event()
    some = slots(most=1)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(hold(some, end, asyncio.Event()))
        tasks.create_task(hold(some, end, begun))
        await begun.wait()
        everything = tasks.create_task(some.all())
        await asyncio.wait([everything], timeout=0.05)
        assert not everything.done()
        end.set()
