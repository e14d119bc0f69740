"""Alarms on metric math: a rate crosses its threshold, gaps are treated, and what was put is shown."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mailgauge.tsdb.engine import Delta
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet
from tests.cloudwatch.alarm_bench import SCOPE, Bench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def metric(query_id: str, name: str) -> dict[str, Any]:
    stat = {
        "Metric": {"Namespace": "AWS/SES", "MetricName": name, "Dimensions": []},
        "Period": 60,
        "Stat": "Sum",
    }
    return {"Id": query_id, "MetricStat": stat, "ReturnData": False}


RATE = [
    metric("b", "Bounce"),
    metric("s", "Send"),
    {"Id": "rate", "Expression": "100*b/s", "Label": "Bounce rate", "ReturnData": True},
]
SINGLE = ("Namespace", "MetricName", "Statistic", "Period")


async def put(bench: Bench, *metrics: dict[str, Any], **params: Any) -> None:
    given = {
        "AlarmName": "rate",
        "Metrics": list(metrics),
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    await bench.call("PutMetricAlarm", **(given | params))


async def mail(bench: Bench, **counts: float) -> None:
    now = bench.clock.now()
    deltas = [
        Delta(Series.of(SCOPE, "AWS/SES", name, {}), "Count", int(now), StatSet.of(value))
        for name, value in counts.items()
    ]
    await bench.metrics.write(lambda tx: bench.engine.apply(tx, deltas, now))


async def test_a_rate_of_two_metrics_alarms_when_it_crosses_the_threshold(bench: Bench) -> None:
    await put(bench, *RATE)
    await mail(bench, Send=100, Bounce=3)
    await bench.pass_time()
    assert (await bench.alarm("rate"))["StateValue"] == "OK"
    await mail(bench, Send=50, Bounce=5)
    await bench.pass_time()
    alarm = await bench.alarm("rate")
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"].startswith("Threshold Crossed: 1 datapoint [10.0 (")
    assert '"statistic"' not in alarm["StateReasonData"]
    assert '"recentDatapoints":[10.0]' in alarm["StateReasonData"]


async def test_where_the_expression_has_no_point_missing_data_is_treated(bench: Bench) -> None:
    await put(bench, *RATE, TreatMissingData="breaching")
    await mail(bench, Bounce=3)  # divided by nothing
    await bench.pass_time()
    assert (await bench.alarm("rate"))["StateValue"] == "ALARM"


async def test_metrics_insights_can_be_alarmed_on(bench: Bench) -> None:
    select = {"Id": "q", "Expression": 'SELECT SUM(Bounce) FROM "AWS/SES"', "Period": 60}
    await put(bench, select)
    await mail(bench, Bounce=9)
    await bench.pass_time()
    assert (await bench.alarm("rate"))["StateValue"] == "ALARM"


async def test_what_was_put_is_shown_and_kept_in_the_history(bench: Bench) -> None:
    await put(bench, *RATE)
    alarm = await bench.alarm("rate")
    assert alarm["Metrics"] == RATE
    assert not set(SINGLE) & alarm.keys()
    [created] = await bench.history(HistoryItemType="ConfigurationUpdate")
    shown = created["HistoryData"]["createdAlarm"]["metrics"]
    assert shown[-1] == {"id": "rate", "label": "Bounce rate", "expression": "100*b/s", "returnData": True}


async def test_it_is_no_alarm_of_the_metrics_it_is_computed_of(bench: Bench) -> None:
    await put(bench, *RATE)
    answer = await bench.call("DescribeAlarmsForMetric", Namespace="AWS/SES", MetricName="Bounce")
    assert answer["MetricAlarms"] == []
