"""The delivery worker: leases due rows, sorts a message's recipients by the sites they go to, and gives each site what it can take.

One SMTP transaction for each message and site; rows and events change in one transaction of the store. What a site has
no room for goes to the site's own line, from where it is leased once there is room: so a slow site costs nobody else
anything. How much a site gets is decided in ``sites``, where mail goes by the router, what an outcome means in ``outcomes``.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf

from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.delivery import attempt, contents, leasing, queue
from mailgauge.delivery.attempt import Mail
from mailgauge.delivery.commits import Commits
from mailgauge.delivery.leasing import BATCH, Leased, RequiresTls, Sources, Terms, Work
from mailgauge.delivery.outcomes import Attempted
from mailgauge.delivery.recording import Recorder, Result, VersionInForce
from mailgauge.delivery.row import Row
from mailgauge.delivery.sites import Site, Sites
from mailgauge.delivery.slots import Slots
from mailgauge.delivery.transcripts import Attempt
from mailgauge.delivery.transport import NoRoute, Route, Router
from mailgauge.delivery.turns import Turns
from mailgauge.mail import verp
from mailgauge.smtp.client import Connections
from mailgauge.store.transaction import Store

log = logging.getLogger(__name__)

IN_HAND = 512
"""Messages that may be leased and not finished, besides long attempts: on their way to a route, waiting for a slot, being sent."""
RECIPIENTS = 100
"""What every server takes in one transaction (RFC 5321 4.5.3.1.8)."""
PATIENCE = 10.0
"""Seconds that attempts in flight have to come to their end when the worker stops."""
HOLD = 900.0
"""Seconds a lease lasts: long enough for the ten minutes that RFC 5321 4.5.3.2 allows for the final dot."""
IDLE = 1.0
LINES = 60.0
"""Seconds between looks for lines: those of a process before, and of rows that were given back unattempted."""


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
    _recorder: Recorder = field(init=False)
    _turns: Turns = field(init=False)
    _slots: Slots = field(init=False)
    _in_hand: int = field(init=False, default=0)
    _looked: float = field(init=False, default=-inf)
    _swept: float = field(init=False, default=-inf)
    _stopping: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        commits = Commits(self.store, self.tasks)
        settings = self.settings
        self._recorder = Recorder(commits, self.clock, settings.host, settings.pauses, self.version_in_force)
        self._turns = Turns(self.clock)
        self._slots = Slots(self.woken.set)

    async def run(self) -> None:
        while not self._stopping:
            if await self.deliver_due() < BATCH:
                await self.woken.wait(self._pause())

    def _pause(self) -> float:
        """Seconds until a site gets ready, which nobody hints at."""
        now = self.clock.now()
        ready = [site.ready_at(now) - now for site in self.sites.lined()]
        return min([IDLE, *(each for each in ready if each > 0)])

    async def stop(self) -> None:
        """Leases no more, and waits a while for attempts in flight: one broken off after DATA would be made again."""
        self._stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._slots.all()

    async def deliver_due(self) -> int:
        """Begins to deliver what is due, as much as there is room for; returns how many rows came out of the common queue."""
        if self._stopping or self._in_hand - self._slots.long > IN_HAND - BATCH:
            return 0
        now, monotonic = self.clock.now(), self.clock.monotonic()
        if monotonic - self._looked >= LINES:
            self._looked = monotonic
            for key in await self.store.read(queue.lines):
                self.sites.note_line(key)
        if monotonic - self._swept >= IDLE:
            self._swept = monotonic
            await self._give_up_overdue(now)
            self.sites.sweep(now)
        lines = {site.key: site.may_take(now) for site in self.sites.lined() if site.wants_more(now)}
        leased = await self._lease(lines)
        for work in leased.works:
            self._in_hand += 1
            self.tasks.spawn(f"deliver {work.message_id}", self._deliver(work))
        return leased.count

    async def _lease(self, lines: Mapping[str, int]) -> Leased:
        for key in lines:  # whoever joins the line from here on says so
            self.sites.note_line(key, is_there=False)
        terms = Terms(self.clock, self.hold, self.sources, self.requires_tls)
        longer: Iterable[str] = lines
        try:
            leased = await self.store.write(lambda tx: leasing.lease(tx, terms, lines))
            longer = leased.longer
        finally:
            for key in longer:
                self.sites.note_line(key)
        return leased

    async def _give_up_overdue(self, now: float) -> None:
        """Bounces what stands in lines that don't move for longer than it may."""
        stuck = {site.key: site.trouble for site in self.sites.lined() if not site.may_take(now)}
        if not stuck:
            return
        recorder = self._recorder
        for key in await self.store.read(
            lambda tx: [each for each in stuck if recorder.overdue(tx, each, 1)]
        ):
            try:
                await self.store.write(partial(recorder.give_up, site=key, trouble=stuck[key]))
            except Exception:
                log.exception("overdue mail not given up", extra={"site": key})

    async def _deliver(self, work: Work) -> None:
        try:
            parts = [self._to(route, part) for route, part in await self._by_route(work)]
            if len(parts) == 1:  # as nearly always: a task less
                await parts[0]
            else:
                await asyncio.gather(*parts)
        finally:
            self._in_hand -= 1
            if self._in_hand - self._slots.long == IN_HAND - BATCH:  # there is room again
                self.woken.set()

    async def _by_route(self, work: Work) -> list[tuple[Route | NoRoute, Work]]:
        """The rows by where they go: what goes to the same hosts goes together, up to what one transaction may have."""
        domains = list(dict.fromkeys(row.domain for row in work.rows))
        if len(domains) == 1 and len(work.rows) <= RECIPIENTS:  # as nearly always
            return [(await self.router.route(domains[0]), work)]
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

    async def _to(self, route: Route | NoRoute, work: Work) -> None:
        try:
            if isinstance(route, NoRoute):
                await self._recorder.record(work.rows, self._without_route(route, work), work.until)
            else:
                await self._to_site(route, self.sites.of(route), work)
        except Exception:
            # What became of the attempt is not written down, so it is made again.
            await self._recorder.try_again(work.rows)
            raise

    def _without_route(self, route: NoRoute, work: Work) -> Result:
        now = self.clock.now()
        replies = dict.fromkeys((row.recipient for row in work.rows), route.reply)
        kept = Attempt(work.message_id, now, work.number, "no route", replies)
        return Result(Attempted(now, replies), [kept])

    async def _to_site(self, route: Route, site: Site, work: Work) -> None:
        number = await self._turns.take(site)
        if number is None:
            await self._recorder.line_up(work.rows, site.key)
            self._note_line(site.key)
            return
        trouble = ""
        try:
            async with self._slots.one(may_be_long=work.content is not None):
                trouble = await self._attempt(route, site, work)
        finally:
            self._turns.give_back(site, number, trouble)
            if site.wants_more(self.clock.now()):
                self.woken.set()

    def _note_line(self, key: str) -> None:
        """Somebody stands in its line now: if all attempts have ended meanwhile, nobody else says so."""
        site = self.sites.note_line(key)
        if site.wants_more(self.clock.now()):
            self.woken.set()

    async def _attempt(self, route: Route, site: Site, work: Work) -> str:
        """Returns what trouble the site had. Those that are too many for one transaction follow in another."""
        trouble, rest = "", work.rows
        while rest:
            if self._stopping or self.clock.monotonic() >= work.until:  # those before took all the time
                await self._recorder.release(rest)
                break
            part = work if rest is work.rows else replace(work, rows=rest)
            result = await self._transaction(route, site, part)
            settled = [row for row in rest if row.recipient not in result.turned_away]
            await self._recorder.record(settled, result, work.until)
            rest = [row for row in rest if row.recipient in result.turned_away]
            trouble = trouble or result.trouble
        return trouble

    async def _transaction(self, route: Route, site: Site, work: Work) -> Result:
        try:
            mail = await self._mail(work)
            tried = await attempt.attempt(self.client, route, site, mail, self.clock)
        except KeyError:
            log.exception("content is lost", extra={"message_id": work.message_id})
            return self._failed(route, work, "the content of this message is lost")
        except Exception:
            # A message that this release can't send is given up in its time like any other.
            log.exception("attempt failed", extra={"message_id": work.message_id})
            return self._failed(route, work, "internal failure")
        now, last = self.clock.now(), tried[-1].outcome
        kept = attempt.transcript(
            tried, mail, route, number=work.number, now=now, keep_all=self.settings.all_dialogues
        )
        return Result(
            attempt.attempted(tried, mail, now),
            kept,
            attempt.trouble_of(last),
            frozenset(attempt.turned_away(last)),
        )

    def _failed(self, route: Route, work: Work, why: str) -> Result:
        """An attempt that did not get as far as a host."""
        now = self.clock.now()
        nobody = dict.fromkeys(row.recipient for row in work.rows)
        kept = Attempt(work.message_id, now, work.number, route.name, nobody, failure=why)
        return Result(Attempted(now, {}, why), [kept])

    async def _mail(self, work: Work) -> Mail:
        """Raises KeyError when the content is lost."""
        content = work.content
        if content is None:
            content = await self.store.read(lambda tx: contents.get(tx, work.message_id))
        return_domain = work.rows[0].return_domain or self.settings.return_domain
        return_path = verp.return_path(work.message_id, return_domain, self.settings.secret)
        recipients = tuple(row.recipient for row in work.rows)
        return Mail(
            work.message_id, return_path, recipients, content, work.until, work.sources, work.requires_tls
        )
