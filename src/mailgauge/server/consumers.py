"""Those who follow the journal and the clock: publisher, reactions, dispatcher, alarms and their actions, housekeeping."""

from mailgauge.cloudwatch.alarms.actions import outbox
from mailgauge.cloudwatch.alarms.actions.runner import ActionRunner
from mailgauge.cloudwatch.alarms.mute_runner import MuteRunner
from mailgauge.cloudwatch.alarms.runner import AlarmRunner
from mailgauge.cloudwatch.alarms.suppression_runner import SuppressionRunner
from mailgauge.destinations.dispatcher import Dispatcher
from mailgauge.destinations.publisher import Publisher
from mailgauge.server import alarm_actions, apis
from mailgauge.server.ground import Ground, from_any_thread
from mailgauge.server.housekeeping import Housekeeper, Keep
from mailgauge.ses.forwarding import Forwarding
from mailgauge.ses.identity_notices import IdentityNotices
from mailgauge.ses.reactions import Reactions


async def start_consumers(ground: Ground) -> Publisher:
    storage, engine, clock, tasks = ground.storage, ground.engine, ground.clock, ground.tasks
    publisher = Publisher(storage.mail, storage.metrics, engine, clock, ground.tally)
    tasks.keep("publish", publisher.run)
    tasks.keep("react", _reactions(ground).run)
    published = from_any_thread(ground.deliver.set)
    tasks.keep("notify", Dispatcher(storage.mail, clock, IdentityNotices(), published).run)
    tasks.keep("alarms", AlarmRunner(storage.metrics, engine, clock, ground.alarms).run)
    tasks.keep("suppression", SuppressionRunner(storage.metrics, clock).run)
    tasks.keep("mute rules", MuteRunner(storage.metrics, clock, ground.mutes).run)
    tasks.keep("certificates", ground.certificates.watch)
    tasks.keep("housekeeping", _housekeeper(ground).run)
    await _start_actions(ground)
    return publisher


async def _start_actions(ground: Ground) -> None:
    storage, clock, alarms = ground.storage, ground.clock, ground.config.alarms
    await storage.metrics.write(outbox.release_all)
    made = alarm_actions.executors(
        storage.mail,
        clock,
        ground.master,
        client=ground.outgoing,
        send_mail=ground.system_mail(),
        published=from_any_thread(ground.deliver.set),
        commands=None if ground.is_local else alarms.commands,
        command_seconds=alarms.command_seconds,
    )
    ground.tasks.keep("alarm actions", ActionRunner(storage.metrics, clock, made, ground.actions).run)


def _reactions(ground: Ground) -> Reactions:
    config = ground.config
    by_mail = Forwarding(config.service.domain) if config.accounts.feedback_forwarding else None
    woken = from_any_thread(ground.prepare.set)
    return Reactions(ground.storage.mail, ground.clock, apis.reputation_rule(config), by_mail, woken)


def _housekeeper(ground: Ground) -> Housekeeper:
    keep = ground.config.keep
    lasts = Keep(
        content=keep.content_hours * 3600,
        journal=keep.journal_days * 86400,
        metric_data=keep.metric_data_hours * 3600,
        transcripts=keep.transcript_days * 86400,
    )
    return Housekeeper(ground.storage.mail, ground.storage.metrics, ground.engine, ground.clock, lasts)
