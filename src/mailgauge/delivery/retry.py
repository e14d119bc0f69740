"""The retry schedule, a pure function: when to try again after an attempt that failed for now (RFC 5321 4.5.4.1)."""

from collections.abc import Sequence

# RFC 5321 4.5.4.1 asks for half an hour between attempts in the long run, and tries sooner at the start.
DEFAULT_PAUSES = (60.0, 120.0, 300.0, 600.0, 900.0, 1800.0)
"""Seconds before the second, third, ... attempt; the last one repeats."""

RETRY_PERIOD = 14 * 3600.0
"""How long a message is tried when its configuration set does not say (docs/quirks.md)."""


def next_attempt(
    failed_attempts: int, now: float, expires: float, pauses: Sequence[float] = DEFAULT_PAUSES
) -> float | None:
    """When attempt ``failed_attempts + 1`` is due, in seconds, or None when the time to try is over.

    The last attempt is made at ``expires`` itself, so that the whole period is used.
    """
    if now >= expires:
        return None
    pause = pauses[min(failed_attempts, len(pauses)) - 1]
    return min(now + pause, expires)
