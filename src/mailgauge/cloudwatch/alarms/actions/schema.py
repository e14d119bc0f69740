"""The outbox of alarm actions in the metrics database: a row for each action to run. Times are in milliseconds."""

from mailgauge.store.migrations import Schema

# The index has all that is asked of rows before they are leased: notices lie beside their rows.
# ``due`` is on the clock, ``leased`` on the monotonic one. ``is_remote`` marks those that may take long.
SCHEMA = Schema(
    "alarm_actions",
    (
        """
        CREATE TABLE alarm_action (
            scope TEXT NOT NULL, seq INTEGER NOT NULL, action TEXT NOT NULL, is_remote INTEGER NOT NULL,
            notice BLOB NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL,
            leased INTEGER NOT NULL DEFAULT 0, problem TEXT,
            PRIMARY KEY (scope, seq)
        );
        CREATE INDEX alarm_action_due ON alarm_action (is_remote, due, scope, action, leased, seq)
        """,
    ),
)
