"""A change of an alarm's state as its actions are told of it: made once, with the change, and kept until all have run."""

from dataclasses import dataclass

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.actions.regions import long_name
from mailgauge.cloudwatch.alarms.alarm import State, StateValue
from mailgauge.cloudwatch.alarms.history import AlarmType


@dataclass(frozen=True, slots=True)
class Change:
    """Which alarm went from which state to which: what all types of alarms have in common."""

    scope: Scope
    type: AlarmType
    name: str
    arn: str
    description: str | None
    old: State
    new: State

    @property
    def region(self) -> str:
        """Its name, as notifications print it."""
        return long_name(self.scope.region)


class Notice(msgspec.Struct, frozen=True):
    """``subject`` and ``message`` (JSON) are what a topic gets; ``time`` in milliseconds."""

    alarm_type: AlarmType
    alarm_name: str
    alarm_arn: str
    old: StateValue
    new: StateValue
    reason: str
    time: int
    subject: str
    message: str
