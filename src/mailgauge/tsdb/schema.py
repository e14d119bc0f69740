"""The tables of the metrics database: cells of all tiers, the catalogue of series, and its inverted index."""

from mailgauge.store.migrations import Schema

# A cell's key begins with its tier and span of time: what is written now lies together, and what expires is one
# range. ``distribution`` is NULL when values are unknown and empty when all samples equal ``minimum``.
SCHEMA = Schema(
    "tsdb",
    (
        """
        CREATE TABLE cell (
            width INTEGER NOT NULL, span INTEGER NOT NULL, series BLOB NOT NULL, time INTEGER NOT NULL,
            unit INTEGER NOT NULL, samples DOUBLE PRECISION NOT NULL, total DOUBLE PRECISION NOT NULL,
            minimum DOUBLE PRECISION NOT NULL, maximum DOUBLE PRECISION NOT NULL, distribution BLOB,
            PRIMARY KEY (width, span, series, time, unit)
        ) WITHOUT ROWID;
        CREATE TABLE series (
            id BLOB PRIMARY KEY, scope TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
            dimensions TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX series_listing ON series (scope, namespace, name, id);
        CREATE INDEX series_last ON series (last);
        CREATE TABLE series_term (
            term BLOB NOT NULL, name TEXT NOT NULL, series BLOB NOT NULL, PRIMARY KEY (term, name, series)
        ) WITHOUT ROWID
        """,
        # ``token`` is a hash of scope, namespace and token.
        """
        CREATE TABLE dimension_token (
            token BLOB NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (token, name, value)
        ) WITHOUT ROWID
        """,
    ),
)
