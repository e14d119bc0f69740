"""When mute rules mute: cron and at windows held against an oracle that looks at every minute of the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mailgauge.cloudwatch.alarms.mute_window import Schedule, ScheduleError, Window, parse_schedule

_MINUTE = timedelta(minutes=1)
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

# Around changes of the clock: by an hour, by half an hour, at midnight, and where a whole day is left out.
_PLACES = (
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2027, 4, 3, 15, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 2, 18, 2, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("Asia/Kolkata", datetime(2026, 2, 28, 18, 30, tzinfo=UTC)),
    ("UTC", datetime(2028, 2, 29, tzinfo=UTC)),
)


def _values(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> set[int]:
    """The field of a cron, told by trying every value."""
    if field == "*":
        return set(range(low, high + 1))
    found = set()
    for part in field.split(","):
        first, _, last = part.partition("-")
        begin, end = (
            names.index(each) + low if each in names else int(each) for each in (first, last or first)
        )
        found |= {value for value in range(low, high + 1) if begin <= value <= end}
    return found


def _matches(expression: str, wall: datetime) -> bool:
    minutes, hours, days, months, weekdays = expression.removeprefix("cron(").removesuffix(")").split()
    by_number = wall.day in _values(days, 1, 31)
    by_weekday = wall.isoweekday() % 7 in _values(weekdays, 0, 6, _DAYS)
    restricted = days != "*" and weekdays != "*"
    return (
        wall.minute in _values(minutes, 0, 59)
        and wall.hour in _values(hours, 0, 23)
        and wall.month in _values(months, 1, 12, _MONTHS)
        and (by_number or by_weekday if restricted else by_number and by_weekday)
    )


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _shown(minute: datetime, zone: ZoneInfo) -> list[datetime]:
    """What the clock shows at this minute, and all that it skipped just before."""
    now, before = _wall(minute, zone), _wall(minute - _MINUTE, zone)
    skipped = max((now - before) // _MINUTE - 1, 0)
    return [now] + [before + (number + 1) * _MINUTE for number in range(skipped)]


def _oracle(expression: str, duration: timedelta, zone: ZoneInfo, moment: datetime) -> Window | None:
    """Goes back minute by minute to the last that begins a window."""
    minute = moment.replace(second=0, microsecond=0)
    while minute + duration > moment:
        if any(_matches(expression, wall) for wall in _shown(minute, zone)):
            return Window(minute, minute + duration)
        minute -= _MINUTE
    return None


def _field_of(low: int, high: int, names: tuple[str, ...] = ()) -> some.SearchStrategy[str]:
    value = some.integers(low, high)

    def text(number: int) -> str:
        return names[number - low] if names and number % 2 else str(number)

    span = some.tuples(value, value).map(lambda pair: f"{text(min(pair))}-{text(max(pair))}")
    part = some.one_of(value.map(text), span)
    return some.one_of(some.just("*"), some.lists(part, min_size=1, max_size=3).map(",".join))


_CRONS = some.tuples(
    _field_of(0, 59),
    some.one_of(some.just("*"), some.sampled_from(["0", "1", "2", "23", "0-2", "1,23"])),
    some.one_of(some.just("*"), _field_of(1, 28)),
    some.one_of(some.just("*"), _field_of(1, 12, _MONTHS)),
    some.one_of(some.just("*"), _field_of(0, 6, _DAYS)),
).map(lambda fields: f"cron({' '.join(fields)})")


@given(
    expression=_CRONS,
    minutes=some.one_of(some.integers(1, 200), some.integers(1, 3 * 1440)),
    place=some.sampled_from(_PLACES),
    seconds=some.integers(-36 * 3600, 36 * 3600),
)
def test_a_moment_is_in_the_window_that_a_clock_watched_every_minute_says(
    expression: str, minutes: int, place: tuple[str, datetime], seconds: int
) -> None:
    zone, moment = ZoneInfo(place[0]), place[1] + timedelta(seconds=seconds)
    schedule = parse_schedule(expression, f"PT{minutes}M", place[0])
    assert schedule.window_at(moment) == _oracle(expression, timedelta(minutes=minutes), zone, moment)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(expression: str, duration: str, zone: str, at: str) -> str | None:
    """When the window of this moment begins, in UTC."""
    found = parse_schedule(expression, duration, zone).window_at(moment(at))
    return None if found is None else found.start.strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("expression", "duration", "zone", "at", "start"),
    [
        # From Friday evening to Monday morning, in the summer and across the end of it.
        ("cron(0 18 * * FRI)", "P2DT12H", "Europe/Berlin", "2026-07-05T23:59", "2026-07-03T16:00"),
        ("cron(0 18 * * FRI)", "P2DT12H", "Europe/Berlin", "2026-07-06T04:00", None),
        ("cron(0 18 * * FRI)", "P2DT12H", "Europe/Berlin", "2026-10-26T03:59", "2026-10-23T16:00"),
        # Clocks skip 02:30, which then counts at 03:00; or show it twice, and both count.
        ("cron(30 2 * * *)", "PT1H", "Europe/Berlin", "2026-03-29T00:59", None),
        ("cron(30 2 * * *)", "PT1H", "Europe/Berlin", "2026-03-29T01:00", "2026-03-29T01:00"),
        ("cron(30 2 * * *)", "PT1H", "Europe/Berlin", "2026-10-25T00:30", "2026-10-25T00:30"),
        ("cron(30 2 * * *)", "PT1H", "Europe/Berlin", "2026-10-25T02:29", "2026-10-25T01:30"),
        # At once, of a time that is shown twice at the first.
        ("at(2026-10-25T02:30)", "PT1H", "Europe/Berlin", "2026-10-25T01:29", "2026-10-25T00:30"),
        ("at(2026-10-25T02:30)", "PT1H", "Europe/Berlin", "2026-10-25T01:30", None),
        ("at(2026-03-29T02:30)", "PT1H", "Europe/Berlin", "2026-03-29T01:00", "2026-03-29T01:00"),
        ("at(2024-12-23T00:00)", "P15D", "UTC", "2025-01-06T23:59", "2024-12-23T00:00"),
        # The longest duration of the rarest day.
        ("cron(0 0 29 2 *)", "P15D", "UTC", "2028-03-14T23:59", "2028-02-29T00:00"),
        ("cron(0 0 29 2 *)", "P15D", "UTC", "2027-03-01T00:00", None),
        # Either field of days; names, ranges that end on Sunday, and 7 for it.
        ("cron(0 0 13 * fri)", "P1D", "UTC", "2026-11-13T12:00", "2026-11-13T00:00"),
        ("cron(0 0 13 * fri)", "P1D", "UTC", "2026-11-20T12:00", "2026-11-20T00:00"),
        ("cron(0 0 13 * fri)", "P1D", "UTC", "2026-12-13T12:00", "2026-12-13T00:00"),
        ("cron(0 0 * JAN-MAR,DEC SAT-SUN)", "P1D", "UTC", "2026-12-06T01:00", "2026-12-06T00:00"),
        ("cron(0 0 * * 7)", "P1D", "UTC", "2026-12-06T01:00", "2026-12-06T00:00"),
        ("cron(0 0 * JAN-MAR,DEC SAT-SUN)", "P1D", "UTC", "2026-11-29T01:00", None),
    ],
)
def test_windows_are_where_people_expect_them(
    expression: str, duration: str, zone: str, at: str, start: str | None
) -> None:
    assert window(expression, duration, zone, at) == start


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 2 * *)",
        "cron(0 2 * * * *)",
        "cron(0 2 ? * *)",
        "cron(*/5 * * * *)",
        "cron(0 24 * * *)",
        "cron(5-1 * * * *)",
        "cron(0 0 0 * *)",
        "cron(0 0 * 13 *)",
        "cron(0 0 * * 8)",
        "cron(0 0 * * MON#2)",
        "cron(1, * * * *)",
        "cron(0 0 30 2 *)",
        "cron()",
        "cron(٣ * * * *)",
        "at(2026-1-1T00:00)",
        "at(2026-01-01 00:00)",
        "rate(1 hour)",
        "",
    ],
)
def test_what_is_no_schedule_expression_is_refused(expression: str) -> None:
    with pytest.raises(ScheduleError, match="The Expression provided is not valid"):
        parse_schedule(expression, "PT1H", "UTC")


@given(expression=some.text(max_size=40), duration=some.text(max_size=20), zone=some.text(max_size=20))
def test_any_text_is_a_schedule_or_refused(expression: str, duration: str, zone: str) -> None:
    for parts in (
        (f"cron({expression})", "PT1H", "UTC"),
        (f"at({expression})", "PT1H", "UTC"),
        ("cron(0 0 * * *)", f"P{duration}", "UTC"),
        ("cron(0 0 * * *)", "PT1H", zone),
    ):
        try:
            assert isinstance(parse_schedule(*parts), Schedule)
        except ScheduleError:
            continue
