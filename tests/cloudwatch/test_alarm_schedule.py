"""When alarms are due and what their windows cover."""

from mailgauge.cloudwatch.alarms import schedule

MINUTE = 1_750_000_020  # a whole minute


def test_windows_end_at_the_last_whole_minute_three_seconds_after_it() -> None:
    assert schedule.window_end(60, MINUTE + 2.9) == MINUTE - 60
    assert schedule.window_end(60, MINUTE + 3) == MINUTE
    assert schedule.window_end(300, MINUTE + 62) == MINUTE
    assert schedule.window_end(10, MINUTE + 23) == MINUTE + 20


def test_windows_slide_with_the_minute_and_not_with_the_period() -> None:
    first = schedule.window(300, 1, MINUTE)
    second = schedule.window(300, 1, MINUTE + 60)
    assert (first[-1], second[-1]) == (MINUTE - 300, MINUTE - 240)


def test_three_periods_look_back_over_five() -> None:
    assert schedule.evaluation_range(3) == 5
    assert list(schedule.window(60, 3, MINUTE)) == [MINUTE - 60 * n for n in (5, 4, 3, 2, 1)]


def test_an_alarm_of_one_day_looks_back_over_three() -> None:
    assert schedule.window(86400, 1, MINUTE).start == MINUTE - 3 * 86400


def test_extra_points_stay_within_what_is_kept_by_the_minute() -> None:
    assert schedule.window(604_800, 1, MINUTE).start == MINUTE - 2 * 604_800


def test_minutes_are_due_every_minute_once() -> None:
    assert not schedule.is_due(60, 1, MINUTE, MINUTE + 62)
    assert schedule.is_due(60, 1, MINUTE, MINUTE + 63)


def test_a_new_alarm_is_first_due_at_the_ten_seconds_that_follow_it() -> None:
    for put in (MINUTE, MINUTE + 2.5, MINUTE + 9.9):
        assert not schedule.is_first_due(put, MINUTE + 12.9)
        assert schedule.is_first_due(put, MINUTE + 13)
    assert not schedule.is_first_due(MINUTE + 10, MINUTE + 22.9)


def test_short_periods_are_due_every_ten_seconds() -> None:
    assert schedule.step(10, 1) == schedule.step(30, 5) == 10
    assert not schedule.is_due(30, 1, MINUTE, MINUTE + 12)
    assert schedule.is_due(30, 1, MINUTE, MINUTE + 13)


def test_windows_over_a_day_are_due_every_hour() -> None:
    hour = MINUTE - MINUTE % 3600
    assert schedule.step(86400, 1) == 60
    assert schedule.step(86400, 2) == 3600
    assert not schedule.is_due(86400, 2, hour + 60, hour + 3599)
    assert schedule.is_due(86400, 2, hour + 60, hour + 3603)


def test_a_clock_that_went_back_makes_nothing_due() -> None:
    assert not schedule.is_due(60, 1, MINUTE, MINUTE - 500)


def test_the_next_check_is_the_next_boundary_of_ten_seconds_and_its_settling() -> None:
    assert schedule.next_check(MINUTE + 2.5) == MINUTE + 3
    assert schedule.next_check(MINUTE + 3) == MINUTE + 13
