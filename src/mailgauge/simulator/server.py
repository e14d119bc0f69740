"""The mailbox simulator's SMTP server on loopback, and the loop that mails its reports to the feedback listener."""

import asyncio
import logging
from collections import OrderedDict
from functools import partial

from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.simulator import reports
from mailgauge.simulator.outcomes import Act, outcome_of, reply_to
from mailgauge.simulator.reports import Delivered, WaitingReport
from mailgauge.smtp.client import Connections, Destination, Tls
from mailgauge.smtp.server import Envelope, SmtpServer
from mailgauge.store.transaction import Lane, Store

log = logging.getLogger(__name__)

# More deferred recipients than this at once: the oldest are forgotten and start again.
_MOST_REMEMBERED = 10_000
_RETRY_SECONDS = 2.0
_ANY_ID = 2**63 - 1


class Simulator:
    """Build it, ``start`` it, route mail for the simulator's domain to ``port``.

    ``report_after`` lets the sending side commit the delivery first; it is real time, not the clock's.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        connections: Connections,
        feedback: tuple[str, int],
        *,
        hostname: str = "localhost",
        host: str = "127.0.0.1",
        port: int = 0,
        report_after: float = 0.25,
    ) -> None:
        self._store = store
        self._clock = clock
        self._connections = connections
        self._feedback = Destination(*feedback, tls=Tls.OFF)
        self._hostname = hostname
        self._report_after = report_after
        self._refusals: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._wake = Wake()
        self._server = SmtpServer(self, host, port, hostname=hostname)

    @property
    def port(self) -> int:
        return self._server.port

    async def start(self, supervisor: Supervisor) -> None:
        await self._server.start()
        supervisor.keep("simulator reports", self.send_reports)

    async def stop(self) -> None:
        await self._server.stop()

    async def on_rcpt(self, envelope: Envelope, address: str) -> str:
        act = outcome_of(address.rpartition("@")[0])
        key = (envelope.mail_from, address)
        earlier = self._refusals.get(key, 0)
        reply = reply_to(act, earlier)
        if act is Act.DEFER and reply.is_temporary:
            self._refusals[key] = earlier + 1
            self._refusals.move_to_end(key)
            if len(self._refusals) > _MOST_REMEMBERED:
                self._refusals.popitem(last=False)
        return reply.line

    async def on_message(self, envelope: Envelope) -> str:
        message = Delivered(
            envelope.mail_from, envelope.recipients, envelope.peer, envelope.content, self._clock.now()
        )
        found = reports.reports_about(message, self._hostname)
        if found:
            await self._store.write(lambda tx: reports.keep(tx, message.mail_from, found))
            self._wake.set()
        for recipient in envelope.recipients:
            self._refusals.pop((envelope.mail_from, recipient), None)
        return "250 2.0.0 Ok"

    async def send_reports(self) -> None:
        """Sends what waits, for ever; what can't be sent now is tried again."""
        while True:
            old_enough = await self._store.read(reports.newest)
            await asyncio.sleep(self._report_after)
            pause = 60.0 if await self.send_waiting(old_enough) else _RETRY_SECONDS
            await self._wake.wait(pause)

    async def send_waiting(self, up_to: int = _ANY_ID) -> bool:
        """One round over what waits, up to the report of this id. False when something is left for later."""
        last = 0
        complete = True
        while batch := await self._store.read(partial(reports.waiting, after=last, up_to=up_to)):
            last = batch[-1].id
            finished = [each.id for each in batch if await self._send(each)]
            complete = complete and len(finished) == len(batch)
            await self._store.write(partial(reports.done, ids=finished), Lane.BACKGROUND)
        return complete

    async def _send(self, report: WaitingReport) -> bool:
        """Whether this report needs no further try."""
        outcome = await self._connections.send(self._feedback, "", [report.return_path], report.content)
        reply = outcome.reply_to(report.return_path)
        if reply is not None and reply.is_permanent:
            log.warning(
                "simulator report refused", extra={"return_path": report.return_path, "reply": reply.line}
            )
        return reply is not None and not reply.is_temporary
