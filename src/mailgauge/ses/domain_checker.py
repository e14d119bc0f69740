"""The loop that checks domains against DNS, several at once, and makes the DKIM keys that are wanted.

A check is questions, answers, one transaction; what it means is decided in ``domain_records`` and ``standing``.
"""

import asyncio
import logging
from dataclasses import dataclass

from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Wake
from mailgauge.dns.answers import Resolver
from mailgauge.iam.secrets import MasterKey
from mailgauge.ses import domain_checks
from mailgauge.ses.domain_records import Subject, judge, questions
from mailgauge.ses.easy_dkim import make_wanted
from mailgauge.store.transaction import Lane, Store

log = logging.getLogger(__name__)

SLICE = 20
"""Identities looked at together."""
IDLE = 1.0
"""Seconds between looks for work: the clock may have been stepped."""


@dataclass(frozen=True, slots=True)
class DomainChecker:
    """``service`` is the service's own domain; ``woken`` hints at identities to check."""

    store: Store
    clock: Clock
    resolver: Resolver
    master: MasterKey
    service: str
    woken: Wake

    async def run(self) -> None:
        while True:
            if not await self.check_due():
                await self.woken.wait(IDLE)

    async def check_due(self) -> int:
        """Checks what is due now, a slice at most, and returns how many identities that was."""
        now = self.clock.now()
        subjects = await self.store.read(lambda tx: domain_checks.take_due(tx, now, SLICE, self.service))
        await asyncio.gather(*(self._check_or_report(each) for each in subjects))
        return len(subjects)

    async def _check_or_report(self, subject: Subject) -> None:
        try:
            await self.check(subject)
        except Exception:
            log.exception("identity not checked", extra={"identity": subject.identity.name})
            later = self.clock.now() + 300
            await self.store.write(lambda tx: domain_checks.schedule(tx, subject.identity, later))

    async def check(self, subject: Subject) -> None:
        subject = await self._with_key(subject)
        asked = questions(subject)
        found = await asyncio.gather(*(self.resolver.look_up(name, kind) for name, kind in asked))
        verdict = judge(subject, dict(zip(asked, found, strict=True)))
        now = self.clock.now()
        await self.store.write(lambda tx: domain_checks.record(tx, subject, verdict, now), Lane.BACKGROUND)

    async def _with_key(self, subject: Subject) -> Subject:
        """The same, after a key was made where one is wanted."""
        now = self.clock.now()
        if subject.dkim is None:
            return subject
        if not await make_wanted(self.store, self.master, subject.identity, subject.dkim, now):
            return subject
        return await self.store.read(lambda tx: domain_checks.subject(tx, subject.identity, subject.service))
