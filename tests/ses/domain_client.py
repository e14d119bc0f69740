"""A client whose domains are proven by DNS records that the test gives, at a time that it sets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mailgauge.base.clock import ManualClock
from mailgauge.base.tasks import Wake
from mailgauge.dns.answers import Answer, LiteralResolver, RecordType
from mailgauge.iam.secrets import MasterKey
from mailgauge.ses.domain_checker import DomainChecker
from mailgauge.ses.verification import Mode, Verification
from mailgauge.store.sqlite import SqliteStore
from tests.ses.control_client import NOW, Client

MASTER = MasterKey(bytes(32))
SERVICE = "mail.example"


def verification() -> Verification:
    return Verification(Mode.MAIL, master=MASTER)


@dataclass
class Domains:
    """``records`` is the zone; ``check`` does what the service does by itself, as often as it is due now."""

    client: Client
    store: SqliteStore
    records: dict[tuple[str, RecordType], Sequence[str] | Answer] = field(default_factory=dict)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def publish(self, name: str, kind: RecordType, *data: str) -> None:
        self.records[name, kind] = data

    def publish_dkim(self, domain: str, tokens: Sequence[str]) -> None:
        for token in tokens:
            self.publish(f"{token}._domainkey.{domain}", RecordType.CNAME, f"{token}.dkim.{SERVICE}")

    async def check(self) -> None:
        resolver = LiteralResolver(self.records)
        checker = DomainChecker(self.store, self.clock, resolver, MASTER, SERVICE, Wake())
        while await checker.check_due():
            pass

    async def later(self, seconds: float) -> None:
        """Time passes, with a check at each hour of it."""
        until = self.clock.now() + seconds
        while self.clock.now() < until:
            self.clock.step(min(3600.0, until - self.clock.now()))
            await self.check()

    @property
    def now(self) -> Client:
        return self.client.at(self.clock.now())

    async def describe(self, name: str) -> dict[str, Any]:
        return await self.now.v2("GetEmailIdentity", EmailIdentity=name)

    async def dkim_status(self, name: str) -> str:
        status: str = (await self.describe(name))["DkimAttributes"]["Status"]
        return status

    async def status(self, name: str) -> str:
        status: str = (await self.describe(name))["VerificationStatus"]
        return status
