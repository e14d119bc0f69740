"""The clock: steps forward, keeps its offset, wakes who sleeps."""

import asyncio
from pathlib import Path

import pytest

from mailgauge.base.clock import ManualClock, SystemClock


def test_a_stepped_clock_stays_stepped_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    SystemClock(file).step(3600)
    again = SystemClock(file)
    assert again.now() - again.real() == pytest.approx(3600, abs=1)
    again.step(60)
    assert SystemClock(file).now() - SystemClock(file).real() == pytest.approx(3660, abs=1)


def test_a_clock_is_never_stepped_back() -> None:
    with pytest.raises(ValueError, match="only stepped forward"):
        SystemClock().step(-1)


def test_stepping_leaves_real_and_monotonic_time_alone() -> None:
    clock = SystemClock()
    before = clock.monotonic(), clock.real()
    clock.step(1_000_000)
    assert clock.monotonic() - before[0] < 1000
    assert clock.real() - before[1] < 1000


async def test_a_step_wakes_who_sleeps_until_a_time_it_reached() -> None:
    clock = SystemClock()
    sleeper = asyncio.ensure_future(clock.sleep_until(clock.now() + 3600))
    await asyncio.sleep(0)
    clock.step(1800)
    await asyncio.sleep(0)
    assert not sleeper.done()
    clock.step(1801)
    await asyncio.wait_for(sleeper, 60)


async def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(100.0)
    sleeper = asyncio.ensure_future(clock.sleep_until(110.0))
    await asyncio.sleep(0)
    assert clock.now() == 100.0
    clock.step(10)
    await asyncio.wait_for(sleeper, 60)
