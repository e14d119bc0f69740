"""One queue as a value: its name, its address and what its attributes say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.sqs.attributes import Redrive, effective, redrive
from mailgauge.sqs.errors import InvalidValueError

FIFO_SUFFIX = ".fifo"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ARN = re.compile(r"arn:[a-z-]+:sqs:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_.-]{1,80})")


@dataclass(frozen=True, slots=True)
class Queue:
    """``attributes`` are those that were set; times are in milliseconds. ``heap`` is where its messages lie."""

    id: int
    scope: Scope
    name: str
    heap: int
    created: int
    modified: int
    attributes: Mapping[str, str]
    tags: Mapping[str, str]

    @property
    def arn(self) -> str:
        return f"arn:{self.scope.partition}:sqs:{self.scope.region}:{self.scope.account}:{self.name}"

    @property
    def is_fifo(self) -> bool:
        return self.name.endswith(FIFO_SUFFIX)

    @property
    def redrive(self) -> Redrive | None:
        return redrive(self.attributes)

    def value(self, name: str) -> str:
        return effective(self.attributes, fifo=self.is_fifo)[name]

    def milliseconds(self, name: str) -> int:
        """Of an attribute in seconds."""
        return int(self.value(name)) * 1000


def place(arn: str) -> tuple[Scope, str] | None:
    """Where the queue of an ARN is, and its name."""
    found = _ARN.fullmatch(arn)
    return (Scope(found[2], found[1]), found[3]) if found else None


def check_name(name: str, *, fifo: bool) -> None:
    """Raises InvalidValueError for what no queue is called."""
    if fifo:
        if (
            len(name) > 80
            or not name.endswith(FIFO_SUFFIX)
            or not _NAME.fullmatch(name.removesuffix(FIFO_SUFFIX))
        ):
            raise InvalidValueError(
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with"
                " .fifo suffix and be 1 to 80 in length."
            )
    elif not _NAME.fullmatch(name):
        raise InvalidValueError(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )
