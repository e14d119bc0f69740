"""Why a composite alarm has its state: StateReason as a sentence and StateReasonData as JSON, in CloudWatch's words. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from mailgauge.cloudwatch.alarms import javatext
from mailgauge.cloudwatch.alarms.alarm import StateValue
from mailgauge.cloudwatch.alarms.composite import Standing

LONGEST_DATA: Final = 4000


def by_child(arn_prefix: str, child: Standing) -> str:
    """The reason of a change that a child's change led to."""
    moment = datetime.fromtimestamp(child.transitioned / 1000, UTC)
    return f"{arn_prefix}{child.name} transitioned to {child.value} at {moment:%A %d %B, %Y %H:%M:%S} UTC"


def by_rule(arn: str, value: StateValue, *, is_new: bool) -> str:
    """The reason of a change that a new rule led to."""
    return f"{arn} was {'created' if is_new else 'updated'} and its alarm rule evaluates to {value}"


def reason_data(arn_prefix: str, triggering: Iterable[Standing]) -> str:
    """The alarms that a change comes from; as many as there is room for."""
    alarms = [_alarm(arn_prefix, each) for each in triggering]
    while len(text := javatext.dumps({"triggeringAlarms": alarms})) > LONGEST_DATA:
        alarms = alarms[: len(alarms) * LONGEST_DATA // len(text)]
    return text


def _alarm(arn_prefix: str, standing: Standing) -> dict[str, Any]:
    state = {"value": standing.value, "timestamp": javatext.stamp(standing.transitioned)}
    return {"arn": f"{arn_prefix}{standing.name}", "state": state}
