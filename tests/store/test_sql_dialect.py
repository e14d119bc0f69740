"""The SQL in the source has nothing that only SQLite understands where the standard, and so PostgreSQL, has the same."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "mailgauge"
STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|WITH)\b|.*\bON CONFLICT\b", re.DOTALL)
ONLY_SQLITE = {
    "INSERT OR": re.compile(r"\bINSERT\s+OR\b", re.IGNORECASE),
    "AUTOINCREMENT": re.compile(r"\bAUTOINCREMENT\b", re.IGNORECASE),
    "max or min of two values": re.compile(r"\b(max|min)\s*\([^()]*(\([^()]*\)[^()]*)*,", re.IGNORECASE),
}


def sql_of(text: str) -> Iterator[str]:
    """The string constants that are SQL; what an f-string fills in is left out."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            parts = [each.value for each in node.values if isinstance(each, ast.Constant)]
            yield from filter(STATEMENT.match, ["?".join(map(str, parts))])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value):
            yield node.value


def faults(text: str) -> list[str]:
    statements = list(sql_of(text))
    return [name for name, form in ONLY_SQLITE.items() if any(map(form.search, statements))]


def test_sql_runs_on_other_databases_too() -> None:
    found = {
        str(path.relative_to(SOURCE)): wrong
        for path in sorted(SOURCE.rglob("*.py"))
        if (wrong := faults(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('run("INSERT OR REPLACE INTO t VALUES (?)")', ["INSERT OR"]),
        ('run(f"INSERT OR IGNORE INTO {table} VALUES (?)")', ["INSERT OR"]),
        ('"""\n  CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)"""', ["AUTOINCREMENT"]),
        ('"UPDATE t SET a = max(a, ?)"', ["max or min of two values"]),
        ('" ON CONFLICT (a) DO UPDATE SET b = min(coalesce(b, 1), 2)"', ["max or min of two values"]),
        ('"SELECT max(a), min(b) FROM t"', []),
        ('"SELECT coalesce(max(a), 0) FROM t"', []),
        ('"You may send max (of a, b)"', []),
    ],
)
def test_what_only_sqlite_understands_is_found(text: str, wrong: list[str]) -> None:
    assert faults(text) == wrong
