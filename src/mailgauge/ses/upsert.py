"""The SQL of "insert, or replace what has the same key", as SQLite and PostgreSQL both have it."""


def upsert(table: str, key: str, columns: str) -> str:
    """``key`` and ``columns`` are lists of names as they stand in SQL; the values follow in that order."""
    names = f"{key}, {columns}"
    marks = ", ".join("?" * len(names.split(",")))
    replaced = ", ".join(f"{name} = excluded.{name}" for name in columns.split(", "))
    return f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT ({key}) DO UPDATE SET {replaced}"
