"""A composite alarm as values: what was configured, and what became of it. It decides nothing.

Names are those of ``monitoring/PutCompositeAlarm``; times are in milliseconds since the epoch, periods in seconds.
"""

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.alarm import State, StateValue, actions_on, arn_prefix
from mailgauge.cloudwatch.alarms.rule import Rule
from mailgauge.cloudwatch.alarms.suppression import Periods, Suppression


class Suppressor(msgspec.Struct, frozen=True):
    """ActionsSuppressor as it was given, the name of the alarm that it means, and its two periods."""

    given: str
    name: str
    periods: Periods


class CompositeConfiguration(msgspec.Struct, frozen=True, omit_defaults=True):
    """What PutCompositeAlarm replaces as a whole. None is "not given", which DescribeAlarms does not echo."""

    name: str
    rule_text: str
    rule: Rule
    description: str | None = None
    ok_actions: tuple[str, ...] = ()
    alarm_actions: tuple[str, ...] = ()
    insufficient_data_actions: tuple[str, ...] = ()
    suppressor: Suppressor | None = None

    def actions(self, state: StateValue) -> tuple[str, ...]:
        """The actions to run on entering ``state``."""
        return actions_on(state, self)


class CompositeAlarm(msgspec.Struct, frozen=True):
    """A stored composite alarm; ``revision`` is a new number for each change."""

    scope: Scope
    configuration: CompositeConfiguration
    actions_enabled: bool
    configured: int
    state: State
    revision: int
    suppression: Suppression = Suppression()
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return self.configuration.name

    @property
    def arn(self) -> str:
        return f"{arn_prefix(self.scope)}{self.name}"


class Standing(msgspec.Struct, frozen=True):
    """An alarm of either type as its composites see it: its state, and when it came to it."""

    name: str
    value: StateValue
    transitioned: int
    updated: int
    is_composite: bool
