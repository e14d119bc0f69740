"""A copy of a database that is in use: of one moment, whoever writes meanwhile, and one file."""

from pathlib import Path

import apsw
import pytest

from mailgauge.store.copying import copy_database
from mailgauge.store.sqlite import StoreError

ROWS = 4000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.db"
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL")
    with connection:
        connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", ((n, "x" * 1000) for n in range(ROWS)))
    connection.close()
    return path


def nothing(done: int, total: int) -> None:
    assert 0 <= done <= total


def test_a_copy_is_of_the_moment_it_began_and_never_starts_over(source: Path, tmp_path: Path) -> None:
    writer = apsw.Connection(str(source))
    writer.set_busy_timeout(0)  # so a writer that is held up fails
    steps: list[tuple[int, int]] = []

    def shown(done: int, total: int) -> None:
        steps.append((done, total))
        writer.execute("INSERT INTO t (text) VALUES ('later')")
        writer.execute("UPDATE t SET text = 'changed' WHERE n = ?", (len(steps),))

    copy_database(source, tmp_path / "copy.db", shown)
    writer.close()
    assert len(steps) > 3
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})
    assert steps[-1][0] == steps[-1][1]
    copy = apsw.Connection(str(tmp_path / "copy.db"), flags=apsw.SQLITE_OPEN_READONLY)
    assert copy.execute("SELECT count(*), min(text), max(text) FROM t").get == (ROWS, "x" * 1000, "x" * 1000)
    assert copy.execute("PRAGMA integrity_check").get == "ok"
    copy.close()


def test_a_copy_is_one_file_of_its_owner_alone(source: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    copy_database(source, made / "copy.db", nothing)
    apsw.Connection(str(made / "copy.db"), flags=apsw.SQLITE_OPEN_READONLY).execute("SELECT * FROM t").close()
    assert [each.name for each in made.iterdir()] == ["copy.db"]
    assert (made / "copy.db").stat().st_mode & 0o077 == 0


def test_nothing_is_overwritten(source: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.db"
    there.write_text("mine")
    with pytest.raises(StoreError, match=r"there\.db can't be made: File exists"):
        copy_database(source, there, nothing)
    assert there.read_text() == "mine"


def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    source = tmp_path / "source.db"
    source.write_bytes(b"nothing of ours\n" * 1000)
    with pytest.raises(StoreError, match=r"source\.db can't be copied to .*not a database"):
        copy_database(source, tmp_path / "copy.db", nothing)
