"""What a journal entry adds to metrics: pure, and the same function for the publisher and for the audit that checks it.

It does not read the journal and does not write series.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.datums import deltas_of_datums
from mailgauge.destinations.definitions import CloudWatchTarget
from mailgauge.destinations.dimensions import Dropped, resolve, rolled_up
from mailgauge.destinations.versions import Version
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import METRIC_NAME, Kind
from mailgauge.tsdb.engine import Delta
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet

NAMESPACE = "AWS/SES"
UNIT = "Count"

_ALWAYS = frozenset({Kind.SEND, Kind.DELIVERY, Kind.COMPLAINT, Kind.REJECT, Kind.RENDERING_FAILURE})
_RATES = {"Reputation.BounceRate": "bounceRate", "Reputation.ComplaintRate": "complaintRate"}
# Opens and clicks reach the account metrics only from mail whose configuration set publishes them.
_IF_PUBLISHED = frozenset({Kind.OPEN, Kind.CLICK})


@dataclass(frozen=True, slots=True)
class Drop:
    """A datum that a rule kept out of the metrics, counted so that nothing vanishes without a trace."""

    scope: Scope
    version: int
    destination: str
    reason: str


@dataclass(slots=True)
class Accounted:
    deltas: list[Delta] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)


def account(entry: Entry, facts: Mapping[str, Facts], versions: Mapping[int, Version]) -> Accounted:
    """The samples of one entry: the account metric, and one for each CloudWatch destination that asks for its type."""
    if entry.kind is Kind.METRIC_DATA:
        return Accounted(deltas_of_datums(entry.scope, entry.detail))
    if entry.kind is Kind.REPUTATION:
        return Accounted(_reputation(entry))
    result = Accounted()
    version = versions.get(entry.version) if entry.version is not None else None
    if _counts_for_account(entry, version):
        result.deltas.append(_delta(entry, {}))
    if version is None or entry.message_id is None:
        return result
    fewer: list[dict[str, str]] = []
    for destination in version.destinations:
        target = destination.target
        if not (destination.wants(entry.kind) and isinstance(target, CloudWatchTarget)):
            continue
        known = facts.get(entry.message_id)
        if (
            known is None
        ):  # it can't be told which series this belongs to, and the entries behind it must go on
            result.drops.append(Drop(entry.scope, version.id, destination.name, "message unknown"))
            continue
        dimensions = resolve(target, entry.kind, known, entry.detail)
        if isinstance(dimensions, Dropped):
            result.drops.append(Drop(entry.scope, version.id, destination.name, dimensions.reason))
        elif dimensions is not None:
            result.deltas.append(_delta(entry, dimensions))
            fewer += rolled_up(target, dimensions)
    # What a destination publishes by itself is not rolled up on top of that.
    there = {delta.series for delta in result.deltas}
    for delta in (_delta(entry, each) for each in fewer):
        if delta.series not in there:
            there.add(delta.series)
            result.deltas.append(delta)
    return result


def _reputation(entry: Entry) -> list[Delta]:
    """Both rates; of a configuration set with its name as the dimension. SES's unit is Percent, its value a fraction."""
    name = entry.detail["configurationSet"]
    dimensions = {} if name is None else {"ses:configuration-set": name}
    return [
        Delta(
            Series.of(entry.scope, NAMESPACE, metric, dimensions),
            "Percent",
            entry.time // 1000,
            StatSet.of(entry.detail[rate]),
        )
        for metric, rate in _RATES.items()
    ]


def _counts_for_account(entry: Entry, version: Version | None) -> bool:
    if entry.kind is Kind.BOUNCE:  # the account metric counts hard bounces only
        return bool(entry.detail["bounceType"] == "Permanent")
    if entry.kind in _IF_PUBLISHED:
        return version is not None and any(each.wants(entry.kind) for each in version.destinations)
    return entry.kind in _ALWAYS


def _delta(entry: Entry, dimensions: dict[str, str]) -> Delta:
    series = Series.of(entry.scope, NAMESPACE, METRIC_NAME[entry.kind], dimensions)
    return Delta(series, UNIT, entry.time // 1000, StatSet.of(entry.weight))
