"""Puts a backup into a data directory that holds no data yet. All is checked before anything gets its name there."""

import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from mailgauge.server import backup_files as files
from mailgauge.server.backup_files import CLOCK, MANIFEST, METRICS_FIRST, BackupError, File, Manifest, Shown
from mailgauge.server.data import DataDirectory, Lock
from mailgauge.server.migrating import look, refuse_newer

_LOGS: Final = ("", "-wal", "-shm", "-journal")
_MOST_MANIFEST: Final = 65_536
_ADVICE: Final = "Take another backup"

Part = Callable[[str], IO[bytes] | None]
"""Opens a part of the backup by its name; None where it is not there."""


def restore(source: Path, directory: DataDirectory, shown: Shown) -> Manifest:
    """Raises BackupError, DataDirectoryError, StoreError and NewerStoreError."""
    directory.create()
    lock = Lock(directory)
    try:
        _refuse_used(directory)
        with files.aside(directory.path, "restore") as aside:
            manifest = _unpack(source, aside, shown)
            refuse_newer(look(DataDirectory(aside)))
            files.check(aside, shown, _ADVICE)
            # The metrics first: no service starts with them alone, but one would with the mail alone, and count anew.
            for each in sorted(manifest.files, key=lambda each: each.name == "mail.db"):
                (aside / each.name).rename(directory.path / each.name)
            files.sync_directory(directory.path)
        return manifest
    finally:
        lock.release()


def _unpack(source: Path, to: Path, shown: Shown) -> Manifest:
    """Copies what the manifest names and nothing else, and compares the digests."""
    with _parts(source) as part:
        file = part(MANIFEST)
        if file is None:
            raise BackupError(
                f"{source} is no backup, or one that was broken off: it holds no {MANIFEST}. Give the directory or the tar "
                "file that `mailgauge store backup` made"
            )
        with file:
            manifest = files.decode(file.read(_MOST_MANIFEST))
        files.refuse_small(to, manifest.size)
        for each in manifest.files:
            _copy(part, each, to, shown)
    return manifest


def _copy(part: Part, each: File, to: Path, shown: Shown) -> None:
    reading = part(each.name)
    if reading is None:
        raise BackupError(f"{each.name} is missing in the backup. {_ADVICE}")
    with reading, files.create(to / each.name) as writing:
        digest = files.pass_on(reading, writing, shown, each.name, each.size)
        files.sync(writing)
    if digest != each.sha256:
        raise BackupError(f"{each.name} is not what was backed up. {_ADVICE}")


@contextmanager
def _parts(source: Path) -> Iterator[Part]:
    if source.is_dir():
        yield lambda name: (source / name).open("rb") if (source / name).is_file() else None
        return
    try:
        with tarfile.open(source, "r:") as tar:
            members = {each.name: each for each in tar.getmembers() if each.isfile()}
            yield lambda name: tar.extractfile(members[name]) if name in members else None
    except (tarfile.TarError, ValueError, EOFError) as error:  # of all headers that tarfile can't read
        raise BackupError(f"{source} is no backup that can be read: {error}. {_ADVICE}") from error


def _refuse_used(directory: DataDirectory) -> None:
    names = [CLOCK, *(name + log for name in METRICS_FIRST for log in _LOGS)]
    if found := [name for name in names if (directory.path / name).exists()]:
        raise BackupError(
            f"{directory.path} holds {', '.join(found)} already: give --data an empty directory. If a restore was broken off "
            "there, delete what it left"
        )
