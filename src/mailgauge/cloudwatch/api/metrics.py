"""What the operations on metrics share: a metric and times as parameters, and back. No rules of their own."""

from datetime import UTC, datetime
from typing import Any, Final

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.api.faults import Faults
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.units import UNITS

UNIT_SET: Final = (*UNITS[1:], UNITS[0])
"""The units in the order of AWS's error texts."""


def series_of(scope: Scope, metric: dict[str, Any]) -> Series:
    """The series that ``Namespace``, ``MetricName`` and ``Dimensions`` name."""
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions") or ()}
    return Series.of(scope, metric["Namespace"], metric["MetricName"], dimensions)


def metric_of(series: Series) -> dict[str, Any]:
    """The same as a ``Metric`` structure; dimensions by name."""
    return {
        "Namespace": series.namespace,
        "MetricName": series.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
    }


def check_metric(metric: dict[str, Any], prefix: str, faults: Faults, most_dimensions: int = 30) -> None:
    """Adds what keeps a structure from naming a series."""
    for name in ("Namespace", "MetricName"):
        if not metric.get(name):
            faults.missing(f"{prefix}{name}")
    dimensions = metric.get("Dimensions") or ()
    if len(dimensions) > most_dimensions:
        faults.too_many(f"{prefix}Dimensions", most_dimensions)
    for number, dimension in enumerate(dimensions, start=1):
        for name in ("Name", "Value"):
            if not dimension.get(name):
                faults.missing(f"{prefix}Dimensions.member.{number}.{name}")


def whole_second(moment: datetime) -> int:
    """Epoch seconds, truncated."""
    return int(moment.timestamp() // 1)


def moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
