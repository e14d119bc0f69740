"""Composite alarms with a suppressor, on a real database and a clock that tests move."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from tests.cloudwatch.composite_bench import ACTIONS, PREFIX, CompositeBench, topic


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CompositeBench]:
    bench = CompositeBench(tmp_path)
    yield bench
    bench.close()


async def suppressed(bench: CompositeBench, *, wait: int = 20, extension: int = 30, **params: Any) -> None:
    """``c`` follows ``a``, suppressed by ``s``; no action has run before."""
    await bench.children("a", "s")
    await bench.set("a", "OK")
    await again(bench, wait=wait, extension=extension, **params)
    await bench.wait(wait + 1)
    await bench.metrics.write(lambda tx: tx.run("DELETE FROM alarm_action"))


async def again(bench: CompositeBench, *, wait: int = 20, extension: int = 30, **params: Any) -> None:
    periods = {"ActionsSuppressorWaitPeriod": wait, "ActionsSuppressorExtensionPeriod": extension}
    given = {"ActionsSuppressor": "s", **periods, **ACTIONS, **params}
    await bench.compose("c", "ALARM(a)", **given)


async def by(bench: CompositeBench) -> str | None:
    found: str | None = (await bench.composite("c")).get("ActionsSuppressedBy")
    return found


@pytest.mark.parametrize(
    ("events", "ran"),
    [
        pytest.param("C=ALARM@20", {40: "alarm"}, id="wait runs out"),
        pytest.param("C=ALARM@20 S=ALARM@30", {}, id="suppressed in time"),
        pytest.param("C=ALARM@20 C=OK@30", {50: "ok"}, id="back while waiting"),
        pytest.param("S=ALARM@10 C=ALARM@20", {}, id="suppressed before"),
        pytest.param("C=ALARM@20 S=ALARM@30 S=OK@60", {90: "alarm"}, id="extension runs out"),
        pytest.param("C=ALARM@20 S=ALARM@30 S=OK@60 C=OK@70", {90: "ok"}, id="recovered in the extension"),
    ],
)
async def test_the_timelines_of_the_user_guide(
    bench: CompositeBench, events: str, ran: dict[int, str]
) -> None:
    await suppressed(bench)
    planned = {int(event.partition("@")[2]): event.partition("@")[0] for event in events.split()}
    seen: list[tuple[int, str]] = []
    for second in range(10, 121, 10):
        await bench.wait(10)
        who, _, value = planned.get(second, "").partition("=")
        if who:
            await bench.set({"C": "a", "S": "s"}[who], value)
        seen += [(second, name) for name in (await bench.ran())[len(seen) :]]
    assert dict(seen) == ran
    assert len(seen) == len(ran)


async def test_what_suppresses_is_shown_and_kept_in_the_history(bench: CompositeBench) -> None:
    await suppressed(bench, wait=20, extension=30)
    shown = await bench.composite("c")
    assert "ActionsSuppressedBy" not in shown
    assert {name: value for name, value in shown.items() if name.startswith("ActionsSuppressor")} == {
        "ActionsSuppressor": "s",
        "ActionsSuppressorWaitPeriod": 20,
        "ActionsSuppressorExtensionPeriod": 30,
    }
    await bench.set("a", "ALARM")
    shown = await bench.composite("c")
    assert (shown["ActionsSuppressedBy"], shown["ActionsSuppressedReason"]) == (
        "WaitPeriod",
        "Actions suppressed by WaitPeriod",
    )
    change, note = (await bench.composite_history("c"))[-2:]
    assert change["HistoryData"]["newState"]["actionsSuppressedBy"] == "WaitPeriod"
    assert change["HistoryData"]["newState"]["actionsSuppressedReason"] == "Actions suppressed by WaitPeriod"
    assert (note["HistoryItemType"], note["HistorySummary"]) == ("Action", "Actions suppressed by WaitPeriod")
    await bench.wait(10)
    await bench.set("s", "ALARM")
    assert await by(bench) == "Alarm"
    assert (await bench.composite_history("c"))[-1]["HistorySummary"] == "Actions suppressed by Alarm"
    await bench.set("s", "OK")
    assert await by(bench) == "ExtensionPeriod"
    await bench.wait(30)
    assert await by(bench) is None
    assert await bench.ran() == ["alarm"]


async def test_a_suppressor_that_comes_and_goes_runs_nothing_when_nothing_happened(
    bench: CompositeBench,
) -> None:
    await suppressed(bench)
    await bench.set("s", "ALARM")
    await bench.set("s", "OK")
    assert await by(bench) == "ExtensionPeriod"
    await bench.wait(60)
    assert await bench.ran() == []
    assert await by(bench) is None


async def test_a_period_that_ended_unseen_ends_before_what_comes_next(bench: CompositeBench) -> None:
    """The next change is the first to notice; what was due runs, with the state it was due for."""
    await suppressed(bench)
    await bench.set("a", "ALARM")
    bench.clock.step(25)
    await bench.set("a", "OK")
    assert await bench.ran() == ["alarm"]
    bench.clock.step(25)
    await bench.set("s", "ALARM")
    assert await bench.ran() == ["alarm", "ok"]
    assert await by(bench) == "Alarm"


async def test_periods_survive_a_restart(tmp_path: Path) -> None:
    first = CompositeBench(tmp_path)
    await suppressed(first)
    await first.set("a", "ALARM")
    first.close()
    second = CompositeBench(tmp_path, first.clock)
    await second.wait(19)
    assert await second.ran() == []
    await second.wait(1)
    assert await second.ran() == ["alarm"]
    await second.wait(100)
    assert await second.ran() == ["alarm"]
    second.close()


async def test_a_new_composite_waits_for_its_suppressor_too(bench: CompositeBench) -> None:
    await bench.children("a", "s")
    await again(bench)
    assert await by(bench) == "WaitPeriod"
    await bench.wait(20)
    assert await bench.ran() == ["ok"]


async def test_a_new_composite_is_suppressed_by_a_suppressor_in_alarm(bench: CompositeBench) -> None:
    await bench.children("a", "s")
    await bench.set("s", "ALARM")
    await again(bench, ActionsSuppressor=f"{PREFIX}s")
    assert await by(bench) == "Alarm"
    assert (await bench.composite("c"))["ActionsSuppressor"] == f"{PREFIX}s"
    await bench.wait(100)
    assert await bench.ran() == []


async def test_another_suppressor_waits_anew_and_none_lets_go(bench: CompositeBench) -> None:
    await suppressed(bench)
    await bench.children("other")
    await bench.set("a", "ALARM")
    await bench.wait(19)
    await again(bench, ActionsSuppressor="other")
    await bench.wait(19)
    assert await bench.ran() == []
    await again(bench, AlarmDescription="the same suppressor")
    await again(bench)
    await bench.compose("c", "ALARM(a)", **ACTIONS)
    assert await bench.ran() == ["alarm"]
    assert await by(bench) is None


async def test_an_update_that_keeps_the_suppressor_keeps_its_periods(bench: CompositeBench) -> None:
    await suppressed(bench)
    await bench.set("a", "ALARM")
    await bench.wait(10)
    await again(bench, AlarmDescription="new", wait=500)
    await bench.wait(10)
    assert await bench.ran() == ["alarm"]


async def test_what_changed_while_actions_were_off_is_not_made_up_for(bench: CompositeBench) -> None:
    await suppressed(bench, ActionsEnabled=False)
    await bench.set("a", "ALARM")
    await bench.call("EnableAlarmActions", AlarmNames=["c"])
    await bench.wait(60)
    assert await bench.ran() == []


async def test_actions_switched_off_while_they_wait_do_not_run(bench: CompositeBench) -> None:
    await suppressed(bench)
    await bench.set("a", "ALARM")
    await bench.call("DisableAlarmActions", AlarmNames=["c"])
    await bench.wait(60)
    assert await bench.ran() == []


async def test_a_composite_can_be_a_suppressor_and_have_a_child_in_common(bench: CompositeBench) -> None:
    await bench.children("a")
    await bench.compose("maintenance", "ALARM(a)")
    await again(bench, ActionsSuppressor="maintenance", wait=0)
    await bench.set("a", "ALARM")
    assert await by(bench) == "Alarm"
    assert await bench.ran() == ["ok"]


async def test_a_suppressor_must_be_there_and_be_another_alarm(bench: CompositeBench) -> None:
    await bench.children("a", "s")
    with pytest.raises(AwsError, match=r"the actions suppressor \[nobody\] does not exist"):
        await again(bench, ActionsSuppressor="nobody")
    await again(bench)
    with pytest.raises(AwsError, match="ActionsSuppressor must be another alarm"):
        await again(bench, ActionsSuppressor="c")


async def test_each_of_several_composites_keeps_its_own_period(bench: CompositeBench) -> None:
    await bench.children("a", "s")
    await bench.set("a", "ALARM")
    for wait in (30, 10, 20):
        await bench.compose(
            f"c{wait}",
            "ALARM(a)",
            AlarmActions=[topic(f"t{wait}")],
            ActionsSuppressor="s",
            ActionsSuppressorWaitPeriod=wait,
            ActionsSuppressorExtensionPeriod=1,
        )
    seen = []
    for _ in range(4):
        seen.append(await bench.ran())
        await bench.wait(10)
    assert seen == [[], ["t10"], ["t10", "t20"], ["t10", "t20", "t30"]]


async def test_without_a_wait_what_was_due_and_what_is_new_run_one_after_the_other(
    bench: CompositeBench,
) -> None:
    """The extension has ended unseen when the composite changes; nothing keeps the new state from acting."""
    await suppressed(bench, wait=0)
    await bench.set("s", "ALARM")
    await bench.set("a", "ALARM")
    await bench.set("s", "OK")
    bench.clock.step(31)
    await bench.set("a", "OK")
    assert await bench.ran() == ["alarm", "ok"]
    assert await bench.state("c") == "OK"
    assert await by(bench) is None


async def test_each_change_that_waits_is_noted(bench: CompositeBench) -> None:
    await suppressed(bench)
    for value in ("ALARM", "OK"):
        await bench.set("a", value)
    notes = await bench.composite_history("c", HistoryItemType="Action")
    assert [note["HistorySummary"] for note in notes[-2:]] == ["Actions suppressed by WaitPeriod"] * 2
    times = [note["HistoryData"]["stateUpdateTimestamp"] for note in notes[-2:]]
    assert times == sorted(set(times))


async def test_a_composite_without_actions_has_none_that_could_be_held_back(bench: CompositeBench) -> None:
    await suppressed(bench, AlarmActions=[])
    await bench.set("a", "ALARM")
    assert (await bench.composite_history("c"))[-1]["HistoryItemType"] == "StateUpdate"
