"""The doors: the HTTP endpoint with all that answers at it, and submission by SMTP. What is behind them was started before."""

from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from socket import socket

from mailgauge.aws.models import Models
from mailgauge.aws.routing import Router
from mailgauge.base.asgi import App
from mailgauge.base.health import Check
from mailgauge.base.tasks import Wake
from mailgauge.config.addresses import several
from mailgauge.console.app import PREFIX as CONSOLE
from mailgauge.console.app import console_app
from mailgauge.console.door import KeyDoor, OpenDoor
from mailgauge.delivery.sites import Site
from mailgauge.destinations.publisher import Publisher
from mailgauge.gateway.app import EndpointApp, Mount
from mailgauge.gateway.client import Client
from mailgauge.gateway.dispatch import Gateway
from mailgauge.gateway.forwarded import Proxies
from mailgauge.gateway.guards import FromElsewhere, Guard
from mailgauge.gateway.health import Health
from mailgauge.gateway.telemetry import telemetry_app
from mailgauge.iam import smtp_login
from mailgauge.iam.active import ActiveKeys
from mailgauge.iam.authentication import Open, Verified
from mailgauge.mailbox import api as mailbox_api
from mailgauge.server import apis, tracking
from mailgauge.server.checks import checks, checks_of
from mailgauge.server.ground import Ground, from_any_thread
from mailgauge.server.http import HttpServer
from mailgauge.server.local_tools import local_tools
from mailgauge.server.reachability import reachability_checks, site_check
from mailgauge.server.settling import mail_settled, queues_settled
from mailgauge.server.submission import Listeners, submission
from mailgauge.server.telemetry import CONTENT_TYPE, telemetry
from mailgauge.server.topic_checks import topic_checks
from mailgauge.server.topics import TopicSide
from mailgauge.ses.domain_checker import DomainChecker
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.sending import Sending
from mailgauge.ses.template_rendering import INTERACTIVE
from mailgauge.ses.unsubscribe_app import unsubscribe_app
from mailgauge.ses.unsubscribe_links import PATH as UNSUBSCRIBE
from mailgauge.ses.verification import Mode as VerificationMode
from mailgauge.ses.verification import Verification
from mailgauge.ses.verify_page import verify_app
from mailgauge.tracking.rewriting import PATH as TRACKING


@dataclass(frozen=True, slots=True)
class Behind:
    """What runs behind the doors and is asked through them."""

    publisher: Publisher
    topics: TopicSide
    sites: Iterable[Site]


async def open_doors(
    ground: Ground, behind: Behind, listener: socket, running: AsyncExitStack
) -> dict[str, str]:
    """Returns where submission is, by option."""
    renderer = Renderer(INTERACTIVE)
    running.push_async_callback(renderer.close)
    domains = Wake()
    verification = _verification(ground, domains)
    if verification.mode is VerificationMode.MAIL:
        ground.tasks.keep("domains", _domain_checker(ground, domains).run)
    sending = apis.sending(ground.config, ground.storage, ground.prepare, ground.render)
    active = ActiveKeys(ground.storage.mail, ground.master, ground.clock)
    operations = apis.operations(
        ground.config,
        ground.storage,
        ground.engine,
        ground.clock,
        verification,
        sending=sending,
        alarms=ground.alarms,
        deliver=ground.deliver,
        mutes=ground.mutes,
        renderer=renderer,
        queues=ground.queues,
        # Programs under test put and read at once; elsewhere reads need not wait for the publisher.
        settle=behind.publisher.catch_up if ground.is_local else None,
        settle_queues=queues_settled(ground.storage.mail, ground.clock) if ground.is_local else None,
    )
    app = _application(ground, behind, operations, active, verification)
    tls = None if ground.certificates.is_self_signed else ground.certificates.context
    http = HttpServer(app, listener, ground.tasks, tls)
    await http.start()
    running.push_async_callback(http.stop)
    running.callback(ground.queues.bells.close)
    return await _open_submission(ground, sending, active, running)


async def _open_submission(
    ground: Ground, sending: Sending, active: ActiveKeys, running: AsyncExitStack
) -> dict[str, str]:
    server, regions = ground.config.server, ground.config.accounts.regions
    logins = smtp_login.Open(regions) if ground.is_local else smtp_login.Verified(active, regions)
    decisions = submission(logins, sending, ground.clock)
    listening: dict[str, str] = {}
    for option, addresses in (("smtp", server.smtp), ("smtps", server.smtps)):
        listeners = Listeners(
            option,
            several(addresses),
            decisions,
            ground.certificates.context,
            hostname=ground.config.service.domain,
            size_limit=sending.limits.message_bytes_v2,
        )
        running.push_async_callback(listeners.stop)
        await listeners.start()
        listening[option] = listeners.listening
    return listening


def _application(
    ground: Ground,
    behind: Behind,
    operations: apis.Operations,
    active: ActiveKeys,
    verification: Verification,
) -> EndpointApp:
    storage, clock, server = ground.storage, ground.clock, ground.config.server
    models = Models(dialects=apis.DIALECTS)
    callers = Open(clock) if ground.is_local else Verified(active, clock)
    gateway = Gateway(Router(apis.ROUTED, models), callers, operations)
    console = console_app(
        client=Client(operations, models),
        door=OpenDoor() if ground.is_local else KeyDoor(active),
        models=models,
        services=apis.SERVICES,
        clock=clock,
        session_secret=ground.master.derive("console-session"),
    )
    health = Health(_checks(ground, behind.sites), clock)
    mounts = {
        CONSOLE: Mount(console, FromElsewhere.LINK),
        "/healthz": Mount(health, FromElsewhere.LINK, in_clear=True),
        "/metrics": Mount(_telemetry(ground, behind.topics)),
        TRACKING: tracking.tracking_mount(storage.mail, ground.tracker, clock),
        UNSUBSCRIBE: Mount(unsubscribe_app(storage.mail, ground.links, clock), FromElsewhere.EMBED),
        "/_verify": Mount(verify_app(storage.mail, verification, clock), FromElsewhere.LINK),
        **behind.topics.mounts(),
    }
    if ground.is_local:
        mounts["/_aws/ses"] = Mount(mailbox_api.app(storage.mail, mail_settled(storage.mail, clock)))
        mounts["/_mailgauge"] = Mount(local_tools(storage.mail, clock))
    guard = Guard(frozenset(name.lower() for name in server.hosts)) if ground.is_local else None
    proxies = Proxies.of(server.trusted_proxies, alone=not ground.is_local)
    return EndpointApp(gateway, mounts, guard=guard, home=f"{CONSOLE}/", proxies=proxies)


def _telemetry(ground: Ground, topics: TopicSide) -> App:
    storage, directory = ground.storage, ground.directory
    collect = telemetry(
        storage.mail,
        storage.metrics,
        ground.tally,
        actions=ground.actions,
        notifications=topics.counts,
        files=(directory.mail, directory.metrics),
        queues=ground.queues,
    )
    return telemetry_app(collect, CONTENT_TYPE, ground.config.server.metrics_token)


def _checks(ground: Ground, sites: Iterable[Site]) -> Sequence[Check]:
    config, storage, clock = ground.config, ground.storage, ground.clock
    looks = checks(ground.directory, storage.mail, storage.metrics, clock)
    ways_out = () if ground.is_local else reachability_checks(config, storage.mail, clock)
    of_topics = topic_checks(config, storage.mail, clock, is_public=not ground.is_local)
    return (*looks, *checks_of(config, clock), *of_topics, *ways_out, site_check(sites))


def _domain_checker(ground: Ground, woken: Wake) -> DomainChecker:
    mail, domain = ground.storage.mail, ground.config.service.domain
    return DomainChecker(mail, ground.clock, ground.resolver, ground.master, domain, woken)


def _verification(ground: Ground, domains: Wake) -> Verification:
    return Verification(
        mode=VerificationMode(ground.config.accounts.verification),
        service=ground.config.service.name,
        secret=ground.master.derive("verification"),
        address=ground.address,
        send_system_mail=ground.system_mail(),
        check_soon=from_any_thread(domains.set),
        master=ground.master,
    )
