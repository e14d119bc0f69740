"""The tables of what hangs on an identity: DKIM, MAIL FROM, DNS checks, notifications, policies, verification templates.

Times are milliseconds since the epoch.
"""

from mailgauge.base.scope import Scope
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

SCHEMA = Schema(
    "ses.identities",
    (
        """
        CREATE TABLE identity_check (
            scope TEXT NOT NULL, name TEXT NOT NULL, due INTEGER, checked INTEGER, succeeded INTEGER, failing INTEGER,
            error TEXT, soa TEXT,
            PRIMARY KEY (scope, name)
        ) WITHOUT ROWID;
        CREATE INDEX identity_check_due ON identity_check (due) WHERE due IS NOT NULL;
        CREATE TABLE identity_dkim (
            scope TEXT NOT NULL, name TEXT NOT NULL, enabled INTEGER NOT NULL, origin TEXT NOT NULL,
            status TEXT NOT NULL, asked INTEGER NOT NULL, failing INTEGER, next_bits INTEGER NOT NULL,
            PRIMARY KEY (scope, name)
        ) WITHOUT ROWID;
        CREATE TABLE dkim_key (
            scope TEXT NOT NULL, name TEXT NOT NULL, selector TEXT NOT NULL, bits INTEGER NOT NULL,
            created INTEGER NOT NULL, active INTEGER NOT NULL, public TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (scope, name, selector)
        ) WITHOUT ROWID;
        CREATE TABLE identity_mail_from (
            scope TEXT NOT NULL, name TEXT NOT NULL, domain TEXT NOT NULL, on_failure TEXT NOT NULL,
            status TEXT NOT NULL, asked INTEGER NOT NULL, failing INTEGER,
            PRIMARY KEY (scope, name)
        ) WITHOUT ROWID;
        CREATE TABLE identity_feedback (
            scope TEXT NOT NULL, name TEXT NOT NULL, forwarding INTEGER NOT NULL, PRIMARY KEY (scope, name)
        ) WITHOUT ROWID;
        CREATE TABLE identity_notification (
            scope TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, topic TEXT, headers INTEGER NOT NULL,
            PRIMARY KEY (scope, name, type)
        ) WITHOUT ROWID;
        CREATE TABLE identity_policy (
            scope TEXT NOT NULL, name TEXT NOT NULL, policy_name TEXT NOT NULL, policy TEXT NOT NULL,
            PRIMARY KEY (scope, name, policy_name)
        ) WITHOUT ROWID;
        CREATE TABLE custom_verification_template (
            scope TEXT NOT NULL, name TEXT NOT NULL, from_address TEXT NOT NULL, subject TEXT NOT NULL,
            content TEXT NOT NULL, success_url TEXT NOT NULL, failure_url TEXT NOT NULL,
            PRIMARY KEY (scope, name)
        ) WITHOUT ROWID
        """,
    ),
)

_OF_AN_IDENTITY = (
    "identity_check",
    "identity_dkim",
    "dkim_key",
    "identity_mail_from",
    "identity_feedback",
    "identity_notification",
    "identity_policy",
)


def forget(tx: Tx, scope: Scope, name: str) -> None:
    """Drops what hangs on an identity that goes."""
    for table in _OF_AN_IDENTITY:
        tx.run(f"DELETE FROM {table} WHERE scope = ? AND name = ?", (scope.key, name))
