"""When an action that failed for now is run again: within about an hour, ever more rarely. Pure."""

from typing import Final

PAUSES: Final = (2.0, 5.0, 15.0, 60.0, 180.0, 600.0, 1200.0, 1500.0)
"""Seconds before the second, third, ... attempt."""


def pause(failed_attempts: int) -> float | None:
    """Seconds until the next attempt; None when that was the last one."""
    return PAUSES[failed_attempts - 1] if failed_attempts <= len(PAUSES) else None
