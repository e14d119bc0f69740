"""MTA-STS: which policy mail to a domain must keep to, by its DNS record and the policies kept (RFC 8461).

Fetching is its caller's. Policies are kept in memory: after a restart a domain's first mail fetches anew.
"""

import logging
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from mailgauge.base.clock import Clock
from mailgauge.base.joined import Joined
from mailgauge.dns.answers import RecordType, Resolver

log = logging.getLogger(__name__)
Value = TypeVar("Value")

MOST_KEPT = 10_000
LONGEST_AGE = 31_557_600
"""Seconds: the limit that section 3.2 sets, about a year."""
REFRESH = 86_400.0
"""Seconds after which a policy is fetched again though its id is the same, so that it is fresh when the server is down."""
PATIENCE = 300.0
"""Seconds until another try after a failed fetch (section 3.3)."""

_RECORD = re.compile(r"v=STSv1\s*;(.*)", re.DOTALL)
_ID = re.compile(r"[A-Za-z0-9]{1,32}")


class PolicyError(Exception):
    """There is no policy to be had; the text says why."""


class Mode(StrEnum):
    ENFORCE = "enforce"
    TESTING = "testing"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """``mx`` holds host names in lower case; ``*.`` in front stands for one label."""

    mode: Mode
    max_age: float
    mx: tuple[str, ...] = ()

    def allows(self, host: str) -> bool:
        parent = host.partition(".")[2]
        return any(pattern == host or (parent and pattern == f"*.{parent}") for pattern in self.mx)


Fetch = Callable[[str], Awaitable[str]]
"""The policy file of a domain. Raises PolicyError."""


@dataclass(frozen=True, slots=True)
class _Kept:
    policy: StsPolicy
    id: str
    fetched: float

    def lives(self, now: float) -> bool:
        return now < self.fetched + self.policy.max_age


@dataclass(slots=True)
class MtaSts:
    """The policies of all domains that mail went to lately."""

    resolver: Resolver
    fetch: Fetch
    clock: Clock
    _kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)
    _failed: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _told: OrderedDict[str, StsPolicy] = field(default_factory=OrderedDict)
    _fetching: Joined[str, StsPolicy | None] = field(default_factory=Joined)

    async def enforced(self, domain: str, hosts: Sequence[str]) -> StsPolicy | None:
        """The policy to keep to. One that is only tested is compared with the MX ``hosts``, for the log."""
        policy = await self._current(domain)
        if policy is None or policy.mode is Mode.NONE:
            return None
        if policy.mode is Mode.ENFORCE:
            return policy
        # Once for each time it was fetched, not for each message.
        odd = [host for host in hosts if not policy.allows(host)]
        if odd and self._told.get(domain) is not policy:
            _put(self._told, domain, policy)
            log.info(
                "MTA-STS policy in testing does not allow MX hosts", extra={"domain": domain, "hosts": odd}
            )
        return None

    async def _current(self, domain: str) -> StsPolicy | None:
        now = self.clock.now()
        kept = self._kept.get(domain)
        if kept is not None and not kept.lives(now):
            kept = None
        answer = await self.resolver.look_up(f"_mta-sts.{domain}", RecordType.TXT)
        found = policy_id(answer.records)
        known = None if kept is None else kept.policy
        if found is None:  # what was promised holds for as long as it was promised (section 3.3)
            return known
        if kept is not None and kept.id == found and now - kept.fetched < REFRESH:
            return known
        if self._failed.get(domain, 0.0) > now:
            return known
        return await self._fetching.ask(domain, lambda: self._renew(domain, found)) or known

    async def _renew(self, domain: str, found: str) -> StsPolicy | None:
        try:
            policy = parse_policy(await self.fetch(domain))
        except PolicyError as error:
            log.info("MTA-STS policy not fetched", extra={"domain": domain, "reason": str(error)})
            _put(self._failed, domain, self.clock.now() + PATIENCE)
            return None
        except Exception:
            # Whoever owns a domain writes its policy: that stops no mail.
            log.exception("MTA-STS policy not fetched", extra={"domain": domain})
            _put(self._failed, domain, self.clock.now() + PATIENCE)
            return None
        self._failed.pop(domain, None)
        _put(self._kept, domain, _Kept(policy, found, self.clock.now()))
        return policy


def _put(kept: OrderedDict[str, Value], domain: str, value: Value) -> None:
    kept[domain] = value
    kept.move_to_end(domain)
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)


def policy_id(records: Iterable[str]) -> str | None:
    """The id in a domain's TXT records; None unless exactly one of them is a policy record (section 3.1)."""
    found = [match[1] for record in records if (match := _RECORD.match(record))]
    if len(found) != 1:
        return None
    fields = (part.strip().partition("=") for part in found[0].split(";"))
    ids = [value for name, _, value in fields if name == "id"]
    return ids[0] if ids and _ID.fullmatch(ids[0]) else None


def parse_policy(text: str) -> StsPolicy:
    """A policy file (section 3.2). Of keys given twice the first counts. Raises PolicyError."""
    values: dict[str, str] = {}
    hosts: list[str] = []
    for line in text.splitlines():
        name, colon, value = (part.strip() for part in line.partition(":"))
        if colon and name == "mx":
            hosts.append(value.lower().removesuffix("."))
        elif colon:
            values.setdefault(name, value)
    if values.get("version") != "STSv1":
        raise PolicyError("the policy is not of version STSv1")
    try:
        mode = Mode(values.get("mode", ""))
    except ValueError:
        raise PolicyError("the policy has no mode that is known") from None
    age = values.get("max_age", "")
    if not (age.isascii() and age.isdigit() and len(age) <= 10):
        raise PolicyError("the policy has no max_age")
    if not hosts and mode is not Mode.NONE:
        raise PolicyError("the policy names no MX hosts")
    return StsPolicy(mode, min(float(age), LONGEST_AGE), tuple(hosts))
