"""Alarms that are muted: they change state and keep quiet, and act once when muting ends in the state they are in."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from mailgauge.base.clock import ManualClock
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.cloudwatch.alarms import mute_store
from mailgauge.cloudwatch.alarms.mute_rule import MuteRule
from mailgauge.cloudwatch.alarms.mute_runner import MuteRunner
from tests.cloudwatch.alarm_bench import SCOPE, Bench

NOW = datetime(2026, 11, 23, 22, 0, 30, tzinfo=UTC)
ON_CALL, ALL_CLEAR = (
    "arn:aws:sns:us-east-1:123456789012:on-call",
    "arn:aws:sns:us-east-1:123456789012:all-clear",
)
WINDOW = 570.0
"""Seconds until the window of ten minutes ends that began at 22:00."""


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path, ManualClock(NOW.timestamp()))
    await bench.put(AlarmActions=[ON_CALL], OKActions=[ALL_CLEAR])
    await turn(bench, "OK")
    await bench.metrics.write(lambda tx: tx.run("DELETE FROM alarm_action"))
    yield bench
    bench.close()


async def mute(
    bench: Bench, name: str = "hourly", duration: str = "PT10M", *targets: str, **more: Any
) -> None:
    schedule = {"Expression": "cron(0 * * * *)", "Duration": duration}
    names = list(targets or ["complaints"])
    await bench.call(
        "PutAlarmMuteRule", Name=name, Rule={"Schedule": schedule}, MuteTargets={"AlarmNames": names}, **more
    )


async def turn(bench: Bench, value: str) -> None:
    await bench.call("SetAlarmState", AlarmName="complaints", StateValue=value, StateReason=f"now {value}")


async def unmuted(bench: Bench, seconds: float = 0) -> list[str]:
    """What waits to be run after so long."""
    bench.clock.step(seconds)
    await bench.mutes.unmute()
    return await bench.actions()


async def messages(bench: Bench) -> list[dict[str, Any]]:
    rows = await bench.metrics.read(lambda tx: tx.run("SELECT notice FROM alarm_action ORDER BY seq"))
    return [orjson.loads(orjson.loads(notice)["message"]) for (notice,) in rows]


async def test_a_muted_alarm_changes_its_state_and_does_not_act(bench: Bench) -> None:
    await mute(bench)
    await turn(bench, "ALARM")
    assert (await bench.alarm())["StateValue"] == "ALARM"
    assert await unmuted(bench, WINDOW - 1) == []


async def test_the_history_says_that_actions_wait_and_for_which_rules(bench: Bench) -> None:
    await mute(bench)
    await mute(bench, "weekly")
    await turn(bench, "ALARM")
    last = (await bench.history(AlarmName="complaints"))[-1]
    assert (last["HistoryItemType"], last["HistorySummary"]) == (
        "Action",
        "Actions muted by alarm mute rule hourly, weekly",
    )
    assert last["HistoryData"]["actionState"] == "Muted"
    assert last["HistoryData"]["alarmMuteRules"] == ["hourly", "weekly"]


async def test_a_composite_alarm_is_muted_like_any_other(bench: Bench) -> None:
    await bench.call(
        "PutCompositeAlarm", AlarmName="any", AlarmRule="ALARM(complaints)", AlarmActions=[f"{ON_CALL}-2"]
    )
    await mute(bench, "hourly", "PT10M", "any")
    await turn(bench, "ALARM")
    assert await bench.actions() == [ON_CALL]
    assert await unmuted(bench, WINDOW) == [ON_CALL, f"{ON_CALL}-2"]
    message = (await messages(bench))[1]
    assert message["AlarmName"] == "any"
    assert message["ActionExecutedAfterMuteWindow"] is True
    found = await bench.history(AlarmName="any", AlarmTypes=["CompositeAlarm"], HistoryItemType="Action")
    assert [each["HistorySummary"] for each in found] == ["Actions muted by alarm mute rule hourly"]


async def test_it_acts_when_muting_ends_and_says_so_once(bench: Bench) -> None:
    await mute(bench)
    await turn(bench, "ALARM")
    assert await unmuted(bench, WINDOW) == [ON_CALL]
    [message] = await messages(bench)
    assert message["ActionExecutedAfterMuteWindow"] is True
    assert (message["OldStateValue"], message["NewStateValue"]) == ("OK", "ALARM")
    assert message["NewStateReason"] == "now ALARM"
    assert await unmuted(bench) == [ON_CALL]
    assert await unmuted(bench, 3600) == [ON_CALL]


async def test_what_happens_outside_of_windows_acts_at_once_and_never_again(bench: Bench) -> None:
    await mute(bench)
    bench.clock.step(WINDOW)
    await turn(bench, "ALARM")
    assert await bench.actions() == [ON_CALL]
    assert await unmuted(bench, 3600) == [ON_CALL]
    [message] = await messages(bench)
    assert "ActionExecutedAfterMuteWindow" not in message


async def test_what_came_and_went_while_muted_is_not_told(bench: Bench) -> None:
    await mute(bench)
    await turn(bench, "ALARM")
    await turn(bench, "OK")
    assert await unmuted(bench, WINDOW) == []


async def test_an_alarm_that_ended_while_muted_is_told_to_have_ended(bench: Bench) -> None:
    await turn(bench, "ALARM")
    await mute(bench)
    await turn(bench, "OK")
    assert await unmuted(bench, WINDOW) == [ON_CALL, ALL_CLEAR]


async def test_an_alarm_that_came_again_while_muted_is_told(bench: Bench) -> None:
    await turn(bench, "ALARM")
    await mute(bench)
    await turn(bench, "OK")
    await turn(bench, "ALARM")
    assert await unmuted(bench, WINDOW) == [ON_CALL, ON_CALL]


async def test_an_alarm_from_before_the_window_does_not_act_again_behind_it(bench: Bench) -> None:
    await turn(bench, "ALARM")
    await mute(bench)
    assert await unmuted(bench, WINDOW) == [ON_CALL]


async def test_overlapping_rules_mute_until_the_last_one_ends(bench: Bench) -> None:
    await mute(bench, "short")
    await mute(bench, "long", "PT30M")
    await turn(bench, "ALARM")
    assert await unmuted(bench, WINDOW) == []
    assert await unmuted(bench, 1199) == []
    assert await unmuted(bench, 1) == [ON_CALL]


async def test_windows_without_a_gap_mute_on(bench: Bench) -> None:
    await mute(bench, "hourly", "PT1H")
    await turn(bench, "ALARM")
    for _ in range(3):
        assert await unmuted(bench, 3600) == []


@pytest.mark.parametrize(
    "change",
    [
        ("DeleteAlarmMuteRule", {"AlarmMuteRuleName": "hourly"}),
        (
            "PutAlarmMuteRule",
            {
                "Name": "hourly",
                "Rule": {"Schedule": {"Expression": "cron(0 * * * *)", "Duration": "PT10M"}},
                "MuteTargets": {"AlarmNames": ["another"]},
            },
        ),
        (
            "PutAlarmMuteRule",
            {
                "Name": "hourly",
                "Rule": {"Schedule": {"Expression": "cron(0 2 * * *)", "Duration": "PT10M"}},
                "MuteTargets": {"AlarmNames": ["complaints"]},
            },
        ),
    ],
    ids=["deleted", "for others", "at another time"],
)
async def test_a_rule_that_is_gone_or_changed_mutes_no_more(
    bench: Bench, change: tuple[str, dict[str, Any]]
) -> None:
    await mute(bench)
    await turn(bench, "ALARM")
    assert await unmuted(bench) == []
    await bench.call(change[0], **change[1])
    assert await unmuted(bench) == [ON_CALL]


async def test_a_rule_that_expires_ends_its_window(bench: Bench) -> None:
    await mute(bench, ExpireDate=datetime(2026, 11, 23, 22, 5, tzinfo=UTC))
    await turn(bench, "ALARM")
    assert await unmuted(bench, 269) == []
    assert await unmuted(bench, 1) == [ON_CALL]


async def test_an_alarm_that_was_deleted_or_made_anew_meanwhile_does_not_act(bench: Bench) -> None:
    await mute(bench)
    await turn(bench, "ALARM")
    await bench.call("DeleteAlarms", AlarmNames=["complaints"])
    await bench.put(AlarmActions=[ON_CALL])
    assert await unmuted(bench, WINDOW) == []


async def test_actions_switched_off_meanwhile_stay_off(bench: Bench) -> None:
    await mute(bench)
    await turn(bench, "ALARM")
    await bench.call("DisableAlarmActions", AlarmNames=["complaints"])
    assert await unmuted(bench, WINDOW) == []


async def test_a_rule_whose_time_zone_is_known_no_more_mutes_nothing(bench: Bench) -> None:
    gone = MuteRule(SCOPE, "gone", "cron(* * * * *)", "PT1H", "Mars/Olympus", ("complaints",), 0)
    await bench.metrics.write(lambda tx: mute_store.put(tx, gone))
    await turn(bench, "ALARM")
    assert await bench.actions() == [ON_CALL]
    shown = await bench.call("GetAlarmMuteRule", AlarmMuteRuleName="gone")
    assert (shown["Status"], shown["MuteType"]) == ("SCHEDULED", "RECURRING")


async def test_other_alarms_act(bench: Bench) -> None:
    await mute(bench, "hourly", "PT10M", "another")
    await turn(bench, "ALARM")
    assert await bench.actions() == [ON_CALL]


async def test_the_runner_wakes_when_muting_ends_also_after_a_restart(bench: Bench) -> None:
    await mute(bench)
    await turn(bench, "ALARM")
    for _ in range(2):  # the first is killed before it has anything to do
        tasks = Supervisor()
        tasks.keep("mute rules", MuteRunner(bench.metrics, bench.clock, Wake()).run)
        await asyncio.sleep(0)
        await tasks.close()
    tasks = Supervisor()
    tasks.keep("mute rules", MuteRunner(bench.metrics, bench.clock, Wake()).run)
    try:
        async with asyncio.timeout(60):
            while await bench.actions() != [ON_CALL]:
                bench.clock.step(30)
                await asyncio.sleep(0.01)
    finally:
        await tasks.close()
    assert bench.clock.now() >= NOW.timestamp() + WINDOW


async def test_many_muted_alarms_act_in_transactions_of_some(bench: Bench) -> None:
    names = [f"a{number:03}" for number in range(99)]
    for name in names:
        await bench.put(AlarmName=name, AlarmActions=[ON_CALL + name])
    await mute(bench, "hourly", "PT10M", *names)
    for name in names:
        await bench.call("SetAlarmState", AlarmName=name, StateValue="ALARM", StateReason="x")
    assert await unmuted(bench, WINDOW) == [ON_CALL + name for name in names]
