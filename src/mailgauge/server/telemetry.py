"""The service's own figures and its mail's metrics in Prometheus' text form, for ``/metrics``.

Counters begin at 0 with every start, as Prometheus expects; labels of dimensions are called ``dimension_campaign``.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import mailgauge
from mailgauge.cloudwatch.alarms.actions import outbox
from mailgauge.cloudwatch.alarms.actions.tally import ActionTally
from mailgauge.delivery import queue
from mailgauge.destinations import notified, publisher
from mailgauge.destinations.tally import Tally, is_rate
from mailgauge.events import journal
from mailgauge.server.queue_telemetry import queue_metrics
from mailgauge.ses import reactions
from mailgauge.sns import dead_letters, deliveries
from mailgauge.sns.delivering import Counts
from mailgauge.sqs.operating import Queues
from mailgauge.store.transaction import Store, Tx
from mailgauge.tsdb.series import Series

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_UNFIT = re.compile(r"[^a-zA-Z0-9_]")
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|[^a-zA-Z0-9]+")

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def telemetry(
    mail: Store,
    metrics: Store,
    tally: Tally,
    *,
    actions: ActionTally,
    notifications: Counts,
    files: Iterable[Path],
    queues: Queues | None = None,
) -> Callable[[], Awaitable[bytes]]:
    """What gives the whole page; ``files`` are the databases."""
    databases = tuple(files)

    async def collect() -> bytes:
        from prometheus_client.core import GaugeMetricFamily
        from prometheus_client.process_collector import ProcessCollector
        from prometheus_client.registry import CollectorRegistry

        waiting, head, reacted = await mail.read(_mail_side)
        unseen, (told, untold) = await mail.read(_topics_side)
        undelivered, dead = await mail.read(lambda tx: (deliveries.waiting(tx), dead_letters.count(tx)))
        published, dropped = await metrics.read(lambda tx: (publisher.position(tx), publisher.dropped(tx)))
        acting = await metrics.read(outbox.waiting)
        gauges = {
            "mailgauge_messages_to_prepare": (
                "Accepted messages that are not prepared yet.",
                waiting["prepare"],
            ),
            "mailgauge_recipients_to_deliver": (
                "Recipients whose mail waits for an attempt.",
                waiting["deliver"],
            ),
            "mailgauge_journal_position": ("Events and metric data journalled so far.", head),
            "mailgauge_metrics_behind_entries": (
                "Journal entries that are not in the metrics yet.",
                head - published,
            ),
            "mailgauge_reactions_behind_entries": (
                "Journal entries not looked at for bounces yet.",
                head - reacted,
            ),
            "mailgauge_notices_behind_entries": (
                "Journal entries that were not looked at for topics yet.",
                unseen,
            ),
            "mailgauge_notices_published": ("Events that were published to topics.", told),
            "mailgauge_notices_dropped": ("Events for topics that could not be published.", untold),
            "mailgauge_notifications_waiting": (
                "Notifications of topics that are not delivered yet.",
                undelivered,
            ),
            "mailgauge_notifications_dead": ("Notifications that could not be delivered and are kept.", dead),
            "mailgauge_datums_dropped": ("Datums that rules kept out of the metrics.", sum(dropped.values())),
            "mailgauge_alarm_actions_waiting": ("Alarm actions that are not carried out yet.", acting.count),
            "mailgauge_series_left_out": (
                "Samples of series that this page has no room for.",
                tally.left_out,
            ),
        }
        families: list[Metric] = [
            GaugeMetricFamily(name, text, value) for name, (text, value) in gauges.items()
        ]
        sizes = GaugeMetricFamily(
            "mailgauge_store_bytes", "Size of a database, with its write-ahead log.", labels=["database"]
        )
        for path in databases:
            sizes.add_metric([path.name], _size(path))
        build = GaugeMetricFamily("mailgauge_build_info", "The release.", labels=["version"])
        build.add_metric([mailgauge.__version__], 1)
        process = ProcessCollector(registry=CollectorRegistry()).collect()
        attempts = (_attempts(actions), _deliveries(notifications))
        depths = await queue_metrics(queues) if queues else []
        return _text([build, *families, sizes, *attempts, *depths, *process, *_mail_metrics(tally)])

    return collect


def _attempts(actions: ActionTally) -> "Metric":
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(
        "mailgauge_alarm_action_attempts", "Attempts at alarm actions.", labels=["kind", "outcome"]
    )
    for kind, outcome, count in actions:
        family.add_metric([kind, outcome], count)
    return family


def _deliveries(notifications: Counts) -> "Metric":
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(
        "mailgauge_notification_attempts", "Attempts to deliver notifications of topics.", labels=["outcome"]
    )
    family.add_metric(["succeeded"], notifications.delivered)
    family.add_metric(["retried"], notifications.failed - notifications.given_up)
    family.add_metric(["failed"], notifications.given_up)
    return family


def _size(path: Path) -> int:
    """SQLite keeps what was written last in a file beside, which comes and goes."""
    log = path.with_name(f"{path.name}-wal")
    try:
        return path.stat().st_size + log.stat().st_size
    except FileNotFoundError:
        return path.stat().st_size


def _mail_side(tx: Tx) -> tuple[dict[str, int], int, int]:
    return queue.waiting(tx), journal.head(tx), reactions.position(tx)


def _topics_side(tx: Tx) -> tuple[int, tuple[int, int]]:
    return journal.head(tx) - notified.position(tx), notified.totals(tx)


def _mail_metrics(tally: Tally) -> Iterator["Metric"]:
    """One family for each metric of ``AWS/SES``, whose samples may have different labels."""
    from prometheus_client.metrics_core import Metric

    families: dict[str, Metric] = {}
    for series, value in tally:
        kind = "gauge" if is_rate(series) else "counter"
        name = f"aws_ses_{_WORD.sub('_', series.name).lower()}"
        family = families.get(name)
        if family is None:
            family = families[name] = Metric(name, f"AWS/SES {series.name}.", kind)
        family.add_sample(name if kind == "gauge" else f"{name}_total", _labels(series), value)
    yield from families.values()


def _labels(series: Series) -> dict[str, str]:
    own = {"account_id": series.scope.account, "region": series.scope.region}
    return own | {f"dimension_{_UNFIT.sub('_', name)}": value for name, value in series.dimensions}


def _text(families: Iterable["Metric"]) -> bytes:
    from prometheus_client.exposition import generate_latest
    from prometheus_client.registry import CollectorRegistry

    class _Families:
        def collect(self) -> Iterable["Metric"]:
            return families

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families())
    return generate_latest(registry)
