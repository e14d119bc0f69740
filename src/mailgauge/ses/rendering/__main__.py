"""The rendering process: batches come in on standard input, outcomes go out on standard output. It ends with its input."""

import os
import signal
import sys
from collections.abc import Iterator
from time import monotonic

from mailgauge.ses.rendering.engine import Engine
from mailgauge.ses.rendering.work import Batch, Outcome, frame, read_batch

_NICE = 5
"""The process that answers requests goes first."""
_MOMENT = 0.02


def main() -> None:
    # A Ctrl-C at the terminal is the parent's to handle; it closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)
    engine = Engine()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while (batch := read_batch(requests)) is not None:
        for some in _grouped(_outcomes(engine, batch)):
            answers.write(frame(some))
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
