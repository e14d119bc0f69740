"""What a scan of a message can come to. What follows from it is decided elsewhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clean:
    """Nothing was found."""


@dataclass(frozen=True, slots=True)
class Infected:
    """``name`` is what the scanner calls it."""

    name: str


@dataclass(frozen=True, slots=True)
class Unscannable:
    """The scanner works and does not scan this message."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The scanner does not answer, to this message or any other."""

    reason: str


Verdict = Clean | Infected | Unscannable | Unavailable
