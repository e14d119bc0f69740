"""When a mute rule's schedule mutes: windows out of cron and at expressions, durations and time zones. Pure.

The source is ``cloudwatch/Schedule``. Where clocks change, a time that they skip counts when they jump, so that
maintenance at such a time stays quiet, and a time that they show twice counts twice; of an ``at`` it is the first.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailgauge.cloudwatch.alarms.cron import Cron, CronError, parse_cron

SHORTEST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(days=15)
_DURATION = re.compile(r"P(?:(\d{1,7})D)?(?:T(?=\d)(?:(\d{1,7})H)?(?:(\d{1,7})M)?(?:(\d{1,7})S)?)?", re.ASCII)
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d)\)", re.ASCII)
_CRON = re.compile(r"cron\((.*)\)")
# Clocks change by less than this.
_A_DAY: Final = timedelta(days=1)


class ScheduleError(ValueError):
    """A part of a schedule, ``Expression``, ``Duration`` or ``Timezone``, is not one."""

    def __init__(self, part: str) -> None:
        super().__init__(f"The {part} provided is not valid.")


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start`` until just before ``end``."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """``when`` is a cron, or one moment."""

    when: Cron | datetime
    duration: timedelta
    zone: tzinfo

    @property
    def only_window(self) -> Window | None:
        """The window of what does not recur."""
        return Window(self.when, self.when + self.duration) if isinstance(self.when, datetime) else None

    def window_at(self, moment: datetime) -> Window | None:
        """The window that ``moment`` is in; of several the one that began last, which ends last."""
        start = self._latest_start(moment)
        if start is None or moment >= start + self.duration:
            return None
        return Window(start, start + self.duration)

    def _latest_start(self, moment: datetime) -> datetime | None:
        """The last start that is not later than ``moment``, if a window that began then can last until it."""
        if isinstance(self.when, datetime):
            return self.when if self.when <= moment else None
        days = self.duration // _A_DAY + 2
        # What clocks showed a day ago goes beyond what they show now where they were set back since.
        offsets = {_offset(moment, self.zone), _offset(moment - _A_DAY, self.zone)}
        walls = (self.when.latest((moment + offset).replace(tzinfo=None), days) for offset in offsets)
        starts = (start for wall in walls if wall is not None for start in _moments(wall, self.zone))
        return max((start for start in starts if start <= moment), default=None)


def parse_schedule(expression: str, duration: str, zone: str) -> Schedule:
    """Raises ScheduleError."""
    within, length = parse_zone(zone), parse_duration(duration)
    return Schedule(_when(expression, within, length), length, within)


@lru_cache(maxsize=1024)
def cached_schedule(expression: str, duration: str, zone: str) -> Schedule:
    """The same for what was accepted before: it is asked at every transition of an alarm."""
    return parse_schedule(expression, duration, zone)


def parse_duration(text: str) -> timedelta:
    """``P2DT12H``. Raises ScheduleError."""
    parts = _DURATION.fullmatch(text)
    if parts is not None:
        days, hours, minutes, seconds = (int(part or 0) for part in parts.groups())
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if SHORTEST <= length <= LONGEST:
            return length
    raise ScheduleError("Duration")


def parse_zone(name: str) -> tzinfo:
    """An IANA time zone. Raises ScheduleError."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ScheduleError("Timezone") from error


def _when(expression: str, zone: tzinfo, length: timedelta) -> Cron | datetime:
    try:
        if at := _AT.fullmatch(expression):
            start = _moments(datetime.fromisoformat(at[1]), zone)[0]
            # One that would end behind the last year there is can't be computed with.
            return start + length - length
        if cron := _CRON.fullmatch(expression):
            return parse_cron(cron[1])
    except (CronError, ValueError, OverflowError) as error:
        raise ScheduleError("Expression") from error
    raise ScheduleError("Expression")


def _moments(wall: datetime, zone: tzinfo) -> list[datetime]:
    """When the clocks of the zone show ``wall``: once, twice, or, where they skip it, when they jump."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first <= second:
        return [first] if first == second else [first, second]
    return [_jump(second, first, zone)]


def _jump(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The second in which the offset becomes what it is ``after``."""
    target = _offset(after, zone)
    seconds = range((after - before) // timedelta(seconds=1) + 1)
    index = bisect_left(
        seconds, True, key=lambda each: _offset(before + timedelta(seconds=each), zone) == target
    )
    return before + timedelta(seconds=index)


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)
