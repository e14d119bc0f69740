"""Holding back a composite alarm's actions: the timelines of the user guide, and what holds for any timeline."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.cloudwatch.alarms.alarm import State, StateValue
from mailgauge.cloudwatch.alarms.suppression import (
    Periods,
    SuppressedBy,
    Suppression,
    changed,
    passed,
    replaced,
)

PERIODS = Periods(wait=2, extension=3)


@dataclass
class World:
    """A composite (C) and its suppressor (S) on a clock of seconds; ``ran`` has the moments and states of actions."""

    composite: str = "OK"
    suppressing: bool = False
    periods: Periods = PERIODS
    now: int = 0
    suppression: Suppression = field(default_factory=Suppression)
    ran: list[tuple[int, str]] = field(default_factory=list)

    def wait_until(self, second: int) -> None:
        while self.now < second:
            self.now += 1
            step = passed(self.suppression, self.now * 1000)
            self.suppression = step.suppression
            if step.released is not None:
                self.ran.append((self.now, self.composite))

    def happens(self, *, composite: str | None = None, suppressing: bool | None = None) -> None:
        """Either, or both at once."""
        left = None
        if composite is not None and composite != self.composite:
            moment = self.now * 1000
            left = State(StateValue(self.composite), "", None, moment, moment)
            self.composite = composite
        if suppressing is not None:
            self.suppressing = suppressing
        step = changed(
            self.suppression, self.periods, self.now * 1000, suppressing=self.suppressing, left=left
        )
        self.suppression = step.suppression
        if step.released is not None:
            self.ran.append((self.now, self.composite))


@pytest.mark.parametrize(
    ("events", "ran", "by"),
    [
        pytest.param(
            "C=ALARM@2", [(4, "ALARM")], {2: "WaitPeriod", 3: "WaitPeriod", 4: None}, id="wait runs out"
        ),
        pytest.param(
            "C=ALARM@2 S=ALARM@3", [], {2: "WaitPeriod", 3: "Alarm", 9: "Alarm"}, id="suppressed in time"
        ),
        pytest.param(
            "C=ALARM@2 C=OK@3",
            [(5, "OK")],
            {2: "WaitPeriod", 4: "WaitPeriod", 5: None},
            id="back while waiting",
        ),
        pytest.param("S=ALARM@1 C=ALARM@2", [], {1: "Alarm", 2: "Alarm", 9: "Alarm"}, id="suppressed before"),
        pytest.param(
            "C=ALARM@2 S=ALARM@3 S=OK@6",
            [(9, "ALARM")],
            {3: "Alarm", 6: "ExtensionPeriod", 8: "ExtensionPeriod", 9: None},
            id="extension runs out",
        ),
        pytest.param(
            "C=ALARM@2 S=ALARM@3 S=OK@6 C=OK@7",
            [(9, "OK")],
            {6: "ExtensionPeriod", 7: "WaitPeriod", 8: "WaitPeriod", 9: None},
            id="recovered in the extension",
        ),
        pytest.param(
            "C=ALARM@2 S=ALARM@3 S=OK@6 S=ALARM@7 S=OK@8",
            [(11, "ALARM")],
            {7: "Alarm", 8: "ExtensionPeriod", 11: None},
            id="suppressed again in the extension",
        ),
        pytest.param("S=ALARM@1 S=OK@2", [], {2: "ExtensionPeriod", 5: None}, id="nothing was held"),
        pytest.param(
            "C=ALARM@2 C=OK@3 C=ALARM@4",
            [(6, "ALARM")],
            {5: "WaitPeriod", 6: None},
            id="each change waits anew",
        ),
    ],
)
def test_timelines(events: str, ran: list[tuple[int, str]], by: dict[int, str | None]) -> None:
    world, seen = World(), {}
    planned = {int(event.partition("@")[2]): event.partition("@")[0] for event in events.split()}
    for second in range(1, 16):
        world.wait_until(second)
        who, _, value = planned.get(second, "").partition("=")
        if who == "C":
            world.happens(composite=value)
        elif who == "S":
            world.happens(suppressing=value == "ALARM")
        seen[second] = None if world.suppression.by is None else world.suppression.by.value
    assert world.ran == ran
    assert {second: seen[second] for second in by} == by


def test_periods_of_no_length_hold_nothing_back() -> None:
    world = World(periods=Periods(0, 0))
    world.happens(composite="ALARM")
    assert world.ran == [(0, "ALARM")]
    world.happens(suppressing=True)
    world.happens(composite="OK")
    world.wait_until(5)
    world.happens(suppressing=False)
    assert world.ran == [(0, "ALARM"), (5, "OK")]


def test_a_change_and_its_suppression_at_once_is_suppressed() -> None:
    world = World(periods=Periods(0, 3))
    world.happens(composite="ALARM", suppressing=True)
    assert world.ran == []
    assert world.suppression.by is SuppressedBy.ALARM


def test_each_kind_of_suppression_says_so() -> None:
    assert Suppression().reason is None
    assert Suppression(SuppressedBy.WAIT_PERIOD).reason == "Actions suppressed by WaitPeriod"


@pytest.mark.parametrize("suppressing", [False, True])
def test_another_suppressor_drops_the_period_that_runs_and_what_is_held_waits_for_it(
    suppressing: bool,
) -> None:
    world = World()
    world.happens(composite="ALARM")
    world.wait_until(1)
    step = replaced(world.suppression, PERIODS, 1000, suppressing=suppressing)
    assert step.released is None
    assert step.suppression.held is not None
    by = SuppressedBy.ALARM if suppressing else SuppressedBy.WAIT_PERIOD
    assert (step.suppression.by, step.suppression.ends) == (by, None if suppressing else 3000)


def test_without_a_suppressor_what_was_held_runs() -> None:
    world = World()
    world.happens(composite="ALARM", suppressing=True)
    step = replaced(world.suppression, None, 1000, suppressing=False)
    assert step.suppression == Suppression()
    assert step.released is not None
    assert step.released.value is StateValue.OK
    assert replaced(Suppression(), None, 1000, suppressing=False).released is None


events = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sampled_from(["ALARM", "OK", None]),
        st.sampled_from([True, False, None]),
    ),
    max_size=12,
)
lengths = st.builds(Periods, st.integers(0, 5), st.integers(0, 5))


@given(events, lengths)
def test_actions_never_run_while_the_suppressor_is_in_alarm(
    happened: list[tuple[int, str | None, bool | None]], periods: Periods
) -> None:
    world = World(periods=periods)
    for pause, composite, suppressing in happened:
        was_suppressing, before = world.suppressing, len(world.ran)
        world.wait_until(world.now + pause)
        assert not was_suppressing or len(world.ran) == before
        world.happens(composite=composite, suppressing=suppressing)
        assert (world.suppression.by is SuppressedBy.ALARM) is world.suppressing
        assert (world.suppression.ends is None) is (world.suppression.by in {None, SuppressedBy.ALARM})


@given(events, lengths)
def test_the_last_change_is_told_in_the_end_unless_it_is_suppressed(
    happened: list[tuple[int, str | None, bool | None]], periods: Periods
) -> None:
    world, changes = World(periods=periods), 0
    for pause, composite, suppressing in happened:
        world.wait_until(world.now + pause)
        changes += composite is not None and composite != world.composite
        world.happens(composite=composite, suppressing=suppressing)
    world.happens(suppressing=False)
    world.wait_until(world.now + 6)
    assert world.suppression == Suppression()
    assert len(world.ran) <= changes
    assert [value for _, value in world.ran[-1:]] == ([world.composite] if changes else [])


@given(events, lengths, st.integers(0, 20))
def test_a_period_ends_at_the_same_moment_however_late_one_looks(
    happened: list[tuple[int, str | None, bool | None]], periods: Periods, late: int
) -> None:
    world = World(periods=periods)
    for pause, composite, suppressing in happened:
        world.wait_until(world.now + pause)
        world.happens(composite=composite, suppressing=suppressing)
    before = world.suppression
    step = passed(before, (world.now + late) * 1000)
    world.wait_until(world.now + late)
    assert step.suppression == world.suppression
