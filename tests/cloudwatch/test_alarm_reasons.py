"""StateReason and StateReasonData in CloudWatch's words: rows recorded from AWS."""

import json

import pytest
from msgspec.structs import replace

from mailgauge.cloudwatch.alarms import javatext, reasons
from mailgauge.cloudwatch.alarms.alarm import Comparison, Configuration, MissingData, StateValue
from mailgauge.cloudwatch.alarms.evaluation import Point, Verdict

OK, ALARM, INSUFFICIENT = StateValue.OK, StateValue.ALARM, StateValue.INSUFFICIENT_DATA
T0 = 1_772_100_780  # 26/02/26 10:13:00


def configuration(
    periods: int = 1,
    threshold: float = 21,
    comparison: Comparison = Comparison.GREATER,
    needed: int | None = None,
    missing: MissingData | None = None,
) -> Configuration:
    return Configuration(
        name="a",
        namespace="n",
        metric_name="m",
        statistic="Average",
        period=60,
        evaluation_periods=periods,
        threshold=threshold,
        comparison=comparison,
        datapoints_to_alarm=needed,
        treat_missing_data=missing,
    )


def verdict(value: StateValue, *values: float | None) -> Verdict:
    """Of datapoints newest first, None for a missing one."""
    times = [T0 - 60 * n for n in range(len(values))]
    return Verdict(
        value,
        tuple(Point(t, v, 2) for t, v in zip(times, values, strict=True) if v is not None),
        tuple(t for t, v in zip(times, values, strict=True) if v is None),
    )


@pytest.mark.parametrize(
    ("config", "state", "expected"),
    [
        (
            configuration(),
            verdict(ALARM, 21.5),
            "Threshold Crossed: 1 datapoint [21.5 (26/02/26 10:13:00)] was greater than the threshold (21.0).",
        ),
        (
            configuration(threshold=1),
            verdict(OK, 0.0),
            "Threshold Crossed: 1 datapoint [0.0 (26/02/26 10:13:00)] was not greater than the threshold (1.0).",
        ),
        (
            configuration(periods=2, threshold=42),
            verdict(OK, 0.0, 1.0),
            (
                "Threshold Crossed: 2 datapoints [0.0 (26/02/26 10:13:00), 1.0 (26/02/26 10:12:00)] were not greater"
                " than the threshold (42.0)."
            ),
        ),
        (
            configuration(periods=3, threshold=0, needed=1),
            verdict(ALARM, 20000.0, 20000.0, 20000.0),
            (
                "Threshold Crossed: 3 out of the last 3 datapoints [20000.0 (26/02/26 10:13:00),"
                " 20000.0 (26/02/26 10:12:00), 20000.0 (26/02/26 10:11:00)] were greater than the threshold (0.0)"
                " (minimum 1 datapoint for OK -> ALARM transition)."
            ),
        ),
        (
            configuration(threshold=50, needed=1),
            verdict(OK, 0.0666851903306472),
            (
                "Threshold Crossed: 1 out of the last 1 datapoints [0.0666851903306472 (26/02/26 10:13:00)] was not"
                " greater than the threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition)."
            ),
        ),
        (
            configuration(periods=3, needed=2),
            verdict(OK, 1.0, 2.0, 30.0),
            (
                "Threshold Crossed: 2 out of the last 3 datapoints [1.0 (26/02/26 10:13:00), 2.0 (26/02/26 10:12:00)]"
                " were not greater than the threshold (21.0) (minimum 2 datapoints for ALARM -> OK transition)."
            ),
        ),
        (
            configuration(periods=5, threshold=10),
            verdict(ALARM, *[27.5] * 5),
            (
                "Threshold Crossed: 5 datapoints were greater than the threshold (10.0). The most recent datapoints"
                " which crossed the threshold: [27.5 (26/02/26 10:13:00), 27.5 (26/02/26 10:12:00),"
                " 27.5 (26/02/26 10:11:00), 27.5 (26/02/26 10:10:00), 27.5 (26/02/26 10:09:00)]."
            ),
        ),
        (
            configuration(periods=6, threshold=65, comparison=Comparison.LESS, needed=6),
            verdict(ALARM, *[0.0] * 6),
            (
                "Threshold Crossed: 6 out of the last 6 datapoints were less than the threshold (65.0). The most recent"
                " datapoints which crossed the threshold: [0.0 (26/02/26 10:13:00), 0.0 (26/02/26 10:12:00),"
                " 0.0 (26/02/26 10:11:00), 0.0 (26/02/26 10:10:00), 0.0 (26/02/26 10:09:00)]"
                " (minimum 6 datapoints for OK -> ALARM transition)."
            ),
        ),
        (
            configuration(periods=2, missing=MissingData.BREACHING),
            verdict(ALARM, None, None),
            (
                "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as"
                " [Breaching]."
            ),
        ),
        (
            configuration(missing=MissingData.NOT_BREACHING),
            verdict(OK, None),
            (
                "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as"
                " [NonBreaching]."
            ),
        ),
        (
            configuration(2, 1, Comparison.LESS, missing=MissingData.BREACHING),
            verdict(ALARM, 0.0, None),
            (
                "Threshold Crossed: 1 datapoint [0.0 (26/02/26 10:13:00)] was less than the threshold (1.0) and"
                " 1 missing datapoint was treated as [Breaching]."
            ),
        ),
        (
            configuration(3, 1, Comparison.LESS, missing=MissingData.BREACHING),
            verdict(OK, 1.0, None, None),
            (
                "Threshold Crossed: 1 datapoint [1.0 (26/02/26 10:13:00)] was not less than the threshold (1.0) and"
                " 2 missing datapoints were treated as [Breaching]."
            ),
        ),
        (
            configuration(3, needed=2, missing=MissingData.BREACHING),
            verdict(ALARM, 0.0, None, None),
            (
                "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as"
                " [Breaching]."
            ),
        ),
        (configuration(), verdict(INSUFFICIENT, None), "Insufficient Data: 1 datapoint was unknown."),
        (
            configuration(3),
            verdict(INSUFFICIENT, None, None, None),
            "Insufficient Data: 3 datapoints were unknown.",
        ),
        (
            configuration(comparison=Comparison.GREATER_OR_EQUAL),
            verdict(ALARM, 21.0),
            (
                "Threshold Crossed: 1 datapoint [21.0 (26/02/26 10:13:00)] was greater than or equal to the threshold"
                " (21.0)."
            ),
        ),
        (
            configuration(comparison=Comparison.LESS_OR_EQUAL),
            verdict(OK, 22.0),
            (
                "Threshold Crossed: 1 datapoint [22.0 (26/02/26 10:13:00)] was not less than or equal to the threshold"
                " (21.0)."
            ),
        ),
    ],
)
def test_the_reason_says_what_aws_would(config: Configuration, state: Verdict, expected: str) -> None:
    assert reasons.reason(config, state) == expected


def test_reason_data_of_a_breach_has_aws_keys_in_aws_order() -> None:
    text = reasons.reason_data(configuration(), verdict(ALARM, 21.5), (T0 + 65) * 1000 + 7)
    assert text == (
        '{"version":"1.0","queryDate":"2026-02-26T10:14:05.007+0000","startDate":"2026-02-26T10:13:00.000+0000",'
        '"statistic":"Average","period":60,"recentDatapoints":[21.5],"threshold":21.0,"evaluatedDatapoints":'
        '[{"timestamp":"2026-02-26T10:13:00.000+0000","sampleCount":2.0,"value":21.5}]}'
    )


def test_reason_data_names_the_unit_when_the_alarm_has_one() -> None:
    data = json.loads(reasons.reason_data(replace(configuration(), unit="Count"), verdict(ALARM, 30.0), 0))
    assert list(data)[3:5] == ["unit", "statistic"]


def test_recent_datapoints_run_forward_and_evaluated_ones_are_those_that_suffice() -> None:
    data = json.loads(reasons.reason_data(configuration(2, 42), verdict(OK, 0.0, 1.0), 0))
    assert data["recentDatapoints"] == [1.0, 0.0]
    assert data["startDate"] == "2026-02-26T10:12:00.000+0000"
    assert [d["timestamp"] for d in data["evaluatedDatapoints"]] == ["2026-02-26T10:13:00.000+0000"]


@pytest.mark.parametrize(
    ("missing", "state"), [(MissingData.BREACHING, ALARM), (MissingData.MISSING, INSUFFICIENT)]
)
def test_missing_datapoints_have_only_their_time(missing: MissingData, state: StateValue) -> None:
    data = json.loads(reasons.reason_data(configuration(2, missing=missing), verdict(state, None, None), 0))
    assert "startDate" not in data
    assert data["recentDatapoints"] == []
    assert data["evaluatedDatapoints"] == [
        {"timestamp": "2026-02-26T10:13:00.000+0000"},
        {"timestamp": "2026-02-26T10:12:00.000+0000"},
    ]


def test_reason_data_fits_however_many_periods_there_are() -> None:
    text = reasons.reason_data(configuration(1440), verdict(ALARM, *[1e300 / 3] * 1440), 0)
    assert len(text) <= 4000
    assert json.loads(text)["evaluatedDatapoints"][0]["timestamp"] == "2026-02-26T10:13:00.000+0000"


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0, "0.0"),
        (-0.0, "-0.0"),
        (21, "21.0"),
        (99.50160229693434, "99.50160229693434"),
        (9999999.5, "9999999.5"),
        (1e7, "1.0E7"),
        (123456789, "1.23456789E8"),
        (1e16, "1.0E16"),
        (1.5e300, "1.5E300"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (-0.00012345, "-1.2345E-4"),
    ],
)
def test_doubles_print_as_java_prints_them(value: float, printed: str) -> None:
    assert javatext.double(value) == printed
