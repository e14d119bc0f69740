"""Violations of a model's constraints, under the code and in the words of each service.

The one table of who says what: SES API v2 BadRequestException, CloudWatch's data plane InvalidParameterValue and
MissingParameter in its own sentences, SQS its own too, everybody else the framework's ValidationError. The handlers do the finer rules.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Params
from mailgauge.aws.validate import Violation, message, violations

if TYPE_CHECKING:
    from botocore.model import Shape

# CloudWatch's operations that check their parameters themselves; alarms and GetMetricData leave it to the framework.
_OWN_WORDS = frozenset(
    {
        "PutMetricData", "GetMetricStatistics", "ListMetrics",
        "PutDashboard", "GetDashboard", "DeleteDashboards", "ListDashboards", "GetMetricWidgetImage",
        "PutAnomalyDetector", "DeleteAnomalyDetector", "DescribeAnomalyDetectors",
    }
)  # fmt: skip

# The data plane lists units in this order (recorded), the framework in another.
_UNITS = (
    "Seconds, Microseconds, Milliseconds, Bytes, Kilobytes, Megabytes, Gigabytes, Terabytes, Bits, Kilobits, Megabits, "
    "Gigabits, Terabits, Percent, Count, Bytes/Second, Kilobytes/Second, Megabytes/Second, Gigabytes/Second, "
    "Terabytes/Second, Bits/Second, Kilobits/Second, Megabits/Second, Gigabits/Second, Terabits/Second, Count/Second, None"
)
_LONGEST = re.compile(r"Member must have length less than or equal to (\d+)")
_SHORTEST = re.compile(r"Member must have length greater than or equal to (\d+)")
_ENUM = re.compile(r"Member must satisfy (?:constraint: \[Member must satisfy )?enum value set: \[([^]]*)\]+")


def check(service: str, operation: str, shape: "Shape | None", params: Params) -> None:
    """Raises when the parameters don't satisfy the operation's input shape."""
    found = violations(shape, params) if shape is not None else []
    if found:
        raise error(service, operation, found)


def error(service: str, operation: str, found: Sequence[Violation]) -> AwsError:
    """The violations as the error that the service reports them with."""
    if service == "sesv2":
        return AwsError("BadRequestException", message(found, with_values=False))
    if service == "cloudwatch" and operation in _OWN_WORDS:
        return _own_words(found)
    if service == "sqs":
        return _of_queues(found[0])
    return AwsError("ValidationError", message(found))


def _of_queues(violation: Violation) -> AwsError:
    """SQS tells of one fault at a time, and its model has no constraint but that members must be there."""
    name = _member(violation.path).rpartition(".")[2]
    if name == "Entries":
        return AwsError("EmptyBatchRequest", "There should be at least one entry in the request.")
    return AwsError("MissingParameter", f"The request must contain the parameter {name}.")


def _own_words(found: Sequence[Violation]) -> AwsError:
    """One sentence a line, of those that share the first one's code: a response has one code."""
    told = [_sentence(violation) for violation in found]
    code = told[0][0]
    return AwsError(code, "\n".join(text for each, text in told if each == code))


def _sentence(violation: Violation) -> tuple[str, str]:
    name, value = _member(violation.path), violation.value
    longest, shortest = _LONGEST.fullmatch(violation.constraint), _SHORTEST.fullmatch(violation.constraint)
    # The query protocol can't tell an empty text from a missing one.
    if value is None or (shortest and value == ""):
        return "MissingParameter", f"The parameter {name} is required."
    if longest and isinstance(value, str):
        text = f"The parameter {name} must be shorter than {int(longest[1]) + 1} characters."
    elif longest:
        text = f"The collection {name} must not have a size greater than {longest[1]}."
    elif shortest:
        text = f"The collection {name} must not have a size less than {shortest[1]}."
    elif allowed := _ENUM.fullmatch(violation.constraint):
        same = set(allowed[1].split(", ")) == set(_UNITS.split(", "))
        text = f"The parameter {name} must be a value in the set [ {_UNITS if same else allowed[1]} ]."
    else:
        text = f"The value {value} for parameter {name} is invalid."
    return "InvalidParameterValue", text


def _member(path: str) -> str:
    """``metricData.1.member.metricName`` as the query protocol spells it: ``MetricData.member.1.MetricName``."""
    path = re.sub(r"(\d+)\.member\b", r"member.\1", path)
    return re.sub(r"(?:^|\.)(?!member\b)[a-z]", lambda match: match[0].upper(), path)
