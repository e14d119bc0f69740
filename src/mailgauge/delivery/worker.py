"""The delivery worker: leases due rows, makes one SMTP transaction for each message and site, and commits what came of it.

The rows and their events change in one transaction. What an outcome means is decided in ``outcomes``, where mail goes in
``transport``; this module only does.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from zlib import crc32

from mailgauge.base.clock import Clock
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.delivery import outcomes, queue
from mailgauge.delivery.outcomes import Attempted
from mailgauge.delivery.row import Row, Sites, Stage
from mailgauge.delivery.transport import FixedRouter
from mailgauge.events import journal
from mailgauge.mail import verp
from mailgauge.smtp.client import Connections, Destination, Outcome, Tls
from mailgauge.store.transaction import Store, Tx

log = logging.getLogger(__name__)

SHARE = 48
"""Attempts in flight for each transport, of which every one has its own share: a slow one keeps no other waiting. As many
again may be leased ahead.
"""
PATIENCE = 10.0
"""Seconds that attempts in flight have to come to their end when the worker stops."""
HOLD = 900.0
"""Seconds a lease lasts: long enough for the ten minutes that RFC 5321 4.5.3.2 allows for the final dot."""
_IN_TIME = 0.95
"""The part of a lease after which an attempt is broken off: fifty recipients may each be answered after minutes, and
rows whose lease has ended would be delivered by somebody else as well.
"""
IDLE = 1.0

VersionInForce = Callable[[Tx, Scope, str | None], int | None]
"""Which configuration-set version an event of a message sent with that set is journalled with."""

Sources = Callable[[Tx, Row], Sequence[str]]
"""The addresses of ours that a row may leave from; none means any."""

RequiresTls = Callable[[Tx, Row], bool]
"""Whether a row is rather not delivered than in the clear."""

Work = tuple[list[Row], bytes | None]
"""Rows of one message and site, and its content, unless that is large and is read when its turn comes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``host`` is our name in EHLO and events, ``return_domain`` where bounces come back to, ``secret`` signs return paths."""

    host: str
    return_domain: str
    secret: bytes
    pauses: tuple[float, ...]


@dataclass(slots=True)
class _Hop:
    """What is under way for one transport; ``sites`` says which recipients that is."""

    sites: Sites | None
    under_way: int = 0
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SHARE))


@dataclass(slots=True)
class DeliveryWorker:
    """Delivers until ``stop``. What was leased and not attempted by then is delivered by the next start."""

    store: Store
    clock: Clock
    router: FixedRouter
    client: Connections
    settings: Settings
    version_in_force: VersionInForce
    woken: Wake
    tasks: Supervisor
    hold: float = HOLD
    sources: Sources | None = None
    requires_tls: RequiresTls | None = None
    _hops: list[_Hop] = field(init=False)
    _stopping: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._hops = [_Hop(sites) for sites in self.router.shares()]

    async def run(self) -> None:
        while not self._stopping:
            if not await self.deliver_due():
                await self.woken.wait(IDLE)

    async def stop(self) -> None:
        """Leases no more, and waits a while for attempts in flight: one broken off after DATA would be made again."""
        self._stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for hop in self._hops:
                    for _ in range(SHARE):
                        await hop.slots.acquire()

    async def deliver_due(self) -> int:
        """Starts an attempt for each message and site that is due, and returns how many."""
        until = self.clock.monotonic() + self.hold * _IN_TIME
        hops = [hop for hop in self._hops if hop.under_way < SHARE]
        if self._stopping or not hops:
            return 0
        leased = await self.store.write(lambda tx: [self._lease(tx, hop.sites) for hop in hops])
        for hop, groups in zip(hops, leased, strict=True):
            for (message_id, site), (rows, content) in groups.items():
                hop.under_way += 1
                attempt = self._attempt_in_turn(hop, rows, content, until)
                self.tasks.spawn(f"deliver {message_id} to {site}", attempt)
        return sum(len(groups) for groups in leased)

    def _lease(self, tx: Tx, sites: Sites | None) -> dict[tuple[str, str], Work]:
        rows = queue.lease(
            tx,
            Stage.DELIVER,
            now=self.clock.now(),
            monotonic=self.clock.monotonic(),
            hold=self.hold,
            limit=SHARE,
            sites=sites,
        )
        groups: dict[tuple[str, str], Work] = {}
        contents: dict[str, bytes | None] = {}
        for row in rows:
            if row.message_id not in contents:
                contents[row.message_id] = queue.get_small_content(tx, row.message_id)
            groups.setdefault((row.message_id, row.site), ([], contents[row.message_id]))[0].append(row)
        return groups

    async def _attempt_in_turn(self, hop: _Hop, rows: list[Row], content: bytes | None, until: float) -> None:
        try:
            async with hop.slots:
                await self._attempt(rows, content, until)
        except Exception:
            # What became of the attempt is not written down, so it is made again.
            due = self.clock.now() + self.settings.pauses[0]
            await self.store.write(lambda tx: queue.defer(tx, rows, due))
            raise
        finally:
            hop.under_way -= 1
            if hop.under_way == SHARE - 1:  # there is room again
                self.woken.set()

    async def _attempt(self, rows: list[Row], content: bytes | None, until: float) -> None:
        left = until - self.clock.monotonic()
        if left <= 0 or self._stopping:  # the others before it took all the time
            await self.store.write(lambda tx: queue.release(tx, rows))
            return
        try:
            if content is None:
                content = await self.store.read(lambda tx: queue.get_content(tx, rows[0].message_id))
            async with asyncio.timeout(left):
                outcome = await self._send(rows, content)
            attempted = _attempted(self.clock.now(), outcome)
        except TimeoutError:
            attempted = Attempted(self.clock.now(), {}, "the transaction took too long")
        except KeyError:
            log.exception("content is lost", extra={"message_id": rows[0].message_id})
            attempted = Attempted(self.clock.now(), {}, "the content of this message is lost")
        except Exception:
            # A message that this release can't send is given up in its time like any other.
            log.exception("attempt failed", extra={"message_id": rows[0].message_id})
            attempted = Attempted(self.clock.now(), {}, "internal failure")
        await self.store.write(lambda tx: self._commit(tx, rows, attempted))

    async def _send(self, rows: list[Row], content: bytes) -> Outcome:
        route = await self.router.route(rows[0].site)
        return_domain = rows[0].return_domain or self.settings.return_domain
        return_path = verp.return_path(rows[0].message_id, return_domain, self.settings.secret)
        recipients = [row.recipient for row in rows]
        destination = await self._from_its_pool(route.destinations[0], rows[0])
        destination = await self._as_private_as_asked(destination, rows[0])
        return await self.client.send(destination, return_path, recipients, content)

    async def _from_its_pool(self, destination: Destination, row: Row) -> Destination:
        if self.sources is None or row.configuration_set is None:
            return destination
        sources = self.sources
        given = await self.store.read(lambda tx: sources(tx, row))
        # Only an address of the family of the other side can reach it.
        usable = [each for each in given if (":" in each) == (":" in destination.host)]
        if not usable:
            return destination
        return replace(destination, source=usable[crc32(row.message_id.encode()) % len(usable)])

    async def _as_private_as_asked(self, destination: Destination, row: Row) -> Destination:
        """A hop that has TLS switched off stays on this machine."""
        if (
            self.requires_tls is None
            or row.configuration_set is None
            or destination.tls is not Tls.OPPORTUNISTIC
        ):
            return destination
        requires_tls = self.requires_tls
        required = await self.store.read(lambda tx: requires_tls(tx, row))
        return replace(destination, tls=Tls.REQUIRE) if required else destination

    def _commit(self, tx: Tx, rows: list[Row], attempted: Attempted) -> None:
        first = rows[0]
        version = self.version_in_force(tx, first.scope, first.configuration_set)
        resolution = outcomes.resolve(rows, attempted, version, self.settings.host, self.settings.pauses)
        queue.finish(tx, resolution.done)
        for due, row in resolution.retry:
            queue.defer(tx, [row], due)
        if not first.is_system:
            for entry in resolution.entries:
                journal.append(tx, entry)
        if resolution.done:
            queue.note_if_finished(tx, first.message_id, attempted.now)


def _attempted(now: float, outcome: Outcome) -> Attempted:
    failure = f"{outcome.failure}: {outcome.failure_text}".rstrip(": ") if outcome.failure else ""
    return Attempted(now, outcome.replies, failure, outcome.peer_ip, outcome.tls_version, outcome.local_ip)
