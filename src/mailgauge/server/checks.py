"""Health checks of the whole: what ``/healthz`` and ``doctor`` ask. They look, and say what the operator can do."""

import asyncio
import shutil
from collections.abc import Sequence

from mailgauge.base.clock import Clock
from mailgauge.base.health import Check, Finding, Level
from mailgauge.config.addresses import is_loopback, several, split_address
from mailgauge.config.options import Config
from mailgauge.delivery import queue
from mailgauge.destinations import publisher
from mailgauge.events import journal
from mailgauge.server import tls
from mailgauge.server.action_checks import action_checks
from mailgauge.server.alarm_checks import alarm_checks
from mailgauge.server.data import DataDirectory
from mailgauge.server.notice_checks import notice_checks
from mailgauge.server.scanning import scan_checks
from mailgauge.ses import reactions, reputation
from mailgauge.store.transaction import Store

_LITTLE_SPACE = 500 * 1024 * 1024
_FAR_BEHIND = 50_000

STEPPED_ADVICE = (
    "Data of that time stays ahead. To go on in real time, stop the service and delete the data directory, or only its "
    "file `clock`."
)


def stepped(clock: Clock) -> str | None:
    """How far the clock is ahead of real time, in words; None when it isn't."""
    ahead = clock.now() - clock.real()
    return f"the service's clock was stepped {ahead:.0f} s ahead of real time" if ahead >= 1 else None


def checks(directory: DataDirectory, mail: Store, metrics: Store, clock: Clock) -> Sequence[Check]:
    async def disk() -> list[Finding]:
        free = shutil.disk_usage(directory.path).free
        if free < _LITTLE_SPACE:
            advice = "Free space, or move the data directory: without space no mail is accepted."
            return [
                Finding(
                    "disk", Level.PROBLEM, f"only {free // 2**20} MiB are free at {directory.path}", advice
                )
            ]
        return [Finding("disk", Level.OK, f"{free // 2**20} MiB free at {directory.path}")]

    async def metrics_published() -> list[Finding]:
        behind = await mail.read(journal.head) - await metrics.read(publisher.position)
        if behind < 0:
            advice = "mail.db and metrics.db are not of the same time: restore both from one backup."
            return [Finding("metrics", Level.PROBLEM, "the metrics are ahead of the journal", advice)]
        level = Level.WARNING if behind > _FAR_BEHIND else Level.OK
        return [Finding("metrics", level, f"{behind} journal entries are not in the metrics yet")]

    async def reacted() -> list[Finding]:
        behind = await mail.read(lambda tx: journal.head(tx) - reactions.position(tx))
        level = Level.WARNING if behind > _FAR_BEHIND else Level.OK
        return [Finding("reactions", level, f"{behind} journal entries were not looked at for bounces yet")]

    async def mail_queue() -> list[Finding]:
        waiting = await mail.read(queue.waiting)
        return [
            Finding(
                "queue",
                Level.OK,
                f"{waiting['prepare']} messages to prepare, {waiting['deliver']} recipients to deliver",
            )
        ]

    async def dropped_datums() -> list[Finding]:
        found = await metrics.read(publisher.dropped)
        return [
            Finding(
                "dimensions",
                Level.WARNING,
                f"{count} datums of event destination {drop.destination} were dropped: {drop.reason}",
                "Dimension values may hold letters, digits and _-@. only.",
            )
            for drop, count in found.items()
        ]

    async def sending() -> list[Finding]:
        found = await mail.read(reputation.paused)
        advice = "Find out why, then switch sending on again by the API: that is a fresh start."
        return [
            Finding(
                "sending",
                Level.WARNING,
                f"{f'configuration set {name} of ' if name else ''}account {scope.account} ({scope.region}) "
                f"was paused by itself: {reason}",
                advice,
            )
            for scope, name, reason in found
        ]

    async def time() -> list[Finding]:
        if text := stepped(clock):
            return [Finding("clock", Level.WARNING, text, STEPPED_ADVICE)]
        return []

    looks = (disk, metrics_published, reacted, mail_queue, dropped_datums, sending, time)
    of_alarms = (*alarm_checks(metrics, clock), *action_checks(metrics, clock))
    return (*looks, *notice_checks(mail, clock), *of_alarms)


def checks_of(config: Config, clock: Clock) -> Sequence[Check]:
    """What is looked at as the configuration says."""

    async def certificate() -> list[Finding]:
        server = config.server
        listening = [*several(server.smtp), *several(server.smtps)]
        is_public = not all(is_loopback(split_address(each)[0]) for each in listening)
        # In a thread: what it reads may be on a slow disk.
        return await asyncio.to_thread(
            tls.findings, config.tls.cert, config.tls.key, clock.real(), is_public=is_public
        )

    return (certificate, *scan_checks(config.scan))
