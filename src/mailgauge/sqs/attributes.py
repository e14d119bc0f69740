"""Attributes of queues: which there are, what values they take, and what counts where none is set (sqs/CreateQueue). Pure."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import msgspec

from mailgauge.sqs.errors import (
    EncryptionError,
    InvalidAttributeError,
    InvalidValueError,
    UnknownAttributeError,
)

MOST_BYTES: Final = 1_048_576
"""Of a message, and of a batch."""

# Least, most, and what counts where nothing is set.
_NUMBERS: Final = {
    "VisibilityTimeout": (0, 43_200, 30),
    "MaximumMessageSize": (1024, MOST_BYTES, MOST_BYTES),
    "MessageRetentionPeriod": (60, 1_209_600, 345_600),
    "DelaySeconds": (0, 900, 0),
    "ReceiveMessageWaitTimeSeconds": (0, 20, 0),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400, 300),
}
_FIFO: Final = {
    "FifoQueue": ("true", "false"),
    "ContentBasedDeduplication": ("true", "false"),
    "DeduplicationScope": ("queue", "messageGroup"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
_DOCUMENTS: Final = ("Policy", "RedrivePolicy", "RedriveAllowPolicy")
_DEFAULTS: Final = {name: str(default) for name, (_, _, default) in _NUMBERS.items() if "Kms" not in name}
_FIFO_DEFAULTS: Final = {
    "FifoQueue": "true",
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}
_READ_ONLY: Final = (
    "QueueArn",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
)
KNOWN: Final = frozenset(
    {*_NUMBERS, *_FIFO, *_DOCUMENTS, *_READ_ONLY, "KmsMasterKeyId", "SqsManagedSseEnabled", "All"}
)
"""What may be asked for, whether a queue has it or not."""
_MOST_RECEIVES: Final = 1000


class Redrive(msgspec.Struct, frozen=True):
    """RedrivePolicy: to which queue a message goes that was received so many times."""

    target: str
    most: int


def check_names(asked: Iterable[str], known: Collection[str]) -> None:
    """Raises UnknownAttributeError for the first name there is no attribute of."""
    for name in asked:
        if name not in known:
            raise UnknownAttributeError(name)


def checked(given: Mapping[str, str], *, fifo: bool) -> dict[str, str]:
    """The values as they are kept. Raises what is wrong with the first that is wrong."""
    kept = {name: _checked(name, value, fifo=fifo) for name, value in given.items()}
    if kept.get("KmsMasterKeyId") and kept.get("SqsManagedSseEnabled") == "true":
        raise EncryptionError
    return kept


def changed(before: Mapping[str, str], given: Mapping[str, str], *, fifo: bool) -> dict[str, str]:
    """What is kept after SetQueueAttributes. An empty document or key takes the attribute away."""
    if given.get("FifoQueue") == "false" and fifo:
        raise InvalidAttributeError("FifoQueue", "Modifying queue type is not supported.")
    kept = checked(given, fifo=fifo)
    if kept.get("KmsMasterKeyId"):
        kept["SqsManagedSseEnabled"] = "false"
    elif kept.get("SqsManagedSseEnabled") == "true" and before.get("KmsMasterKeyId"):
        raise EncryptionError
    return {name: value for name, value in {**before, **kept}.items() if value}


def effective(kept: Mapping[str, str], *, fifo: bool) -> dict[str, str]:
    """With what counts where nothing is set."""
    encrypted = {"SqsManagedSseEnabled": "false" if kept.get("KmsMasterKeyId") else "true"}
    if "KmsMasterKeyId" in kept:
        encrypted["KmsDataKeyReusePeriodSeconds"] = str(_NUMBERS["KmsDataKeyReusePeriodSeconds"][2])
    return {**_DEFAULTS, **encrypted, **(_FIFO_DEFAULTS if fifo else {}), **kept}


def difference(kept: Mapping[str, str], given: Mapping[str, str], *, fifo: bool) -> str | None:
    """The first attribute that was given otherwise than the queue has it."""
    there = effective(kept, fifo=fifo)
    return next((name for name, value in given.items() if not _is_same(there.get(name, ""), value)), None)


def redrive(kept: Mapping[str, str]) -> Redrive | None:
    text = kept.get("RedrivePolicy")
    return _redrive(text) if text else None


def lets_in(kept: Mapping[str, str], source: str) -> bool:
    """Whether a queue takes the dead letters of another (RedriveAllowPolicy)."""
    text = kept.get("RedriveAllowPolicy")
    policy = msgspec.json.decode(text) if text else {}
    permission = policy.get("redrivePermission", "allowAll")
    return permission == "allowAll" or (permission == "byQueue" and source in policy["sourceQueueArns"])


def _checked(name: str, value: str, *, fifo: bool) -> str:
    if name in _NUMBERS:
        return _number(name, value)
    if name in _FIFO:
        # A standard queue has no such attribute, not even one that says so.
        if not fifo:
            raise UnknownAttributeError(name)
        return _one_of(name, value, _FIFO[name])
    if name == "SqsManagedSseEnabled":
        return _one_of(name, value, ("true", "false"))
    if name == "RedrivePolicy":
        return _kept_redrive(value)
    if name in _DOCUMENTS:
        _check_document(name, value)
    elif name != "KmsMasterKeyId":
        raise UnknownAttributeError(name)
    return value


def _number(name: str, value: str) -> str:
    least, most, _ = _NUMBERS[name]
    if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most):
        raise InvalidAttributeError(name)
    return str(int(value))


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    found = value.lower() if "true" in allowed else value
    if found not in allowed:
        raise InvalidAttributeError(name)
    return found


def _check_document(name: str, value: str) -> None:
    if not value:
        return
    if name == "RedriveAllowPolicy":
        _check_redrive_allow(value)
    elif not _is_policy(_object(value)):
        raise InvalidAttributeError(name)


def _is_policy(found: dict[str, Any] | None) -> bool:
    """As far as its statements can be told apart: what they say is looked at when somebody asks."""
    given = None if found is None else found.get("Statement", [])
    statements: list[Any] = given if isinstance(given, list) else [given]
    return all(isinstance(each, dict) for each in statements)


def _kept_redrive(text: str) -> str:
    """As it was given, with a number for maxReceiveCount: that is how SQS shows it, also where a text was given."""
    if not text:
        return text
    redrive, policy = _redrive(text), _object(text) or {}
    if policy["maxReceiveCount"] == redrive.most:
        return text
    return msgspec.json.encode({**policy, "maxReceiveCount": redrive.most}).decode()


def _redrive(text: str) -> Redrive:
    def refused(reason: str) -> InvalidValueError:
        return InvalidValueError(f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}")

    policy = _object(text)
    if policy is None:
        raise refused("Redrive policy is not a valid JSON map.")
    target, most = policy.get("deadLetterTargetArn"), policy.get("maxReceiveCount")
    if target is None or most is None:
        missing = "deadLetterTargetArn" if target is None else "maxReceiveCount"
        raise refused(f"Redrive policy does not contain mandatory attribute: {missing}.")
    if not isinstance(target, str) or target.count(":") != 5 or not target.startswith("arn:"):
        raise refused("Invalid value for deadLetterTargetArn.")
    try:
        count = int(most)
    except (TypeError, ValueError):
        count = 0
    if isinstance(most, (bool, float)) or not 1 <= count <= _MOST_RECEIVES:
        raise refused(
            f"Invalid value for maxReceiveCount: {most}, valid values are from 1 to {_MOST_RECEIVES} both inclusive."
        )
    return Redrive(target, count)


def _check_redrive_allow(text: str) -> None:
    policy = _object(text) or {}
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    named = (
        isinstance(sources, list)
        and 1 <= len(sources) <= 10
        and all(isinstance(each, str) for each in sources)
    )
    if permission not in {"allowAll", "denyAll", "byQueue"} or (
        named if permission != "byQueue" else not named
    ):
        raise InvalidValueError(
            f"Value {text} for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive allow"
            " policy, as it’s in an unsupported format."
        )


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _is_same(one: str, other: str) -> bool:
    """Documents are the same whatever their spaces and order."""
    if one == other:
        return True
    first = _object(one)
    return first is not None and first == _object(other)
