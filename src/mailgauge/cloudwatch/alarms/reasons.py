"""Why an alarm has its state: StateReason as a sentence and StateReasonData as JSON, in CloudWatch's words. Pure.

The sentences follow recorded ones (user guide, notifications quoted in public); the cases between them are ours.
"""

from typing import Any

from mailgauge.cloudwatch.alarms import javatext
from mailgauge.cloudwatch.alarms.alarm import Comparison, Configuration, MissingData, StateValue
from mailgauge.cloudwatch.alarms.evaluation import Point, Verdict

# From five datapoints on, the sentence names only the most recent five, after the comparison.
_MOST_NAMED = 5

_WORDS = {
    Comparison.GREATER: "greater than",
    Comparison.GREATER_OR_EQUAL: "greater than or equal to",
    Comparison.LESS: "less than",
    Comparison.LESS_OR_EQUAL: "less than or equal to",
}
_TREATED = {MissingData.BREACHING: "Breaching", MissingData.NOT_BREACHING: "NonBreaching"}


def reason(configuration: Configuration, verdict: Verdict) -> str:
    """The StateReason of a state that was evaluated."""
    if verdict.value is StateValue.INSUFFICIENT_DATA:
        unknown = configuration.evaluation_periods
        return f"Insufficient Data: {_datapoints(unknown)} {_were(unknown)} unknown."
    deciding = _deciding(configuration, verdict)
    gaps = _gaps(configuration, len(verdict.missing))
    if not deciding:
        received = _datapoints(len(verdict.points)) if verdict.points else "no datapoints"
        periods = configuration.evaluation_periods
        plural = "" if periods == 1 else "s"
        verb = _were(len(verdict.points))
        return f"Threshold Crossed: {received} {verb} received for {periods} period{plural}{gaps}."
    count = len(deciding)
    asked = configuration.datapoints_to_alarm is not None
    subject = (
        f"{count} out of the last {configuration.evaluation_periods} datapoints"
        if asked
        else _datapoints(count)
    )
    denied = "" if verdict.value is StateValue.ALARM else "not "
    compared = f"{_were(count)} {denied}{_WORDS[configuration.comparison]}"
    threshold = f"the threshold ({javatext.double(configuration.threshold)})"
    named = ", ".join(
        f"{javatext.double(p.value)} ({javatext.day_time(p.time)})" for p in deciding[:_MOST_NAMED]
    )
    minimum = _minimum(configuration, verdict.value) if asked else ""
    if count < _MOST_NAMED:
        return f"Threshold Crossed: {subject} [{named}] {compared} {threshold}{gaps}{minimum}."
    recent = f"The most recent datapoints which crossed the threshold: [{named}]"
    return f"Threshold Crossed: {subject} {compared} {threshold}{gaps}. {recent}{minimum}."


def fault(why: str) -> str:
    """The StateReason where evaluation was not possible, at most 1023 characters."""
    return f"The alarm could not be evaluated: {why}"[:1023]


def reason_data(configuration: Configuration, verdict: Verdict, now_ms: int) -> str:
    """The StateReasonData of a state that was evaluated, at most 4000 characters."""
    oldest_first = verdict.points[::-1]
    data: dict[str, Any] = {"version": "1.0", "queryDate": javatext.stamp(now_ms)}
    if oldest_first:
        data["startDate"] = javatext.stamp(oldest_first[0].time * 1000)
    if configuration.unit is not None:
        data["unit"] = configuration.unit
    if not configuration.queries:
        data["statistic"] = configuration.stat
    data["period"] = configuration.period
    data["recentDatapoints"] = [point.value for point in oldest_first]
    data["threshold"] = float(configuration.threshold)
    data["evaluatedDatapoints"] = _evaluated(configuration, verdict)
    while len(text := javatext.dumps(data)) > 4000:
        # Hundreds of periods don't fit: the oldest go first, as readers look at the newest.
        data["evaluatedDatapoints"] = data["evaluatedDatapoints"][: len(data["evaluatedDatapoints"]) * 3 // 4]
        data["recentDatapoints"] = data["recentDatapoints"][len(data["recentDatapoints"]) // 4 :]
    return text


def _deciding(configuration: Configuration, verdict: Verdict) -> list[Point]:
    """The datapoints that speak for the state, newest first."""
    breaching = verdict.value is StateValue.ALARM
    holds = configuration.comparison.holds
    return [p for p in verdict.points if holds(p.value, configuration.threshold) is breaching]


def _evaluated(configuration: Configuration, verdict: Verdict) -> list[dict[str, Any]]:
    """As many of the deciding datapoints, newest first, as the state needs; all gaps when there is nothing else."""
    entries: list[tuple[int, dict[str, Any]]] = [
        (
            p.time,
            {
                "timestamp": javatext.stamp(p.time * 1000),
                **({} if p.sample_count is None else {"sampleCount": float(p.sample_count)}),
                "value": p.value,
            },
        )
        for p in _deciding(configuration, verdict)
    ]
    needed = configuration.evaluation_periods
    if verdict.value is StateValue.ALARM:
        speaks, needed = MissingData.BREACHING, configuration.needed
    else:
        speaks = MissingData.NOT_BREACHING
        if verdict.value is StateValue.OK:
            needed = _needed_for_ok(configuration)
    if verdict.value is StateValue.INSUFFICIENT_DATA or configuration.missing is speaks:
        entries += [(start, {"timestamp": javatext.stamp(start * 1000)}) for start in verdict.missing]
    entries.sort(key=lambda entry: entry[0], reverse=True)
    return [entry for _, entry in entries[:needed]]


def _needed_for_ok(configuration: Configuration) -> int:
    return configuration.evaluation_periods - configuration.needed + 1


def _minimum(configuration: Configuration, value: StateValue) -> str:
    if value is StateValue.ALARM:
        return f" (minimum {_datapoints(configuration.needed)} for OK -> ALARM transition)"
    return f" (minimum {_datapoints(_needed_for_ok(configuration))} for ALARM -> OK transition)"


def _gaps(configuration: Configuration, count: int) -> str:
    treated = _TREATED.get(configuration.missing)
    if not count or treated is None:
        return ""
    return (
        f" and {count} missing {'datapoint was' if count == 1 else 'datapoints were'} treated as [{treated}]"
    )


def _datapoints(count: int) -> str:
    return "1 datapoint" if count == 1 else f"{count} datapoints"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
