"""The tables of the SES package in ``mail.db``. Times are milliseconds since the epoch unless a name says otherwise."""

from mailgauge.store.migrations import Schema

SCHEMA = Schema(
    "ses",
    (
        """
        CREATE TABLE identity (
            scope TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, created INTEGER NOT NULL,
            status TEXT NOT NULL, asked INTEGER NOT NULL, succeeded INTEGER, token TEXT NOT NULL,
            dkim_tokens TEXT NOT NULL, configuration_set TEXT,
            PRIMARY KEY (scope, name)
        ) WITHOUT ROWID;
        CREATE TABLE configuration_set (
            scope TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, created INTEGER NOT NULL,
            sending_enabled INTEGER NOT NULL, fresh_start INTEGER, options BLOB NOT NULL,
            PRIMARY KEY (scope, name)
        ) WITHOUT ROWID;
        CREATE TABLE resource_tag (
            scope TEXT NOT NULL, resource TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (scope, resource, key)
        ) WITHOUT ROWID;
        CREATE TABLE account_sending (scope TEXT PRIMARY KEY, sending_enabled INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE sent_minute (
            scope TEXT NOT NULL, minute INTEGER NOT NULL, recipients INTEGER NOT NULL, PRIMARY KEY (scope, minute)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE suppressed_destination (
            scope TEXT NOT NULL, key TEXT NOT NULL, address TEXT NOT NULL, reason TEXT NOT NULL,
            updated INTEGER NOT NULL, message_id TEXT, feedback_id TEXT, PRIMARY KEY (scope, key)
        ) WITHOUT ROWID;
        CREATE TABLE account_attributes (scope TEXT PRIMARY KEY, attributes BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE reputation_hour (
            scope TEXT NOT NULL, configuration_set TEXT NOT NULL, hour INTEGER NOT NULL, sends INTEGER NOT NULL,
            bounces INTEGER NOT NULL, complaints INTEGER NOT NULL, PRIMARY KEY (scope, configuration_set, hour)
        ) WITHOUT ROWID;
        CREATE TABLE reaction (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID
        """,
        """
        CREATE TABLE sent_hour (
            scope TEXT NOT NULL, hour INTEGER NOT NULL, recipients INTEGER NOT NULL, PRIMARY KEY (scope, hour)
        ) WITHOUT ROWID;
        INSERT INTO sent_hour (scope, hour, recipients)
            SELECT scope, minute / 60, sum(recipients) FROM sent_minute GROUP BY scope, minute / 60
        """,
    ),
)
