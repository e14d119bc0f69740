"""What the delivery worker takes out of the queue: all due rows of a message, with its content and what its set asks for.

One transaction; it decides nothing about where the mail goes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mailgauge.base.clock import Clock
from mailgauge.base.scope import Scope
from mailgauge.delivery import contents, queue
from mailgauge.delivery.row import Row, Stage
from mailgauge.store.transaction import Tx

BATCH = 64
"""Rows that are leased at once, besides those of the sites' lines."""
_IN_TIME = 0.95
"""The part of a lease after which an attempt is broken off: fifty recipients may each be answered after minutes, and
rows whose lease has ended would be delivered by somebody else as well.
"""

Sources = Callable[[Tx, Row], Sequence[str]]
"""The addresses of ours that the rows of a configuration set may leave from; none means any."""

RequiresTls = Callable[[Tx, Row], bool]
"""Whether the rows of a configuration set are rather not delivered than in the clear."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How rows are leased: for ``hold`` seconds, and with what is to be known of their configuration sets."""

    clock: Clock
    hold: float
    sources: Sources | None = None
    requires_tls: RequiresTls | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """Leased rows of one message, and its content, unless that is large and is read when its turn comes.

    Until ``until``, on the monotonic clock, the rows are ours.
    """

    rows: list[Row]
    content: bytes | None
    until: float
    sources: Sequence[str] = ()
    requires_tls: bool = False

    @property
    def message_id(self) -> str:
        return self.rows[0].message_id

    @property
    def number(self) -> int:
        """Which attempt this is, of the recipient that has had most."""
        return max(row.attempts for row in self.rows) + 1


@dataclass(slots=True)
class Leased:
    """``count`` rows out of the common queue; ``longer`` are the lines that go on."""

    works: list[Work] = field(default_factory=list)
    count: int = 0
    longer: list[str] = field(default_factory=list)


def lease(tx: Tx, terms: Terms, lines: Mapping[str, int]) -> Leased:
    """So many rows of each of the ``lines`` first, since who stands there has waited; then what is due in the common queue."""
    now, monotonic = terms.clock.now(), terms.clock.monotonic()
    leased = Leased()
    for site, most in lines.items():
        rows = queue.lease_line(tx, site, monotonic=monotonic, hold=terms.hold, limit=most)
        if len(rows) >= most:
            leased.longer.append(site)
        leased.works += _works(tx, terms, rows)
    due = queue.lease(tx, Stage.DELIVER, now=now, monotonic=monotonic, hold=terms.hold, limit=BATCH)
    leased.count = len(due)
    leased.works += _works(tx, terms, due)
    return leased


def by_message(rows: Iterable[Row]) -> list[list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.message_id, []).append(row)
    return list(grouped.values())


def _works(tx: Tx, terms: Terms, rows: Iterable[Row]) -> Iterator[Work]:
    until = terms.clock.monotonic() + terms.hold * _IN_TIME
    asked: dict[tuple[Scope, str | None], tuple[Sequence[str], bool]] = {}
    grouped = by_message(rows)
    small = contents.get_small(tx, [its_rows[0].message_id for its_rows in grouped])
    for its_rows in grouped:
        first = its_rows[0]
        content = small.get(first.message_id)
        if first.configuration_set is None:
            yield Work(its_rows, content, until)
            continue
        chosen = first.scope, first.configuration_set
        if chosen not in asked:
            sources = terms.sources(tx, first) if terms.sources else ()
            asked[chosen] = sources, terms.requires_tls(tx, first) if terms.requires_tls else False
        yield Work(its_rows, content, until, *asked[chosen])
