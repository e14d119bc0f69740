"""`cloudwatch/PutMetricData`: all datums or none, in the journal before the answer. Entities are accepted and ignored."""

import math
from collections.abc import Iterator
from typing import Any, Final

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.cloudwatch.api.faults import Faults
from mailgauge.cloudwatch.api.metrics import UNIT_SET, whole_second
from mailgauge.cloudwatch.datums import Datum, StatisticValues, details
from mailgauge.cloudwatch.ingest import Append
from mailgauge.tsdb.units import CODES

_MOST_DATUMS = 1000
_MOST_ENTITIES = 2
_MOST_VALUES = 150
_MOST_DIMENSIONS = 30
_LARGEST = 2.0**360
_TWO_WEEKS = 14 * 86400
_TWO_HOURS = 2 * 3600
_STATISTICS: Final = ("SampleCount", "Sum", "Minimum", "Maximum")

_Member = tuple[str, dict[str, Any]]
"""A datum's parameters with the prefix under which error texts name them: ``MetricData.member.1.``."""


def operations(append: Append) -> dict[str, Handler]:
    """``append`` keeps the journal details of a call and returns once they are durable."""

    async def put_metric_data(caller: Caller, params: Params) -> Result:
        datums = _checked(params, caller.now)
        await append(caller.scope, list(details(params["Namespace"], datums)))
        return {}

    return {"PutMetricData": put_metric_data}


def _checked(params: Params, now: float) -> list[Datum]:
    faults = Faults()
    _check_namespace(params.get("Namespace"), faults)
    members = list(_members(params))
    if not members:
        faults.missing("MetricData")
    if len(members) > _MOST_DATUMS:
        faults.too_many("MetricData", _MOST_DATUMS)
    if len(params.get("EntityMetricData") or ()) > _MOST_ENTITIES:
        faults.too_many("EntityMetricData", _MOST_ENTITIES)
    faults.verify()
    for prefix, member in members:
        _check_text(member.get("MetricName"), f"{prefix}MetricName", 255, faults)
        _check_dimensions(member, prefix, faults)
        _check_samples(member, prefix, faults)
        _check_timestamp(member, prefix, now, faults)
        if member.get("Unit") is not None and member["Unit"] not in CODES:
            faults.not_in_set(f"{prefix}Unit", UNIT_SET)
        if member.get("StorageResolution") not in {None, 1, 60}:
            faults.invalid(f"{prefix}StorageResolution", member["StorageResolution"])
    faults.verify()
    return [datum for _, member in members if (datum := _datum(member, now)).samples]


def _members(params: Params) -> Iterator[_Member]:
    for number, member in enumerate(params.get("MetricData") or (), start=1):
        yield f"MetricData.member.{number}.", member
    for of, entity in enumerate(params.get("EntityMetricData") or (), start=1):
        for number, member in enumerate(entity.get("MetricData") or (), start=1):
            yield f"EntityMetricData.member.{of}.MetricData.member.{number}.", member


def _check_namespace(namespace: str | None, faults: Faults) -> None:
    _check_text(namespace, "Namespace", 255, faults)
    if namespace and namespace.startswith("AWS/"):
        faults.invalid("Namespace", "AWS/")
    elif namespace and namespace.startswith(":"):
        faults.invalid("Namespace", namespace)


def _check_text(text: str | None, parameter: str, longest: int, faults: Faults) -> None:
    if not text:
        faults.missing(parameter)
        return
    if not (text.isascii() and text.isprintable()):
        faults.value(f"The value for parameter {parameter} contains non-ASCII characters.")
    elif not text.strip():
        faults.invalid(parameter, text)
    if len(text) > longest:
        faults.value(f"The parameter {parameter} must be shorter than {longest + 1} characters.")


def _check_dimensions(member: dict[str, Any], prefix: str, faults: Faults) -> None:
    dimensions = member.get("Dimensions") or ()
    if len(dimensions) > _MOST_DIMENSIONS:
        faults.too_many(f"{prefix}Dimensions", _MOST_DIMENSIONS)
    names = set()
    for number, dimension in enumerate(dimensions, start=1):
        parameter = f"{prefix}Dimensions.member.{number}."
        name = dimension.get("Name")
        _check_text(name, f"{parameter}Name", 255, faults)
        _check_text(dimension.get("Value"), f"{parameter}Value", 1024, faults)
        if name and (name.startswith(":") or name in names):
            faults.invalid(f"{parameter}Name", name)
        names.add(name)


def _check_samples(member: dict[str, Any], prefix: str, faults: Faults) -> None:
    value, values, counts = member.get("Value"), member.get("Values") or [], member.get("Counts") or []
    statistics = member.get("StatisticValues")
    if value is None and not values and statistics is None:
        faults.missing(f"{prefix}Value")
    if value is not None:
        if values:
            faults.exclusive(f"{prefix}Value", f"{prefix}Values")
        if statistics is not None:
            faults.exclusive(f"{prefix}Value", f"{prefix}StatisticValues")
        _check_number(value, f"{prefix}Value", faults)
    if counts and len(values) != len(counts):
        faults.value(f"The parameters {prefix}Values and {prefix}Counts must be of the same size.")
    for name, numbers in (("Values", values), ("Counts", counts)):
        if len(numbers) > _MOST_VALUES:
            faults.too_many(f"{prefix}{name}", _MOST_VALUES)
        for number, each in enumerate(numbers, start=1):
            _check_number(
                each, f"{prefix}{name}.member.{number}", faults, least=0 if name == "Counts" else -_LARGEST
            )
    if statistics is not None:
        _check_statistics(statistics, f"{prefix}StatisticValues.", faults)


def _check_statistics(statistics: dict[str, Any], prefix: str, faults: Faults) -> None:
    for name in _STATISTICS:
        if statistics.get(name) is None:
            faults.missing(f"{prefix}{name}")
        else:
            _check_number(statistics[name], f"{prefix}{name}", faults)
    count, low, high = (statistics.get(name) for name in ("SampleCount", "Minimum", "Maximum"))
    if count is not None and count <= 0:
        faults.value(f"The parameter {prefix}SampleCount must be greater than 0.")
    if low is not None and high is not None and low > high:
        faults.value(f"The parameter {prefix}Maximum must be greater than {prefix}Minimum.")


def _check_number(number: float, parameter: str, faults: Faults, least: float = -_LARGEST) -> None:
    if not least <= number <= _LARGEST:  # also false for what is not a number
        faults.invalid(parameter, _printed(number))


def _printed(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return str(number)


def _check_timestamp(member: dict[str, Any], prefix: str, now: float, faults: Faults) -> None:
    if member.get("Timestamp") is None:
        return
    time = member["Timestamp"].timestamp()
    if time < now - _TWO_WEEKS:
        faults.value(f"The parameter {prefix}Timestamp must specify a time within the past two weeks.")
    elif time > now + _TWO_HOURS:
        faults.value(
            f"The parameter {prefix}Timestamp must specify a time no more than two hours in the future."
        )


def _datum(member: dict[str, Any], now: float) -> Datum:
    timestamp = member.get("Timestamp")
    return Datum(
        name=member["MetricName"],
        dimensions=tuple((each["Name"], each["Value"]) for each in member.get("Dimensions") or ()),
        time=int(now) if timestamp is None else whole_second(timestamp),
        unit=member.get("Unit") or "None",
        resolution=member.get("StorageResolution") or 60,
        samples=_samples(member),
    )


def _samples(member: dict[str, Any]) -> tuple[tuple[float, float], ...] | StatisticValues:
    """AWS takes Values and StatisticValues together without saying what it makes of them: the values win."""
    if member.get("Value") is not None:
        return ((float(member["Value"]), 1.0),)
    if values := member.get("Values"):
        counts = member.get("Counts") or [1.0] * len(values)
        pairs = ((float(value), float(count)) for value, count in zip(values, counts, strict=True))
        return tuple((value, count) for value, count in pairs if count)
    statistics = member["StatisticValues"]
    count, total, minimum, maximum = (float(statistics[name]) for name in _STATISTICS)
    return StatisticValues(count, total, minimum, maximum)
