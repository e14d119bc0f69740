"""The rendering process: batches come in on standard input, outcomes go out on standard output. It ends with its input."""

import os
import signal
import sys
from collections.abc import Iterator
from time import monotonic

import msgspec

from mailgauge.base.helper import framed, read_frame
from mailgauge.ses.rendering.engine import Engine
from mailgauge.ses.rendering.work import Batch, Outcome

_NICE = 5
"""The process that answers requests goes first."""
_MOMENT = 0.02


def main() -> None:
    # A Ctrl-C at the terminal is the parent's to handle; it closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)
    engine = Engine()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while (asked := read_frame(requests)) is not None:
        batch = msgspec.msgpack.decode(asked, type=Batch)
        for some in _grouped(_outcomes(engine, batch)):
            answers.write(framed(msgspec.msgpack.encode(some)))
            answers.flush()


def _grouped(outcomes: Iterator[Outcome]) -> Iterator[list[Outcome]]:
    """What was ready within a moment goes together."""
    some: list[Outcome] = []
    began = monotonic()
    for outcome in outcomes:
        some.append(outcome)
        if monotonic() - began > _MOMENT:
            yield some
            some, began = [], monotonic()
    yield some


def _outcomes(engine: Engine, batch: Batch) -> Iterator[Outcome]:
    if not batch.jobs:
        for sources in batch.templates.values():
            yield engine.check(sources, batch.limits)
    for job in batch.jobs:
        yield engine.render(job, batch.templates[job.key], batch.limits)


if __name__ == "__main__":
    main()
