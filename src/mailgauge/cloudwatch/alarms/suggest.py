"""The alarms that every sender should have: on bounce and complaint rate, at the thresholds by which SES judges. Pure.

SES reviews an account from 5 % bounces or 0.1 % complaints on and may pause it from 10 % or 0.5 % on. The rates are
fractions in CloudWatch, published for the account and for configuration sets that have reputation metrics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.actions.validation import problem
from mailgauge.cloudwatch.alarms.alarm import Comparison, Configuration, MissingData

MOST_ACTIONS: Final = 5
_NAMESPACE: Final = "AWS/SES"
_SET: Final = "ses:configuration-set"
# The rates are published this often, in seconds.
_PERIOD: Final = 300


class SuggestionError(ValueError):
    """It can't be done with these actions; the text says why."""


@dataclass(frozen=True, slots=True)
class Level:
    """One threshold of one rate. ``is_pause`` marks the one at which sending may be paused."""

    name: str
    metric: str
    threshold: float
    meaning: str
    is_pause: bool


LEVELS: Final = (
    Level("SES-bounce-rate-warning", "Reputation.BounceRate", 0.05, "SES would review the account", False),
    Level("SES-bounce-rate-pause", "Reputation.BounceRate", 0.10, "SES might pause sending", True),
    Level(
        "SES-complaint-rate-warning", "Reputation.ComplaintRate", 0.001, "SES would review the account", False
    ),
    Level("SES-complaint-rate-pause", "Reputation.ComplaintRate", 0.005, "SES might pause sending", True),
)


def suggested(
    scope: Scope, configuration_set: str | None, tells: Sequence[str], *, pauses: bool
) -> list[Configuration]:
    """For the account, or for a configuration set. ``tells`` are actions of every alarm and its end; ``pauses`` lets
    the higher thresholds pause sending. Raises SuggestionError.
    """
    for action in tells:
        region = action.split(":")[3] if action.startswith("arn:") and action.count(":") >= 5 else None
        if region != scope.region:
            raise SuggestionError(f"{action} is no target in the Region {scope.region}")
        if why := problem(action, scope):
            raise SuggestionError(why)
    pause = (pause_action(scope, configuration_set),) if pauses else ()
    if len(tells) + len(pause) > MOST_ACTIONS:
        raise SuggestionError(f"an alarm has at most {MOST_ACTIONS} actions")
    return [_alarm(level, configuration_set, tuple(tells), pause) for level in LEVELS]


def mail_action(scope: Scope, address: str) -> str:
    return f"{_own(scope)}mail/{address}"


def pause_action(scope: Scope, configuration_set: str | None) -> str:
    """Pauses the account's sending, or a configuration set's."""
    return f"{_own(scope)}pause-sending{'' if configuration_set is None else f'/{configuration_set}'}"


def condition(alarm: Configuration) -> str:
    """``Reputation.BounceRate >= 5 %``."""
    return f"{alarm.metric_name} >= {alarm.threshold * 100:g} %"


def _alarm(
    level: Level, configuration_set: str | None, tells: tuple[str, ...], pause: tuple[str, ...]
) -> Configuration:
    of_set = "" if configuration_set is None else f" of the configuration set {configuration_set}"
    rate = "bounce" if "Bounce" in level.metric else "complaint"
    return Configuration(
        name=level.name if configuration_set is None else f"{level.name}-{configuration_set}",
        namespace=_NAMESPACE,
        metric_name=level.metric,
        dimensions=() if configuration_set is None else ((_SET, configuration_set),),
        period=_PERIOD,
        evaluation_periods=1,
        threshold=level.threshold,
        comparison=Comparison.GREATER_OR_EQUAL,
        statistic="Average",
        # Where nothing is sent there is no rate, and nothing has changed.
        treat_missing_data=MissingData.IGNORE,
        description=f"The {rate} rate{of_set} has reached {level.threshold * 100:g} %: {level.meaning}.",
        ok_actions=tells,
        alarm_actions=(*tells, *(pause if level.is_pause else ())),
    )


def _own(scope: Scope) -> str:
    return f"arn:{scope.partition}:mailgauge:{scope.region}:{scope.account}:"
