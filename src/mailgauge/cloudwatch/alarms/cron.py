"""Cron expressions of five fields as mute rules have them: minutes, hours, day of month, month, day of week. Pure.

``*``, ``-`` and ``,`` in all fields, English names of months and days (``cloudwatch/Schedule``). As in any cron, a day
matches either of the two fields of days where both are restricted. It knows no time zones.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Final

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LONGEST_MONTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class CronError(ValueError):
    """It is no cron expression, or of a day that never comes."""


@dataclass(frozen=True)
class Cron:
    """``weekdays`` from 0, Sunday; ``either`` when a day may match one of the two fields of days."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def has_day(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_number, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_number or by_weekday if self.either else by_number and by_weekday

    def latest(self, wall: datetime, days: int) -> datetime | None:
        """The last time that matches and is not later than ``wall``, of that day and those ``days`` before it."""
        for back in range(days + 1):
            day = wall.date() - timedelta(days=back)
            count = bisect_right(self._times, wall.time()) if back == 0 else len(self._times)
            if count and self.has_day(day):
                return datetime.combine(day, self._times[count - 1])
        return None

    @cached_property
    def _times(self) -> tuple[time, ...]:
        """Of every day that matches, in order."""
        return tuple(time(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes))


def parse_cron(text: str) -> Cron:
    """``0 2 * * SUN``. Raises CronError."""
    fields = text.split()
    if len(fields) != 5:
        raise CronError("a cron expression has five fields")
    minutes, hours, days, months, weekdays = fields
    cron = Cron(
        minutes=_field(minutes, 0, 59),
        hours=_field(hours, 0, 23),
        days=_field(days, 1, 31),
        months=_field(months, 1, 12, _MONTHS),
        weekdays=frozenset(day % 7 for day in _field(weekdays, 0, 7, _DAYS)),
        either=days != "*" and weekdays != "*",
    )
    # With a weekday beside it, some day of every month matches.
    if not cron.either and min(cron.days) > max(_LONGEST_MONTHS[month - 1] for month in cron.months):
        raise CronError("no such day comes")
    return cron


def _field(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    return frozenset(value for part in text.split(",") for value in _part(part, low, high, names))


def _part(text: str, low: int, high: int, names: tuple[str, ...]) -> range:
    if text == "*":
        return range(low, high + 1)
    first, dash, last = text.partition("-")
    begin = _value(first, low, names)
    end = _value(last, low, names) if dash else begin
    # A range may end with Sunday, which otherwise begins the week.
    if names is _DAYS and end == 0 < begin:
        end = 7
    if not low <= begin <= end <= high:
        raise CronError(f"{text} is out of range")
    return range(begin, end + 1)


def _value(text: str, low: int, names: tuple[str, ...]) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + low
    if not re.fullmatch(r"[0-9]{1,2}", text):
        raise CronError(f"{text} is no value here")
    return int(text)
