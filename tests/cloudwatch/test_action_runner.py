"""The outbox and its runner: at least once, history with the outcome, retries, nobody waits for anybody."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mailgauge.base.tasks import Supervisor
from mailgauge.cloudwatch.alarms.actions import outbox
from mailgauge.cloudwatch.alarms.actions import runner as runner_module
from mailgauge.cloudwatch.alarms.actions.outbox import Work
from mailgauge.cloudwatch.alarms.actions.retry import PAUSES, pause
from mailgauge.cloudwatch.alarms.actions.runner import AT_ONCE, EACH, HOLD, ActionRunner, NotExecutedError
from mailgauge.cloudwatch.alarms.actions.tally import ActionTally, Outcome
from mailgauge.cloudwatch.alarms.actions.target import Kind
from mailgauge.store.transaction import StoreUnavailableError
from tests.cloudwatch.alarm_bench import COMPLAINTS, SCOPE, TOPIC, Bench

HOOK = "https://hooks.example.com/alarm"


class Recorder:
    """An executor that notes what it was asked, and fails as it is told."""

    def __init__(self) -> None:
        self.asked: list[Work] = []
        self.problems: list[Exception] = []
        self.until: Callable[[Work], asyncio.Event | None] = lambda work: None

    async def execute(self, work: Work) -> Sequence[str]:
        self.asked.append(work)
        if (event := self.until(work)) is not None:
            await event.wait()
        if self.problems:
            raise self.problems.pop(0)
        return (work.notice.message,)


class Room:
    """An alarm bench whose actions are run by a recorder."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder)
        self.recorder = Recorder()
        self.tally = ActionTally()
        self.runner = self.another_runner()

    def another_runner(self) -> ActionRunner:
        executors = dict.fromkeys(Kind, self.recorder)
        return ActionRunner(self.bench.metrics, self.bench.clock, executors, self.tally)

    async def ring(self, *actions: str, name: str = "complaints") -> None:
        await self.bench.put(AlarmName=name, AlarmActions=list(actions))
        await self.set("ALARM", name)

    async def set(self, state: str, name: str = "complaints") -> None:
        await self.bench.call("SetAlarmState", AlarmName=name, StateValue=state, StateReason="a drill")

    async def history(self) -> list[dict[str, Any]]:
        return await self.bench.history(HistoryItemType="Action")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    yield room
    room.bench.close()


async def test_an_action_is_run_once_and_its_success_is_in_the_history(room: Room) -> None:
    await room.ring(TOPIC)
    assert await room.runner.run_due() == 1
    assert await room.runner.run_due() == 0
    [work] = room.recorder.asked
    [item] = await room.history()
    assert item["HistorySummary"] == f"Successfully executed action {TOPIC}"
    data = item["HistoryData"]
    assert list(data) == [
        "actionState",
        "stateUpdateTimestamp",
        "notificationResource",
        "publishedMessage",
        "error",
    ]
    assert (data["actionState"], data["notificationResource"]) == ("Succeeded", TOPIC)
    assert data["stateUpdateTimestamp"] == work.notice.time
    assert data["publishedMessage"] == work.notice.message
    assert data["error"] is None
    assert (Kind.TOPIC, Outcome.SUCCEEDED, 1) in room.tally


async def test_actions_are_those_of_the_state_that_was_entered(room: Room) -> None:
    state_actions = {state: f"{TOPIC}-{state}" for state in ("OK", "ALARM", "INSUFFICIENT_DATA")}
    await room.bench.put(
        OKActions=[state_actions["OK"]],
        AlarmActions=[state_actions["ALARM"]],
        InsufficientDataActions=[state_actions["INSUFFICIENT_DATA"]],
    )
    for state in ("OK", "OK", "ALARM", "INSUFFICIENT_DATA", "OK"):
        await room.set(state)
        await room.runner.run_due()
    run = [work.action for work in room.recorder.asked]
    assert run == [state_actions[state] for state in ("OK", "ALARM", "INSUFFICIENT_DATA", "OK")]


async def test_disabled_actions_are_not_run_and_not_made_up_for(room: Room) -> None:
    await room.bench.put(AlarmActions=[TOPIC], ActionsEnabled=False)
    await room.set("ALARM")
    await room.bench.call("EnableAlarmActions", AlarmNames=["complaints"])
    await room.runner.run_due()
    assert room.recorder.asked == []


async def test_what_fails_for_now_is_tried_again_within_an_hour_with_the_same_id(room: Room) -> None:
    room.recorder.problems = [NotExecutedError("busy"), ValueError("a defect")]
    await room.ring(TOPIC)
    assert await room.runner.run_due() == 1
    assert await room.history() == [], "an outcome is the last word"
    waiting = await room.bench.metrics.read(outbox.waiting)
    assert (waiting.count, waiting.failing, waiting.problem) == (1, 1, "busy")
    for seconds in PAUSES[:2]:
        room.bench.clock.step(seconds - 0.5)
        assert await room.runner.run_due() == 0
        room.bench.clock.step(0.5)
        assert await room.runner.run_due() == 1
    assert len({work.id for work in room.recorder.asked}) == 1
    [item] = await room.history()
    assert item["HistorySummary"].startswith("Successfully")


async def test_what_fails_to_the_end_is_failed_in_the_history_with_its_last_reason(room: Room) -> None:
    room.recorder.problems = [NotExecutedError(f"busy {n}") for n in range(len(PAUSES) + 1)]
    await room.ring(TOPIC)
    await room.runner.run_due()
    for seconds in PAUSES:
        room.bench.clock.step(seconds)
        assert await room.runner.run_due() == 1
    [item] = await room.history()
    assert item["HistorySummary"] == f"Failed to execute action {TOPIC}. busy {len(PAUSES)}"
    assert item["HistoryData"]["actionState"] == "Failed"
    assert item["HistoryData"]["error"] == f"busy {len(PAUSES)}"
    assert await room.bench.actions() == []


async def test_what_can_never_work_is_failed_at_once(room: Room) -> None:
    room.recorder.problems = [NotExecutedError("no such thing", permanent=True)]
    await room.ring(TOPIC)
    await room.runner.run_due()
    [item] = await room.history()
    assert item["HistorySummary"] == f"Failed to execute action {TOPIC}. no such thing"


def test_attempts_go_on_for_about_an_hour() -> None:
    assert pause(len(PAUSES)) == PAUSES[-1]
    assert pause(len(PAUSES) + 1) is None
    assert 3300 < sum(PAUSES) <= 3600
    assert list(PAUSES) == sorted(PAUSES)


async def test_two_processes_do_not_run_the_same_action(room: Room) -> None:
    await room.ring(TOPIC)
    other = room.another_runner()
    await asyncio.gather(room.runner.run_due(), other.run_due())
    assert len(room.recorder.asked) == 1


async def test_what_was_killed_under_way_is_run_again(room: Room) -> None:
    started, never = asyncio.Event(), asyncio.Event()

    def wait(work: Work) -> asyncio.Event:
        started.set()
        return never

    room.recorder.until = wait
    await room.ring(TOPIC)
    killed = Supervisor()
    killed.keep("actions", room.runner.run)
    await started.wait()
    await killed.close()
    room.recorder.until = lambda work: None
    assert await room.another_runner().run_due() == 0, "its lease lasts: it might be alive"
    room.bench.clock.step(HOLD + 1)
    assert await room.another_runner().run_due() == 1
    [item] = await room.history()
    assert item["HistorySummary"].startswith("Successfully")


async def test_a_start_waits_for_no_lease_of_the_process_before(room: Room) -> None:
    await room.ring(TOPIC)
    keys = await room.bench.metrics.read(
        lambda tx: outbox.due(
            tx, now_ms=2**52, monotonic=room.bench.clock.monotonic(), limit=9, is_remote=False, each=9
        )
    )
    await room.bench.metrics.write(lambda tx: outbox.lease(tx, keys, monotonic=1e9, hold=1e9))
    assert await room.runner.run_due() == 0
    await room.bench.metrics.write(outbox.release_all)
    assert await room.runner.run_due() == 1


async def test_who_lost_its_lease_leaves_the_outcome_to_the_other(room: Room) -> None:
    slow, first = asyncio.Event(), asyncio.Event()

    def wait(work: Work) -> asyncio.Event | None:
        if first.is_set():
            return None
        first.set()
        return slow

    room.recorder.until = wait
    await room.ring(TOPIC)
    async with asyncio.TaskGroup() as group:
        group.create_task(room.runner.run_due())
        await first.wait()
        room.bench.clock.step(HOLD + 1)
        assert await room.another_runner().run_due() == 1
        slow.set()
    assert len(room.recorder.asked) == 2
    assert len(await room.history()) == 1


async def test_a_slow_receiver_holds_up_neither_other_receivers_nor_topics(room: Room) -> None:
    never = asyncio.Event()
    slow, quick = f"{HOOK}/slow", f"{HOOK}/quick"
    room.recorder.until = lambda work: never if work.action == slow else None
    for number in range(3 * EACH):
        await room.ring(slow, name=f"slow-{number}")
    await room.ring(quick, TOPIC, name="quick")
    tasks = Supervisor()
    tasks.keep("actions", room.runner.run)
    try:
        async with asyncio.timeout(60):
            while len(await room.history()) < 2:  # noqa: ASYNC110 - it is written by another task
                await asyncio.sleep(0.01)
    finally:
        await tasks.close()
    assert {item["AlarmName"] for item in await room.history()} == {"quick"}
    assert sum(work.action == slow for work in room.recorder.asked) == EACH


async def test_an_account_with_many_slow_receivers_leaves_the_next_free_place_to_another(room: Room) -> None:
    stranger = SCOPE._replace(account="999988887777")
    held = asyncio.Event()
    room.recorder.until = lambda work: held if work.action == f"{HOOK}/0" else asyncio.Event()
    for number in range(2 * AT_ONCE):
        await room.ring(f"{HOOK}/{number}", name=f"slow-{number}")
    tasks = Supervisor()
    tasks.keep("actions", room.runner.run)
    try:
        async with asyncio.timeout(60):
            while len(room.recorder.asked) < AT_ONCE:  # noqa: ASYNC110 - the runner is another task
                await asyncio.sleep(0.01)
            for operation, parameters in (
                ("PutMetricAlarm", COMPLAINTS | {"AlarmActions": [f"{HOOK}/theirs"]}),
                ("SetAlarmState", {"AlarmName": "complaints", "StateValue": "ALARM", "StateReason": "x"}),
            ):
                await room.bench.call_in(stranger, operation, **parameters)
            held.set()
            while len(room.recorder.asked) == AT_ONCE:  # noqa: ASYNC110 - the runner is another task
                await asyncio.sleep(0.01)
    finally:
        await tasks.close()
    assert room.recorder.asked[AT_ONCE].scope == stranger


async def test_many_alarms_at_once_reach_their_topics(room: Room) -> None:
    for number in range(200):
        await room.ring(TOPIC, f"{TOPIC}-2", name=f"alarm-{number}")
    assert await room.runner.run_due() == 400
    assert len(room.recorder.asked) == len({work.id for work in room.recorder.asked}) == 400
    assert await room.bench.actions() == []


async def test_a_message_too_long_for_the_history_is_left_out_of_it(room: Room) -> None:
    action = f"{TOPIC}-{'t' * 900}"
    await room.bench.put(AlarmActions=[action], AlarmDescription='"' * 1024)
    await room.bench.call("SetAlarmState", AlarmName="complaints", StateValue="ALARM", StateReason='"' * 1023)
    await room.runner.run_due()
    [item] = await room.history()
    assert len(item["HistorySummary"]) == 255
    assert item["HistoryData"]["publishedMessage"] is None
    assert item["HistoryData"]["notificationResource"] == action
    assert item["HistoryData"]["actionState"] == "Succeeded"


async def test_an_outcome_that_the_disk_does_not_take_leads_to_another_attempt(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **named: object) -> None:
        raise StoreUnavailableError("disk full")

    await room.ring(TOPIC, f"{TOPIC}-2")
    with monkeypatch.context() as full_disk:
        full_disk.setattr(runner_module, "_settle", full)
        assert await room.runner.run_due() == 2
    assert await room.history() == []
    room.bench.clock.step(HOLD + 1)
    assert await room.runner.run_due() == 2
    assert len(await room.history()) == 2
