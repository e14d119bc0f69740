"""Backups and what is put back from them: everything or nothing, checked, and of one time."""

import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import apsw
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.iam.secrets import MasterKey
from mailgauge.server.audit import audit
from mailgauge.server.backing_up import back_up
from mailgauge.server.backup_files import METRICS_FIRST, BackupError, Manifest, decode
from mailgauge.server.data import DataDirectory, DataDirectoryError, Lock
from mailgauge.server.restoring import restore
from mailgauge.server.storage import Storage
from mailgauge.store.migrations import NewerStoreError
from mailgauge.store.sqlite import StoreError
from tests.server.room import Room

NOW = 1_700_000_000.0


def nothing(what: str, done: int, total: int) -> None:
    assert what
    assert done >= 0
    assert done <= total or not total


@pytest.fixture
def empty(tmp_path: Path) -> DataDirectory:
    return DataDirectory(tmp_path / "restored")


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    made = DataDirectory(tmp_path / "data")
    made.create()
    Storage.open(made).close()
    return made


def change(path: Path, sql: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


@pytest.mark.parametrize("name", ["backup", "backup.tar"])
async def test_what_is_restored_counts_what_was_accepted(
    room: Room, tmp_path: Path, empty: DataDirectory, name: str
) -> None:
    await room.send("kept@example.net", "also@example.net")
    await room.settle()
    before = room.audit()
    MasterKey.load_or_create(tmp_path / "master.key")
    (tmp_path / "clock").write_text("3600\n")
    made = back_up(DataDirectory(tmp_path), tmp_path / name, NOW, nothing)
    assert made.made == NOW
    assert made.position == made.head == before.position > 0
    await room.send("later@example.net")
    assert restore(tmp_path / name, empty, nothing) == made
    assert sorted(each.name for each in empty.path.iterdir()) == ["clock", "lock", "mail.db", "metrics.db"]
    storage = Storage.open(empty)
    after = audit(storage.mail, storage.metrics)
    storage.close()
    assert after.agrees
    assert (after.messages, after.recipients, after.cells) == (
        before.messages,
        before.recipients,
        before.cells,
    )


def names(backup: Path) -> list[str]:
    if backup.is_dir():
        return sorted(each.name for each in backup.iterdir())
    with tarfile.open(backup) as tar:
        return sorted(tar.getnames())


@pytest.mark.parametrize("name", ["backup", "backup.tar"])
def test_a_backup_is_its_owners_alone_and_has_no_key(
    directory: DataDirectory, tmp_path: Path, name: str
) -> None:
    MasterKey.load_or_create(directory.path / "master.key")
    target = tmp_path / name
    back_up(directory, target, NOW, nothing)
    files = [target, *(target.iterdir() if target.is_dir() else [])]
    assert all(each.stat().st_mode & 0o077 == 0 for each in files)
    assert names(target) == ["backup.json", "mail.db", "metrics.db"]
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_no_backup_takes_the_place_of_another(directory: DataDirectory, tmp_path: Path) -> None:
    back_up(directory, tmp_path / "one.tar", NOW, nothing)
    whole = (tmp_path / "one.tar").read_bytes()
    with pytest.raises(BackupError, match="is there already"):
        back_up(directory, tmp_path / "one.tar", NOW, nothing)
    with pytest.raises(BackupError, match="is there already"):
        back_up(directory, directory.path, NOW, nothing)
    with pytest.raises(BackupError, match="there is no directory"):
        back_up(directory, tmp_path / "nowhere" / "one", NOW, nothing)
    assert (tmp_path / "one.tar").read_bytes() == whole
    (tmp_path / "empty").mkdir()
    back_up(directory, tmp_path / "empty", NOW, nothing)


def test_the_metrics_are_copied_first(directory: DataDirectory, tmp_path: Path) -> None:
    seen: list[str] = []
    back_up(directory, tmp_path / "backup", NOW, lambda what, done, total: seen.append(what))
    assert list(dict.fromkeys(seen))[:2] == ["metrics.db", "mail.db"]


def test_what_is_damaged_is_not_backed_up(directory: DataDirectory, tmp_path: Path) -> None:
    whole = directory.metrics.read_bytes()
    directory.metrics.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    with pytest.raises((BackupError, StoreError), match=r"metrics\.db"):
        back_up(directory, tmp_path / "backup", NOW, nothing)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data"]


def ahead(directory: DataDirectory) -> None:
    change(directory.metrics, "INSERT INTO position (consumer, shard, seq) VALUES ('metrics', 0, 7)")


def test_metrics_ahead_of_the_journal_are_neither_backed_up_nor_served(
    directory: DataDirectory, tmp_path: Path
) -> None:
    ahead(directory)
    with pytest.raises(StoreError, match="up to entry 7, and the journal ends at 0"):
        back_up(directory, tmp_path / "backup", NOW, nothing)
    with pytest.raises(StoreError, match="not of the same time: restore both from one backup"):
        Storage.open(directory)


def test_metrics_without_their_mail_are_not_served(directory: DataDirectory) -> None:
    directory.mail.unlink()
    with pytest.raises(StoreError, match=r"has metrics\.db and no mail\.db"):
        Storage.open(directory)
    assert not directory.mail.exists()


def truncate(backup: Path) -> None:
    (backup / "mail.db").write_bytes((backup / "mail.db").read_bytes()[:-4096])


def lose_manifest(backup: Path) -> None:
    (backup / "backup.json").unlink()


def lose_metrics(backup: Path) -> None:
    (backup / "metrics.db").unlink()


def name_a_path(backup: Path) -> None:
    text = (backup / "backup.json").read_text()
    (backup / "backup.json").write_text(text.replace('"mail.db"', '"../mail.db"'))


def come_from_the_future(backup: Path) -> None:
    text = (backup / "backup.json").read_text()
    (backup / "backup.json").write_text(text.replace('"format": 1', '"format": 2'))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (truncate, r"mail\.db is not what was backed up"),
        (lose_manifest, r"is no backup, or one that was broken off: it holds no backup\.json"),
        (lose_metrics, r"metrics\.db is missing"),
        (name_a_path, "names other files"),
        (come_from_the_future, "restore it with that release"),
    ],
)
def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_put_anywhere(
    directory: DataDirectory, tmp_path: Path, empty: DataDirectory, harm: Callable[[Path], None], message: str
) -> None:
    back_up(directory, tmp_path / "backup", NOW, nothing)
    harm(tmp_path / "backup")
    with pytest.raises(BackupError, match=message):
        restore(tmp_path / "backup", empty, nothing)
    assert [each.name for each in empty.path.iterdir()] == ["lock"]


def test_a_tar_file_that_was_cut_off_is_refused(
    directory: DataDirectory, tmp_path: Path, empty: DataDirectory
) -> None:
    target = tmp_path / "backup.tar"
    back_up(directory, target, NOW, nothing)
    target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])
    with pytest.raises(BackupError):
        restore(target, empty, nothing)
    target.write_bytes(b"nothing of ours\n" * 1000)
    with pytest.raises(BackupError, match="is no backup that can be read"):
        restore(target, empty, nothing)
    assert [each.name for each in empty.path.iterdir()] == ["lock"]


@cache
def packed() -> tuple[bytes, frozenset[str], tuple[int, ...]]:
    """A tar file, the digests of its databases, and the places that count most in it; made once."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = DataDirectory(Path(folder) / "data"), Path(folder) / "backup.tar"
        source.create()
        Storage.open(source).close()
        digests = frozenset(each.sha256 for each in back_up(source, target, NOW, nothing).files)
        return target.read_bytes(), digests, places(target)


@given(data=st.data())
def test_a_tar_file_with_any_harm_is_refused_or_restored_as_it_was(data: st.DataObject) -> None:
    whole, digests, some = packed()
    at = data.draw(st.sampled_from(some) | st.integers(0, len(whole) - 1))
    is_cut = data.draw(st.booleans())
    with tempfile.TemporaryDirectory() as folder:
        target, restored = Path(folder) / "backup.tar", DataDirectory(Path(folder) / "restored")
        target.write_bytes(whole[:at] + (b"" if is_cut else bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]))
        try:
            restore(target, restored, nothing)
        except BackupError:
            assert [each.name for each in restored.path.iterdir()] == ["lock"]
        else:
            files = [restored.mail, restored.metrics]
            assert {hashlib.sha256(each.read_bytes()).hexdigest() for each in files} == digests


def places(tar: Path) -> tuple[int, ...]:
    """The bytes of headers and of the manifest, which are few beside those of the databases."""
    with tarfile.open(tar) as opened:
        members = opened.getmembers()
    [manifest] = [each for each in members if each.name == "backup.json"]
    headers = [each.offset + at for each in members for at in range(512)]
    return (*headers, *range(manifest.offset_data, manifest.offset_data + manifest.size))


@given(st.binary() | st.just(b"[" * 60_000) | st.just(b'{"more":' + b"[" * 60_000))
def test_no_manifest_breaks_its_reader(text: bytes) -> None:
    with pytest.raises(BackupError):
        decode(text)


def test_too_little_space_is_told_before_anything_is_written(
    directory: DataDirectory, tmp_path: Path, empty: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(directory, tmp_path / "backup", NOW, nothing)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
    with pytest.raises(BackupError, match="has 0 MiB free"):
        back_up(directory, tmp_path / "another", NOW, nothing)
    with pytest.raises(BackupError, match="has 0 MiB free"):
        restore(tmp_path / "backup", empty, nothing)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["backup", "data", "restored"]


def forged(backup: Path, harm: Callable[[DataDirectory], None]) -> None:
    """A backup whose manifest fits what was changed."""
    harm(DataDirectory(backup))
    manifest = decode((backup / "backup.json").read_bytes())
    files = tuple(
        msgspec.structs.replace(
            each,
            size=(backup / each.name).stat().st_size,
            sha256=hashlib.sha256((backup / each.name).read_bytes()).hexdigest(),
        )
        for each in manifest.files
    )
    changed: Manifest = msgspec.structs.replace(manifest, files=files)
    (backup / "backup.json").write_bytes(msgspec.json.encode(changed))


def test_metrics_ahead_of_the_journal_are_not_restored(
    directory: DataDirectory, tmp_path: Path, empty: DataDirectory
) -> None:
    back_up(directory, tmp_path / "backup", NOW, nothing)
    forged(tmp_path / "backup", ahead)
    with pytest.raises(StoreError, match=r"metrics\.db is ahead of mail\.db"):
        restore(tmp_path / "backup", empty, nothing)
    assert [each.name for each in empty.path.iterdir()] == ["lock"]


def test_a_newer_releases_backup_is_not_restored(
    directory: DataDirectory, tmp_path: Path, empty: DataDirectory
) -> None:
    back_up(directory, tmp_path / "backup", NOW, nothing)
    forged(tmp_path / "backup", lambda copy: change(copy.mail, "UPDATE schema_step SET step = step + 99"))
    with pytest.raises(NewerStoreError, match=r"mail\.db was written by a newer release"):
        restore(tmp_path / "backup", empty, nothing)
    assert [each.name for each in empty.path.iterdir()] == ["lock"]


@pytest.mark.parametrize("name", [*METRICS_FIRST, "mail.db-wal", "clock"])
def test_data_that_is_there_is_left_alone(directory: DataDirectory, tmp_path: Path, name: str) -> None:
    back_up(directory, tmp_path / "backup", NOW, nothing)
    used = DataDirectory(tmp_path / "used")
    used.create()
    (used.path / name).write_text("mine")
    with pytest.raises(BackupError, match=f"holds {name} already: give --data an empty directory"):
        restore(tmp_path / "backup", used, nothing)
    assert (used.path / name).read_text() == "mine"


def test_nothing_is_restored_below_a_running_service(
    directory: DataDirectory, tmp_path: Path, empty: DataDirectory
) -> None:
    back_up(directory, tmp_path / "backup", NOW, nothing)
    empty.create()
    lock = Lock(empty)
    with pytest.raises(DataDirectoryError, match="in use by another Mailgauge"):
        restore(tmp_path / "backup", empty, nothing)
    lock.release()
    restore(tmp_path / "backup", empty, nothing)
