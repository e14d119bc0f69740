"""The service as a whole: opens the data directory, builds every part with plain values, starts and stops them in order.

It is the only place that sees the configuration and all parts at once; it has no behaviour of its own.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from enum import StrEnum
from pathlib import Path

from mailgauge.aws.models import Models
from mailgauge.aws.routing import Router
from mailgauge.base.clock import SystemClock
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.cloudwatch.alarms.runner import AlarmRunner
from mailgauge.config.options import Config
from mailgauge.console.app import PREFIX as CONSOLE
from mailgauge.console.app import console_app
from mailgauge.console.door import KeyDoor, OpenDoor
from mailgauge.destinations.publisher import Publisher
from mailgauge.dns.resolver import NetworkResolver
from mailgauge.gateway.app import EndpointApp, Mount
from mailgauge.gateway.client import Client
from mailgauge.gateway.dispatch import Gateway
from mailgauge.gateway.guards import FromElsewhere, Guard
from mailgauge.gateway.health import Health
from mailgauge.iam import bootstrap
from mailgauge.iam.active import ActiveKeys
from mailgauge.iam.authentication import Open, Verified
from mailgauge.iam.keys import NewKey
from mailgauge.iam.secrets import MasterKey, key_file
from mailgauge.mailbox import api as mailbox_api
from mailgauge.server import apis
from mailgauge.server.checks import checks
from mailgauge.server.data import DataDirectory, Lock
from mailgauge.server.housekeeping import Housekeeper, Keep
from mailgauge.server.http import HttpServer, bind, require_loopback, url_of
from mailgauge.server.local_tools import local_tools
from mailgauge.server.mail_side import MailSide
from mailgauge.server.settling import mail_settled
from mailgauge.server.storage import Storage
from mailgauge.ses.domain_checker import DomainChecker
from mailgauge.ses.reactions import Reactions
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.system_mail import system_mail
from mailgauge.ses.template_rendering import INTERACTIVE
from mailgauge.ses.unsubscribe_app import unsubscribe_app
from mailgauge.ses.unsubscribe_links import PATH as UNSUBSCRIBE
from mailgauge.ses.unsubscribe_links import Links
from mailgauge.ses.verification import Mode as VerificationMode
from mailgauge.ses.verification import Verification
from mailgauge.ses.verify_page import verify_app
from mailgauge.tsdb.rows import RowEngine


class Mode(StrEnum):
    SERVE = "serve"
    LOCAL = "local"


class Service:
    """``start`` raises what an operator can mend, and leaves nothing running then. ``first_key`` is to be shown once."""

    def __init__(self, mode: Mode, config: Config, data: Path) -> None:
        self._mode = mode
        self._config = config
        self._directory = DataDirectory(data)
        self._running = AsyncExitStack()
        self._inbound = ""
        self.first_key: NewKey | None = None
        self.http_url = ""

    def addresses(self) -> dict[str, str]:
        """The start line: where everything is."""
        return {
            "event": "listening",
            "mode": self._mode,
            "http": self.http_url,
            "console": f"{self.http_url}{CONSOLE}",
            "inbound": self._inbound,
            "data": str(self._directory.path.resolve()),
        }

    async def start(self) -> None:
        """Storage, then what answers, then what asks, then the door."""
        try:
            await self._start(self._running)
        except BaseException:
            await self._running.aclose()
            raise

    async def stop(self) -> None:
        """In the reverse order; what was accepted stays in the queue for the next start."""
        await self._running.aclose()

    async def _start(self, running: AsyncExitStack) -> None:
        config = self._config
        if self._mode is Mode.LOCAL and not config.server.allow_remote:
            require_loopback("listen", config.server.listen)
            require_loopback("inbound", config.server.inbound)
        listener = bind(config.server.listen)
        running.callback(listener.close)
        self.http_url = url_of(listener)
        self._directory.create()
        running.callback(Lock(self._directory).release)
        storage = Storage.open(self._directory)
        running.callback(storage.close)
        key_path = key_file(self._directory.path, os.environ.get("MAILGAUGE_MASTER_KEY_FILE"))
        master = storage.mail.read_now(lambda tx: bootstrap.open_master_key(tx, key_path))
        # Only ``local`` may step its clock, so only there is the offset honoured.
        clock = SystemClock(self._directory.clock if self._mode is Mode.LOCAL else None)
        engine, tasks = RowEngine(), Supervisor()
        prepare, render, alarms = Wake(), Wake(), Wake()
        if self._mode is Mode.SERVE:
            self.first_key = await storage.mail.write(lambda tx: bootstrap.first_key(tx, master, clock.now()))

        links = Links(master.derive("unsubscribe"), self._public_address)
        mail = MailSide(
            config,
            storage.mail,
            clock,
            tasks,
            return_secret=master.derive("return-path"),
            prepare=prepare,
            render=render,
            links=links,
        )
        running.push_async_callback(mail.stop)
        running.push_async_callback(tasks.close)
        await mail.start()
        self._inbound = mail.inbound
        publisher = Publisher(storage.mail, storage.metrics, engine, clock)
        tasks.keep("publish", publisher.run)
        tasks.keep("react", Reactions(storage.mail, clock, apis.reputation_rule(config)).run)
        tasks.keep("alarms", AlarmRunner(storage.metrics, engine, clock, alarms).run)
        tasks.keep("housekeeping", self._housekeeper(storage, engine, clock).run)

        renderer = Renderer(INTERACTIVE)
        running.push_async_callback(renderer.close)
        domains = Wake()
        verification = self._verification(master, clock, prepare, domains)
        if verification.mode is VerificationMode.MAIL:
            tasks.keep("domains", self._domain_checker(storage, clock, master, domains).run)
        operations = apis.operations(
            config,
            storage,
            engine,
            clock,
            verification,
            prepare=prepare,
            render=render,
            alarms=alarms,
            renderer=renderer,
            # Programs under test put and read at once; elsewhere reads need not wait for the publisher.
            settle=publisher.catch_up if self._mode is Mode.LOCAL else None,
        )
        app = self._application(operations, storage, clock, master, verification, links=links)
        http = HttpServer(app, listener, tasks)
        await http.start()
        running.push_async_callback(http.stop)

    def _application(
        self,
        operations: apis.Operations,
        storage: Storage,
        clock: SystemClock,
        master: MasterKey,
        verification: Verification,
        *,
        links: Links,
    ) -> EndpointApp:
        models = Models()
        active = ActiveKeys(storage.mail, master, clock)
        is_local = self._mode is Mode.LOCAL
        gateway = Gateway(
            Router(apis.SERVICES, models), Open(clock) if is_local else Verified(active, clock), operations
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
                Health(checks(self._directory, storage.mail, storage.metrics, clock), clock),
                FromElsewhere.LINK,
            ),
            UNSUBSCRIBE: Mount(unsubscribe_app(storage.mail, links, clock), FromElsewhere.EMBED),
            "/_verify": Mount(verify_app(storage.mail, verification, clock), FromElsewhere.LINK),
        }
        if is_local:
            mounts["/_aws/ses"] = Mount(mailbox_api.app(storage.mail, mail_settled(storage.mail, clock)))
            mounts["/_mailgauge"] = Mount(local_tools(storage.mail, clock))
        guard = Guard(frozenset(name.lower() for name in self._config.server.hosts)) if is_local else None
        return EndpointApp(gateway, mounts, guard=guard)

    def _domain_checker(
        self, storage: Storage, clock: SystemClock, master: MasterKey, woken: Wake
    ) -> DomainChecker:
        dns = self._config.dns
        resolver = NetworkResolver(clock, dns.resolvers, dns.timeout)
        return DomainChecker(storage.mail, clock, resolver, master, self._config.service.domain, woken)

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
        lasts = Keep(keep.content_hours * 3600, keep.journal_days * 86400, keep.metric_data_hours * 3600)
        return Housekeeper(storage.mail, storage.metrics, engine, clock, lasts)


def _from_any_thread(call: Callable[[], None]) -> Callable[[], None]:
    loop = asyncio.get_running_loop()

    def forward() -> None:
        loop.call_soon_threadsafe(call)

    return forward
