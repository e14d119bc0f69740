"""The evaluator against the tables of the user guide's page on alarms and missing data."""

import pytest
from msgspec.structs import replace

from mailgauge.cloudwatch.alarms.alarm import (
    Comparison,
    Configuration,
    LowSamples,
    MissingData,
    StateValue,
)
from mailgauge.cloudwatch.alarms.evaluation import Point, evaluate
from mailgauge.cloudwatch.alarms.schedule import window

OK, ALARM, INSUFFICIENT = StateValue.OK, StateValue.ALARM, StateValue.INSUFFICIENT_DATA
NAMES = {"OK": OK, "A": ALARM, "I": INSUFFICIENT}
END = 1_750_000_020
TREATMENTS = (
    MissingData.MISSING,
    MissingData.IGNORE,
    MissingData.BREACHING,
    MissingData.NOT_BREACHING,
)

# Points (newest last), datapoints to alarm, then the state for missing, ignore, breaching and notBreaching.
# K is "the present state is kept".
TABLES = """
0 - X - X   3   OK OK OK OK
0 - - - -   3   OK OK OK OK
- - - - -   3   I  K  A  OK
0 X X - X   3   A  A  A  A
- - X - -   3   A  K  A  OK
0 - X - X   2   A  A  A  A
0 0 X 0 X   2   A  A  A  A
0 - X - -   2   OK OK A  OK
- - - - 0   2   OK OK A  OK
- - - X -   2   A  K  A  OK
"""


def rows() -> list[tuple[str, int, MissingData, str]]:
    found = []
    for line in TABLES.strip().splitlines():
        words = line.split()
        points, needed, states = " ".join(words[:5]), int(words[5]), words[6:]
        found += [
            (points, needed, treatment, state) for treatment, state in zip(TREATMENTS, states, strict=True)
        ]
    return found


def configuration(needed: int | None = None, missing: MissingData | None = None) -> Configuration:
    return Configuration(
        name="bounces",
        namespace="AWS/SES",
        metric_name="Bounce",
        statistic="Sum",
        period=60,
        evaluation_periods=3,
        threshold=5.0,
        comparison=Comparison.GREATER,
        datapoints_to_alarm=needed,
        treat_missing_data=missing,
    )


def state(points: str, config: Configuration, current: StateValue = OK, samples: float = 1.0) -> StateValue:
    starts = window(config.period, config.evaluation_periods, END)
    there = {
        start: Point(start, 9.0 if mark == "X" else 0.0, samples)
        for start, mark in zip(starts, points.split(), strict=True)
        if mark != "-"
    }
    return evaluate(config, starts, there, current).value


@pytest.mark.parametrize(("points", "needed", "treatment", "expected"), rows())
@pytest.mark.parametrize("current", list(StateValue))
def test_the_published_tables_hold_from_every_present_state(
    points: str, needed: int, treatment: MissingData, expected: str, current: StateValue
) -> None:
    wanted = NAMES.get(expected, current)
    assert state(points, configuration(needed, treatment), current) is wanted


def test_missing_is_the_default_treatment() -> None:
    assert state("- - - - -", configuration(3)) is INSUFFICIENT


def test_a_breaching_alarm_rings_one_period_after_its_last_good_point_left_the_range() -> None:
    breaching = configuration(3, MissingData.BREACHING)
    assert state("0 - - - -", breaching) is OK
    assert state("- - - - -", breaching) is ALARM


@pytest.mark.parametrize("points", ["- - - - X", "- - - X -"])
@pytest.mark.parametrize(("current", "expected"), [(OK, OK), (ALARM, ALARM), (INSUFFICIENT, OK)])
def test_a_lone_young_breach_is_no_alarm_yet(points: str, current: StateValue, expected: StateValue) -> None:
    assert state(points, configuration(3), current) is expected
    assert state(points, configuration(3, MissingData.IGNORE), current) is current


@pytest.mark.parametrize("points", ["- - X - X", "- - X X -", "- - - X X"])
def test_breaches_with_gaps_alarm_as_soon_as_the_oldest_is_old_enough(points: str) -> None:
    expected = ALARM if points.split()[2] == "X" else OK
    assert state(points, configuration(3)) is expected


def test_older_points_make_up_for_gaps() -> None:
    assert state("X X - - X", configuration(3, MissingData.NOT_BREACHING)) is ALARM


def test_without_datapoints_to_alarm_all_periods_must_breach() -> None:
    assert state("0 0 X X X", configuration()) is ALARM
    assert state("X X X X 0", configuration()) is OK


@pytest.mark.parametrize(
    ("comparison", "below", "equal", "above"),
    [
        (Comparison.GREATER, OK, OK, ALARM),
        (Comparison.GREATER_OR_EQUAL, OK, ALARM, ALARM),
        (Comparison.LESS, ALARM, OK, OK),
        (Comparison.LESS_OR_EQUAL, ALARM, ALARM, OK),
    ],
)
def test_the_value_is_the_left_operand(
    comparison: Comparison, below: StateValue, equal: StateValue, above: StateValue
) -> None:
    config = replace(configuration(), comparison=comparison, evaluation_periods=1)
    starts = window(60, 1, END)
    for value, expected in ((4.5, below), (5.0, equal), (5.5, above)):
        verdict = evaluate(config, starts, {starts[-1]: Point(starts[-1], value, 1)}, INSUFFICIENT)
        assert verdict.value is expected


@pytest.mark.parametrize(
    ("statistic", "samples", "evaluated"),
    [
        ("p99", 999, False),
        ("p99", 1000, True),
        ("p90", 99, False),
        ("p90", 100, True),
        ("p50", 19, False),
        ("p50", 20, True),
        ("p10", 99, False),
        ("p10", 100, True),
        ("p100", 1, True),
        ("tm99", 1, True),
    ],
)
def test_percentiles_of_few_samples_keep_the_state_when_told_to(
    statistic: str, samples: int, evaluated: bool
) -> None:
    config = replace(
        configuration(),
        statistic=None,
        extended_statistic=statistic,
        evaluation_periods=1,
        low_samples=LowSamples.IGNORE,
    )
    assert state("0 0 X", config, samples=samples) is (ALARM if evaluated else OK)
    assert state("0 0 X", replace(config, low_samples=LowSamples.EVALUATE), samples=samples) is ALARM


def test_a_low_sample_rule_does_not_hide_missing_data() -> None:
    config = replace(configuration(), statistic=None, extended_statistic="p99", low_samples=LowSamples.IGNORE)
    assert state("- - - - -", config) is INSUFFICIENT
