"""The rendering process: batches come in on standard input, outcomes go out on standard output. It ends with its input."""

import os
import signal
import sys

from mailgauge.ses.rendering.engine import Engine
from mailgauge.ses.rendering.work import frame, read_batch

_NICE = 5
"""The process that answers requests goes first."""


def main() -> None:
    # A Ctrl-C at the terminal is the parent's to handle; it closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)
    engine = Engine()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while (batch := read_batch(requests)) is not None:
        if not batch.jobs:
            for sources in batch.templates.values():
                answers.write(frame(engine.check(sources, batch.limits)))
                answers.flush()
        for job in batch.jobs:
            answers.write(frame(engine.render(job, batch.templates[job.key], batch.limits)))
            answers.flush()


if __name__ == "__main__":
    main()
