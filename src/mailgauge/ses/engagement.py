"""Opens and clicks of mail: which messages are tracked, where their links lead, and what a visit becomes in the journal.

Making links and answering visits is ``tracking``'s; this knows configuration sets, messages and events.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mailgauge.base.scope import Scope
from mailgauge.delivery.row import Row
from mailgauge.destinations import versions
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.erasure import VISITOR, has_forgotten
from mailgauge.events.kinds import Kind
from mailgauge.ses import account_attributes, configuration_sets, tracking_options
from mailgauge.ses.configuration_sets import ConfigurationSet
from mailgauge.ses.tracking_options import HttpsPolicy
from mailgauge.store.transaction import Tx
from mailgauge.tracking.machines import Engagement, Signs, judge
from mailgauge.tracking.privacy import ClientIp
from mailgauge.tracking.rewriting import Places, Plan
from mailgauge.tracking.tokens import Tokens
from mailgauge.tracking.visits import Visit

TAG = "mailgauge:engagement"
"""The tag of Open and Click events that tells people from machines: a dimension like any other tag."""

# Amazon's documents name no values; "Likely" has been seen.
_IS_BOT = {Engagement.MACHINE: "Likely", Engagement.HUMAN: "Unlikely"}
_ENABLED = "ENABLED"


@dataclass(frozen=True, slots=True)
class Tracker:
    """``address`` gives the base of links without a custom domain, asked late since ports may be chosen late.

    Visits count for ``lasting`` seconds after a message was accepted.
    """

    tokens: Tokens
    address: Callable[[], str]
    lasting: float
    client_ip: ClientIp = ClientIp.FULL
    hidden_link: bool = False

    def plan(self, tx: Tx, row: Row) -> Plan:
        """What a message is to have, by its configuration set as it is now."""
        found = (
            configuration_sets.current(tx, row.scope, row.configuration_set)
            if row.configuration_set is not None
            else None
        )
        wanted = _wanted(tx, row.scope, found)
        return Plan(
            message_id=row.message_id,
            tokens=self.tokens,
            places=self._places(found),
            opens=Kind.OPEN in wanted,
            clicks=Kind.CLICK in wanted,
            hidden_link=self.hidden_link,
        )

    def _places(self, found: ConfigurationSet | None) -> Places:
        options = None if found is None else tracking_options.of(found.options)
        if options is None:  # it answers where the operator says, and perhaps nowhere else
            base = self.address().rstrip("/")
            return Places(base, base, base)
        plain, secure = f"http://{options.domain}", f"https://{options.domain}"
        match options.https_policy:
            case HttpsPolicy.REQUIRE:
                return Places(secure, secure, secure)
            case HttpsPolicy.REQUIRE_OPEN_ONLY:
                return Places(secure, plain, secure)
            case _:
                return Places(plain, plain, secure)

    def record(self, tx: Tx, visit: Visit) -> None:
        """Journals an Open or a Click, unless the message is unknown or too long ago."""
        facts = journal.get_facts(tx, [visit.message_id]).get(visit.message_id)
        if facts is None or facts.is_system or visit.time >= facts.time + self.lasting:
            return
        scope = Scope(facts.account, facts.region)
        version = configuration_sets.version_in_force(tx, scope, facts.configuration_set)
        kind = Kind.OPEN if visit.link is None else Kind.CLICK
        detail = self._detail(visit, judge(_signs(tx, visit)))
        if has_forgotten(facts):
            detail = {name: each for name, each in detail.items() if name not in VISITOR}
        journal.append(tx, Entry(round(visit.time * 1000), scope, kind, visit.message_id, version, 1, detail))

    def _detail(self, visit: Visit, engagement: Engagement) -> dict[str, Any]:
        detail: dict[str, Any] = {
            "userAgent": visit.agent,
            "isBotEvent": _IS_BOT[engagement],
            "tags": {TAG: [engagement.value]},
        }
        if (address := self.client_ip.kept(visit.address)) is not None:
            detail["ipAddress"] = address
        if visit.link is not None:
            detail["link"] = visit.link.url
            if visit.link.tags:
                detail["linkTags"] = dict(visit.link.tags)
        return detail


def _wanted(tx: Tx, scope: Scope, found: ConfigurationSet | None) -> frozenset[Kind]:
    """Which of opens and clicks somebody wants to hear of: a destination, or the Virtual Deliverability Manager."""
    both = frozenset({Kind.OPEN, Kind.CLICK})
    if _has_engagement_metrics(tx, scope, found):
        return both
    if found is None:
        return frozenset()
    published = versions.load(tx, [found.version])[found.version].destinations
    return frozenset(kind for kind in both if any(each.wants(kind) for each in published))


def has_engagement_metrics(tx: Tx, scope: Scope, configuration_set: str | None) -> bool:
    """Whether the Virtual Deliverability Manager looks at opens and clicks now: the set says so, else the account."""
    found = None if configuration_set is None else configuration_sets.current(tx, scope, configuration_set)
    return _has_engagement_metrics(tx, scope, found)


def _has_engagement_metrics(tx: Tx, scope: Scope, found: ConfigurationSet | None) -> bool:
    of_set = None if found is None else found.options.engagement_metrics
    vdm = account_attributes.get(tx, scope).vdm
    return vdm is not None and vdm.enabled and (of_set or vdm.engagement_metrics) == _ENABLED


def _signs(tx: Tx, visit: Visit) -> Signs:
    delivered = journal.first(tx, visit.message_id, Kind.DELIVERY)
    since = None
    if delivered is not None and not _stayed_here(delivered.detail.get("remoteMtaIp")):
        since = visit.time - delivered.time / 1000
    return Signs(visit.agent, visit.address, visit.told, since)


def _stayed_here(peer: str | None) -> bool:
    """Whether a server on this machine took the message. No gateway looks at it then, and programs under test read at once."""
    try:
        return peer is None or ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return True
