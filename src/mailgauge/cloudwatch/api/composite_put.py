"""PutCompositeAlarm: from parameters to a checked ``CompositeConfiguration`` (``monitoring/PutCompositeAlarm``)."""

from typing import Final

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Params
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import rule_parser
from mailgauge.cloudwatch.alarms.alarm import arn_prefix
from mailgauge.cloudwatch.alarms.composite import CompositeConfiguration, Suppressor
from mailgauge.cloudwatch.alarms.suppression import Periods
from mailgauge.cloudwatch.api.alarm_put import check_actions, check_name, refuse
from mailgauge.cloudwatch.api.constraints import Constraints

_ACTIONS: Final = ("OKActions", "AlarmActions", "InsufficientDataActions")
# What acts on the machine behind a metric, which a composite alarm does not have.
_NOT_FOR_COMPOSITES: Final = frozenset({"automate", "autoscaling", "swf"})
_PERIODS: Final = ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")


def configuration(params: Params, scope: Scope) -> CompositeConfiguration:
    """For an alarm of ``scope``. Raises AwsError for whatever AWS refuses."""
    _model_constraints(params)
    check_name(params)
    check_actions(params, scope)
    _check_services(params)
    prefix = arn_prefix(scope)
    try:
        # None at all is refused in the same words as white space around it.
        rule = rule_parser.parse(params.get("AlarmRule") or "", prefix)
        suppressor = _suppressor(params, prefix)
    except rule_parser.RuleError as error:
        raise AwsError("ValidationError", str(error)) from error
    return CompositeConfiguration(
        name=params["AlarmName"],
        rule_text=params["AlarmRule"],
        rule=rule,
        description=params.get("AlarmDescription"),
        ok_actions=tuple(params.get("OKActions") or ()),
        alarm_actions=tuple(params.get("AlarmActions") or ()),
        insufficient_data_actions=tuple(params.get("InsufficientDataActions") or ()),
        suppressor=suppressor,
    )


def _model_constraints(params: Params) -> None:
    checks = (
        Constraints(params)
        .required("AlarmName")
        .length("AlarmName", 1, 255)
        .length("AlarmDescription", 0, 1024)
        .length("AlarmRule", 1, rule_parser.LONGEST)
        .length("ActionsSuppressor", 1, 1600)
    )
    for period in _PERIODS:
        checks.between(period, 0)
    for actions in _ACTIONS:
        checks.size(actions, 5).lengths(actions, 1, 1024)
    checks.verify()


def _check_services(params: Params) -> None:
    for name in _ACTIONS:
        for action in params.get(name) or ():
            if not _NOT_FOR_COMPOSITES.isdisjoint(action.split(":")[2:3]):
                refuse(f"The action {action} is not supported for composite alarms")


def _suppressor(params: Params, prefix: str) -> Suppressor | None:
    given = params.get("ActionsSuppressor")
    if given is None:
        for period in _PERIODS:
            if params.get(period) is not None:
                refuse(f"{period} should not be set if ActionsSuppressor is not set.")
        return None
    for period in _PERIODS:
        if params.get(period) is None:
            refuse(f"{period} must not be null")
    wait, extension = (params[period] for period in _PERIODS)
    return Suppressor(given, rule_parser.alarm_name(given, prefix), Periods(wait, extension))
