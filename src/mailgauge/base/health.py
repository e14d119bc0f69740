"""Health checks: what ``doctor`` and ``/healthz`` ask of each part. A check looks; it mends nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check has to say, and what the operator can do about it."""

    check: str
    level: Level
    text: str
    advice: str = ""


Check = Callable[[], Awaitable[list[Finding]]]
