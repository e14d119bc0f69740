"""An alarm mute rule as a value (``cloudwatch/PutAlarmMuteRule``): when it mutes which alarms, and its status. Pure.

Times are in milliseconds since the epoch.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.mute_window import Schedule, ScheduleError, cached_schedule

_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Status(StrEnum):
    SCHEDULED = "SCHEDULED"
    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"


class MuteRule(msgspec.Struct, frozen=True):
    """A stored rule. Without targets it mutes nothing yet."""

    scope: Scope
    name: str
    expression: str
    duration: str
    timezone: str
    targets: tuple[str, ...] | None
    """Names of alarms, in the order given."""
    updated: int
    description: str | None = None
    starts: int | None = None
    expires: int | None = None
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def arn(self) -> str:
        return f"{arn_prefix(self.scope)}{self.name}"

    @property
    def schedule(self) -> Schedule | None:
        """None where its time zone, which was there when the rule was put, is so no more: then it mutes nothing."""
        try:
            return cached_schedule(self.expression, self.duration, self.timezone)
        except ScheduleError:
            return None

    @property
    def mute_type(self) -> str:
        return "RECURRING" if self.expression.startswith("cron") else "ONE_TIME"

    def mutes_until(self, now: int) -> int | None:
        """The end of the window that ``now`` is in, None outside of windows."""
        if (self.starts is not None and now < self.starts) or self._is_past(now):
            return None
        schedule = self.schedule
        window = None if schedule is None else schedule.window_at(_moment(now))
        if window is None:
            return None
        end = _milliseconds(window.end)
        return end if self.expires is None else min(end, self.expires)

    def status(self, now: int) -> Status:
        """Expired is what will mute no more."""
        if self.mutes_until(now) is not None:
            return Status.ACTIVE
        return Status.EXPIRED if self._is_past(now) or self._is_over(now) else Status.SCHEDULED

    def _is_past(self, now: int) -> bool:
        return self.expires is not None and now >= self.expires

    def _is_over(self, now: int) -> bool:
        only = None if self.schedule is None else self.schedule.only_window
        return only is not None and now >= _milliseconds(only.end)


def arn_prefix(scope: Scope) -> str:
    """What the ARNs of all mute rules of the scope begin with; the name follows."""
    return f"arn:{scope.partition}:cloudwatch:{scope.region}:{scope.account}:alarm-mute-rule:"


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND
