"""A metric alarm as values: what was configured, the state it is in, and both together. It decides nothing.

Names are those of ``monitoring/PutMetricAlarm``; times are in milliseconds since the epoch, periods in seconds.
"""

from enum import StrEnum
from typing import Protocol

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.tsdb.series import Dimensions, Series

CREATION_REASON = "Unchecked: Initial alarm creation"


class StateValue(StrEnum):
    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class EvaluationState(StrEnum):
    """What was wrong with the last evaluation, beside the state that it gave all the same."""

    PARTIAL_DATA = "PARTIAL_DATA"
    """There was more data than one evaluation reads."""
    ERROR = "EVALUATION_ERROR"
    """The alarm can't be computed as it is configured."""
    FAILURE = "EVALUATION_FAILURE"
    """It could not be evaluated this time; the fault is the service's."""


class Comparison(StrEnum):
    """The static comparisons; the value of the metric is their left operand."""

    GREATER_OR_EQUAL = "GreaterThanOrEqualToThreshold"
    GREATER = "GreaterThanThreshold"
    LESS = "LessThanThreshold"
    LESS_OR_EQUAL = "LessThanOrEqualToThreshold"

    def holds(self, value: float, threshold: float) -> bool:
        match self:
            case Comparison.GREATER_OR_EQUAL:
                return value >= threshold
            case Comparison.GREATER:
                return value > threshold
            case Comparison.LESS:
                return value < threshold
            case Comparison.LESS_OR_EQUAL:
                return value <= threshold


class MissingData(StrEnum):
    """How missing datapoints are treated."""

    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"
    IGNORE = "ignore"
    MISSING = "missing"


class LowSamples(StrEnum):
    """Whether a percentile of few samples is evaluated."""

    EVALUATE = "evaluate"
    IGNORE = "ignore"


class Acting(Protocol):
    """What a configuration of either type says of actions."""

    @property
    def ok_actions(self) -> tuple[str, ...]: ...

    @property
    def alarm_actions(self) -> tuple[str, ...]: ...

    @property
    def insufficient_data_actions(self) -> tuple[str, ...]: ...


def actions_on(state: StateValue, configured: Acting) -> tuple[str, ...]:
    """The actions to run on entering ``state``."""
    match state:
        case StateValue.OK:
            return configured.ok_actions
        case StateValue.ALARM:
            return configured.alarm_actions
        case StateValue.INSUFFICIENT_DATA:
            return configured.insufficient_data_actions


class AlarmQuery(msgspec.Struct, frozen=True, omit_defaults=True):
    """One element of a list of Metrics: an expression, or a metric with its statistic."""

    id: str
    returns_data: bool
    expression: str | None = None
    namespace: str = ""
    metric_name: str = ""
    dimensions: Dimensions = ()
    statistic: str = ""
    period: int | None = None
    unit: str | None = None
    label: str | None = None


class Configuration(msgspec.Struct, frozen=True, omit_defaults=True):
    """What PutMetricAlarm replaces as a whole. None is "not given", which DescribeAlarms does not echo.

    An alarm on an expression has ``queries`` in place of a metric; ``period`` is theirs.
    """

    name: str
    namespace: str
    metric_name: str
    period: int
    evaluation_periods: int
    threshold: float
    comparison: Comparison
    dimensions: Dimensions = ()
    """In the order given."""
    statistic: str | None = None
    extended_statistic: str | None = None
    unit: str | None = None
    datapoints_to_alarm: int | None = None
    treat_missing_data: MissingData | None = None
    low_samples: LowSamples | None = None
    description: str | None = None
    ok_actions: tuple[str, ...] = ()
    alarm_actions: tuple[str, ...] = ()
    insufficient_data_actions: tuple[str, ...] = ()
    metric_id: str | None = None
    """The metric's Id when it was given as the one element of a list of Metrics, which is how it is then echoed."""
    label: str | None = None
    queries: tuple[AlarmQuery, ...] = ()

    @property
    def needed(self) -> int:
        """M: how many datapoints must be breaching."""
        return self.datapoints_to_alarm or self.evaluation_periods

    @property
    def missing(self) -> MissingData:
        return self.treat_missing_data or MissingData.MISSING

    @property
    def stat(self) -> str:
        """The statistic, basic or extended."""
        return self.statistic or self.extended_statistic or ""

    def actions(self, state: StateValue) -> tuple[str, ...]:
        """The actions to run on entering ``state``."""
        return actions_on(state, self)

    def series(self, scope: Scope) -> Series:
        return Series.of(scope, self.namespace, self.metric_name, dict(self.dimensions))


class State(msgspec.Struct, frozen=True):
    """The state of an alarm and why it has it. ``updated`` is its last change, ``transitioned`` that of the value."""

    value: StateValue
    reason: str
    reason_data: str | None
    updated: int
    transitioned: int
    evaluation: EvaluationState | None = None


def arn_prefix(scope: Scope) -> str:
    """What the ARNs of all alarms of the scope begin with; the name follows."""
    return f"arn:{scope.partition}:cloudwatch:{scope.region}:{scope.account}:alarm:"


class Alarm(msgspec.Struct, frozen=True):
    """A stored alarm.

    ``version`` is a new number for each PutMetricAlarm, ``revision`` for each of these and each state; ``evaluated`` is
    the end (seconds) of the last window known to be dealt with, None when the alarm waits for its first one.
    """

    scope: Scope
    configuration: Configuration
    actions_enabled: bool
    configured: int
    state: State
    version: int
    revision: int
    evaluated: int | None = None
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return self.configuration.name

    @property
    def arn(self) -> str:
        return f"{arn_prefix(self.scope)}{self.name}"
