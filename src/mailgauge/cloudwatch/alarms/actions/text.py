"""The same in words, for people: the text that subscribers by mail and mail actions get. Pure."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from mailgauge.cloudwatch.alarms import javatext
from mailgauge.cloudwatch.alarms.actions.notice import Change
from mailgauge.cloudwatch.alarms.alarm import Comparison, Configuration, StateValue

_WORDS = {
    Comparison.GREATER: "greater than",
    Comparison.GREATER_OR_EQUAL: "greater than or equal to",
    Comparison.LESS: "less than",
    Comparison.LESS_OR_EQUAL: "less than or equal to",
}


def metric_text(change: Change, configuration: Configuration) -> str:
    lines = [
        *introduction(change),
        "",
        "Threshold:",
        _threshold(configuration),
        "",
        "Monitored Metric:",
        *(f"- {name + ':':<27} {value}" for name, value in _monitored(configuration)),
        "",
        *state_change_actions(configuration.actions),
    ]
    return "\n".join(lines) + "\n"


def introduction(change: Change) -> list[str]:
    """What every alarm's text begins with."""
    new, time = change.new, when(change.new.transitioned)
    details = (
        ("Name", change.name),
        ("Description", change.description or ""),
        ("State Change", f"{change.old.value} -> {new.value}"),
        ("Reason for State Change", new.reason),
        ("Timestamp", time),
        ("Account", change.scope.account),
        ("Alarm Arn", change.arn),
    )
    first = (
        f'You are receiving this email because your alarm "{change.name}" in the {change.region} region has '
        f'entered the {new.value} state, because "{new.reason}" at "{time}".'
    )
    return [first, "", "Alarm Details:", *(f"- {what + ':':<27} {value}".rstrip() for what, value in details)]


def state_change_actions(actions: Callable[[StateValue], Sequence[str]]) -> list[str]:
    """What it does on entering which state."""
    lines = []
    for state in (StateValue.OK, StateValue.ALARM, StateValue.INSUFFICIENT_DATA):
        named = ", ".join(actions(state))
        lines.append(f"- {state}: [{named}]" if named else f"- {state}:")
    return ["State Change Actions:", *lines]


def when(milliseconds: int) -> str:
    """``Friday 22 July, 2022 15:57:45 UTC``."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%A %d %B, %Y %H:%M:%S UTC}"


def _threshold(configuration: Configuration) -> str:
    return (
        f"- The alarm is in the ALARM state when the metric is {_WORDS[configuration.comparison]} "
        f"{javatext.double(configuration.threshold)} for at least {configuration.needed} of the last "
        f"{configuration.evaluation_periods} period(s) of {configuration.period} seconds."
    )


def _monitored(configuration: Configuration) -> list[tuple[str, str]]:
    if configuration.queries:
        return [
            ("Metric Expression", query.expression)
            if query.expression is not None
            else (f"Metric {query.id}", f"{query.namespace} {query.metric_name}, {query.statistic}")
            for query in configuration.queries
        ]
    dimensions = ", ".join(f"[{name} = {value}]" for name, value in configuration.dimensions)
    return [
        ("MetricNamespace", configuration.namespace),
        ("MetricName", configuration.metric_name),
        ("Dimensions", dimensions),
        ("Period", f"{configuration.period} seconds"),
        ("Statistic", configuration.stat),
        ("Unit", configuration.unit or "not specified"),
        ("TreatMissingData", str(configuration.missing)),
    ]
