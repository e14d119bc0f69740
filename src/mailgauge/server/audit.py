"""The audit: recounts the journal and compares it with the metrics and with what was published to topics, and looks for
every accepted message.

It reads one snapshot of each database, the metrics first, so that the journal holds everything the metrics count. It
mends nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mailgauge.base.ids import pack_message_id
from mailgauge.delivery import queue
from mailgauge.destinations import accounting, backfill, notices, notified, publisher, versions
from mailgauge.destinations.accounting import Accounted, Drop
from mailgauge.destinations.backfill import Backfill
from mailgauge.destinations.notices import Recipient
from mailgauge.destinations.notified import Count
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.kinds import Kind
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx
from mailgauge.tsdb import totals
from mailgauge.tsdb.engine import Delta

Key = tuple[Kind, bytes, str, int]
"""Where it came from (the service's own count as Kind.SEND), series id, unit, and the hour's start."""
Sums = dict[Key, tuple[float, float]]

_FINAL = frozenset({Kind.DELIVERY, Kind.BOUNCE, Kind.REJECT, Kind.RENDERING_FAILURE})
_PAGE = 5000
# A datum may be put this long before its time (cloudwatch/PutMetricData).
_MOST_AHEAD = 2 * 3600
_ROUNDING = 1e-9
# An event may be a little older than the version that was in force when it was journalled. In milliseconds.
_SURELY = 86_400_000


@dataclass(slots=True)
class Report:
    """What was compared and every difference found; ``covered`` are the first and last event's times in milliseconds.

    ``dispatched`` is how far events were looked at for topics, ``notices`` what came of it for each destination.
    """

    position: int = 0
    entries: int = 0
    behind: int = 0
    messages: int = 0
    recipients: int = 0
    waiting: int = 0
    cells: int = 0
    series: int = 0
    dispatched: int = 0
    notices: list[Count] = field(default_factory=list)
    covered: tuple[int, int] | None = None
    differences: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class _Published:
    """The metrics database in one snapshot."""

    position: int
    cells: list[totals.Total]
    dropped: dict[Drop, int]
    backfills: list[Backfill]


def audit(mail: SqliteStore, metrics: SqliteStore) -> Report:
    """Compares the two databases; both may be in use meanwhile."""
    published = metrics.read_now(
        lambda tx: _Published(
            publisher.position(tx), list(totals.totals(tx)), publisher.dropped(tx), backfill.known(tx)
        )
    )
    report = mail.read_now(lambda tx: _audit(tx, published))
    report.differences = metrics.read_now(lambda tx: [_with_name(tx, text) for text in report.differences])
    return report


def _audit(tx: Tx, published: _Published) -> Report:
    report = Report(position=published.position, behind=journal.head(tx) - published.position)
    if report.behind < 0:
        report.differences.append(
            f"the metrics are at journal position {published.position}, but the journal ends at {journal.head(tx)}"
        )
        return report
    expected, drops, finals, told = _recount(tx, published, report)
    floors = {kind: journal.floor(tx, kind) for kind in (Kind.SEND, Kind.METRIC_DATA)}
    _compare_metrics(expected, published, floors, report)
    if not floors[Kind.SEND]:
        _compare_drops(drops, published.dropped, report)
    _compare_notices(tx, told, report, floors[Kind.SEND])
    _account_for_messages(tx, finals, report)
    return report


def _recount(
    tx: Tx, published: _Published, report: Report
) -> tuple[Sums, Counter[Drop], dict[str, Counter[str]], Counter[Recipient]]:
    expected: Sums = {}
    told: Counter[Recipient] = Counter()
    since, upto = notified.since(tx), notified.position(tx)
    drops: Counter[Drop] = Counter()
    finals: dict[str, Counter[str]] = defaultdict(Counter)
    for page in _pages(journal.scan(tx, journal.head(tx))):
        facts, known = publisher.context(tx, page)
        for entry in page:
            _note_final(entry, finals)
            if since < entry.seq <= upto:
                told.update(who for who, _ in notices.wanted(entry, known.get(entry.version or 0)))
            later = backfill.added(published.backfills, entry, facts, known)
            drops.update(later.drops)
            for delta in later.deltas:
                _add(expected, _source(entry.kind), delta)
            if entry.seq > published.position:
                continue
            report.entries += 1
            first, last = report.covered or (entry.time, entry.time)
            report.covered = (min(first, entry.time), max(last, entry.time))
            accounted: Accounted = accounting.account(entry, facts, known)
            drops.update(accounted.drops)
            for delta in accounted.deltas:
                _add(expected, _source(entry.kind), delta)
    return expected, drops, finals, told


def _pages(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    page: list[Entry] = []
    for entry in entries:
        page.append(entry)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


def _source(kind: Kind) -> Kind:
    return kind if kind is Kind.METRIC_DATA else Kind.SEND


def _add(sums: Sums, source: Kind, delta: Delta) -> None:
    key = (source, delta.series.id, delta.unit, delta.time - delta.time % totals.WIDTH)
    count, total = sums.get(key, (0.0, 0.0))
    sums[key] = (count + delta.stats.count, total + delta.stats.sum)


def _note_final(entry: Entry, finals: dict[str, Counter[str]]) -> None:
    """Counts outcomes of the delivery itself; a bounce that came back later belongs to a recipient that was delivered."""
    if entry.message_id is None or not _is_final(entry):
        return
    for recipient in entry.recipients:
        finals[entry.message_id][recipient] += 1


def _is_final(entry: Entry) -> bool:
    if entry.kind is Kind.COMPLAINT:  # for being on the suppression list, in place of a delivery
        return entry.detail.get("complaintSubType") is not None
    return entry.kind in _FINAL and not entry.detail.get("asynchronous")


def _compare_metrics(expected: Sums, published: _Published, floors: dict[Kind, int], report: Report) -> None:
    """Only hours whose entries are all kept can be compared."""
    since = {kind: _first_whole_hour(kind, floor) for kind, floor in floors.items()}
    compared: set[Key] = set()
    for cell in published.cells:
        kind = Kind.SEND if cell.namespace == accounting.NAMESPACE else Kind.METRIC_DATA
        if cell.time < since[kind]:
            continue
        key = (kind, cell.series, cell.unit, cell.time)
        compared.add(key)
        count, total = expected.get(key, (0.0, 0.0))
        if not (_equal(count, cell.count) and _equal(total, cell.sum)):
            report.differences.append(_difference(key, (count, total), (cell.count, cell.sum)))
    for key, sums in expected.items():
        if key not in compared and key[3] >= since[key[0]]:
            report.differences.append(_difference(key, sums, (0.0, 0.0)))
    report.cells = len(compared)
    report.series = len({(source, series) for source, series, _, _ in compared})


def _first_whole_hour(kind: Kind, floor: int) -> int:
    """The start of the first hour of which every entry is still kept. ``floor`` in milliseconds."""
    if floor == 0:
        return 0
    ahead = _MOST_AHEAD if kind is Kind.METRIC_DATA else 0
    return -(-floor // 1000 // totals.WIDTH) * totals.WIDTH + ahead


def _difference(key: Key, journal_says: tuple[float, float], metrics_say: tuple[float, float]) -> str:
    _, series, unit, hour = key
    return (
        f"series {series.hex()} ({unit}), hour {hour}: the journal gives {journal_says[0]:g} samples with sum "
        f"{journal_says[1]:g}, the metrics have {metrics_say[0]:g} with sum {metrics_say[1]:g}"
    )


def _compare_drops(expected: Counter[Drop], counted: dict[Drop, int], report: Report) -> None:
    for drop in expected.keys() | counted.keys():
        if expected[drop] != counted.get(drop, 0):
            report.differences.append(
                f"destination {drop.destination} (version {drop.version}): the journal gives {expected[drop]} dropped "
                f"datums ({drop.reason}), counted are {counted.get(drop, 0)}"
            )


def _compare_notices(tx: Tx, expected: Counter[Recipient], report: Report, floor: int) -> None:
    """Each event has one outcome for each destination with a topic; only versions whose entries are all kept can be
    compared. What identities publish by themselves depends on settings of that moment: it is counted and can't be recounted.
    """
    counted: Counter[Recipient] = Counter()
    report.dispatched, report.notices = notified.position(tx), notified.counts(tx)
    for each in report.notices:
        if each.recipient.version:
            counted[each.recipient] += each.count
    asked = expected.keys() | counted.keys()
    known = versions.load(tx, {who.version for who in asked})
    since = floor + _SURELY if floor else 0
    for who in asked:
        if known[who.version].created >= since and expected[who] != counted[who]:
            report.differences.append(
                f"destination {who.name} (version {who.version}): the journal gives {expected[who]} events for its topic, "
                f"told are {counted[who]}"
            )


def _account_for_messages(tx: Tx, finals: dict[str, Counter[str]], report: Report) -> None:
    """Each recipient of each accepted message has one outcome, or is still in the queue; never both, never neither."""
    waiting = queue.recipients_waiting(tx)
    report.waiting = sum(map(len, waiting.values()))
    for page in _message_pages(tx):
        for message_id, destination in page:
            report.messages += 1
            report.recipients += len(destination)
            queued, done = waiting.get(message_id, set()), finals.get(message_id, Counter())
            report.differences += _message_differences(message_id, destination, queued, done)


def _message_differences(
    message_id: str, destination: Iterable[str], queued: set[str], done: Counter[str]
) -> Iterator[str]:
    for recipient in dict.fromkeys(destination):
        places = done[recipient] + (recipient in queued or "" in queued)
        if places == 0:
            yield f"message {message_id}: nothing is known of what became of {recipient}"
        elif places > 1:
            yield f"message {message_id}: {recipient} has {places} outcomes"


def _message_pages(tx: Tx) -> Iterator[list[tuple[str, list[str]]]]:
    """Message ids and recipients of all facts kept, in slices. Only messages whose whole journal is kept are judged."""
    since = journal.floor(tx, Kind.SEND)
    after = pack_message_id("0" * 16 + "-00000000-0000-0000-0000-000000000000-000000")
    while page := journal.facts_page(tx, after, since, _PAGE):
        yield [(facts.message_id, facts.destination) for facts in page if not facts.is_system]
        after = pack_message_id(page[-1].message_id)


def _with_name(tx: Tx, text: str) -> str:
    """Puts a series' name in place of its id."""
    if not text.startswith("series "):
        return text
    series, _, rest = text.removeprefix("series ").partition(" ")
    return f"{totals.describe(tx, bytes.fromhex(series))} {rest}"


def _equal(one: float, other: float) -> bool:
    """Sums of doubles in another order may differ in their last bits."""
    return abs(one - other) <= _ROUNDING * max(abs(one), abs(other), 1.0)
