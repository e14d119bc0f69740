"""The mail side of a process: queue workers, the SMTP client and the SMTP servers, built, started and stopped in order."""

import ssl

from mailgauge.base.clock import Clock
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.config.addresses import split_address
from mailgauge.config.options import Config
from mailgauge.delivery import contents, queue
from mailgauge.delivery.row import Row
from mailgauge.delivery.sites import Sites
from mailgauge.delivery.slots import MOST
from mailgauge.delivery.transport import Router
from mailgauge.delivery.worker import DeliveryWorker, Settings
from mailgauge.dns.answers import Resolver
from mailgauge.events import journal
from mailgauge.iam.secrets import MasterKey
from mailgauge.inbound.listener import FeedbackListener, Mailboxes
from mailgauge.mail import verp
from mailgauge.mailbox.server import Mailbox
from mailgauge.server import letters
from mailgauge.server.feedback import recorder
from mailgauge.server.http import not_listening
from mailgauge.server.routing import Ports, build_router
from mailgauge.server.scanning import start_preparing
from mailgauge.ses import configuration_sets, ip_pools, service_keys, template_worker
from mailgauge.ses.easy_dkim import EasyDkim
from mailgauge.ses.engagement import Tracker
from mailgauge.ses.planning import Planner
from mailgauge.ses.prepare import Service
from mailgauge.ses.preparing import Preparer
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.service_keys import ServiceKey
from mailgauge.ses.signing.process import SigningProcess
from mailgauge.ses.signing.signing import Signing
from mailgauge.ses.template_worker import QUICK_LANE, SLOW_LANE, TemplateWorker
from mailgauge.ses.unsubscribe_links import Links
from mailgauge.simulator.server import Simulator
from mailgauge.smtp.client import Connections
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx


class MailSide:
    """``prepare`` and ``render`` hint at accepted messages; ``return_secret`` signs return paths, ``links`` the unsubscribe links."""

    def __init__(
        self,
        config: Config,
        store: SqliteStore,
        clock: Clock,
        tasks: Supervisor,
        *,
        return_secret: bytes,
        master: MasterKey,
        tls: ssl.SSLContext | None = None,
        prepare: Wake,
        render: Wake,
        links: Links,
        tracker: Tracker,
        resolver: Resolver,
        may_leave: bool,
    ) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self._secret = return_secret
        self._master = master
        self._prepare = prepare
        self._render = render
        self._renderers = (Renderer(template_worker.QUICK), Renderer(template_worker.SLOW))
        self._signing = SigningProcess()
        self._links = links
        self._tracker = tracker
        self._resolver = resolver
        self._may_leave = may_leave
        self._domain = config.service.domain
        self._client = Connections(clock, self._domain, most_per_destination=MOST)
        self._feedback = self._listener(tls)
        self.mailbox = Mailbox(
            store,
            clock,
            self._find_message,
            self._describe,
            hostname=self._domain,
            most_messages=config.keep.mailbox_messages,
            most_bytes=config.keep.mailbox_bytes,
        )
        self._simulator: Simulator | None = None
        self._worker: DeliveryWorker | None = None
        self.sites = Sites(config.delivery.most_connections, config.delivery.most_per_second)

    @property
    def inbound(self) -> str:
        """Where feedback is received, once started: ``HOST:PORT``."""
        host, _ = split_address(self._config.server.inbound)
        return f"[{host}]:{self._feedback.port}" if ":" in host else f"{host}:{self._feedback.port}"

    async def start(self) -> None:
        """What answers comes before what asks: nothing is sent before its feedback can be heard. Raises AddressError, MasterKeyError."""
        keys = await service_keys.ensure(self._store, self._master, self._clock.now())
        await self._store.write(queue.release_all)
        await self._store.write(contents.discard_orphans)
        try:
            await self._feedback.start()
        except OSError as error:
            raise not_listening("inbound", self._config.server.inbound, error) from error
        host, _ = split_address(self._config.server.inbound)
        reachable = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
        self._simulator = Simulator(
            self._store, self._clock, self._client, (reachable, self._feedback.port), hostname=self._domain
        )
        await self._simulator.start(self._tasks)
        await self.mailbox.start(self._tasks)
        self._start_workers(self._router(self._simulator.port), keys)

    async def finish_attempts(self) -> None:
        """To be called while everything still runs: begins no delivery any more, and gives those in flight time to end."""
        if self._worker is not None:
            await self._worker.stop()

    async def stop(self) -> None:
        """To be called when no worker runs any more."""
        for renderer in self._renderers:
            await renderer.close()
        await self._signing.close()
        if self._simulator is not None:
            await self._simulator.stop()
        await self.mailbox.stop()
        await self._feedback.stop()
        await self._client.close()

    def _start_workers(self, router: Router, keys: list[ServiceKey]) -> None:
        deliver = Wake()
        preparer = Preparer(
            self._store,
            self._clock,
            Service(self._domain, self._config.service.name),
            self._prepare,
            deliver,
            Planner(self._links, self._tracker),
            Signing(self._master, [each.for_domain(self._domain) for each in keys], self._signing),
            EasyDkim(self._store, self._master, self._clock),
        )
        self._worker = DeliveryWorker(
            self._store,
            self._clock,
            router,
            self._client,
            Settings(
                self._domain,
                self._domain,
                self._secret,
                self._config.delivery.retry_pauses,
                all_dialogues=self._config.keep.dialogues == "all",
            ),
            configuration_sets.version_in_force,
            deliver,
            self._tasks,
            self.sites,
            sources=self._sources if self._config.delivery.addresses else None,
            requires_tls=_requires_tls,
        )
        start_preparing(self._config.scan, preparer, self._clock, self._tasks)
        self._start_rendering()
        self._tasks.keep("deliver", self._worker.run)

    def _start_rendering(self) -> None:
        """Two lanes, each with a process of its own once there is something to render."""
        quick, slow = self._renderers
        overran = Wake()
        store, clock, domain = self._store, self._clock, self._domain
        first = TemplateWorker(store, clock, domain, quick, QUICK_LANE, self._render, self._prepare, overran)
        second = TemplateWorker(store, clock, domain, slow, SLOW_LANE, overran, self._prepare)
        self._tasks.keep("render", first.run)
        self._tasks.keep("render slowly", second.run)

    def _sources(self, tx: Tx, row: Row) -> list[str]:
        there = self._config.delivery.addresses
        return ip_pools.of_set(tx, row.scope, row.configuration_set, there)

    def _router(self, simulator_port: int) -> Router:
        host, _ = split_address(self._config.server.inbound)
        ports = Ports(self.mailbox.port, simulator_port, (host, self._feedback.port))
        return build_router(self._config, ports, self._resolver, self._clock, may_leave=self._may_leave)

    def _listener(self, tls: ssl.SSLContext | None) -> FeedbackListener:
        host, port = split_address(self._config.server.inbound)
        record = recorder(self._store, self._clock)
        return FeedbackListener(
            self._find_message,
            record,
            host=host,
            port=port,
            hostname=self._domain,
            tls=tls,
            mailboxes=self._mailboxes(),
        )

    def _mailboxes(self) -> Mailboxes:
        service, store, clock = self._config.service, self._store, self._clock
        on_letter = (
            letters.forward(store, clock, service.domain, service.postmaster, self._prepare)
            if service.postmaster
            else None
        )
        reports = frozenset(address.lower() for address in service.feedback_addresses)
        return Mailboxes(service.domain, reports, on_letter)

    def _find_message(self, address: str) -> str | None:
        return verp.message_of(address, self._secret)

    async def _describe(self, message_id: str) -> tuple[Scope, str] | None:
        facts = (await self._store.read(lambda tx: journal.get_facts(tx, [message_id]))).get(message_id)
        return None if facts is None else (Scope(facts.account, facts.region), facts.source)


def _requires_tls(tx: Tx, row: Row) -> bool:
    found = (
        configuration_sets.current(tx, row.scope, row.configuration_set) if row.configuration_set else None
    )
    return found is not None and found.options.require_tls
