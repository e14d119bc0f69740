"""Alarms from datapoints to history, on a real database and a clock that is moved by hand."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgauge.base.tasks import Supervisor
from mailgauge.cloudwatch.alarms import history_store
from tests.cloudwatch.alarm_bench import MINUTE, TOPIC, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def summaries(items: list[dict[str, object]]) -> list[object]:
    return [item["HistorySummary"] for item in items]


async def test_complaints_ring_the_alarm_and_its_end_clears_it_and_the_history_says_why(bench: Bench) -> None:
    await bench.put(TreatMissingData="notBreaching", AlarmActions=[TOPIC])
    await bench.pass_time(10)
    assert (await bench.alarm())["StateValue"] == "OK"

    await bench.complaints(2)
    await bench.complaints(1)
    assert await bench.pass_time() == 1
    alarm = await bench.alarm()
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"] == (
        "Threshold Crossed: 1 datapoint [3.0 (15/06/25 15:07:00)] was greater than or equal to the threshold (2.0)."
    )

    # The lone datapoint counts until it has left the range of three.
    for _ in range(2):
        assert await bench.pass_time() == 0
    assert await bench.pass_time() == 1
    assert (await bench.alarm())["StateValue"] == "OK"

    history = await bench.history(AlarmName="complaints")
    assert summaries(history) == [
        'Alarm "complaints" created',
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from ALARM to OK",
    ]
    rang = history[2]["HistoryData"]
    assert list(rang) == ["version", "oldState", "newState"]
    assert list(rang["newState"]) == ["stateValue", "stateReason", "stateReasonData"]
    assert rang["newState"]["stateReason"] == alarm["StateReason"]
    assert rang["newState"]["stateReasonData"]["recentDatapoints"] == [3.0]
    assert rang["oldState"]["stateValue"] == "OK"
    assert await bench.actions() == [TOPIC]


async def test_the_minute_that_has_not_ended_is_not_looked_at(bench: Bench) -> None:
    await bench.put()
    await bench.complaints(9)
    await bench.runner.evaluate_due()
    assert (await bench.alarm())["StateValue"] == "INSUFFICIENT_DATA"
    assert await bench.pass_time(57) == 0, "three seconds are left for late samples"
    assert await bench.pass_time(1) == 1


async def test_a_new_alarm_uses_data_from_before_it_was_made(bench: Bench) -> None:
    await bench.complaints(9)
    bench.clock.step(60)
    await bench.put()
    assert await bench.pass_time(10) == 1
    assert (await bench.alarm())["StateValue"] == "ALARM"


async def test_a_new_alarm_can_be_seen_before_its_first_evaluation(bench: Bench) -> None:
    await bench.put(TreatMissingData="notBreaching")
    assert await bench.runner.evaluate_due() == 0
    alarm = await bench.alarm()
    assert (alarm["StateValue"], alarm["StateReason"]) == (
        "INSUFFICIENT_DATA",
        "Unchecked: Initial alarm creation",
    )
    assert await bench.pass_time(10) == 1
    assert (await bench.alarm())["StateValue"] == "OK"


async def test_data_sent_right_behind_a_new_alarm_counts_in_its_first_window(bench: Bench) -> None:
    await bench.put(Period=30, TreatMissingData="notBreaching")
    await bench.complaints(9, resolution=1)
    assert await bench.pass_time(10) == 1
    kinds = summaries(await bench.history(HistoryItemType="StateUpdate"))
    assert kinds == ["Alarm updated from INSUFFICIENT_DATA to ALARM"]


async def test_a_state_set_right_behind_a_new_alarm_stays_until_the_next_window(bench: Bench) -> None:
    await bench.put(Period=10, TreatMissingData="notBreaching")
    await bench.call("SetAlarmState", AlarmName="complaints", StateValue="ALARM", StateReason="a drill")
    assert await bench.runner.evaluate_due() == 0
    assert (await bench.alarm())["StateReason"] == "a drill"
    assert await bench.pass_time(10) == 1


async def test_an_alarm_without_data_keeps_the_reason_of_its_creation(bench: Bench) -> None:
    await bench.put()
    for _ in range(3):
        assert await bench.pass_time() == 0
    assert (await bench.alarm())["StateReason"] == "Unchecked: Initial alarm creation"


async def test_data_that_stops_leads_to_insufficient_data(bench: Bench) -> None:
    await bench.put()
    await bench.complaints(9)
    await bench.pass_time()
    await bench.pass_time(180)
    alarm = await bench.alarm()
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert alarm["StateReason"] == "Insufficient Data: 1 datapoint was unknown."


async def test_a_restart_repeats_and_loses_no_transition(bench: Bench, tmp_path: Path) -> None:
    await bench.put(AlarmActions=[TOPIC])
    await bench.complaints(9)
    await bench.pass_time()
    before = await bench.history()
    bench.close()

    again = Bench(tmp_path, bench.clock)
    assert await again.runner.evaluate_due() == 0
    assert await again.history() == before
    await again.pass_time(180)
    assert (await again.alarm())["StateValue"] == "INSUFFICIENT_DATA"
    assert len(await again.history()) == len(before) + 1
    again.close()


async def test_a_transition_that_was_due_when_the_service_stopped_is_made_up_for(
    bench: Bench, tmp_path: Path
) -> None:
    await bench.put()
    await bench.complaints(9)
    bench.close()
    bench.clock.step(60)
    again = Bench(tmp_path, bench.clock)
    assert await again.runner.evaluate_due() == 1
    assert (await again.alarm())["StateValue"] == "ALARM"
    again.close()


async def test_a_clock_stepped_far_forward_evaluates_the_new_window_once(bench: Bench) -> None:
    await bench.put()
    await bench.complaints(9)
    await bench.pass_time()
    assert await bench.pass_time(86400) == 1
    assert await bench.runner.evaluate_due() == 0
    kinds = summaries(await bench.history(HistoryItemType="StateUpdate"))
    assert kinds == [
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        "Alarm updated from ALARM to INSUFFICIENT_DATA",
    ]


async def test_a_state_set_by_hand_stays_until_the_next_window_also_over_a_restart(
    bench: Bench, tmp_path: Path
) -> None:
    await bench.put(TreatMissingData="notBreaching")
    await bench.runner.evaluate_due()
    await bench.call("SetAlarmState", AlarmName="complaints", StateValue="ALARM", StateReason="a drill")
    await bench.runner.evaluate_due()
    assert (await bench.alarm())["StateReason"] == "a drill"
    bench.close()

    again = Bench(tmp_path, bench.clock)
    await again.runner.evaluate_due()
    assert (await again.alarm())["StateValue"] == "ALARM"
    await again.pass_time()
    assert (await again.alarm())["StateValue"] == "OK"
    again.close()


async def test_a_changed_alarm_is_evaluated_at_once_and_keeps_its_state_until_then(bench: Bench) -> None:
    await bench.put()
    await bench.complaints(1)
    await bench.pass_time()
    assert (await bench.alarm())["StateValue"] == "OK"
    bench.clock.step(10)
    await bench.put(Threshold=1.0)
    assert (await bench.alarm())["StateValue"] == "OK"
    assert await bench.runner.evaluate_due() == 1
    assert (await bench.alarm())["StateValue"] == "ALARM"


async def test_actions_run_on_a_change_of_state_only_while_enabled(bench: Bench) -> None:
    await bench.put(TreatMissingData="notBreaching", OKActions=[TOPIC], ActionsEnabled=False)
    await bench.pass_time(10)
    await bench.call("EnableAlarmActions", AlarmNames=["complaints"])
    await bench.pass_time()
    assert await bench.actions() == [], "what was missed is not made up for"
    await bench.call("SetAlarmState", AlarmName="complaints", StateValue="ALARM", StateReason="a drill")
    await bench.pass_time()
    assert await bench.actions() == [TOPIC]


async def test_short_periods_are_evaluated_every_ten_seconds(bench: Bench) -> None:
    await bench.put(Period=10)
    await bench.complaints(3, resolution=1)
    assert await bench.pass_time(10) == 1
    assert (await bench.alarm())["StateValue"] == "ALARM"
    await bench.pass_time(10)
    await bench.complaints(1, resolution=1)
    assert await bench.pass_time(10) == 1
    assert (await bench.alarm())["StateValue"] == "OK"


async def test_a_minute_of_standard_resolution_counts_where_it_begins(bench: Bench) -> None:
    await bench.put(Period=30)
    await bench.complaints(3)
    await bench.pass_time(30)
    assert (await bench.alarm())["StateValue"] == "ALARM"


async def test_windows_of_five_minutes_slide_by_the_minute(bench: Bench) -> None:
    await bench.put(Period=300, Threshold=3.0)
    for _ in range(3):
        await bench.complaints(1)
        await bench.pass_time()
    alarm = await bench.alarm()
    assert alarm["StateValue"] == "ALARM"
    assert "[3.0 (15/06/25 15:05:00)]" in alarm["StateReason"]


async def test_an_alarm_with_a_unit_sees_that_unit_alone(bench: Bench) -> None:
    await bench.put(Unit="Percent")
    await bench.complaints(9)
    await bench.pass_time()
    assert (await bench.alarm())["StateValue"] == "INSUFFICIENT_DATA"
    await bench.complaints(9, unit="Percent")
    await bench.pass_time()
    assert (await bench.alarm())["StateValue"] == "ALARM"


async def test_percentiles_are_evaluated(bench: Bench) -> None:
    await bench.call("DeleteAlarms", AlarmNames=["complaints"])
    params = {"AlarmName": "p", "ExtendedStatistic": "p50", "Statistic": None, "Threshold": 3.0}
    await bench.put(**params)
    for value in (1, 3, 9):
        await bench.complaints(value)
    await bench.pass_time()
    alarm = await bench.alarm("p")
    assert "[3.0 (" in alarm["StateReason"]
    assert '"statistic":"p50"' in alarm["StateReasonData"]


async def test_the_loop_notices_new_alarms_and_the_clock_by_itself(bench: Bench) -> None:
    supervisor = Supervisor()
    supervisor.keep("alarms", bench.runner.run)

    async def becomes(state: str) -> None:
        async with asyncio.timeout(60):
            while (await bench.alarm())["StateValue"] != state:  # noqa: ASYNC110 - another task's doing
                await asyncio.sleep(0.01)

    await bench.put(TreatMissingData="notBreaching")
    bench.clock.step(10)
    await becomes("OK")
    await bench.complaints(9)
    bench.clock.step(60)
    await becomes("ALARM")
    await supervisor.close()
    assert (await bench.alarm())["StateValue"] == "ALARM"


async def test_history_is_kept_for_thirty_days(bench: Bench) -> None:
    await bench.put()
    bench.clock.step(29 * 86400)
    await bench.put()
    now_ms = int((MINUTE + 30 * 86400 + 60) * 1000)
    assert await bench.metrics.write(lambda tx: history_store.expire(tx, now_ms)) == 1
    assert summaries(await bench.history()) == ['Alarm "complaints" updated']


async def test_every_transition_has_a_time_of_its_own(bench: Bench) -> None:
    await bench.put()
    for state in ("ALARM", "OK", "ALARM"):
        await bench.call("SetAlarmState", AlarmName="complaints", StateValue=state, StateReason="a drill")
    times = [item["Timestamp"] for item in await bench.history(HistoryItemType="StateUpdate")]
    assert len(set(times)) == 3
