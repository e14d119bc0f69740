"""The signing process: batches come in on standard input, signatures go out on standard output. It ends with its input."""

import signal
import sys
from collections.abc import Callable
from functools import lru_cache

import msgspec

from mailgauge.base.helper import framed, read_frame
from mailgauge.mail import dkim
from mailgauge.mail.dkim import Signer
from mailgauge.ses.signing.work import Batch, Job, Key

KEPT = 1024
"""Keys that are kept ready: some 2 KB each."""


def main() -> None:
    # A Ctrl-C at the terminal is the parent's to handle; it closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ready = lru_cache(KEPT)(_signer)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while (asked := read_frame(requests)) is not None:
        batch = msgspec.msgpack.decode(asked, type=Batch)
        answer = [_signatures(batch, job, ready) for job in batch.jobs]
        answers.write(framed(msgspec.msgpack.encode(answer)))
        answers.flush()


def _signer(key: Key) -> Signer:
    return dkim.signer(key.domain, key.selector, key.private)


def _signatures(batch: Batch, job: Job, ready: Callable[[Key], Signer]) -> bytes | None:
    """None for what can't be signed: whoever asked does it again, and hears why."""
    try:
        return dkim.signatures(job.message, [ready(batch.keys[at]) for at in job.keys], job.time)
    except Exception:  # noqa: BLE001 - one message must not take the others with it
        return None


if __name__ == "__main__":
    main()
