"""DescribeAlarms, DescribeAlarmHistory and DescribeAlarmContributors where there are alarms of both types."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from tests.cloudwatch.composite_bench import PREFIX, CompositeBench, topic

BOTH = ["MetricAlarm", "CompositeAlarm"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CompositeBench]:
    bench = CompositeBench(tmp_path)
    yield bench
    bench.close()


def names(answer: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Of composites, and of metric alarms."""
    composites, metrics = (
        [alarm["AlarmName"] for alarm in answer[kind]] for kind in ("CompositeAlarms", "MetricAlarms")
    )
    return composites, metrics


async def pages(bench: CompositeBench, **params: Any) -> list[tuple[list[str], list[str]]]:
    found, token = [], None
    while True:
        answer = await bench.call("DescribeAlarms", **params, NextToken=token)
        found.append(names(answer))
        if (token := answer.get("NextToken")) is None:
            return found


async def test_a_minimal_composite_echoes_what_was_given_and_its_state(bench: CompositeBench) -> None:
    await bench.compose("c", "FALSE")
    made = datetime.fromtimestamp(bench.clock.now(), UTC)
    shown = await bench.composite("c")
    changed = shown.pop("StateUpdatedTimestamp")
    assert changed == shown.pop("StateTransitionedTimestamp") > made
    assert shown == {
        "ActionsEnabled": True,
        "AlarmActions": [],
        "AlarmArn": f"{PREFIX}c",
        "AlarmConfigurationUpdatedTimestamp": made,
        "AlarmName": "c",
        "AlarmRule": "FALSE",
        "InsufficientDataActions": [],
        "OKActions": [],
        "StateReason": f"{PREFIX}c was created and its alarm rule evaluates to OK",
        "StateReasonData": '{"triggeringAlarms":[]}',
        "StateValue": "OK",
    }


async def test_everything_given_is_echoed(bench: CompositeBench) -> None:
    await bench.children("a", "s")
    given: dict[str, Any] = {
        "AlarmRule": 'ALARM("a")  OR  FALSE',
        "AlarmDescription": "too many",
        "ActionsEnabled": False,
        "OKActions": [topic("ok")],
        "AlarmActions": [topic("alarm"), "arn:aws:lambda:us-east-1:123456789012:function:f"],
        "InsufficientDataActions": [topic("unknown")],
        "ActionsSuppressor": f"{PREFIX}s",
        "ActionsSuppressorWaitPeriod": 60,
        "ActionsSuppressorExtensionPeriod": 0,
    }
    await bench.call("PutCompositeAlarm", AlarmName="c", **given)
    shown = await bench.composite("c")
    assert {name: shown[name] for name in given} == given


async def test_composites_are_shown_when_they_are_asked_for(bench: CompositeBench) -> None:
    await bench.children("a")
    await bench.compose("c", "TRUE")
    assert names(await bench.call("DescribeAlarms")) == ([], ["a"])
    assert names(await bench.call("DescribeAlarms", AlarmNames=["a", "c"])) == ([], ["a"])
    assert names(await bench.call("DescribeAlarms", AlarmTypes=["CompositeAlarm"])) == (["c"], [])
    assert names(await bench.call("DescribeAlarms", AlarmTypes=BOTH)) == (["c"], ["a"])


async def test_filters_hold_for_both_types(bench: CompositeBench) -> None:
    await bench.put(AlarmName="m-1", AlarmActions=[topic("one")])
    await bench.put(AlarmName="m-2", OKActions=[topic("two")])
    await bench.compose("c-1", "TRUE", InsufficientDataActions=[topic("one")])
    await bench.compose("c-2", "FALSE", OKActions=[topic("three")])
    looks: list[tuple[dict[str, Any], tuple[list[str], list[str]]]] = [
        ({"AlarmNames": ["c-2", "m-1", "nobody"]}, (["c-2"], ["m-1"])),
        ({"AlarmNamePrefix": "c"}, (["c-1", "c-2"], [])),
        ({"AlarmNamePrefix": "m-2"}, ([], ["m-2"])),
        ({"StateValue": "ALARM"}, (["c-1"], [])),
        ({"StateValue": "INSUFFICIENT_DATA"}, ([], ["m-1", "m-2"])),
        ({"ActionPrefix": topic("one")}, (["c-1"], ["m-1"])),
        ({"ActionPrefix": topic("t")}, (["c-2"], ["m-2"])),
        ({"ActionPrefix": "arn:aws:lambda"}, ([], [])),
    ]
    for params, expected in looks:
        assert names(await bench.call("DescribeAlarms", AlarmTypes=BOTH, **params)) == expected, params


@pytest.mark.parametrize("most", range(1, 9))
@pytest.mark.parametrize("extra", [{}, {"ActionPrefix": topic("all")}])
async def test_pages_run_through_both_lists(bench: CompositeBench, most: int, extra: dict[str, Any]) -> None:
    for number in range(3):
        await bench.put(AlarmName=f"m{number}", OKActions=[topic("all")])
    for number in range(4):
        await bench.compose(f"c{number}", "TRUE", AlarmActions=[topic("all")])
    await bench.put(AlarmName="other")
    every = await pages(bench, AlarmTypes=BOTH, MaxRecords=most, AlarmNamePrefix=None, **extra)
    metrics = ["m0", "m1", "m2"] + ([] if extra else ["other"])
    assert [name for page in every for name in page[0]] == ["c0", "c1", "c2", "c3"]
    assert [name for page in every for name in page[1]] == metrics
    assert all(len(page[0]) + len(page[1]) == most for page in every[:-1])
    assert [len(page[0]) + len(page[1]) for page in every][-1] in range(1, most + 1)


async def test_children_are_shown_with_their_state_and_no_more(bench: CompositeBench) -> None:
    await bench.children("b", "a")
    await bench.compose("below", "TRUE")
    await bench.compose("c", "ALARM(b) OR ALARM(a) OR OK(below) OR OK(a)", AlarmDescription="x")
    await bench.set("a", "ALARM")
    answer = await bench.call("DescribeAlarms", ChildrenOfAlarmName="c")
    assert names(answer) == (["below"], ["a", "b"])
    [child, _] = answer["MetricAlarms"]
    assert child == {
        "AlarmName": "a",
        "AlarmArn": f"{PREFIX}a",
        "StateValue": "ALARM",
        "StateUpdatedTimestamp": (await bench.alarm("a"))["StateUpdatedTimestamp"],
    }
    assert set(answer["CompositeAlarms"][0]) == set(child)
    assert names(await bench.call("DescribeAlarms", ChildrenOfAlarmName="a")) == ([], [])
    assert names(await bench.call("DescribeAlarms", ChildrenOfAlarmName="nobody")) == ([], [])


async def test_parents_are_shown_with_their_arn_and_no_more(bench: CompositeBench) -> None:
    await bench.children("a", "s")
    periods = {"ActionsSuppressorWaitPeriod": 1, "ActionsSuppressorExtensionPeriod": 1}
    await bench.compose("c", "ALARM(a)", ActionsSuppressor="s", **periods)
    await bench.compose("above", "ALARM(c) OR ALARM(a)")
    answer = await bench.call("DescribeAlarms", ParentsOfAlarmName="a")
    assert answer == {
        "CompositeAlarms": [
            {"AlarmName": "above", "AlarmArn": f"{PREFIX}above"},
            {"AlarmName": "c", "AlarmArn": f"{PREFIX}c"},
        ],
        "MetricAlarms": [],
    }
    assert names(await bench.call("DescribeAlarms", ParentsOfAlarmName="c")) == (["above"], [])
    assert names(await bench.call("DescribeAlarms", ParentsOfAlarmName="s")) == ([], [])
    await bench.compose("c", "TRUE")
    assert names(await bench.call("DescribeAlarms", ParentsOfAlarmName="a")) == (["above"], [])


async def test_relatives_come_in_pages_too(bench: CompositeBench) -> None:
    await bench.children("a", "b")
    await bench.compose("below", "TRUE")
    await bench.compose("c", "ALARM(a) OR ALARM(b) OR ALARM(below)")
    await bench.compose("d", "ALARM(a)")
    assert await pages(bench, ChildrenOfAlarmName="c", MaxRecords=1) == [
        (["below"], []),
        ([], ["a"]),
        ([], ["b"]),
    ]
    assert await pages(bench, ParentsOfAlarmName="a", MaxRecords=1) == [(["c"], []), (["d"], [])]


@pytest.mark.parametrize("family", ["ChildrenOfAlarmName", "ParentsOfAlarmName"])
@pytest.mark.parametrize(
    "other", [{"AlarmTypes": BOTH}, {"StateValue": "OK"}, {"AlarmNames": ["a"]}, {"ActionPrefix": "arn"}]
)
async def test_relatives_are_asked_for_alone(
    bench: CompositeBench, family: str, other: dict[str, Any]
) -> None:
    with pytest.raises(AwsError) as refused:
        await bench.call("DescribeAlarms", **{family: "a"}, **other)
    assert refused.value.code == "ValidationError"
    assert refused.value.message == f"{next(iter(other))} should not be set if {family} is set"


@pytest.mark.parametrize("token", ["not a token", "WyJPdGhlciIsICJhIl0", "ImEi"])
async def test_tokens_of_elsewhere_are_refused(bench: CompositeBench, token: str) -> None:
    with pytest.raises(AwsError) as refused:
        await bench.call("DescribeAlarms", NextToken=token)
    assert refused.value.code == "InvalidNextToken"


async def test_histories_are_of_the_types_asked_for(bench: CompositeBench) -> None:
    await bench.children("a")
    await bench.compose("c", "ALARM(a)")
    await bench.set("a", "ALARM")

    async def of(**params: Any) -> set[str]:
        return {item["AlarmName"] for item in await bench.history(**params)}

    assert await of() == {"a"}
    assert await of(AlarmTypes=["CompositeAlarm"]) == {"c"}
    assert await of(AlarmTypes=BOTH) == {"a", "c"}
    assert await of(AlarmName="c") == set()
    assert await of(AlarmName="c", AlarmTypes=BOTH) == {"c"}
    updates = await bench.composite_history("c", HistoryItemType="StateUpdate")
    assert [item["HistorySummary"] for item in updates] == [
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
    ]
    new = updates[-1]["HistoryData"]["newState"]
    assert new["stateReasonData"]["triggeringAlarms"][0]["arn"] == f"{PREFIX}a"
    bench.clock.step(1)
    await bench.call("DeleteAlarms", AlarmNames=["c"])
    assert [item["HistoryItemType"] for item in await bench.composite_history("c")] == [
        "ConfigurationUpdate",
        "StateUpdate",
        "StateUpdate",
        "ConfigurationUpdate",
    ]


async def test_no_alarm_has_contributors(bench: CompositeBench) -> None:
    await bench.children("a")
    await bench.compose("c", "ALARM(a)")
    for name in ("a", "c"):
        assert await bench.call("DescribeAlarmContributors", AlarmName=name) == {"AlarmContributors": []}
    assert (await bench.call("DescribeAlarmHistory", AlarmContributorId="x"))["AlarmHistoryItems"] == []
    with pytest.raises(AwsError) as refused:
        await bench.call("DescribeAlarmContributors", AlarmName="nobody")
    assert refused.value.code == "ResourceNotFoundException"


async def test_composites_are_tagged_as_other_alarms_are(bench: CompositeBench) -> None:
    first, second = {"Key": "team", "Value": "mail"}, {"Key": "cost", "Value": "7"}
    await bench.compose("c", "TRUE", Tags=[first])
    arn = f"{PREFIX}c"
    await bench.call("TagResource", ResourceARN=arn, Tags=[second])
    assert (await bench.call("ListTagsForResource", ResourceARN=arn))["Tags"] == [first, second]
    await bench.call("UntagResource", ResourceARN=arn, TagKeys=["team"])
    await bench.call("DeleteAlarms", AlarmNames=["c"])
    assert (await bench.call("ListTagsForResource", ResourceARN=arn))["Tags"] == []


async def test_an_alarm_that_is_not_there_can_not_be_set(bench: CompositeBench) -> None:
    with pytest.raises(AwsError) as refused:
        await bench.set("nobody", "OK")
    assert (refused.value.code, refused.value.message, refused.value.status) == (
        "ResourceNotFound",
        None,
        404,
    )
