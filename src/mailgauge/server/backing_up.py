"""Makes a backup of a data directory, also while a service uses it: a directory, or one tar file, under a temporary name
until all of it is on disk.
"""

import tarfile
from functools import partial
from pathlib import Path

import mailgauge
from mailgauge.delivery import queue
from mailgauge.events import journal
from mailgauge.server import backup_files as files
from mailgauge.server.backup_files import CLOCK, FORMAT, MANIFEST, METRICS_FIRST, BackupError, Manifest, Shown
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import counted
from mailgauge.store.copying import copy_database

_ADVICE = "Nothing was backed up. `mailgauge store check` says more"


def back_up(directory: DataDirectory, target: Path, now: float, shown: Shown) -> Manifest:
    """Makes ``target``: a tar file if its name ends so, else a directory. Raises BackupError and StoreError."""
    is_tar = target.suffix == ".tar"
    _refuse_target(target, is_tar=is_tar)
    files.refuse_small(target.parent, _size(directory) * (2 if is_tar else 1))
    with files.aside(target.parent, target.name) as aside:
        made = aside / "files"
        made.mkdir(mode=0o700)
        manifest = _collect(directory, made, now, shown)
        if is_tar:
            made = _pack(made, aside / "packed", shown)
        # A directory takes the place of an empty one, a file that of one which somebody made meanwhile.
        made.rename(target)
        files.sync_directory(target.parent)
    return manifest


def _collect(directory: DataDirectory, to: Path, now: float, shown: Shown) -> Manifest:
    for name in METRICS_FIRST:
        copy_database(directory.path / name, to / name, partial(shown, name))
    if directory.clock.exists():
        _write(to / CLOCK, directory.clock.read_bytes())
    files.check(to, shown, _ADVICE)
    manifest = _describe(to, now, shown)
    _write(to / MANIFEST, files.encode(manifest))
    files.sync_directory(to)
    return manifest


def _describe(to: Path, now: float, shown: Shown) -> Manifest:
    with files.opened(to) as (mail, metrics):
        position, head = metrics.read_now(counted), mail.read_now(journal.head)
        waiting = sum(mail.read_now(queue.waiting).values())
    described = []
    for name in filter(lambda name: (to / name).exists(), (*METRICS_FIRST, CLOCK)):
        size = (to / name).stat().st_size
        with (to / name).open("rb") as file:
            digest = files.pass_on(file, None, shown, f"digest of {name}", size)
        described.append(files.File(name, size, digest))
    return Manifest(FORMAT, mailgauge.__version__, now, head, position, waiting, tuple(described))


def _pack(made: Path, target: Path, shown: Shown) -> Path:
    shown("packing", 0, 0)
    with files.create(target) as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            # The manifest last, as in a directory: a tar file that was cut off has none.
            for each in sorted(made.iterdir(), key=lambda each: each.name == MANIFEST):
                tar.add(each, each.name, recursive=False)
        files.sync(file)
    return target


def _write(path: Path, content: bytes) -> None:
    with files.create(path) as file:
        file.write(content)
        files.sync(file)


def _refuse_target(target: Path, *, is_tar: bool) -> None:
    if not target.parent.is_dir():
        raise BackupError(f"there is no directory {target.parent}: make it first")
    is_empty = target.is_dir() and not is_tar and not any(target.iterdir())
    if target.exists() and not is_empty:
        raise BackupError(f"{target} is there already: name one that is not, or an empty directory")


def _size(directory: DataDirectory) -> int:
    """What is to be copied, with what is still in the logs."""
    paths = [directory.path / (name + log) for name in METRICS_FIRST for log in ("", "-wal")]
    return sum(path.stat().st_size for path in paths if path.exists())
