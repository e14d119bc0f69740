"""What every part of a running service stands on: its configuration, stores, keys, clock and the wakes between the parts."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from mailgauge.base.clock import SystemClock
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.cloudwatch.alarms.actions.tally import ActionTally
from mailgauge.config.options import Config
from mailgauge.destinations.tally import Tally
from mailgauge.dns.resolver import NetworkResolver
from mailgauge.iam.secrets import MasterKey
from mailgauge.outgoing.client import OutgoingClient
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.server.tls import Certificates
from mailgauge.ses.engagement import Tracker
from mailgauge.ses.system_mail import system_mail
from mailgauge.ses.unsubscribe_links import Links
from mailgauge.ses.verification import SendSystemMail
from mailgauge.sqs.operating import Queues
from mailgauge.tsdb.rows import RowEngine


class Mode(StrEnum):
    SERVE = "serve"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Ground:
    """``address`` says where links in mail lead to. The wakes hint at accepted messages, at templates to render, at changed
    alarms, at notifications to deliver and at changed mute rules.
    """

    mode: Mode
    config: Config
    directory: DataDirectory
    address: Callable[[], str]
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

    @property
    def is_local(self) -> bool:
        return self.mode is Mode.LOCAL

    def system_mail(self) -> SendSystemMail:
        """Sends mail of the service itself."""
        service = self.config.service
        return system_mail(self.clock, service.name, service.domain, from_any_thread(self.prepare.set))


def from_any_thread(call: Callable[[], None]) -> Callable[[], None]:
    """``call`` in the loop that runs now, for others to make."""
    loop = asyncio.get_running_loop()

    def forward() -> None:
        loop.call_soon_threadsafe(call)

    return forward
