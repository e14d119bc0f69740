"""Opens the two databases of a data directory with everybody's tables, and closes them."""

from dataclasses import dataclass

from mailgauge.cloudwatch.alarms import schema as alarms
from mailgauge.delivery import queue
from mailgauge.destinations import publisher, versions
from mailgauge.events import journal
from mailgauge.iam import schema as iam
from mailgauge.mailbox import store as mailbox
from mailgauge.server.data import DataDirectory
from mailgauge.ses import contact_lists, feedback, identity_schema, ip_pools, templates
from mailgauge.ses import schema as ses
from mailgauge.simulator import reports as simulator
from mailgauge.store.sqlite import SqliteStore
from mailgauge.tsdb import schema as tsdb

MAIL = (
    iam.SCHEMA,
    journal.SCHEMA,
    queue.SCHEMA,
    versions.SCHEMA,
    ses.SCHEMA,
    identity_schema.SCHEMA,
    ip_pools.SCHEMA,
    contact_lists.SCHEMA,
    templates.SCHEMA,
    feedback.SCHEMA,
    mailbox.SCHEMA,
    simulator.SCHEMA,
)
METRICS = (publisher.SCHEMA, tsdb.SCHEMA, alarms.SCHEMA)


@dataclass(frozen=True, slots=True)
class Storage:
    """``mail`` holds state, content, queue and journal; ``metrics`` positions, series and alarms."""

    mail: SqliteStore
    metrics: SqliteStore

    @classmethod
    def open(cls, directory: DataDirectory) -> "Storage":
        """For serving. Raises StoreError and NewerStoreError."""
        mail = SqliteStore.open(directory.mail, MAIL)
        try:
            return cls(mail, SqliteStore.open(directory.metrics, METRICS))
        except BaseException:
            mail.close()
            raise

    @classmethod
    def look(cls, directory: DataDirectory) -> "Storage":
        """For reading only, also while a service uses the directory."""
        return cls(
            SqliteStore.open(directory.mail, read_only=True),
            SqliteStore.open(directory.metrics, read_only=True),
        )

    def close(self) -> None:
        self.mail.close()
        self.metrics.close()
