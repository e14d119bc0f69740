"""EvaluationState: an alarm that can't be evaluated, or not on all of its data, says so beside its state, and recovers."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mailgauge.cloudwatch.alarms import store
from mailgauge.cloudwatch.alarms.alarm import AlarmQuery, Comparison, Configuration, MissingData
from mailgauge.cloudwatch.insights import run as insights
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.engine import Cell, Delta
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet
from tests.cloudwatch.alarm_bench import SCOPE, Bench

SELECT = {"Id": "q", "Expression": 'SELECT SUM(Complaint) FROM "AWS/SES"', "Period": 60}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


async def put_of_another_release(bench: Bench, missing: MissingData | None = None) -> None:
    """With a function that this one does not know."""
    configuration = Configuration(
        name="odd",
        namespace="",
        metric_name="",
        period=60,
        evaluation_periods=1,
        threshold=1.0,
        comparison=Comparison.GREATER,
        treat_missing_data=missing,
        queries=(AlarmQuery("e1", returns_data=True, expression="FORECAST(TIME_SERIES(1))", period=60),),
    )
    now_ms = int(bench.clock.now() * 1000)
    await bench.metrics.write(
        lambda tx: store.put(tx, SCOPE, configuration, actions_enabled=True, tags=(), now_ms=now_ms)
    )


async def put_select(bench: Bench) -> None:
    given = {"Threshold": 5.0, "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}
    await bench.call("PutMetricAlarm", AlarmName="odd", Metrics=[SELECT], **given)


async def test_an_expression_that_cant_be_computed_any_more_is_an_evaluation_error(bench: Bench) -> None:
    await put_of_another_release(bench)
    before = await bench.alarm("odd")
    assert await bench.pass_time() == 1
    alarm = await bench.alarm("odd")
    assert (alarm["StateValue"], alarm["EvaluationState"]) == ("INSUFFICIENT_DATA", "EVALUATION_ERROR")
    assert alarm["StateReason"] == (
        "The alarm could not be evaluated: Error in expression 'e1': Function 'FORECAST' not found"
    )
    assert alarm["StateUpdatedTimestamp"] > before["StateUpdatedTimestamp"]
    assert alarm["StateTransitionedTimestamp"] == before["StateTransitionedTimestamp"]
    assert await bench.history(HistoryItemType="StateUpdate") == []
    assert await bench.pass_time() == 0, "it is said once"


async def test_what_cant_be_computed_is_missing_data_and_treated_as_such(bench: Bench) -> None:
    await put_of_another_release(bench, MissingData.BREACHING)
    await bench.pass_time()
    alarm = await bench.alarm("odd")
    assert (alarm["StateValue"], alarm["EvaluationState"]) == ("ALARM", "EVALUATION_ERROR")
    [change] = await bench.history(HistoryItemType="StateUpdate")
    assert "'FORECAST' not found" in change["HistoryData"]["newState"]["stateReason"]


async def test_an_error_that_was_mended_is_gone_with_the_next_evaluation(bench: Bench) -> None:
    await put_of_another_release(bench)
    await bench.pass_time()
    await put_select(bench)
    assert await bench.pass_time(10) == 1
    alarm = await bench.alarm("odd")
    assert "EvaluationState" not in alarm
    assert alarm["StateReason"] == "Insufficient Data: 1 datapoint was unknown."


async def test_more_metrics_than_a_query_looks_at_are_partial_data(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(insights, "MOST_METRICS", 1)
    now = bench.clock.now()
    deltas = [
        Delta(Series.of(SCOPE, "AWS/SES", "Complaint", {"shop": name}), "Count", int(now), StatSet.of(9))
        for name in ("one", "other")
    ]
    await bench.metrics.write(lambda tx: bench.engine.apply(tx, deltas, now))
    await put_select(bench)
    await bench.pass_time()
    alarm = await bench.alarm("odd")
    assert (alarm["StateValue"], alarm["EvaluationState"]) == ("ALARM", "PARTIAL_DATA")


class Failing(RowEngine):
    def cells(self, tx: Tx, series: Series, width: int, start: int, end: int) -> list[Cell]:
        raise ValueError("a distribution of an unknown version")


async def test_a_failure_keeps_the_state_and_leaves_the_other_alarms_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.put()
    await bench.put(AlarmName="odd", Statistic=None, ExtendedStatistic="p90")
    await bench.complaints(9)
    await bench.pass_time()
    monkeypatch.setattr(RowEngine, "cells", Failing.cells)
    await bench.pass_time(180)
    alarm = await bench.alarm("odd")
    assert (alarm["StateValue"], alarm["EvaluationState"]) == ("ALARM", "EVALUATION_FAILURE")
    assert (await bench.alarm())["StateValue"] == "INSUFFICIENT_DATA"
    monkeypatch.undo()
    await bench.pass_time()
    alarm = await bench.alarm("odd")
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert "EvaluationState" not in alarm


async def test_one_of_many_that_are_read_together_fails_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.put()
    await bench.put(AlarmName="odd", MetricName="Odd")
    await bench.complaints(9)
    odd = Series.of(SCOPE, "AWS/SES", "Odd", {}).id
    whole, single = RowEngine.totals_of, RowEngine.cells

    def together(self: RowEngine, tx: Tx, series: Sequence[Series], *rest: int, **more: int) -> Any:
        if odd in {each.id for each in series}:
            raise ValueError("unknown")
        return whole(self, tx, series, *rest, **more)

    def alone(self: RowEngine, tx: Tx, series: Series, *rest: int) -> list[Cell]:
        if series.id == odd:
            raise ValueError("unknown")
        return single(self, tx, series, *rest)

    monkeypatch.setattr(RowEngine, "totals_of", together)
    monkeypatch.setattr(RowEngine, "cells", alone)
    await bench.pass_time()
    assert (await bench.alarm())["StateValue"] == "ALARM"
    assert (await bench.alarm("odd"))["EvaluationState"] == "EVALUATION_FAILURE"


async def test_an_alarm_that_cant_be_read_leaves_the_others_alone(bench: Bench) -> None:
    await bench.put()
    await bench.put(AlarmName="odd")
    await bench.metrics.write(lambda tx: tx.run("UPDATE alarm SET configuration = x'00' WHERE name = 'odd'"))
    await bench.complaints(9)
    assert await bench.pass_time() == 1
    [change] = await bench.history(HistoryItemType="StateUpdate")
    assert change["AlarmName"] == "complaints"
