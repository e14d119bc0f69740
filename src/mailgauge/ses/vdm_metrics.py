"""The Virtual Deliverability Manager's metrics, counted out of the journal by UTC day (sesv2/BatchGetMetricData).

They leave out the mailbox simulator and messages to several recipients. Nothing is kept for them; the journal is read in
pages, each in a transaction of its own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from mailgauge.base.scope import Scope
from mailgauge.destinations import versions
from mailgauge.destinations.versions import Version
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.mail.bounce_class import ON_ACCOUNT_SUPPRESSION_LIST, BounceType
from mailgauge.ses import account_attributes, arns, tags
from mailgauge.ses.engagement import has_engagement_metrics
from mailgauge.ses.errors import NotFoundError
from mailgauge.ses.isps import gives_feedback, isp_of
from mailgauge.simulator.addresses import is_simulator
from mailgauge.store.transaction import Store, Tx

DAY = 86_400
_PAGE = 2000


class Metric(StrEnum):
    SEND = "SEND"
    COMPLAINT = "COMPLAINT"
    PERMANENT_BOUNCE = "PERMANENT_BOUNCE"
    TRANSIENT_BOUNCE = "TRANSIENT_BOUNCE"
    OPEN = "OPEN"
    CLICK = "CLICK"
    DELIVERY = "DELIVERY"
    DELIVERY_OPEN = "DELIVERY_OPEN"
    DELIVERY_CLICK = "DELIVERY_CLICK"
    DELIVERY_COMPLAINT = "DELIVERY_COMPLAINT"


class Dimension(StrEnum):
    EMAIL_IDENTITY = "EMAIL_IDENTITY"
    CONFIGURATION_SET = "CONFIGURATION_SET"
    ISP = "ISP"


_KINDS = {
    Metric.SEND: Kind.SEND,
    Metric.COMPLAINT: Kind.COMPLAINT,
    Metric.PERMANENT_BOUNCE: Kind.BOUNCE,
    Metric.TRANSIENT_BOUNCE: Kind.BOUNCE,
    Metric.OPEN: Kind.OPEN,
    Metric.CLICK: Kind.CLICK,
    Metric.DELIVERY: Kind.DELIVERY,
    Metric.DELIVERY_OPEN: Kind.DELIVERY,
    Metric.DELIVERY_CLICK: Kind.DELIVERY,
    Metric.DELIVERY_COMPLAINT: Kind.DELIVERY,
}
_TRACKED = {Metric.DELIVERY_OPEN: Kind.OPEN, Metric.DELIVERY_CLICK: Kind.CLICK}
_BOUNCE_TYPES = {
    Metric.PERMANENT_BOUNCE: BounceType.PERMANENT,
    Metric.TRANSIENT_BOUNCE: BounceType.TRANSIENT,
}


class VdmDisabledError(NotFoundError):
    def __init__(self) -> None:
        super().__init__("The Virtual Deliverability Manager is not enabled for this account.")


@dataclass(frozen=True, slots=True)
class Query:
    """``first_day`` and ``last_day`` are days since the epoch, both included. A dimension without values takes any."""

    metric: Metric
    first_day: int
    last_day: int
    dimensions: Mapping[Dimension, frozenset[str] | None]


def require_vdm(tx: Tx, scope: Scope) -> None:
    """Raises VdmDisabledError."""
    if not _is_on(tx, scope):
        raise VdmDisabledError


def tags_of(tx: Tx, scope: Scope, identity: str, recipients: Sequence[str]) -> dict[str, list[str]]:
    """The auto-tags of a message whose account has VDM on: the identity it is sent with, the providers it goes to."""
    if not _is_on(tx, scope):
        return {}
    isps = dict.fromkeys(isp_of(each) for each in recipients)
    return {tags.SENDER_IDENTITY: [identity], tags.RECIPIENT_ISP: list(isps)}


def _is_on(tx: Tx, scope: Scope) -> bool:
    vdm = account_attributes.get(tx, scope).vdm
    return vdm is not None and vdm.enabled


async def daily(store: Store, scope: Scope, query: Query) -> dict[int, int]:
    """Sums by day, in order; days without data are left out."""
    sums: Counter[int] = Counter()
    place: tuple[int, int] | None = (query.first_day * DAY * 1000, 0)
    while place is not None:
        page, place = await store.read(partial(_page, scope=scope, query=query, place=place))
        sums.update(page)
    return dict(sorted(sums.items()))


def _page(
    tx: Tx, scope: Scope, query: Query, place: tuple[int, int]
) -> tuple[Counter[int], tuple[int, int] | None]:
    """The sums of one page of entries, and where the next one begins."""
    end = (query.last_day + 1) * DAY * 1000
    entries = journal.of_kind(tx, scope, _KINDS[query.metric], behind=place, end=end, limit=_PAGE)
    known = journal.get_facts(tx, [each.message_id for each in entries if each.message_id is not None])
    in_force = versions.load(tx, {each.version for each in entries if each.version is not None})
    sums: Counter[int] = Counter()
    for entry in entries:
        facts = known.get(entry.message_id or "")
        if facts is not None and _counts(tx, query, entry, facts, in_force.get(entry.version or 0)):
            sums[entry.time // (DAY * 1000)] += 1
    more = (entries[-1].time, entries[-1].seq) if len(entries) == _PAGE else None
    return sums, more


def _counts(tx: Tx, query: Query, entry: Entry, facts: Facts, version: Version | None) -> bool:
    if len(facts.destination) != 1 or is_simulator(facts.destination[0]):
        return False
    return _is_of_metric(tx, query.metric, entry, facts, version) and all(
        _has(value, wanted) for value, wanted in _dimensions(query, facts)
    )


def _is_of_metric(tx: Tx, metric: Metric, entry: Entry, facts: Facts, version: Version | None) -> bool:
    if metric in _TRACKED:
        wanted = version is not None and any(each.wants(_TRACKED[metric]) for each in version.destinations)
        return wanted or has_engagement_metrics(tx, entry.scope, facts.configuration_set)
    if metric in _BOUNCE_TYPES:
        return bool(
            entry.detail["bounceType"] == _BOUNCE_TYPES[metric]
            and entry.detail["bounceSubType"] != ON_ACCOUNT_SUPPRESSION_LIST.sub_type
        )
    match metric:
        case Metric.COMPLAINT:
            return entry.detail.get("complaintSubType") is None
        case Metric.OPEN | Metric.CLICK:  # only the first of a message counts
            return journal.first_of_message(tx, facts.message_id, entry.kind) == entry.seq
        case Metric.DELIVERY_COMPLAINT:
            return gives_feedback(isp_of(facts.destination[0]))
        case _:
            return True


def _dimensions(query: Query, facts: Facts) -> list[tuple[str | None, frozenset[str] | None]]:
    identity = arns.parse(facts.source_arn) if facts.source_arn is not None else None
    values = {
        Dimension.EMAIL_IDENTITY: None if identity is None else identity[2],
        Dimension.CONFIGURATION_SET: facts.configuration_set,
        Dimension.ISP: isp_of(facts.destination[0]),
    }
    return [(values[name], wanted) for name, wanted in query.dimensions.items()]


def _has(value: str | None, wanted: frozenset[str] | None) -> bool:
    return value is not None and (wanted is None or value in wanted)
