"""Periods: StartTime rounding, alignment of periods, and which tier answers for which time."""

import pytest

from mailgauge.cloudwatch.periods import Segment, bucket, is_legal, oldest_second, rounded_start, segments

DAY = 86400
NOW = 1_750_003_200 + 10 * DAY  # a whole day and some hours


def clock(text: str) -> int:
    hours, minutes, seconds = map(int, text.split(":"))
    return NOW - NOW % DAY + hours * 3600 + minutes * 60 + seconds


@pytest.mark.parametrize("period", [1, 5, 10, 20, 30, 60, 120, 86400, 604800])
def test_legal_periods(period: int) -> None:
    assert is_legal(period)


@pytest.mark.parametrize("period", [0, -60, 2, 15, 45, 59, 61, 90])
def test_illegal_periods(period: int) -> None:
    assert not is_legal(period)


@pytest.mark.parametrize(
    ("start", "period", "rounded"),
    [
        ("01:05:23", 10, "01:05:20"),
        ("15:02:17", 5, "15:02:15"),
        ("15:02:17", 1, "15:02:17"),
        ("15:02:47", 30, "15:02:30"),
        ("15:02:47", 60, "15:02:00"),
        ("15:02:47", 3600, "15:02:00"),
    ],
)
def test_a_recent_start_is_rounded_to_the_minute_or_to_a_part_of_it(
    start: str, period: int, rounded: str
) -> None:
    assert rounded_start(clock(start), period, clock("23:59:59")) == clock(rounded)


def test_an_older_start_is_rounded_to_five_minutes_and_a_very_old_one_to_the_hour() -> None:
    start = clock("15:17:47")
    assert rounded_start(start, 300, start + 15 * DAY) == clock("15:17:00")
    assert rounded_start(start, 300, start + 15 * DAY + 1) == clock("15:15:00")
    assert rounded_start(start, 3600, start + 63 * DAY) == clock("15:15:00")
    assert rounded_start(start, 3600, start + 63 * DAY + 1) == clock("15:00:00")


def test_periods_run_from_the_start_and_not_from_the_clock() -> None:
    start = clock("13:18:00")
    assert bucket(clock("14:17:59"), start, 3600) == start
    assert bucket(clock("14:18:00"), start, 3600) == clock("14:18:00")


def query(start: int, end: int, period: int) -> list[Segment]:
    return list(segments(start, end, period, NOW))


def test_minutes_answer_for_a_minute_period() -> None:
    assert query(NOW - 600, NOW, 60) == [Segment(60, NOW - 600, NOW)]


def test_coarse_tiers_answer_where_they_fit_and_finer_ones_for_the_rest() -> None:
    start, end = NOW - NOW % 3600 - 7200, NOW - NOW % 3600 + 3000 + 17
    assert query(start, end, 3600) == [
        Segment(3600, start, end - 3017),
        Segment(300, end - 3017, end - 17),
        Segment(60, end - 17, end),
    ]


def test_periods_not_aligned_with_the_clock_are_made_of_finer_cells() -> None:
    start = NOW - NOW % 3600 - 7200 + 18 * 60
    assert query(start, start + 7200, 3600) == [
        Segment(60, start, start + 7200),
    ]


def test_what_a_tier_no_longer_keeps_is_left_out() -> None:
    start = NOW - 20 * DAY
    assert query(start, NOW, 60) == [Segment(60, NOW - 15 * DAY, NOW)]
    assert query(start, NOW - 16 * DAY, 60) == []
    assert query(start, NOW - 16 * DAY, 300) == [Segment(300, start, NOW - 16 * DAY)]
    assert query(NOW - 500 * DAY, NOW - 400 * DAY, 3600) == [Segment(3600, NOW - 455 * DAY, NOW - 400 * DAY)]


def test_an_old_end_takes_the_whole_last_cell_because_no_finer_one_is_left() -> None:
    start = NOW - 20 * DAY
    assert query(start, start + 417, 300) == [Segment(300, start, start + 417)]


@pytest.mark.parametrize("period", [60, 300, 3600, 7200])
@pytest.mark.parametrize("offset", [0, 60, 300, 3540])
@pytest.mark.parametrize("length", [1, 60, 3599, 3600, 100_000])
def test_recent_time_is_covered_exactly_once(period: int, offset: int, length: int) -> None:
    start = NOW - NOW % 3600 - 5 * DAY + offset
    at = start
    for segment in query(start, start + length, period):
        assert segment.start == at
        at = segment.end
    assert at == start + length


def test_seconds_are_kept_for_three_hours() -> None:
    assert oldest_second(NOW) == NOW - 3 * 3600
    assert oldest_second(NOW + 1) == NOW - 3 * 3600 + 60
