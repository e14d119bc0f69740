"""When a composite alarm's actions are held back by its suppressor: a state machine over moments. Pure.

After ``monitoring/PutCompositeAlarm`` and the user guide's page on suppressing actions: the WaitPeriod gives the
suppressor time to go into ALARM, the ExtensionPeriod gives the composite time to recover behind it.
"""

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from mailgauge.cloudwatch.alarms.alarm import State


class SuppressedBy(StrEnum):
    ALARM = "Alarm"
    WAIT_PERIOD = "WaitPeriod"
    EXTENSION_PERIOD = "ExtensionPeriod"


class Periods(msgspec.Struct, frozen=True):
    """ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod, in seconds."""

    wait: int
    extension: int


class Suppression(msgspec.Struct, frozen=True, omit_defaults=True):
    """What holds actions back, until when (milliseconds; None is until the suppressor leaves ALARM), and what is held.

    ``held`` is the state that the composite had before its last change whose actions did not run; None when there
    are none to make up for.
    """

    by: SuppressedBy | None = None
    ends: int | None = None
    held: State | None = None

    @property
    def reason(self) -> str | None:
        """ActionsSuppressedReason."""
        return None if self.by is None else f"Actions suppressed by {self.by}"


@dataclass(frozen=True, slots=True)
class Step:
    """What follows: the new suppression, and the state before the change whose actions are to run now, if any are."""

    suppression: Suppression
    released: State | None = None


def passed(before: Suppression, now: int) -> Step:
    """Time has come to ``now``: a period that has ended lets go what it held."""
    if before.ends is None or now < before.ends:
        return Step(before)
    return Step(Suppression(), before.held)


def changed(
    before: Suppression, periods: Periods, now: int, *, suppressing: bool, left: State | None
) -> Step:
    """At ``now``, which no running period has outlived, the suppressor is in ALARM or not, and the composite left ``left``.

    None is a composite that did not change. Both may come together, when they have a child in common.
    """
    held = before.held if left is None else left
    if suppressing:
        return Step(Suppression(SuppressedBy.ALARM, None, held))
    if left is not None:
        return _run_for(SuppressedBy.WAIT_PERIOD, periods.wait, now, held)
    if before.by is SuppressedBy.ALARM:
        return _run_for(SuppressedBy.EXTENSION_PERIOD, periods.extension, now, held)
    return Step(before)


def replaced(before: Suppression, periods: Periods | None, now: int, *, suppressing: bool) -> Step:
    """Another suppressor takes over, or none, without periods: what runs is dropped, what is held waits for the new one."""
    if periods is None:
        return Step(Suppression(), before.held)
    return changed(Suppression(), periods, now, suppressing=suppressing, left=before.held)


def _run_for(by: SuppressedBy, seconds: int, now: int, held: State | None) -> Step:
    return passed(Suppression(by, now + seconds * 1000, held), now)
