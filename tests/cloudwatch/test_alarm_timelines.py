"""Alarms over time: every timeline of ``alarm_timelines.txt`` on the real runner and store, on a clock that is stepped."""

from pathlib import Path

import pytest

from tests.cloudwatch.alarm_timelines import Timeline, run, timelines

ALL = timelines()


@pytest.mark.parametrize("timeline", ALL, ids=[each.name for each in ALL])
async def test_states_follow_what_arrives(timeline: Timeline, tmp_path: Path) -> None:
    assert await run(timeline, tmp_path) == timeline.states


def test_each_timeline_has_a_name_of_its_own_and_there_are_many() -> None:
    assert len({each.name for each in ALL}) == len(ALL) >= 60
