"""The alarm operations on a real database: what they echo, filter, page and refuse."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.base.scope import Scope
from tests.cloudwatch.alarm_bench import COMPLAINTS, SCOPE, TOPIC, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def names(answer: dict[str, Any]) -> list[str]:
    return [alarm["AlarmName"] for alarm in answer["MetricAlarms"]]


async def test_a_minimal_alarm_echoes_what_aws_echoes_and_nothing_more(bench: Bench) -> None:
    await bench.put()
    made = datetime.fromtimestamp(bench.clock.now(), UTC)
    answer = await bench.call("DescribeAlarms", AlarmNames=["complaints"])
    assert answer == {
        "CompositeAlarms": [],
        "MetricAlarms": [
            {
                "AlarmName": "complaints",
                "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:complaints",
                "AlarmConfigurationUpdatedTimestamp": made,
                "ActionsEnabled": True,
                "OKActions": [],
                "AlarmActions": [],
                "InsufficientDataActions": [],
                "StateValue": "INSUFFICIENT_DATA",
                "StateReason": "Unchecked: Initial alarm creation",
                "StateUpdatedTimestamp": made,
                "StateTransitionedTimestamp": made,
                "MetricName": "Complaint",
                "Namespace": "AWS/SES",
                "Statistic": "Sum",
                "Dimensions": [],
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 2.0,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            }
        ],
    }


async def test_everything_given_is_echoed_and_dimensions_keep_their_order(bench: Bench) -> None:
    given: dict[str, Any] = {
        "AlarmDescription": "too many",
        "OKActions": [TOPIC],
        "AlarmActions": [TOPIC, "arn:aws:lambda:us-east-1:123456789012:function:f"],
        "InsufficientDataActions": [TOPIC],
        "Unit": "Count",
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "TreatMissingData": "ignore",
        "EvaluateLowSampleCountPercentile": "ignore",
        "Dimensions": [{"Name": "b", "Value": "1"}, {"Name": "a", "Value": "2"}],
        "ExtendedStatistic": "p99.5",
        "Statistic": None,
        "ActionsEnabled": False,
    }
    await bench.put(**given)
    alarm = await bench.alarm()
    assert {name: alarm.get(name) for name in given} == given


async def test_an_update_replaces_the_configuration_and_keeps_the_state(bench: Bench) -> None:
    await bench.put(AlarmDescription="first", DatapointsToAlarm=1, ActionsEnabled=False)
    await bench.call("SetAlarmState", AlarmName="complaints", StateValue="ALARM", StateReason="a drill")
    bench.clock.step(5)
    await bench.put()
    alarm = await bench.alarm()
    assert "AlarmDescription" not in alarm
    assert "DatapointsToAlarm" not in alarm
    assert alarm["ActionsEnabled"] is True
    assert (alarm["StateValue"], alarm["StateReason"]) == ("ALARM", "a drill")
    assert alarm["AlarmConfigurationUpdatedTimestamp"] > alarm["StateUpdatedTimestamp"]


async def test_set_alarm_state_keeps_reason_data_only_when_given(bench: Bench) -> None:
    await bench.put()
    drill = {"AlarmName": "complaints", "StateReason": "a drill"}
    await bench.call("SetAlarmState", **drill, StateValue="ALARM", StateReasonData='{"who": "me"}')
    first = await bench.alarm()
    assert first["StateReasonData"] == '{"who": "me"}'
    bench.clock.step(1)
    await bench.call("SetAlarmState", **drill, StateValue="ALARM")
    second = await bench.alarm()
    assert "StateReasonData" not in second
    assert second["StateTransitionedTimestamp"] == first["StateTransitionedTimestamp"]
    assert second["StateUpdatedTimestamp"] > first["StateUpdatedTimestamp"]
    assert len(await bench.history(HistoryItemType="StateUpdate")) == 1


async def test_set_alarm_state_refuses_a_wrong_state_before_it_looks_for_the_alarm(bench: Bench) -> None:
    with pytest.raises(AwsError) as refused:
        await bench.call("SetAlarmState", AlarmName="nobody", StateValue="BAD", StateReason="x")
    assert refused.value.message == (
        "1 validation error detected: Value 'BAD' at 'stateValue' failed to satisfy constraint: Member must satisfy"
        " enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
    )
    with pytest.raises(AwsError) as refused:
        await bench.call("SetAlarmState", AlarmName="nobody", StateValue="OK", StateReason="x")
    assert (refused.value.code, refused.value.message, refused.value.status) == (
        "ResourceNotFound",
        None,
        404,
    )


async def test_set_alarm_state_refuses_reason_data_that_is_no_json(bench: Bench) -> None:
    await bench.put()
    with pytest.raises(AwsError, match="InvalidFormat"):
        await bench.call(
            "SetAlarmState", AlarmName="complaints", StateValue="OK", StateReason="x", StateReasonData="{no"
        )
    assert (await bench.alarm())["StateValue"] == "INSUFFICIENT_DATA"


async def test_describe_alarms_filters(bench: Bench) -> None:
    await bench.put(AlarmName="a-1", AlarmActions=[TOPIC])
    await bench.put(AlarmName="a-2", OKActions=["arn:aws:lambda:us-east-1:123456789012:function:f"])
    await bench.put(AlarmName="A-3")
    await bench.put(AlarmName="b_1")
    await bench.call("SetAlarmState", AlarmName="a-2", StateValue="OK", StateReason="x")
    for params, expected in (
        ({}, ["A-3", "a-1", "a-2", "b_1"]),
        ({"AlarmNames": ["b_1", "a-1", "nobody"]}, ["a-1", "b_1"]),
        ({"AlarmNamePrefix": "a-"}, ["a-1", "a-2"]),
        ({"AlarmNamePrefix": "b%"}, []),
        ({"StateValue": "OK"}, ["a-2"]),
        ({"StateValue": "INSUFFICIENT_DATA", "AlarmNamePrefix": "a"}, ["a-1"]),
        ({"ActionPrefix": "arn:aws:sns:"}, ["a-1"]),
        ({"ActionPrefix": "arn:aws:"}, ["a-1", "a-2"]),
        ({"AlarmTypes": ["MetricAlarm"]}, ["A-3", "a-1", "a-2", "b_1"]),
        ({"AlarmTypes": ["CompositeAlarm"]}, []),
        ({"ChildrenOfAlarmName": "nobody"}, []),
    ):
        assert names(await bench.call("DescribeAlarms", **params)) == expected, params


@pytest.mark.parametrize(
    "params",
    [
        {"AlarmNames": ["a"], "AlarmNamePrefix": "a"},
        {"MaxRecords": 0},
        {"MaxRecords": 101},
        {"AlarmNames": ["a"] * 101},
        {"AlarmTypes": ["Siren"]},
        {"StateValue": "FINE"},
        {"ChildrenOfAlarmName": "a", "StateValue": "OK"},
    ],
)
async def test_describe_alarms_refuses(bench: Bench, params: dict[str, Any]) -> None:
    with pytest.raises(AwsError, match="ValidationError"):
        await bench.call("DescribeAlarms", **params)


async def test_describe_alarms_pages(bench: Bench) -> None:
    for number in range(7):
        await bench.put(AlarmName=f"alarm-{number}", AlarmActions=[TOPIC])
    for further in ({}, {"ActionPrefix": "arn:"}):
        found, token = [], None
        while True:
            more: dict[str, str] = {} if token is None else {"NextToken": token}
            answer = await bench.call("DescribeAlarms", MaxRecords=3, **further, **more)
            found.append(names(answer))
            token = answer.get("NextToken")
            if token is None:
                break
        assert found == [[f"alarm-{n}" for n in page] for page in ((0, 1, 2), (3, 4, 5), (6,))]


@pytest.mark.parametrize("operation", ["DescribeAlarms", "DescribeAlarmHistory"])
@pytest.mark.parametrize("token", ["nonsense", "%%", "e30", "äö"])
async def test_a_token_of_nobody_is_refused(bench: Bench, operation: str, token: str) -> None:
    with pytest.raises(AwsError, match="InvalidNextToken"):
        await bench.call(operation, NextToken=token)


async def test_alarms_are_found_by_their_exact_metric(bench: Bench) -> None:
    dimensions = [{"Name": "campaign", "Value": "spring"}, {"Name": "a", "Value": "b"}]
    await bench.put(AlarmName="tagged", Dimensions=dimensions)
    await bench.put(AlarmName="total", Period=300, Unit="Count")
    metric = {"MetricName": "Complaint", "Namespace": "AWS/SES"}
    for params, expected in (
        ({}, ["total"]),
        ({"Dimensions": dimensions[::-1]}, ["tagged"]),
        ({"Dimensions": dimensions[:1]}, []),
        ({"Statistic": "Sum"}, ["total"]),
        ({"Statistic": "Average"}, []),
        ({"ExtendedStatistic": "p99"}, []),
        ({"Period": 300, "Unit": "Count"}, ["total"]),
        ({"Period": 60}, []),
    ):
        assert names(await bench.call("DescribeAlarmsForMetric", **metric, **params)) == expected, params


async def test_deleting_spares_the_history_and_passes_over_unknown_names(bench: Bench) -> None:
    await bench.put()
    await bench.put(AlarmName="stays")
    await bench.call("DeleteAlarms", AlarmNames=["nobody", "complaints", "complaints"])
    assert names(await bench.call("DescribeAlarms")) == ["stays"]
    history = await bench.history(AlarmName="complaints")
    assert [item["HistorySummary"] for item in history] == [
        'Alarm "complaints" created',
        'Alarm "complaints" deleted',
    ]
    await bench.put()
    assert (await bench.alarm())["StateReason"] == "Unchecked: Initial alarm creation"


async def test_the_history_of_a_creation_describes_the_alarm_as_aws_does(bench: Bench) -> None:
    await bench.put(AlarmDescription="d", Dimensions=[{"Name": "a", "Value": "b"}], OKActions=[TOPIC])
    [item] = await bench.history(HistoryItemType="ConfigurationUpdate")
    assert item["AlarmType"] == "MetricAlarm"
    assert list(item["HistoryData"]) == ["version", "type", "createdAlarm"]
    assert item["HistoryData"]["createdAlarm"] == {
        "alarmName": "complaints",
        "alarmDescription": "d",
        "alarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:complaints",
        "alarmConfigurationUpdatedTimestamp": "2025-06-15T15:07:05.000+0000",
        "namespace": "AWS/SES",
        "metricName": "Complaint",
        "statistic": "Sum",
        "period": 60,
        "dimensions": [{"value": "b", "name": "a"}],
        "threshold": 2.0,
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "evaluationPeriods": 1,
        "stateValue": "INSUFFICIENT_DATA",
        "stateUpdatedTimestamp": "2025-06-15T15:07:05.000+0000",
        "actionsEnabled": True,
        "alarmActions": [],
        "insufficientDataActions": [],
        "okactions": [TOPIC],
    }


async def test_history_stays_within_its_limits_whatever_the_alarm(bench: Bench) -> None:
    actions = [f"arn:aws:lambda:us-east-1:123456789012:function:{'f' * 900}{n}" for n in range(5)]
    name = "n" * 255
    await bench.put(AlarmName=name, AlarmDescription="ü" * 1024, AlarmActions=actions, OKActions=actions)
    await bench.put(AlarmName=name, AlarmActions=actions)
    data = json.dumps({"text": "x" * 3900})
    for state in ("ALARM", "OK"):
        await bench.call(
            "SetAlarmState", AlarmName=name, StateValue=state, StateReason="r" * 1023, StateReasonData=data
        )
    answer = await bench.call("DescribeAlarmHistory")
    assert len(answer["AlarmHistoryItems"]) == 4
    for item in answer["AlarmHistoryItems"]:
        assert len(item["HistorySummary"]) <= 255
        assert len(item["HistoryData"]) <= 4095
        json.loads(item["HistoryData"])


async def test_history_filters_and_comes_newest_first(bench: Bench) -> None:
    start = datetime.fromtimestamp(bench.clock.now(), UTC)
    await bench.put()
    bench.clock.step(60)
    await bench.put(AlarmName="other")
    bench.clock.step(60)
    await bench.call("SetAlarmState", AlarmName="complaints", StateValue="OK", StateReason="x")
    for params, expected in (
        ({}, ["complaints", "other", "complaints"]),
        ({"ScanBy": "TimestampAscending"}, ["complaints", "other", "complaints"]),
        ({"AlarmName": "other"}, ["other"]),
        ({"HistoryItemType": "StateUpdate"}, ["complaints"]),
        ({"HistoryItemType": "AlarmContributorAction"}, []),
        ({"AlarmTypes": ["CompositeAlarm"]}, []),
        ({"StartDate": start + timedelta(seconds=61)}, ["complaints"]),
        ({"EndDate": start + timedelta(seconds=60)}, ["other", "complaints"]),
    ):
        answer = await bench.call("DescribeAlarmHistory", **params)
        assert [item["AlarmName"] for item in answer["AlarmHistoryItems"]] == expected, params
    newest = (await bench.call("DescribeAlarmHistory"))["AlarmHistoryItems"][0]
    assert newest["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to OK"


@pytest.mark.parametrize("order", ["TimestampAscending", "TimestampDescending"])
async def test_history_pages_without_gap_or_repetition(bench: Bench, order: str) -> None:
    for number in range(5):
        await bench.put(AlarmName=f"alarm-{number}")
    found: list[str] = []
    more: dict[str, str] = {}
    while True:
        answer = await bench.call("DescribeAlarmHistory", MaxRecords=2, ScanBy=order, **more)
        found += [item["AlarmName"] for item in answer["AlarmHistoryItems"]]
        if "NextToken" not in answer:
            break
        more = {"NextToken": answer["NextToken"]}
    ascending = [f"alarm-{n}" for n in range(5)]
    assert found == (ascending if order == "TimestampAscending" else ascending[::-1])


async def test_actions_are_switched_for_the_alarms_named(bench: Bench) -> None:
    await bench.put()
    await bench.put(AlarmName="other")
    await bench.call("DisableAlarmActions", AlarmNames=["complaints", "nobody"])
    assert (await bench.alarm())["ActionsEnabled"] is False
    assert (await bench.alarm("other"))["ActionsEnabled"] is True
    await bench.call("EnableAlarmActions", AlarmNames=["complaints"])
    assert (await bench.alarm())["ActionsEnabled"] is True


async def test_scopes_do_not_see_each_other(bench: Bench) -> None:
    await bench.put()
    for other in (Scope(SCOPE.account, "eu-west-1"), Scope("000000000000", SCOPE.region)):
        assert names(await bench.call_in(other, "DescribeAlarms")) == []
        assert (await bench.call_in(other, "DescribeAlarmHistory"))["AlarmHistoryItems"] == []
        await bench.call_in(other, "DeleteAlarms", AlarmNames=["complaints"])
        await bench.call_in(other, "PutMetricAlarm", **COMPLAINTS)
    assert names(await bench.call("DescribeAlarms")) == ["complaints"]


async def test_a_metric_given_in_a_list_is_echoed_in_a_list(bench: Bench) -> None:
    metric = {
        "Id": "m1",
        "MetricStat": {
            "Metric": {"Namespace": "AWS/SES", "MetricName": "Complaint", "Dimensions": []},
            "Period": 60,
            "Stat": "p90",
            "Unit": "Count",
        },
        "Label": "complaints",
        "ReturnData": True,
    }
    single = {"Namespace": None, "MetricName": None, "Statistic": None, "Period": None}
    await bench.put(**single, Metrics=[metric])
    alarm = await bench.alarm()
    assert alarm["Metrics"] == [metric]
    assert not {"MetricName", "Namespace", "Period", "Dimensions", "ExtendedStatistic", "Unit"} & set(alarm)
    found = await bench.call("DescribeAlarmsForMetric", MetricName="Complaint", Namespace="AWS/SES")
    assert names(found) == []
    await bench.complaints(9)
    await bench.pass_time()
    assert (await bench.alarm())["StateValue"] == "ALARM"
    [created] = await bench.history(HistoryItemType="ConfigurationUpdate")
    assert created["HistoryData"]["createdAlarm"]["metrics"][0]["id"] == "m1"


async def test_an_alarm_on_one_series_has_no_contributors(bench: Bench) -> None:
    await bench.put()
    assert await bench.call("DescribeAlarmContributors", AlarmName="complaints") == {"AlarmContributors": []}
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        await bench.call("DescribeAlarmContributors", AlarmName="nobody")
