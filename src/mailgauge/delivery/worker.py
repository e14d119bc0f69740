"""The delivery worker: leases due rows, sorts a message's recipients by the sites they go to, and gives each site what it can take.

One SMTP transaction for each message and site; rows and events change in one transaction of the store. What a site has
no room for goes to the site's own line, from where it is leased once there is room: so a slow site costs nobody else
anything. How much a site gets is decided in ``sites``, where mail goes by the router, what an outcome means in ``outcomes``.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from mailgauge.base.clock import Clock
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.delivery import attempt, outcomes, queue, transcripts
from mailgauge.delivery.attempt import Mail
from mailgauge.delivery.commits import Commits
from mailgauge.delivery.outcomes import Attempted
from mailgauge.delivery.row import Row, Stage
from mailgauge.delivery.sites import Site, Sites, trouble_of
from mailgauge.delivery.transcripts import Attempt
from mailgauge.delivery.transport import NoRoute, Route, Router
from mailgauge.delivery.turns import Turns
from mailgauge.events import journal
from mailgauge.mail import verp
from mailgauge.smtp.client import Connections
from mailgauge.store.transaction import Store, Tx

log = logging.getLogger(__name__)

BATCH = 64
"""Rows that are leased at once, besides those of the sites' lines."""
IN_HAND = 512
"""Messages that may be leased and not finished: on their way to a route, waiting for a slot, being sent."""
AT_ONCE = 256
"""Attempts in flight to all sites together."""
RECIPIENTS = 100
"""What every server takes in one transaction (RFC 5321 4.5.3.1.8)."""
PATIENCE = 10.0
"""Seconds that attempts in flight have to come to their end when the worker stops."""
HOLD = 900.0
"""Seconds a lease lasts: long enough for the ten minutes that RFC 5321 4.5.3.2 allows for the final dot."""
_IN_TIME = 0.95
"""The part of a lease after which an attempt is broken off: fifty recipients may each be answered after minutes, and
rows whose lease has ended would be delivered by somebody else as well.
"""
IDLE = 1.0
AGAIN = 1.0
"""Seconds after which is written once more what the store did not take."""

VersionInForce = Callable[[Tx, Scope, str | None], int | None]
"""Which configuration-set version an event of a message sent with that set is journalled with."""

Sources = Callable[[Tx, Row], Sequence[str]]
"""The addresses of ours that a row may leave from; none means any."""

RequiresTls = Callable[[Tx, Row], bool]
"""Whether a row is rather not delivered than in the clear."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``host`` is our name in EHLO and events, ``return_domain`` where bounces come back to, ``secret`` signs return paths.

    ``all_dialogues`` keeps the dialogue of every attempt, otherwise of those that did not deliver to everybody at once.
    """

    host: str
    return_domain: str
    secret: bytes
    pauses: tuple[float, ...]
    all_dialogues: bool = False


@dataclass(frozen=True, slots=True)
class _Work:
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


@dataclass(slots=True)
class _Leased:
    """``count`` rows out of the common queue, and which lines go on."""

    works: list[_Work] = field(default_factory=list)
    count: int = 0
    longer: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of one transaction; ``turned_away`` are those that the server wants in another one."""

    attempted: Attempted
    transcript: Sequence[Attempt] = ()
    trouble: str = ""
    turned_away: frozenset[str] = frozenset()


@dataclass(slots=True)
class DeliveryWorker:
    """Delivers until ``stop``. What was leased and not attempted by then is delivered by the next start."""

    store: Store
    clock: Clock
    router: Router
    client: Connections
    settings: Settings
    version_in_force: VersionInForce
    woken: Wake
    tasks: Supervisor
    sites: Sites
    hold: float = HOLD
    sources: Sources | None = None
    requires_tls: RequiresTls | None = None
    _commits: Commits = field(init=False)
    _turns: Turns = field(init=False)
    _slots: asyncio.Semaphore = field(init=False, default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _in_hand: int = field(init=False, default=0)
    _swept: float = field(init=False, default=0.0)
    _stopping: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._commits = Commits(self.store, self.tasks)
        self._turns = Turns(self.clock)

    async def run(self) -> None:
        for key in await self.store.read(queue.lines):
            self.sites.named(key).has_line = True
        while not self._stopping:
            if await self.deliver_due() < BATCH:
                await self.woken.wait(self._pause())

    def _pause(self) -> float:
        """Seconds until a site gets ready, which nobody hints at."""
        now = self.clock.now()
        ready = [site.ready_at(now) - now for site in self.sites if site.has_line]
        return min([IDLE, *(each for each in ready if each > 0)])

    async def stop(self) -> None:
        """Leases no more, and waits a while for attempts in flight: one broken off after DATA would be made again."""
        self._stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for _ in range(AT_ONCE):
                    await self._slots.acquire()

    async def deliver_due(self) -> int:
        """Begins to deliver what is due, as much as there is room for; returns how many rows came out of the common queue."""
        if self._stopping or self._in_hand > IN_HAND - BATCH:
            return 0
        now = self.clock.now()
        lines = {site.key: site.may_take(now) for site in self.sites if site.wants_more(now)}
        for key in lines:  # whoever joins the line from here on says so
            self.sites.named(key).has_line = False
        stuck = self._stuck(now)
        leased = await self.store.write(lambda tx: self._lease(tx, lines, stuck))
        for key in leased.longer:
            self.sites.named(key).has_line = True
        for work in leased.works:
            self._in_hand += 1
            self.tasks.spawn(f"deliver {work.message_id}", self._deliver(work))
        return leased.count

    def _stuck(self, now: float) -> dict[str, str]:
        """Now and then: the sites with a line that doesn't move, and what is the matter with them."""
        if now - self._swept < IDLE:
            return {}
        self._swept = now
        return {
            site.key: site.trouble or "the receiving site takes no more mail"
            for site in self.sites
            if site.has_line and not site.may_take(now)
        }

    def _lease(self, tx: Tx, lines: Mapping[str, int], stuck: Mapping[str, str]) -> _Leased:
        """From the lines first: who stands there has waited."""
        now, monotonic = self.clock.now(), self.clock.monotonic()
        leased = _Leased()
        for site, most in lines.items():
            rows = queue.lease_line(tx, site, monotonic=monotonic, hold=self.hold, limit=most)
            if len(rows) >= most:
                leased.longer.append(site)
            leased.works += self._works(tx, rows)
        due = queue.lease(tx, Stage.DELIVER, now=now, monotonic=monotonic, hold=self.hold, limit=BATCH)
        leased.count = len(due)
        leased.works += self._works(tx, due)
        for site, trouble in stuck.items():
            overdue = queue.overdue(tx, site, now=now, monotonic=monotonic, limit=BATCH)
            for rows in _by_message(overdue):
                self._commit(tx, rows, _Result(Attempted(now, {}, trouble)))
        return leased

    def _works(self, tx: Tx, rows: Iterable[Row]) -> Iterator[_Work]:
        until = self.clock.monotonic() + self.hold * _IN_TIME
        for its_rows in _by_message(rows):
            first = its_rows[0]
            content = queue.get_small_content(tx, first.message_id)
            if first.configuration_set is None:
                yield _Work(its_rows, content, until)
                continue
            sources = self.sources(tx, first) if self.sources else ()
            requires_tls = self.requires_tls(tx, first) if self.requires_tls else False
            yield _Work(its_rows, content, until, sources, requires_tls)

    async def _deliver(self, work: _Work) -> None:
        try:
            parts = [self._to(route, part) for route, part in await self._by_route(work)]
            if len(parts) == 1:  # as nearly always: a task less
                await parts[0]
            else:
                await asyncio.gather(*parts)
        finally:
            self._in_hand -= 1
            if self._in_hand == IN_HAND - BATCH:  # there is room again
                self.woken.set()

    async def _by_route(self, work: _Work) -> list[tuple[Route | NoRoute, _Work]]:
        """The rows by where they go: what goes to the same hosts goes together, up to what one transaction may have."""
        domains = list(dict.fromkeys(row.domain for row in work.rows))
        if len(domains) == 1:
            routes = {domains[0]: await self.router.route(domains[0])}
        else:
            found = await asyncio.gather(*map(self.router.route, domains))
            routes = dict(zip(domains, found, strict=True))
        groups: dict[object, tuple[Route | NoRoute, list[Row]]] = {}
        for row in work.rows:
            route = routes[row.domain]
            key = (route.site, frozenset(route.destinations)) if isinstance(route, Route) else route
            groups.setdefault(key, (route, []))[1].append(row)
        return [
            (route, replace(work, rows=rows[at : at + RECIPIENTS]))
            for route, rows in groups.values()
            for at in range(0, len(rows), RECIPIENTS)
        ]

    async def _to(self, route: Route | NoRoute, work: _Work) -> None:
        try:
            if isinstance(route, NoRoute):
                await self._record(work.rows, self._without_route(route, work), work.until)
            else:
                await self._to_site(route, self.sites.of(route), work)
        except Exception:
            # What became of the attempt is not written down, so it is made again.
            due = self.clock.now() + self.settings.pauses[0]
            await self._commits.write(lambda tx: queue.defer(tx, work.rows, due))
            raise

    def _without_route(self, route: NoRoute, work: _Work) -> _Result:
        now = self.clock.now()
        replies = dict.fromkeys((row.recipient for row in work.rows), route.reply)
        kept = Attempt(work.message_id, now, _number(work.rows), "no route", replies)
        return _Result(Attempted(now, replies), [kept])

    async def _to_site(self, route: Route, site: Site, work: _Work) -> None:
        number = await self._turns.take(site)
        if number is None:
            await self._commits.write(lambda tx: queue.line_up(tx, work.rows, site.key))
            self._note_line(site.key)
            return
        trouble = ""
        try:
            async with self._slots:
                trouble = await self._attempt(route, site, work)
        finally:
            self._turns.give_back(site, number, trouble)
            now = self.clock.now()
            if site.wants_more(now):
                self.woken.set()
            self.sites.forget(site, now)

    def _note_line(self, key: str) -> None:
        """Somebody stands in its line now: if all attempts have ended meanwhile, nobody else says so."""
        site = self.sites.named(key)
        site.has_line = True
        if site.wants_more(self.clock.now()):
            self.woken.set()

    async def _attempt(self, route: Route, site: Site, work: _Work) -> str:
        """Returns what trouble the site had. Those that are too many for one transaction follow in another."""
        trouble, rest = "", work.rows
        while rest:
            if self._stopping or self.clock.monotonic() >= work.until:  # those before took all the time
                await self._release(rest)
                break
            result = await self._transaction(route, site, replace(work, rows=rest))
            settled = [row for row in rest if row.recipient not in result.turned_away]
            await self._record(settled, result, work.until)
            rest = [row for row in rest if row.recipient in result.turned_away]
            trouble = trouble or result.trouble
        return trouble

    async def _transaction(self, route: Route, site: Site, work: _Work) -> _Result:
        try:
            mail = await self._mail(work)
            async with asyncio.timeout(work.until - self.clock.monotonic()):
                tried = await attempt.attempt(self.client, route, site, mail, self.clock)
        except TimeoutError:
            slow = "the transaction took too long"
            return _Result(Attempted(self.clock.now(), {}, slow), trouble=slow)
        except KeyError:
            log.exception("content is lost", extra={"message_id": work.message_id})
            return _Result(Attempted(self.clock.now(), {}, "the content of this message is lost"))
        except Exception:
            # A message that this release can't send is given up in its time like any other.
            log.exception("attempt failed", extra={"message_id": work.message_id})
            return _Result(Attempted(self.clock.now(), {}, "internal failure"))
        now, last = self.clock.now(), tried[-1].outcome
        kept = attempt.transcript(
            tried, mail, route, number=_number(work.rows), now=now, keep_all=self.settings.all_dialogues
        )
        return _Result(
            attempt.attempted(tried, mail, now), kept, trouble_of(last), frozenset(attempt.turned_away(last))
        )

    async def _mail(self, work: _Work) -> Mail:
        """Raises KeyError when the content is lost."""
        content = work.content
        if content is None:
            content = await self.store.read(lambda tx: queue.get_content(tx, work.message_id))
        return_domain = work.rows[0].return_domain or self.settings.return_domain
        return_path = verp.return_path(work.message_id, return_domain, self.settings.secret)
        recipients = tuple(row.recipient for row in work.rows)
        return Mail(work.message_id, return_path, recipients, content, work.sources, work.requires_tls)

    async def _release(self, rows: list[Row]) -> None:
        await self._commits.write(lambda tx: queue.release(tx, rows))

    async def _record(self, rows: list[Row], result: _Result, until: float) -> None:
        """What came of an attempt is known nowhere else. A full disk may have room again before the rows are somebody
        else's; forgotten, the message would be delivered once more.
        """
        while True:
            try:
                return await self._commits.write(lambda tx: self._commit(tx, rows, result))
            except Exception:
                if self.clock.monotonic() + AGAIN >= until:
                    raise
                log.exception("outcome not written yet", extra={"message_id": rows[0].message_id})
                await asyncio.sleep(AGAIN)

    def _commit(self, tx: Tx, rows: list[Row], result: _Result) -> None:
        first, attempted = rows[0], result.attempted
        version = self.version_in_force(tx, first.scope, first.configuration_set)
        resolution = outcomes.resolve(rows, attempted, version, self.settings.host, self.settings.pauses)
        queue.finish(tx, resolution.done)
        for due, row in resolution.retry:
            queue.defer(tx, [row], due)
        transcripts.add(tx, result.transcript)
        if not first.is_system:
            for entry in resolution.entries:
                journal.append(tx, entry)
        if resolution.done:
            queue.note_if_finished(tx, first.message_id, attempted.now)


def _by_message(rows: Iterable[Row]) -> list[list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.message_id, []).append(row)
    return list(grouped.values())


def _number(rows: Sequence[Row]) -> int:
    """Which attempt this is, of the recipient that has had most."""
    return max(row.attempts for row in rows) + 1
