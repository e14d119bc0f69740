"""How something that DNS must prove stands: a domain, its DKIM records, its MAIL FROM domain. Pure.

SES looks for records for 72 hours; what was proven stays so for 72 hours without its records (ses/VerifyDomainIdentity).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from mailgauge.ses.limits import DOMAIN_VERIFICATION_SECONDS

_SOONEST, _LATEST = 60.0, 3600.0
_WHILE_PROVEN = 24 * 3600.0
_WHILE_FAILING = 3600.0
_OF_WAITING = 0.1
"""What was asked for long ago is looked for less often: after a tenth of the time it has waited."""


class Status(StrEnum):
    """In v2's spelling."""

    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    TEMPORARY_FAILURE = "TEMPORARY_FAILURE"
    """Proven once, and its records are missing or can't be looked up now."""
    NOT_STARTED = "NOT_STARTED"


class Found(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """``recorded`` is PENDING, SUCCESS or FAILED; ``failing`` since when a proven one lacks its records. In seconds."""

    recorded: Status
    asked: float
    failing: float | None = None

    def status(self, now: float) -> Status:
        """What a caller is told."""
        if self.recorded is Status.SUCCESS:
            return Status.SUCCESS if self.failing is None else Status.TEMPORARY_FAILURE
        if self.recorded is Status.PENDING and now - self.asked > DOMAIN_VERIFICATION_SECONDS:
            return Status.FAILED
        return self.recorded

    def after(self, found: Found, now: float) -> "Standing":
        """The standing after a look at the records."""
        if found is Found.YES:
            return replace(self, recorded=Status.SUCCESS, failing=None)
        if self.recorded is Status.SUCCESS:
            failing = now if self.failing is None else self.failing
            if found is Found.NO and now - failing > DOMAIN_VERIFICATION_SECONDS:
                return Standing(Status.FAILED, self.asked)
            return replace(self, failing=failing)
        return replace(self, recorded=self.status(now))


def next_look(standings: Iterable[Standing], now: float) -> float | None:
    """When to look again at an identity with these standings; None when there is nothing left to wait for."""
    pauses = [pause for each in standings if (pause := _pause(each, now)) is not None]
    return now + min(pauses) if pauses else None


def _pause(standing: Standing, now: float) -> float | None:
    match standing.status(now):
        case Status.SUCCESS:
            return _WHILE_PROVEN
        case Status.TEMPORARY_FAILURE:
            return _WHILE_FAILING
        case Status.PENDING:
            return min(max((now - standing.asked) * _OF_WAITING, _SOONEST), _LATEST)
    return None
