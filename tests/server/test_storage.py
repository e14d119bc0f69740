"""Opening the databases for a look: another release's data is refused in words, damage is left to the reader."""

from pathlib import Path

import apsw
import pytest

from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.store.sqlite import StoreError


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    made = DataDirectory(tmp_path)
    Storage.open(made).close()
    return made


def change(path: Path, sql: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


def test_the_data_of_this_release_is_looked_at(directory: DataDirectory) -> None:
    Storage.look(directory).close()


@pytest.mark.parametrize("which", ["mail", "metrics"])
def test_data_of_another_release_is_refused_with_what_to_do(directory: DataDirectory, which: str) -> None:
    path: Path = getattr(directory, which)
    change(path, "UPDATE schema_step SET step = step + 99")
    with pytest.raises(StoreError, match=rf"{which}\.db was written by a newer release: use"):
        Storage.look(directory)
    change(path, "DELETE FROM schema_step")
    with pytest.raises(
        StoreError, match=rf"{which}\.db was written by an older release: run `mailgauge store migrate`"
    ):
        Storage.look(directory)
    change(path, "DROP TABLE schema_step")
    with pytest.raises(StoreError, match="older release"):
        Storage.look(directory)


def test_damage_is_left_to_whoever_reads(directory: DataDirectory) -> None:
    directory.mail.write_bytes(b"nothing of ours\n" * 1000)
    storage = Storage.look(directory)
    with pytest.raises(apsw.NotADBError):
        storage.mail.read_now(lambda tx: tx.run("SELECT 1 FROM journal"))
    storage.close()
