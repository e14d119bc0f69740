"""The service as a whole: opens the data directory, builds every part with plain values, starts and stops them in order.

It is the only place that sees the configuration and all parts at once; it has no behaviour of its own.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from socket import socket

from mailgauge.aws.models import Models
from mailgauge.aws.routing import Router
from mailgauge.base.asgi import App
from mailgauge.base.clock import SystemClock
from mailgauge.base.health import Check
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.cloudwatch.alarms.actions import outbox
from mailgauge.cloudwatch.alarms.actions.runner import ActionRunner
from mailgauge.cloudwatch.alarms.actions.tally import ActionTally
from mailgauge.cloudwatch.alarms.mute_runner import MuteRunner
from mailgauge.cloudwatch.alarms.runner import AlarmRunner
from mailgauge.cloudwatch.alarms.suppression_runner import SuppressionRunner
from mailgauge.config.addresses import is_loopback, several, split_address
from mailgauge.config.options import Config
from mailgauge.config.shown import shown
from mailgauge.console.app import PREFIX as CONSOLE
from mailgauge.console.app import console_app
from mailgauge.console.door import KeyDoor, OpenDoor
from mailgauge.delivery.sites import Site
from mailgauge.destinations.dispatcher import Dispatcher
from mailgauge.destinations.publisher import Publisher
from mailgauge.destinations.tally import Tally
from mailgauge.dns.resolver import NetworkResolver
from mailgauge.gateway.app import EndpointApp, Mount
from mailgauge.gateway.client import Client
from mailgauge.gateway.dispatch import Gateway
from mailgauge.gateway.forwarded import Proxies
from mailgauge.gateway.guards import FromElsewhere, Guard
from mailgauge.gateway.health import Health
from mailgauge.gateway.telemetry import telemetry_app
from mailgauge.iam import bootstrap, keys, smtp_login
from mailgauge.iam.active import ActiveKeys
from mailgauge.iam.authentication import Open, Verified
from mailgauge.iam.keys import NewKey
from mailgauge.iam.secrets import MasterKey, key_file
from mailgauge.mailbox import api as mailbox_api
from mailgauge.outgoing.client import OutgoingClient
from mailgauge.server import alarm_actions, apis, routing, tracking
from mailgauge.server.checks import STEPPED_ADVICE, checks, checks_of, stepped
from mailgauge.server.data import DataDirectory, DataDirectoryError, Lock
from mailgauge.server.housekeeping import Housekeeper, Keep
from mailgauge.server.http import HttpServer, bind, refuse_plain_http, require_loopback, url_of
from mailgauge.server.local_tools import local_tools
from mailgauge.server.mail_side import MailSide
from mailgauge.server.outgoing import outgoing_client
from mailgauge.server.queue_delivery import QueueEndpoint
from mailgauge.server.reachability import reachability_checks, site_check
from mailgauge.server.settling import mail_settled
from mailgauge.server.storage import Storage
from mailgauge.server.submission import Listeners, submission
from mailgauge.server.telemetry import CONTENT_TYPE, telemetry
from mailgauge.server.tls import Certificates
from mailgauge.server.topic_checks import topic_checks
from mailgauge.server.topics import TopicSide
from mailgauge.ses.domain_checker import DomainChecker
from mailgauge.ses.engagement import Tracker
from mailgauge.ses.forwarding import Forwarding
from mailgauge.ses.identity_notices import IdentityNotices
from mailgauge.ses.reactions import Reactions
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.sending import Sending
from mailgauge.ses.system_mail import system_mail
from mailgauge.ses.template_rendering import INTERACTIVE
from mailgauge.ses.unsubscribe_app import unsubscribe_app
from mailgauge.ses.unsubscribe_links import PATH as UNSUBSCRIBE
from mailgauge.ses.unsubscribe_links import Links
from mailgauge.ses.verification import Mode as VerificationMode
from mailgauge.ses.verification import Verification
from mailgauge.ses.verify_page import verify_app
from mailgauge.sns.delivering import Counts
from mailgauge.sqs.operating import Queues
from mailgauge.tracking.rewriting import PATH as TRACKING
from mailgauge.tsdb.rows import RowEngine

log = logging.getLogger(__name__)


class Mode(StrEnum):
    SERVE = "serve"
    LOCAL = "local"


_OPEN_TO_OTHERS = "others can reach {listen}, and `local` checks no signatures: whoever gets there can use it"


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every part stands on; the wakes hint at accepted messages, at templates to render, and at changed alarms."""

    storage: Storage
    master: MasterKey
    clock: SystemClock
    links: Links
    tracker: Tracker
    certificates: Certificates
    resolver: NetworkResolver
    queues: Queues
    outgoing: OutgoingClient
    engine: RowEngine = field(default_factory=RowEngine)
    tally: Tally = field(default_factory=Tally)
    actions: ActionTally = field(default_factory=ActionTally)
    tasks: Supervisor = field(default_factory=Supervisor)
    prepare: Wake = field(default_factory=Wake)
    render: Wake = field(default_factory=Wake)
    alarms: Wake = field(default_factory=Wake)
    deliver: Wake = field(default_factory=Wake)
    mutes: Wake = field(default_factory=Wake)


class Service:
    """``start`` raises what an operator can mend, and leaves nothing running then. ``first_key`` is to be shown once."""

    def __init__(self, mode: Mode, config: Config, data: Path) -> None:
        self._mode = mode
        self._config = config
        self._directory = DataDirectory(data)
        self._running = AsyncExitStack()
        self._inbound = ""
        self._submission: dict[str, str] = {}
        self._clock: SystemClock | None = None
        self._sites: Iterable[Site] = ()
        self.first_key: NewKey | None = None
        self.http_url = ""

    def addresses(self) -> dict[str, str]:
        """The start line: where everything is."""
        return {
            "event": "listening",
            "mode": self._mode,
            "http": self.http_url,
            "console": f"{self.http_url}{CONSOLE}",
            **self._submission,
            "inbound": self._inbound,
            "data": str(self._directory.path.resolve()),
        }

    def warnings(self) -> list[str]:
        """What an operator should know of, once it runs."""
        found = []
        if self._clock is not None and (text := stepped(self._clock)):
            found.append(f"{text}. {STEPPED_ADVICE}")
        if self._mode is Mode.LOCAL:
            found += [_OPEN_TO_OTHERS.format(listen=each) for each in self._reachable()]
        found += routing.warnings(self._config, may_leave=self._mode is Mode.SERVE)
        return found

    def _reachable(self) -> list[str]:
        """The doors that others than this machine can reach."""
        server = self._config.server
        doors = [(self.http_url, server.listen)]
        doors += [(listening, getattr(server, option)) for option, listening in self._submission.items()]
        return [
            shown
            for shown, addresses in doors
            if not all(is_loopback(split_address(each)[0]) for each in several(addresses))
        ]

    async def start(self) -> None:
        """Storage, then what answers, then what asks, then the door."""
        log.info("configuration in force", extra={"configuration": shown(self._config)})
        try:
            await self._start(self._running)
        except BaseException:
            await self._running.aclose()
            raise
        log.info("service started", extra={k: v for k, v in self.addresses().items() if k != "event"})

    async def stop(self) -> None:
        """In the reverse order; what was accepted stays in the queue for the next start."""
        log.info("service stopping")
        await self._running.aclose()
        log.info("service stopped")

    async def _start(self, running: AsyncExitStack) -> None:
        listener = self._take_place(running)
        ground = self._open_storage(running)
        self._clock = ground.clock
        await self._start_mail(ground, running)
        topics = await self._start_topics(ground, running)
        publisher = self._start_consumers(ground)
        await self._start_actions(ground)
        await self._open_door(ground, publisher, listener, running, topics=topics)
        if self._mode is Mode.SERVE:
            # Last, because a start that fails after it would have made a key that nobody was shown.
            self.first_key = await ground.storage.mail.write(
                lambda tx: bootstrap.first_key(tx, ground.master, ground.clock.now())
            )

    def _take_place(self, running: AsyncExitStack) -> socket:
        """The data directory before the port: who starts twice is told who has the data."""
        server = self._config.server
        if self._mode is Mode.LOCAL and not server.allow_remote:
            require_loopback("listen", server.listen)
            for option in ("smtp", "smtps", "inbound"):
                for address in several(getattr(server, option)):
                    require_loopback(option, address)
        if self._mode is Mode.SERVE and not self._config.tls.cert and not server.trusted_proxies:
            refuse_plain_http(server.listen)
        self._directory.create()
        running.callback(Lock(self._directory).release)
        listener = bind(server.listen)
        running.callback(listener.close)
        self.http_url = url_of(listener, is_tls=bool(self._config.tls.cert))
        return listener

    def _open_storage(self, running: AsyncExitStack) -> _Ground:
        storage = Storage.open(self._directory)
        running.callback(storage.close)
        if self._mode is Mode.LOCAL:
            self._refuse_operators(storage)
        key_path = key_file(self._directory.path, os.environ.get("MAILGAUGE_MASTER_KEY_FILE"))
        master = storage.mail.read_now(lambda tx: bootstrap.open_master_key(tx, key_path))
        # Only ``local`` may step its clock, so only there is the offset honoured.
        clock = self._directory.open_clock() if self._mode is Mode.LOCAL else SystemClock()
        links = Links(master.derive("unsubscribe"), self._public_address)
        tracker = tracking.tracker(self._config, master.derive("tracking"), self._public_address)
        tls = self._config.tls
        certificates = Certificates.open(
            self._directory.tls, tls.cert, tls.key, self._config.service.domain, clock.real
        )
        resolver = NetworkResolver(clock, self._config.dns.resolvers, self._config.dns.timeout)
        queues = Queues(storage.mail, clock)
        outgoing = outgoing_client(self._config, resolver, is_local=self._mode is Mode.LOCAL)
        running.push_async_callback(outgoing.close)
        return _Ground(storage, master, clock, links, tracker, certificates, resolver, queues, outgoing)

    def _refuse_operators(self, storage: Storage) -> None:
        """``local`` lets everybody in, so it opens no data that is behind keys. Raises DataDirectoryError."""
        if storage.mail.read_now(keys.list_keys):
            raise DataDirectoryError(
                f"{self._directory.path} holds access keys, so it is the data of `mailgauge serve`: `local` would open it to "
                "every program on this machine. Give --data another directory"
            )

    async def _start_mail(self, ground: _Ground, running: AsyncExitStack) -> None:
        mail = MailSide(
            self._config,
            ground.storage.mail,
            ground.clock,
            ground.tasks,
            return_secret=ground.master.derive("return-path"),
            master=ground.master,
            tls=ground.certificates.context,
            prepare=ground.prepare,
            render=ground.render,
            links=ground.links,
            tracker=ground.tracker,
            resolver=ground.resolver,
            may_leave=self._mode is Mode.SERVE,
        )
        running.push_async_callback(mail.stop)
        running.push_async_callback(ground.tasks.close)
        running.push_async_callback(mail.finish_attempts)
        await mail.start()
        self._inbound = mail.inbound
        self._sites = mail.sites

    async def _start_topics(self, ground: _Ground, running: AsyncExitStack) -> TopicSide:
        mail, clock, service = ground.storage.mail, ground.clock, self._config.service
        topics = TopicSide(
            mail,
            clock,
            ground.tasks,
            ground.deliver,
            master=ground.master,
            service=service.name,
            address=self._public_address,
            client=ground.outgoing,
            send_mail=system_mail(clock, service.name, service.domain, _from_any_thread(ground.prepare.set)),
        )
        running.push_async_callback(topics.stop)
        await topics.start({"sqs": QueueEndpoint(mail, ground.queues, topics.envelopes)})
        return topics

    def _start_consumers(self, ground: _Ground) -> Publisher:
        """Those who follow the journal and the clock."""
        storage, engine, clock, tasks = ground.storage, ground.engine, ground.clock, ground.tasks
        publisher = Publisher(storage.mail, storage.metrics, engine, clock, ground.tally)
        tasks.keep("publish", publisher.run)
        tasks.keep("react", self._reactions(ground).run)
        deliver = _from_any_thread(ground.deliver.set)
        tasks.keep("notify", Dispatcher(storage.mail, clock, IdentityNotices(), deliver).run)
        tasks.keep("alarms", AlarmRunner(storage.metrics, engine, clock, ground.alarms).run)
        tasks.keep("suppression", SuppressionRunner(storage.metrics, clock).run)
        tasks.keep("mute rules", MuteRunner(storage.metrics, clock, ground.mutes).run)
        tasks.keep("certificates", ground.certificates.watch)
        tasks.keep("housekeeping", self._housekeeper(storage, engine, clock).run)
        return publisher

    async def _start_actions(self, ground: _Ground) -> None:
        storage, clock = ground.storage, ground.clock
        service, alarms = self._config.service, self._config.alarms
        await storage.metrics.write(outbox.release_all)
        made = alarm_actions.executors(
            storage.mail,
            clock,
            ground.master,
            client=ground.outgoing,
            send_mail=system_mail(clock, service.name, service.domain, _from_any_thread(ground.prepare.set)),
            published=_from_any_thread(ground.deliver.set),
            commands=alarms.commands if self._mode is Mode.SERVE else None,
            command_seconds=alarms.command_seconds,
        )
        ground.tasks.keep("alarm actions", ActionRunner(storage.metrics, clock, made, ground.actions).run)

    def _reactions(self, ground: _Ground) -> Reactions:
        config = self._config
        by_mail = Forwarding(config.service.domain) if config.accounts.feedback_forwarding else None
        woken = _from_any_thread(ground.prepare.set)
        rule = apis.reputation_rule(config)
        return Reactions(ground.storage.mail, ground.clock, rule, by_mail, woken)

    async def _open_door(
        self,
        ground: _Ground,
        publisher: Publisher,
        listener: socket,
        running: AsyncExitStack,
        *,
        topics: TopicSide,
    ) -> None:
        storage, clock, master = ground.storage, ground.clock, ground.master
        renderer = Renderer(INTERACTIVE)
        running.push_async_callback(renderer.close)
        domains = Wake()
        verification = self._verification(master, clock, ground.prepare, domains)
        if verification.mode is VerificationMode.MAIL:
            ground.tasks.keep("domains", self._domain_checker(ground, domains).run)
        sending = apis.sending(self._config, storage, ground.prepare, ground.render)
        active = ActiveKeys(storage.mail, master, clock)
        operations = apis.operations(
            self._config,
            storage,
            ground.engine,
            clock,
            verification,
            sending=sending,
            alarms=ground.alarms,
            deliver=ground.deliver,
            mutes=ground.mutes,
            renderer=renderer,
            queues=ground.queues,
            # Programs under test put and read at once; elsewhere reads need not wait for the publisher.
            settle=publisher.catch_up if self._mode is Mode.LOCAL else None,
        )
        app = self._application(operations, ground, active, verification, topics=topics)
        tls = None if ground.certificates.is_self_signed else ground.certificates.context
        http = HttpServer(app, listener, ground.tasks, tls)
        await http.start()
        running.push_async_callback(http.stop)
        running.callback(ground.queues.bells.close)
        await self._start_submission(ground, sending, active, running)

    async def _start_submission(
        self, ground: _Ground, sending: Sending, active: ActiveKeys, running: AsyncExitStack
    ) -> None:
        server, regions = self._config.server, self._config.accounts.regions
        is_local = self._mode is Mode.LOCAL
        logins = smtp_login.Open(regions) if is_local else smtp_login.Verified(active, regions)
        decisions = submission(logins, sending, ground.clock)
        for option, addresses in (("smtp", server.smtp), ("smtps", server.smtps)):
            listeners = Listeners(
                option,
                several(addresses),
                decisions,
                ground.certificates.context,
                hostname=self._config.service.domain,
                size_limit=sending.limits.message_bytes_v2,
            )
            running.push_async_callback(listeners.stop)
            await listeners.start()
            self._submission[option] = listeners.listening

    def _application(
        self,
        operations: apis.Operations,
        ground: _Ground,
        active: ActiveKeys,
        verification: Verification,
        *,
        topics: TopicSide,
    ) -> EndpointApp:
        storage, clock, master, links = ground.storage, ground.clock, ground.master, ground.links
        models = Models(dialects=apis.DIALECTS)
        is_local = self._mode is Mode.LOCAL
        gateway = Gateway(
            Router(apis.ROUTED, models), Open(clock) if is_local else Verified(active, clock), operations
        )
        console = console_app(
            client=Client(operations, models),
            door=OpenDoor() if is_local else KeyDoor(active),
            models=models,
            services=apis.SERVICES,
            clock=clock,
            session_secret=master.derive("console-session"),
        )
        mounts = {
            CONSOLE: Mount(console, FromElsewhere.LINK),
            "/healthz": Mount(
                Health(self._checks(storage, clock), clock),
                FromElsewhere.LINK,
                in_clear=True,
            ),
            "/metrics": Mount(self._telemetry(ground, topics.counts)),
            TRACKING: tracking.tracking_mount(storage.mail, ground.tracker, clock),
            UNSUBSCRIBE: Mount(unsubscribe_app(storage.mail, links, clock), FromElsewhere.EMBED),
            "/_verify": Mount(verify_app(storage.mail, verification, clock), FromElsewhere.LINK),
            **topics.mounts(),
        }
        if is_local:
            mounts["/_aws/ses"] = Mount(mailbox_api.app(storage.mail, mail_settled(storage.mail, clock)))
            mounts["/_mailgauge"] = Mount(local_tools(storage.mail, clock))
        guard = Guard(frozenset(name.lower() for name in self._config.server.hosts)) if is_local else None
        proxies = Proxies.of(self._config.server.trusted_proxies, alone=not is_local)
        return EndpointApp(gateway, mounts, guard=guard, home=f"{CONSOLE}/", proxies=proxies)

    def _telemetry(self, ground: _Ground, notifications: Counts) -> App:
        storage, files = ground.storage, (self._directory.mail, self._directory.metrics)
        collect = telemetry(
            storage.mail,
            storage.metrics,
            ground.tally,
            actions=ground.actions,
            notifications=notifications,
            files=files,
            queues=ground.queues,
        )
        return telemetry_app(collect, CONTENT_TYPE, self._config.server.metrics_token)

    def _checks(self, storage: Storage, clock: SystemClock) -> Sequence[Check]:
        looks = checks(self._directory, storage.mail, storage.metrics, clock)
        ways_out = reachability_checks(self._config, storage.mail, clock) if self._mode is Mode.SERVE else ()
        of_topics = topic_checks(self._config, storage.mail, clock, is_public=self._mode is Mode.SERVE)
        return (*looks, *checks_of(self._config, clock), *of_topics, *ways_out, site_check(self._sites))

    def _domain_checker(self, ground: _Ground, woken: Wake) -> DomainChecker:
        mail, domain = ground.storage.mail, self._config.service.domain
        return DomainChecker(mail, ground.clock, ground.resolver, ground.master, domain, woken)

    def _verification(
        self, master: MasterKey, clock: SystemClock, prepare: Wake, domains: Wake
    ) -> Verification:
        service = self._config.service
        return Verification(
            mode=VerificationMode(self._config.accounts.verification),
            service=service.name,
            secret=master.derive("verification"),
            address=self._public_address,
            send_system_mail=system_mail(clock, service.name, service.domain, _from_any_thread(prepare.set)),
            check_soon=_from_any_thread(domains.set),
            master=master,
        )

    def _public_address(self) -> str:
        """Where links in mail lead to."""
        return self._config.service.url or self.http_url

    def _housekeeper(self, storage: Storage, engine: RowEngine, clock: SystemClock) -> Housekeeper:
        keep = self._config.keep
        lasts = Keep(
            content=keep.content_hours * 3600,
            journal=keep.journal_days * 86400,
            metric_data=keep.metric_data_hours * 3600,
            transcripts=keep.transcript_days * 86400,
        )
        return Housekeeper(storage.mail, storage.metrics, engine, clock, lasts)


def _from_any_thread(call: Callable[[], None]) -> Callable[[], None]:
    loop = asyncio.get_running_loop()

    def forward() -> None:
        loop.call_soon_threadsafe(call)

    return forward
