"""Composite alarms on a real database: what they are made of, the states they have, and what follows from them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.cloudwatch.alarms import composite_telling
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm
from mailgauge.store.transaction import Tx
from tests.cloudwatch.alarm_bench import SCOPE
from tests.cloudwatch.composite_bench import ACTIONS, PREFIX, CompositeBench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CompositeBench]:
    bench = CompositeBench(tmp_path)
    yield bench
    bench.close()


def triggering(alarm: dict[str, Any]) -> list[tuple[str, str]]:
    data = json.loads(alarm["StateReasonData"])
    return [(each["arn"].removeprefix(PREFIX), each["state"]["value"]) for each in data["triggeringAlarms"]]


async def refusal(bench: CompositeBench, operation: str, **params: Any) -> tuple[str, str | None]:
    with pytest.raises(AwsError) as refused:
        await bench.call(operation, **params)
    return refused.value.code, refused.value.message


async def test_a_new_composite_is_evaluated_at_once_and_lists_all_its_children(bench: CompositeBench) -> None:
    await bench.children("b", "a")
    await bench.set("a", "ALARM")
    await bench.compose("c", "ALARM(b) OR ALARM(a)", **ACTIONS)
    made = await bench.composite("c")
    assert made["StateValue"] == "ALARM"
    assert made["StateReason"] == f"{PREFIX}c was created and its alarm rule evaluates to ALARM"
    assert triggering(made) == [("b", "INSUFFICIENT_DATA"), ("a", "ALARM")]
    assert await bench.ran() == ["alarm"]
    created, changed = await bench.composite_history("c")
    assert created["HistorySummary"] == 'Alarm "c" created'
    assert created["HistoryData"]["createdAlarm"]["stateValue"] == "INSUFFICIENT_DATA"
    assert changed["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM"
    assert {created["AlarmType"], changed["AlarmType"]} == {"CompositeAlarm"}


async def test_a_change_names_the_child_that_it_comes_from_and_when(bench: CompositeBench) -> None:
    await bench.children("a", "b")
    await bench.compose("c", "ALARM(a) OR ALARM(b)", **ACTIONS)
    bench.clock.step(60)
    await bench.set("b", "ALARM")
    changed = await bench.composite("c")
    assert changed["StateReason"] == f"{PREFIX}b transitioned to ALARM at Sunday 15 June, 2025 15:08:05 UTC"
    assert json.loads(changed["StateReasonData"]) == {
        "triggeringAlarms": [
            {"arn": f"{PREFIX}b", "state": {"value": "ALARM", "timestamp": "2025-06-15T15:08:05.000+0000"}}
        ]
    }
    assert changed["StateTransitionedTimestamp"] == changed["StateUpdatedTimestamp"]
    assert await bench.ran() == ["ok", "alarm"]


async def test_a_second_child_in_alarm_changes_nothing(bench: CompositeBench) -> None:
    await bench.children("a", "b")
    await bench.compose("c", "ALARM(a) OR ALARM(b)", **ACTIONS)
    await bench.set("a", "ALARM")
    before = await bench.composite("c")
    bench.clock.step(60)
    await bench.set("b", "ALARM")
    assert await bench.composite("c") == before
    await bench.set("a", "OK")
    assert await bench.composite("c") == before
    await bench.set("b", "OK")
    assert await bench.state("c") == "OK"
    assert await bench.ran() == ["ok", "alarm", "ok"]


async def test_composites_of_composites_follow_in_one_go_each_once(bench: CompositeBench) -> None:
    """A diamond: neither of its sides is seen alone by what stands on both."""
    await bench.children("a")
    await bench.compose("left", "ALARM(a)")
    await bench.compose("right", "NOT ALARM(left)")
    await bench.compose("never", "ALARM(left) AND ALARM(right)", **ACTIONS)
    await bench.compose("both", f'OK("{PREFIX}right") AND ALARM(left)', **ACTIONS)
    assert [await bench.state(name) for name in ("left", "right", "never", "both")] == [
        "OK",
        "ALARM",
        "OK",
        "OK",
    ]
    await bench.set("a", "ALARM")
    assert [await bench.state(name) for name in ("left", "right", "never", "both")] == [
        "ALARM",
        "OK",
        "OK",
        "ALARM",
    ]
    updates = await bench.composite_history("never", HistoryItemType="StateUpdate")
    assert len(updates) == 1
    assert triggering(await bench.composite("both")) == [("right", "OK")]


async def test_a_long_chain_of_composites_follows_to_its_end(bench: CompositeBench) -> None:
    await bench.children("a0")
    for number in range(1, 60):
        await bench.compose(f"a{number}", f"ALARM(a{number - 1})")
    await bench.set("a0", "ALARM")
    assert await bench.state("a59") == "ALARM"


async def test_a_metric_alarm_that_is_evaluated_takes_its_composites_along(bench: CompositeBench) -> None:
    await bench.put()
    await bench.compose("c", "ALARM(complaints)")
    await bench.complaints(5)
    await bench.pass_time()
    assert (await bench.alarm())["StateValue"] == "ALARM"
    assert await bench.state("c") == "ALARM"


async def test_a_child_does_not_change_without_its_composites(
    bench: CompositeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever comes between: all of it is one transaction."""
    await bench.children("a")
    await bench.compose("c", "ALARM(a)", **ACTIONS)
    await bench.compose("above", "ALARM(c)", **ACTIONS)

    def fails_above(tx: Tx, alarm: CompositeAlarm, *args: Any, **options: Any) -> None:
        if alarm.name == "above":
            raise OSError("the machine goes off")
        told(tx, alarm, *args, **options)

    told = composite_telling.tell
    monkeypatch.setattr(composite_telling, "tell", fails_above)
    before = await bench.call("DescribeAlarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    with pytest.raises(OSError, match="goes off"):
        await bench.set("a", "ALARM")
    assert await bench.call("DescribeAlarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"]) == before
    assert await bench.history(HistoryItemType="StateUpdate") == []
    assert await bench.ran() == ["ok", "ok"]
    monkeypatch.undo()
    await bench.set("a", "ALARM")
    assert await bench.state("above") == "ALARM"
    assert await bench.ran() == ["ok", "ok", "alarm", "alarm"]


async def test_a_state_set_by_hand_stays_until_a_child_changes(bench: CompositeBench) -> None:
    await bench.children("a", "b")
    await bench.compose("c", "ALARM(a)", **ACTIONS)
    await bench.compose("above", "ALARM(c)")
    await bench.set("c", "ALARM", "a drill")
    assert (await bench.composite("c"))["StateReason"] == "a drill"
    assert "StateReasonData" not in await bench.composite("c")
    assert await bench.state("above") == "ALARM"
    await bench.set("b", "ALARM")
    await bench.pass_time()
    assert await bench.state("c") == "ALARM"
    await bench.set("a", "OK")
    assert await bench.state("c") == "OK"
    assert await bench.ran() == ["ok", "alarm", "ok"]


async def test_insufficient_data_can_be_set_and_has_its_actions(bench: CompositeBench) -> None:
    await bench.compose("c", "TRUE", InsufficientDataActions=ACTIONS["AlarmActions"])
    await bench.set("c", "INSUFFICIENT_DATA")
    assert await bench.state("c") == "INSUFFICIENT_DATA"
    assert await bench.ran() == ["alarm"]


async def test_another_rule_is_evaluated_at_once(bench: CompositeBench) -> None:
    await bench.children("a", "b")
    await bench.compose("c", "ALARM(a)", **ACTIONS, AlarmDescription="first")
    bench.clock.step(5)
    await bench.compose("c", "NOT ALARM(b)")
    changed = await bench.composite("c")
    assert changed["StateReason"] == f"{PREFIX}c was updated and its alarm rule evaluates to ALARM"
    assert "AlarmDescription" not in changed
    assert changed["AlarmActions"] == []
    await bench.set("a", "ALARM")
    assert await bench.composite("c") == changed
    await bench.set("b", "ALARM")
    assert await bench.state("c") == "OK"
    updated = (await bench.composite_history("c", HistoryItemType="ConfigurationUpdate"))[-1]
    assert updated["HistoryData"]["previousAlarm"]["alarmRule"] == "ALARM(a)"
    assert updated["HistoryData"]["updatedAlarm"]["alarmRule"] == "NOT ALARM(b)"


async def test_an_update_that_changes_no_state_keeps_reason_and_tags(bench: CompositeBench) -> None:
    await bench.children("a")
    tag, other = {"Key": "team", "Value": "mail"}, {"Key": "team", "Value": "shop"}
    await bench.compose("c", "ALARM(a)", Tags=[tag])
    before = await bench.composite("c")
    bench.clock.step(5)
    await bench.compose("c", "ALARM(a) AND TRUE", Tags=[other])
    after = await bench.composite("c")
    assert {name for name in after if after[name] != before[name]} == {
        "AlarmRule",
        "AlarmConfigurationUpdatedTimestamp",
    }
    assert await bench.call("ListTagsForResource", ResourceARN=f"{PREFIX}c") == {"Tags": [tag]}


async def test_switched_off_a_composite_changes_and_does_not_act(bench: CompositeBench) -> None:
    await bench.children("a")
    await bench.compose("c", "ALARM(a)", **ACTIONS, ActionsEnabled=False)
    await bench.set("a", "ALARM")
    assert (await bench.composite("c"))["ActionsEnabled"] is False
    assert await bench.state("c") == "ALARM"
    await bench.call("EnableAlarmActions", AlarmNames=["c", "a", "nobody"])
    assert await bench.ran() == []
    await bench.set("a", "OK")
    assert await bench.ran() == ["ok"]
    await bench.call("DisableAlarmActions", AlarmNames=["c"])
    await bench.set("a", "ALARM")
    assert await bench.ran() == ["ok"]


async def test_alarms_of_both_types_share_their_names(bench: CompositeBench) -> None:
    await bench.children("a")
    await bench.compose("c", "TRUE")
    assert await refusal(bench, "PutCompositeAlarm", AlarmName="a", AlarmRule="TRUE") == (
        "ValidationError",
        "An alarm with the name a exists, and is a metric alarm",
    )
    with pytest.raises(AwsError, match="An alarm with the name c exists, and is a composite alarm"):
        await bench.put(AlarmName="c")


async def test_the_children_must_be_there(bench: CompositeBench) -> None:
    await bench.children("a")
    rule = "ALARM(x) OR OK(a) OR ALARM(y)"
    assert await refusal(bench, "PutCompositeAlarm", AlarmName="c", AlarmRule=rule) == (
        "ValidationError",
        "Could not save the composite alarm as alarms [x, y] in the alarm rule do not exist",
    )
    assert await bench.call("DescribeAlarms", AlarmTypes=["CompositeAlarm"]) == {
        "CompositeAlarms": [],
        "MetricAlarms": [],
    }


async def test_children_of_another_region_are_not_there(bench: CompositeBench) -> None:
    await bench.children("a")
    elsewhere = SCOPE._replace(region="eu-west-1")
    with pytest.raises(AwsError, match="do not exist"):
        await bench.call_in(elsewhere, "PutCompositeAlarm", AlarmName="c", AlarmRule="ALARM(a)")


@pytest.mark.parametrize("rule", ["ALARM(first)", "ALARM(second)", "ALARM(third) OR ALARM(a)"])
async def test_cycles_are_refused_and_nothing_changes(bench: CompositeBench, rule: str) -> None:
    await bench.children("a")
    await bench.compose("first", "ALARM(a)")
    await bench.compose("second", "ALARM(first)")
    await bench.compose("third", "ALARM(second)")
    before = await bench.composite("first")
    assert await refusal(bench, "PutCompositeAlarm", AlarmName="first", AlarmRule=rule) == (
        "ValidationError",
        "The alarm rule of first would make a cycle of composite alarms",
    )
    assert await bench.composite("first") == before
    await bench.set("a", "ALARM")
    assert await bench.state("third") == "ALARM"


async def test_an_alarm_is_in_at_most_150_composites(bench: CompositeBench) -> None:
    await bench.children("a")
    for number in range(150):
        await bench.compose(f"c{number}", "ALARM(a)")
    code, message = await refusal(bench, "PutCompositeAlarm", AlarmName="more", AlarmRule="ALARM(a)")
    assert code == "LimitExceeded"
    assert message == "The alarm a is in the rules of 150 composite alarms, which is the most"
    await bench.compose("c0", "OK(a)")


async def test_what_a_composite_depends_on_is_not_deleted(bench: CompositeBench) -> None:
    await bench.children("a", "b", "s", "free")
    periods = {"ActionsSuppressorWaitPeriod": 1, "ActionsSuppressorExtensionPeriod": 1}
    await bench.compose("c", "ALARM(a) OR ALARM(b)", ActionsSuppressor="s", **periods)
    await bench.compose("above", "ALARM(c)")
    assert await refusal(bench, "DeleteAlarms", AlarmNames=["free", "a"]) == (
        "ValidationError",
        "Cannot delete a as there are composite alarm(s) depending on it.",
    )
    assert (await refusal(bench, "DeleteAlarms", AlarmNames=["b", "a", "s"]))[1] == (
        "Cannot delete b,a,s as there are composite alarm(s) depending on them."
    )
    assert (await refusal(bench, "DeleteAlarms", AlarmNames=["c"]))[1] == (
        "Cannot delete c as there are composite alarm(s) depending on it."
    )
    assert (await refusal(bench, "DeleteAlarms", AlarmNames=["c", "above"]))[0] == "ValidationError"
    assert len((await bench.call("DescribeAlarms"))["MetricAlarms"]) == 4
    bench.clock.step(1)
    await bench.call("DeleteAlarms", AlarmNames=["above", "nobody"])
    await bench.call("DeleteAlarms", AlarmNames=["a", "b", "c", "s"])
    both = await bench.call("DescribeAlarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert [alarm["AlarmName"] for alarm in both["MetricAlarms"]] == ["free"]
    assert both["CompositeAlarms"] == []
    deleted = (await bench.composite_history("c"))[-1]
    assert (deleted["HistorySummary"], deleted["HistoryData"]["type"]) == ('Alarm "c" deleted', "Delete")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"AlarmRule": " TRUE"}, "AlarmRule must not contain leading or trailing whitespace or be null"),
        ({"AlarmRule": None}, "AlarmRule must not contain leading or trailing whitespace or be null"),
        ({"AlarmRule": "()"}, "Error in AlarmRule [Unsupported token ')' at char 1]"),
        ({"AlarmName": "x\ny"}, "AlarmName must not contain control characters"),
        ({"AlarmActions": ["on-call"]}, "Invalid arn syntax: on-call"),
        (
            {"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]},
            "The action arn:aws:automate:us-east-1:ec2:stop is not supported for composite alarms",
        ),
        ({"ActionsSuppressor": "a"}, "ActionsSuppressorWaitPeriod must not be null"),
        (
            {"ActionsSuppressor": "a", "ActionsSuppressorWaitPeriod": 1},
            "ActionsSuppressorExtensionPeriod must not be null",
        ),
        (
            {"ActionsSuppressorWaitPeriod": 1},
            "ActionsSuppressorWaitPeriod should not be set if ActionsSuppressor is not set.",
        ),
    ],
)
async def test_what_is_refused_and_how(bench: CompositeBench, params: dict[str, Any], message: str) -> None:
    given = {"AlarmName": "c", "AlarmRule": "TRUE", **params}
    assert await refusal(bench, "PutCompositeAlarm", **given) == ("ValidationError", message)


async def test_what_the_model_states_is_told_together(bench: CompositeBench) -> None:
    _, message = await refusal(bench, "PutCompositeAlarm", AlarmName="", AlarmRule="")
    assert message is not None
    assert message.startswith("2 validation errors detected: Value '' at 'alarmName'")


async def test_history_stays_within_its_limits_with_the_longest_rule(bench: CompositeBench) -> None:
    names = [f"{number:03}{'x' * 60}" for number in range(100)]
    await bench.children(*names)
    rule = " OR ".join(f"ALARM({name})" for name in names)
    for text in (rule, rule + " OR FALSE"):
        await bench.compose("c" * 255, text, AlarmDescription="d" * 1024)
    await bench.compose("c" * 255, f"NOT ({rule})")
    composite = await bench.composite("c" * 255)
    assert len(composite["StateReasonData"]) <= 4000
    assert len(triggering(composite)) > 10
    for item in await bench.composite_history("c" * 255):
        assert len(item["HistorySummary"]) <= 255
        assert len(json.dumps(item["HistoryData"], separators=(",", ":"))) <= 4095


@pytest.mark.parametrize(
    "data",
    [
        "[" * 1000 + "]" * 1000,
        '{"triggeringAlarms":[{"arn":"a","state":{"value":"OK","timestamp":' + "[" * 900 + "]" * 900 + "}}]}",
    ],
    ids=["all", "a timestamp"],
)
async def test_a_state_that_is_set_may_have_data_of_any_depth(bench: CompositeBench, data: str) -> None:
    await bench.children("a")
    await bench.compose("c", "ALARM(a)", **ACTIONS)
    await bench.call(
        "SetAlarmState", AlarmName="c", StateValue="ALARM", StateReason="by hand", StateReasonData=data
    )
    assert (await bench.composite("c"))["StateReasonData"] == data
    assert await bench.ran() == ["ok", "alarm"]
