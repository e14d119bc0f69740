"""What SES accepts as an event destination, and its refusals word for word (``sesv2/CreateConfigurationSetEventDestination``).

Topics, streams and buses are checked by the form of their ARN; whether a topic exists is ``ses.event_destinations``' to ask.
"""

import re
from collections.abc import Iterable

from mailgauge.destinations.definitions import (
    ROLL_UP,
    CloudWatchTarget,
    Dimension,
    EventBridgeTarget,
    EventDestination,
    FirehoseTarget,
    RollUp,
    SnsTarget,
    Source,
    Target,
)

MAX_DIMENSIONS = 10
MAX_NAME = 64
MAX_DIMENSION_TEXT = 256

MAX_ROLLED_UP = 5
"""Dimensions of which all subsets are published: they make 31 metrics of an event."""

FORBIDDEN_HEADERS = frozenset({"received", "to", "from", "dkim-signature", "cc", "message-id", "return-path"})
"""Headers that can't be the source of a dimension, in lower case."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_DIMENSION_NAME = re.compile(r"[A-Za-z0-9_:-]+")
_DIMENSION_VALUE = re.compile(r"[A-Za-z0-9_\-@.]+")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_STREAM = re.compile(r"arn:aws[a-z-]*:firehose:[a-z0-9-]+:[0-9]{12}:deliverystream/[A-Za-z0-9_.-]{1,64}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[!-~]{1,512}")
_BUS = re.compile(r"arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9_./-]{1,256}")


class InvalidDestinationError(Exception):
    """A destination that is refused for its name, its event types or its number of targets."""


class InvalidTargetError(InvalidDestinationError):
    """A destination that is refused for its target; ``target`` says which kind, since each has its own error in SES."""

    def __init__(self, target: type[Target], message: str) -> None:
        super().__init__(message)
        self.target = target


def one_target(candidates: Iterable[Target | None]) -> Target:
    """The only target among those a request names."""
    named = [candidate for candidate in candidates if candidate is not None]
    if not named:
        raise InvalidDestinationError("Event destination is not provided.")
    if len(named) > 1:
        raise InvalidDestinationError(
            "Please provide only one destination with each request. Either a Firehose Destination or a Cloudwatch "
            "Destination or an SNS Destination or an EventBridge Destination."
        )
    return named[0]


def check(destination: EventDestination, max_dimensions: int = MAX_DIMENSIONS) -> None:
    """Raises InvalidDestinationError for what SES would not store."""
    check_name(destination.name)
    if not destination.event_types:
        raise InvalidDestinationError("At least one event type must be specified.")
    match destination.target:
        case CloudWatchTarget(dimensions=dimensions):
            _check_dimensions(dimensions, max_dimensions)
        case SnsTarget(topic_arn=arn):
            _check_topic(arn)
        case FirehoseTarget(role_arn=role, stream_arn=stream):
            _check_arn(_ROLE, role, FirehoseTarget, "Invalid IAM role ARN provided")
            _check_arn(_STREAM, stream, FirehoseTarget, "Invalid Firehose delivery stream ARN provided")
        case EventBridgeTarget(bus_arn=arn):
            _check_arn(_BUS, arn, EventBridgeTarget, "Invalid EventBridge event bus ARN provided")


def check_name(name: str) -> None:
    if not name:
        raise InvalidDestinationError("The event destination name must be specified.")
    if len(name) > MAX_NAME:
        raise InvalidDestinationError(f"Event destination name cannot exceed {MAX_NAME} characters.")
    if not _NAME.fullmatch(name):
        raise InvalidDestinationError(
            f"Invalid event destination name <{name}>: only alphanumeric ASCII characters, '_', and '-' are allowed."
        )


def _check_arn(form: re.Pattern[str], arn: str, target: type[Target], message: str) -> None:
    if not form.fullmatch(arn):
        raise InvalidTargetError(target, f"{message}: {arn}.")


def _check_topic(arn: str) -> None:
    if arn.endswith(".fifo"):
        raise InvalidTargetError(
            SnsTarget, f"SNS topic <{arn}> is a FIFO topic, which event destinations don't support."
        )
    _check_arn(_TOPIC, arn, SnsTarget, "Invalid SNS topic ARN provided")


def _check_dimensions(dimensions: tuple[Dimension, ...], most: int) -> None:
    if not dimensions:
        raise _cloudwatch("CloudWatch metrics dimension configuration list cannot be empty.")
    if len(dimensions) > most:
        raise _cloudwatch(f"CloudWatch metrics dimension configuration list cannot exceed {most} dimensions.")
    for dimension in dimensions:
        _check_dimension(dimension)
    _check_roll_up(dimensions)
    names = [dimension.name for dimension in dimensions]
    for name in names:
        if names.count(name) > 1:
            # A datum can't carry one dimension twice.
            raise _cloudwatch(f"Duplicate CloudWatch metrics dimension name <{name}>.")


def _check_roll_up(dimensions: tuple[Dimension, ...]) -> None:
    """An extension: SES would take it for the name of a message tag that no message can have."""
    wanted = [dimension.default for dimension in dimensions if dimension.name == ROLL_UP]
    rolled = len(dimensions) - len(wanted)
    if any(each not in set(RollUp) for each in wanted):
        raise _cloudwatch(f"The default value of <{ROLL_UP}> must be one of: {', '.join(RollUp)}.")
    if wanted and not rolled:
        raise _cloudwatch("CloudWatch metrics dimension configuration list cannot be empty.")
    if RollUp.SUBSETS in wanted and rolled > MAX_ROLLED_UP:
        raise _cloudwatch(f"Roll-ups of all subsets are for at most {MAX_ROLLED_UP} dimensions.")


def _check_dimension(dimension: Dimension) -> None:
    name, default = dimension.name, dimension.default
    if not name:
        raise _cloudwatch("The dimension name must be specified.")
    if len(name) > MAX_DIMENSION_TEXT:
        raise _cloudwatch(f"Dimension name cannot exceed {MAX_DIMENSION_TEXT} characters.")
    if not _DIMENSION_NAME.fullmatch(name):
        raise _cloudwatch(
            f"Invalid dimension name <{name}>: only alphanumeric ASCII characters, '_', '-', and ':' are allowed."
        )
    if dimension.source is Source.EMAIL_HEADER and name.lower() in FORBIDDEN_HEADERS:
        raise _cloudwatch(f"The email header <{name}> cannot be used as a dimension.")
    if not default:
        raise _cloudwatch("The default dimension value must be specified.")
    if len(default) > MAX_DIMENSION_TEXT:
        raise _cloudwatch(f"Default dimension value cannot exceed {MAX_DIMENSION_TEXT} characters.")
    if not _DIMENSION_VALUE.fullmatch(default):
        raise _cloudwatch(
            f"Invalid default dimension value <{default}>: only alphanumeric ASCII characters, "
            "'_', '-', '.', and '@' are allowed."
        )


def _cloudwatch(message: str) -> InvalidTargetError:
    return InvalidTargetError(CloudWatchTarget, message)
