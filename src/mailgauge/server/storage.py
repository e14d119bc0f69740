"""Opens the two databases of a data directory with everybody's tables, and closes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import apsw

from mailgauge.cloudwatch.alarms import composite_store as composite_alarms
from mailgauge.cloudwatch.alarms import mute_store
from mailgauge.cloudwatch.alarms import schema as alarms
from mailgauge.cloudwatch.alarms.actions import once
from mailgauge.cloudwatch.alarms.actions import schema as alarm_actions
from mailgauge.cloudwatch.dashboards import store as dashboards
from mailgauge.delivery import queue, transcripts
from mailgauge.destinations import backfill, notified, publisher, versions
from mailgauge.events import journal
from mailgauge.iam import schema as iam
from mailgauge.iam import webhook_secrets
from mailgauge.mailbox import store as mailbox
from mailgauge.server.data import DataDirectory
from mailgauge.ses import contact_lists, feedback, identity_schema, ip_pools, service_keys, templates
from mailgauge.ses import schema as ses
from mailgauge.simulator import reports as simulator
from mailgauge.sns import schema as sns
from mailgauge.sns import signing_key
from mailgauge.sqs import schema as sqs
from mailgauge.store.migrations import Schema, applied_steps
from mailgauge.store.sqlite import SqliteStore, StoreError
from mailgauge.store.transaction import Tx
from mailgauge.tsdb import schema as tsdb

MAIL = (
    iam.SCHEMA,
    webhook_secrets.SCHEMA,
    journal.SCHEMA,
    queue.SCHEMA,
    transcripts.SCHEMA,
    versions.SCHEMA,
    ses.SCHEMA,
    identity_schema.SCHEMA,
    service_keys.SCHEMA,
    ip_pools.SCHEMA,
    contact_lists.SCHEMA,
    templates.SCHEMA,
    feedback.SCHEMA,
    mailbox.SCHEMA,
    simulator.SCHEMA,
    sqs.SCHEMA,
    sns.SCHEMA,
    signing_key.SCHEMA,
    notified.SCHEMA,
    once.SCHEMA,
)
METRICS = (
    publisher.SCHEMA,
    backfill.SCHEMA,
    tsdb.SCHEMA,
    alarms.SCHEMA,
    alarm_actions.SCHEMA,
    composite_alarms.SCHEMA,
    mute_store.SCHEMA,
    dashboards.SCHEMA,
)


@dataclass(frozen=True, slots=True)
class Storage:
    """``mail`` holds state, content, queue and journal; ``metrics`` positions, series and alarms."""

    mail: SqliteStore
    metrics: SqliteStore

    @classmethod
    def open(cls, directory: DataDirectory) -> "Storage":
        """For serving. Raises StoreError, also for databases of different times, and NewerStoreError."""
        if directory.metrics.exists() and not directory.mail.exists():
            raise StoreError(
                f"{directory.path} has metrics.db and no mail.db: put the mail.db back that belongs to it, or restore both "
                "from one backup"
            )
        mail = SqliteStore.open(directory.mail, MAIL)
        try:
            storage = cls(mail, SqliteStore.open(directory.metrics, METRICS))
        except BaseException:
            mail.close()
            raise
        try:
            refuse_ahead(storage.mail, storage.metrics)
        except BaseException:
            storage.close()
            raise
        return storage

    @classmethod
    def look(cls, directory: DataDirectory) -> "Storage":
        """For reading only, also while a service uses the directory. Raises StoreError for another release's data."""
        storage = cls(
            SqliteStore.open(directory.mail, read_only=True),
            SqliteStore.open(directory.metrics, read_only=True),
        )
        try:
            _require_steps(directory.mail, storage.mail, MAIL)
            _require_steps(directory.metrics, storage.metrics, METRICS)
        except BaseException:
            storage.close()
            raise
        return storage

    def close(self) -> None:
        self.mail.close()
        self.metrics.close()


def refuse_ahead(mail: SqliteStore, metrics: SqliteStore) -> None:
    """Metrics that have counted what the journal has not would miss as many entries to come. Raises StoreError."""
    # In this order: the journal may grow meanwhile, and the metrics with it.
    position = metrics.read_now(counted)
    head = mail.read_now(journal.head)
    if position > head:
        raise StoreError(
            f"metrics.db is ahead of mail.db: it has counted the journal up to entry {position}, and the journal ends at "
            f"{head}. They are not of the same time: restore both from one backup"
        )


def counted(tx: Tx) -> int:
    """The last entry of the journal that the metrics have anything of."""
    return max([publisher.position(tx), *(each.position for each in backfill.known(tx))])


def _require_steps(path: Path, store: SqliteStore, schemas: Iterable[Schema]) -> None:
    try:
        applied = store.read_now(applied_steps)
    except apsw.SQLError:  # there is no such table
        applied = {}
    except apsw.Error:
        return  # damage is for whoever reads the store to report: `doctor` has more to say about it
    for schema in schemas:
        done, known = applied.get(schema.name, 0), len(schema.steps)
        if done > known:
            raise StoreError(
                f"{path} was written by a newer release: use the `mailgauge` command of the release that serves it"
            )
        if done < known:
            raise StoreError(
                f"{path} was written by an older release: run `mailgauge store migrate`, or start `mailgauge serve` or "
                "`local` of this release on it once, which brings its tables up to date, or use the command of the older "
                "release"
            )
