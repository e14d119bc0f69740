"""Supervised tasks: loops come back, failures are seen, closing waits."""

import asyncio
import inspect
import logging

import pytest

from mailgauge.base.tasks import Supervisor, Wake


async def test_a_loop_that_fails_is_started_again_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    started = 0
    running = asyncio.Event()

    async def loop() -> None:
        nonlocal started
        started += 1
        if started == 1:
            raise ValueError("first time")
        running.set()
        await asyncio.Event().wait()

    tasks = Supervisor()
    with caplog.at_level(logging.ERROR):
        tasks.keep("fragile", loop)
        await asyncio.wait_for(running.wait(), 60)
    await tasks.close()
    assert started == 2
    assert "task failed and starts again" in caplog.text


async def test_the_pause_before_a_restart_grows_until_a_loop_ran_for_a_while(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    runs = iter([1.0, 59.0, 60.0, 1.0])

    async def loop() -> None:
        nonlocal now
        for seconds in runs:
            now += seconds
            raise ValueError("again")

    tasks = Supervisor(monotonic=lambda: now)
    with caplog.at_level(logging.ERROR):
        tasks.keep("fragile", loop)
        await asyncio.wait_for(tasks.settle(), 60)
    pauses = [record.__dict__["pause_seconds"] for record in caplog.records]
    assert pauses == [0.05, 0.1, 0.05, 0.1]


async def test_work_that_is_cancelled_before_it_began_leaves_nothing_behind() -> None:
    async def work() -> None:
        raise AssertionError("it began")

    tasks, never = Supervisor(), work()
    tasks.spawn("never", never)
    await tasks.close()
    assert inspect.getcoroutinestate(never) == inspect.CORO_CLOSED


async def test_a_failed_piece_of_work_is_logged_and_ends(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        raise ValueError("broken")

    tasks = Supervisor()
    with caplog.at_level(logging.ERROR):
        tasks.spawn("once", work())
        await tasks.settle()
    assert "broken" in caplog.text


async def test_closing_waits_until_everything_has_ended() -> None:
    ended = []

    async def loop() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    tasks = Supervisor()
    tasks.keep("loop", loop)
    await asyncio.sleep(0)
    await tasks.close()
    assert ended == [True]


async def test_a_hint_given_before_the_wait_is_not_lost() -> None:
    wake = Wake()
    wake.set()
    waiting = asyncio.ensure_future(wake.wait(3600))
    done, _ = await asyncio.wait([waiting], timeout=60)
    assert done == {waiting}


async def test_a_hint_in_the_moment_of_closing_keeps_no_loop_alive() -> None:
    tasks, wake = Supervisor(), Wake()

    async def loop() -> None:
        while True:
            await wake.wait(60)

    tasks.keep("loop", loop)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    wake.set()
    closing = asyncio.ensure_future(tasks.close())
    done, _ = await asyncio.wait([closing], timeout=60)
    assert done == {closing}
