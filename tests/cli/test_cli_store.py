"""``mailgauge store``: what it says, and how it exits."""

import json
from pathlib import Path

import apsw
import pytest
from click.testing import CliRunner

from mailgauge.cli.main import main
from mailgauge.iam.secrets import MasterKey
from mailgauge.server.data import DataDirectory, Lock
from mailgauge.server.storage import Storage


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = DataDirectory(tmp_path / "data")
    directory.create()
    Storage.open(directory).close()
    return directory.path


def change(path: Path, sql: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


def store(data: Path, *words: str, status: int = 0) -> str:
    result = CliRunner().invoke(main, ["store", *words, "--data", str(data)])
    assert result.exit_code == status, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.output


def older(data: Path) -> None:
    """As the release left it that had no line for sites yet."""
    for index in ("queue_slow", "queue_line", "queue_line_expiry"):
        change(data / "mail.db", f"DROP INDEX {index}")
    change(data / "mail.db", "CREATE INDEX queue_site ON queue (site, due) WHERE stage = 1")
    change(data / "mail.db", "DELETE FROM schema_step WHERE name = 'delivery' AND step > 3")


def test_what_is_pending_is_shown_and_done_when_asked(data: Path) -> None:
    older(data)
    shown = store(data, "migrate", "--dry-run")
    assert "delivery                 step 3, this release has 5" in shown
    assert shown.endswith("Would apply mail.db: delivery 4, mail.db: delivery 5.\n")
    assert store(data, "migrate", "--dry-run") == shown
    assert store(data, "migrate").endswith("Applied mail.db: delivery 4, mail.db: delivery 5.\n")
    assert store(data, "migrate").endswith("There is nothing to do.\n")
    assert json.loads(store(data, "migrate", "--json")) == {"pending": [], "applied": []}


def test_data_with_a_key_and_nothing_else_gets_its_metrics(data: Path) -> None:
    (data / "metrics.db").unlink()
    assert "metrics.db (not there yet)" in store(data, "migrate")
    assert store(data, "check").startswith("Nothing is wrong.")


def test_data_in_use_is_not_migrated(data: Path) -> None:
    older(data)
    lock = Lock(DataDirectory(data))
    assert "in use by another Mailgauge" in store(data, "migrate", status=1)
    lock.release()
    assert "delivery 5" in store(data, "migrate")


def test_a_newer_database_stops_the_migration_of_both(data: Path) -> None:
    older(data)
    change(data / "metrics.db", "UPDATE schema_step SET step = 99 WHERE name = 'backfill'")
    output = store(data, "migrate", status=1)
    assert (
        "metrics.db was written by a newer release: backfill at step 99 (known: 1). Nothing was changed"
        in output
    )
    assert "step 3" in store(data, "migrate", "--dry-run", status=1)


def test_a_directory_without_data_is_not_made_into_one(tmp_path: Path) -> None:
    for command in (["migrate"], ["check"], ["backup", str(tmp_path / "backup")]):
        assert "holds no Mailgauge data" in store(tmp_path / "nothing", *command, status=1)
    assert list(tmp_path.iterdir()) == []


def test_check_says_what_is_wrong_and_what_to_do(data: Path) -> None:
    assert store(data, "check").startswith("Nothing is wrong. Looked at: metrics.db, mail.db, ")
    assert json.loads(store(data, "check", "--quick", "--json"))["sound"] is True
    change(data / "metrics.db", "INSERT INTO position (consumer, shard, seq) VALUES ('metrics', 0, 7)")
    output = store(data, "check", status=1)
    assert "PROBLEM  metrics.db is ahead of mail.db" in output
    assert "restore both from one backup." in output
    assert "1 problem. Looked at: " in output
    found = json.loads(store(data, "check", "--json", status=1))
    assert found["sound"] is False
    assert len(found["faults"]) == 1


def test_a_backup_says_that_the_key_is_left_out(data: Path, tmp_path: Path) -> None:
    MasterKey.load_or_create(data / "master.key")
    output = store(data, "backup", str(tmp_path / "backup"))
    assert "Left out: the master key." in output
    assert str(data / "master.key") in output
    restored = tmp_path / "restored"
    output = store(restored, "restore", str(tmp_path / "backup"))
    assert f"at {restored / 'master.key'}, mode 0600" in output
    assert f"Restored to {restored}" in output
    again = store(restored, "restore", str(tmp_path / "backup"), status=1)
    assert "holds metrics.db, mail.db already" in again


def test_a_backup_that_cannot_be_made_is_told_in_words(data: Path, tmp_path: Path) -> None:
    assert "Error: there is no directory" in store(data, "backup", str(tmp_path / "a" / "b"), status=1)
    assert "is there already" in store(data, "backup", str(data), status=1)
