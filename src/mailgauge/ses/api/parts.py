"""What the operations of both APIs work with, put together by the composition."""

from dataclasses import dataclass, field

from mailgauge.ses.account import Policy
from mailgauge.ses.limits import AMAZON, Limits
from mailgauge.ses.reputation import Rule
from mailgauge.ses.verification import Verification
from mailgauge.store.transaction import Store
from mailgauge.tsdb.engine import Engine


@dataclass(frozen=True, slots=True)
class Parts:
    """``store`` is the mail database, ``metrics`` that of the series which ``engine`` keeps.

    ``domain`` is the service's own, whose ``dkim.`` zone the DKIM records of customers point to; None while no mail
    leaves the machine.
    """

    store: Store
    metrics: Store
    engine: Engine
    policy: Policy
    verification: Verification
    domain: str | None = None
    addresses: tuple[str, ...] = ()
    """Those of this machine that mail may leave from."""
    rule: Rule = field(default_factory=Rule)
    limits: Limits = AMAZON
