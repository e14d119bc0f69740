"""The tables of accounts and access keys. A key is found by its id alone: the id is all that a request brings."""

from mailgauge.store.migrations import Schema

SCHEMA = Schema(
    "iam",
    (
        """
        CREATE TABLE account (account TEXT PRIMARY KEY, created DOUBLE PRECISION NOT NULL);
        CREATE TABLE access_key (
            access_key_id TEXT PRIMARY KEY, account TEXT NOT NULL, user_name TEXT NOT NULL, policy TEXT NOT NULL,
            secret BLOB NOT NULL, created DOUBLE PRECISION NOT NULL, disabled DOUBLE PRECISION
        )
        """,
    ),
)
