"""What is asked of the rendering process and what it answers, in frames of msgpack (``base.helper``)."""

from enum import StrEnum

import msgspec

Sources = tuple[str | None, str | None, str | None]
"""The parts of a template as they were written: subject, text and HTML."""


class Limits(msgspec.Struct, frozen=True):
    """Seconds of processor time for one message."""

    compiling: float
    rendering: float
    untried: int = 0
    """How many messages of a template are refused untried after one that took too long."""


class Job(msgspec.Struct, frozen=True):
    """One template with the data of one message, a JSON object. The template is in the batch under ``key``.

    The process keeps what it has compiled by that key, so that no two templates may ever share one.
    """

    key: str
    data: str


class Batch(msgspec.Struct, frozen=True):
    """Answered with one outcome for each job, in order and some at a time; without jobs, with the check of each template."""

    limits: Limits
    templates: dict[str, Sources]
    jobs: list[Job] = []


class Problem(StrEnum):
    MISSING = "missing"
    """The data lacks a variable; the text is its name."""
    INVALID = "invalid"
    """The template can't be rendered, with this data or ever."""
    TOO_MUCH = "too much"
    """It would have taken more time or memory than one message may have."""


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """The rendered parts, or what stood in the way."""

    subject: str | None = None
    text: str | None = None
    html: str | None = None
    problem: Problem | None = None
    detail: str = ""
