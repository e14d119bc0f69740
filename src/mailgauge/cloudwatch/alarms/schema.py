"""The tables of alarms in the metrics database. Every key begins with the scope; times are in milliseconds."""

from mailgauge.store.migrations import Schema

# ``alarm_head`` numbers versions, revisions and history items in the order of commits. ``evaluated`` is in seconds.
SCHEMA = Schema(
    "alarms",
    (
        """
        CREATE TABLE alarm (
            scope TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, revision INTEGER NOT NULL,
            configuration BLOB NOT NULL, period INTEGER NOT NULL, evaluation_periods INTEGER NOT NULL,
            series BLOB NOT NULL, actions_enabled INTEGER NOT NULL, configured INTEGER NOT NULL,
            state TEXT NOT NULL, reason TEXT NOT NULL, reason_data TEXT, updated INTEGER NOT NULL,
            transitioned INTEGER NOT NULL, evaluated INTEGER, tags BLOB NOT NULL,
            PRIMARY KEY (scope, name)
        );
        CREATE INDEX alarm_series ON alarm (scope, series);
        CREATE TABLE alarm_history (
            scope TEXT NOT NULL, time INTEGER NOT NULL, seq INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
            summary TEXT NOT NULL, data TEXT NOT NULL,
            PRIMARY KEY (scope, time, seq)
        );
        CREATE INDEX alarm_history_name ON alarm_history (scope, name, time, seq);
        CREATE INDEX alarm_history_time ON alarm_history (time);
        CREATE TABLE alarm_head (one INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
        INSERT INTO alarm_head (one, seq) VALUES (1, 0)
        """,
        # Who evaluates, and how far that is, in seconds: see ``lease``.
        """
        ALTER TABLE alarm ADD COLUMN evaluation_state TEXT;
        CREATE INDEX alarm_revision ON alarm (revision);
        CREATE INDEX alarm_troubled ON alarm (scope, name) WHERE evaluation_state IS NOT NULL;
        CREATE TABLE alarm_lease (
            one INTEGER PRIMARY KEY, node TEXT NOT NULL, token INTEGER NOT NULL, beats INTEGER NOT NULL,
            evaluated INTEGER, before_jump INTEGER
        );
        INSERT INTO alarm_lease (one, node, token, beats) VALUES (1, '', 0, 0)
        """,
    ),
)
