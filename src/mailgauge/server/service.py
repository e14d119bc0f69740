"""The service as a whole: opens the data directory, builds every part with plain values, starts and stops them in order.

It is the only place that sees the configuration and all parts at once; it has no behaviour of its own.
"""

import logging
import os
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from socket import socket

from mailgauge.base.clock import SystemClock
from mailgauge.config.addresses import is_loopback, several, split_address
from mailgauge.config.options import Config
from mailgauge.config.shown import shown
from mailgauge.console.app import PREFIX as CONSOLE
from mailgauge.delivery.sites import Site
from mailgauge.dns.resolver import NetworkResolver
from mailgauge.iam import bootstrap, keys
from mailgauge.iam.keys import NewKey
from mailgauge.iam.secrets import key_file
from mailgauge.server import routing, tracking
from mailgauge.server.checks import STEPPED_ADVICE, stepped
from mailgauge.server.consumers import start_consumers
from mailgauge.server.data import DataDirectory, DataDirectoryError, Lock
from mailgauge.server.doors import Behind, open_doors
from mailgauge.server.ground import Ground, Mode
from mailgauge.server.http import bind, refuse_plain_http, require_loopback, url_of
from mailgauge.server.mail_side import MailSide
from mailgauge.server.outgoing import outgoing_client
from mailgauge.server.queue_delivery import QueueEndpoint
from mailgauge.server.storage import Storage
from mailgauge.server.tls import Certificates
from mailgauge.server.topics import TopicSide
from mailgauge.ses.unsubscribe_links import Links
from mailgauge.sqs.operating import Queues

log = logging.getLogger(__name__)


_OPEN_TO_OTHERS = "others can reach {listen}, and `local` checks no signatures: whoever gets there can use it"


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
        behind = Behind(await start_consumers(ground), topics, self._sites)
        self._submission |= await open_doors(ground, behind, listener, running)
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

    def _open_storage(self, running: AsyncExitStack) -> Ground:
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
        return Ground(
            self._mode,
            self._config,
            self._directory,
            self._public_address,
            storage,
            master,
            clock,
            links,
            tracker,
            certificates,
            resolver,
            queues,
            outgoing,
        )

    def _refuse_operators(self, storage: Storage) -> None:
        """``local`` lets everybody in, so it opens no data that is behind keys. Raises DataDirectoryError."""
        if storage.mail.read_now(keys.list_keys):
            raise DataDirectoryError(
                f"{self._directory.path} holds access keys, so it is the data of `mailgauge serve`: `local` would open it to "
                "every program on this machine. Give --data another directory"
            )

    async def _start_mail(self, ground: Ground, running: AsyncExitStack) -> None:
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

    async def _start_topics(self, ground: Ground, running: AsyncExitStack) -> TopicSide:
        mail, clock = ground.storage.mail, ground.clock
        topics = TopicSide(
            mail,
            clock,
            ground.tasks,
            ground.deliver,
            master=ground.master,
            service=self._config.service.name,
            address=self._public_address,
            client=ground.outgoing,
            send_mail=ground.system_mail(),
        )
        running.push_async_callback(topics.stop)
        await topics.start({"sqs": QueueEndpoint(mail, ground.queues, topics.envelopes)})
        return topics

    def _public_address(self) -> str:
        """Where links in mail lead to."""
        return self._config.service.url or self.http_url
