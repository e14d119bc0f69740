"""Dynamic labels: every placeholder, the properties, and their limits."""

from datetime import UTC, timedelta, timezone

import pytest

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.labels import Context, expand, properties
from mailgauge.cloudwatch.read import MetricStat
from mailgauge.cloudwatch.statistics import parse
from mailgauge.cloudwatch.zone import parse_zone
from mailgauge.tsdb.series import Series

HOUR = 1_750_003_200  # 2025-06-15 16:00:00 UTC
POINTS = [(HOUR, 4.0), (HOUR + 60, 1.0), (HOUR + 120, 9.5), (HOUR + 300, 2.0)]
NOW = HOUR + 7500


def expanded(label: str, **changes: object) -> str:
    context = {"default": "Orders", "points": POINTS, "now": NOW} | changes
    return expand(label, Context(**context))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("placeholder", "text"),
    [
        ("AVG", "4.125"),
        ("DATAPOINT_COUNT", "4"),
        ("FIRST", "4"),
        ("FIRST_LAST_RANGE", "-2"),
        ("FIRST_LAST_TIME_RANGE", "5m"),
        ("FIRST_TIME", "2025-06-15 16:00:00"),
        ("FIRST_TIME_RELATIVE", "2h 5m ago"),
        ("LABEL", "Orders"),
        ("LAST", "2"),
        ("LAST_TIME", "2025-06-15 16:05:00"),
        ("LAST_TIME_RELATIVE", "2h ago"),
        ("MAX", "9.5"),
        ("MAX_TIME", "2025-06-15 16:02:00"),
        ("MAX_TIME_RELATIVE", "2h 3m ago"),
        ("MIN", "1"),
        ("MIN_MAX_RANGE", "8.5"),
        ("MIN_MAX_TIME_RANGE", "1m"),
        ("MIN_TIME", "2025-06-15 16:01:00"),
        ("MIN_TIME_RELATIVE", "2h 4m ago"),
        ("SUM", "16.5"),
    ],
)
def test_every_placeholder(placeholder: str, text: str) -> None:
    assert expanded(f"<${{{placeholder}}}>") == f"<{text}>"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("AccountId", "000000000000"),
        ("AccountLabel", "000000000000"),
        ("MetricName", "Orders"),
        ("Namespace", "Shop"),
        ("Period", "60"),
        ("Region", "eu-west-1"),
        ("Stat", "p99"),
        ("Dim.shop", "a b"),
        ("Dim.Shop", "${PROP('Dim.Shop')}"),
        ("dim.shop", "${PROP('dim.shop')}"),
    ],
)
def test_every_property_by_its_exact_name(name: str, text: str) -> None:
    series = Series.of(Scope("000000000000", "eu-west-1"), "Shop", "Orders", {"shop": "a b"})
    statistic = parse("p99")
    assert statistic is not None
    known = properties(MetricStat(series, 60, statistic))
    assert expanded(f"${{PROP('{name}')}}", properties=known) == text


def test_times_are_told_in_the_time_zone_asked_for() -> None:
    assert expanded("${FIRST_TIME}", zone=timezone(timedelta(hours=-3, minutes=-30))) == "2025-06-15 12:30:00"


def test_at_most_five_dynamic_values_and_one_label() -> None:
    assert expanded("${MIN}" * 6) == "1" * 5 + "${MIN}"
    assert expanded("${LABEL}${LABEL}") == "Orders${LABEL}"


def test_what_is_no_placeholder_stays() -> None:
    assert expanded("${NOTHING} $MAX ${max} {MAX}") == "${NOTHING} $MAX ${max} {MAX}"


def test_without_points_there_is_nothing_to_tell() -> None:
    assert expanded("${LABEL}: ${AVG} of ${DATAPOINT_COUNT}", points=[]) == "Orders: -- of 0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, "0.333"),
        (1234.5678, "1234.568"),
        (1e20, "1e+20"),
        (0.000123456, "0.000123"),
        (-2.50, "-2.5"),
        (100.0, "100"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert expanded("${LAST}", points=[(HOUR, value)]) == text


def test_a_point_ahead_of_now_lies_in_the_future() -> None:
    assert expanded("${LAST_TIME_RELATIVE}", now=HOUR + 290) == "in 10s"


def test_time_zones() -> None:
    assert parse_zone("+0000") == UTC
    assert parse_zone("-0130") == timezone(-timedelta(hours=1, minutes=30))
    for wrong in ("", "UTC", "0100", "+01:00", "+9900", "+010"):
        assert parse_zone(wrong) is None
